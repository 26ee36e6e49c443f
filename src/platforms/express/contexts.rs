//! GraphQL and tRPC contexts: functions that get `{ req, res }` for every request and may write header lines of their own.
//!
//! In: functions that take their argument apart, in files that use such a package. Out: policies of lines written by hand. Knows
//! nothing of where the function is registered.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::manual::{self, is_cors_header};
use super::super::node_handlers::run_with;
use super::cors_npm::CorsObjects;
use crate::eval::Interp;
use crate::eval::value::{Closure, Kind, Map, MapEntry, Value};
use crate::ir::Pattern;
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::Effect;
use crate::source::Span;

/// Packages whose servers make a context of each request.
const PACKAGES: [&str; 4] = ["apollo", "graphql", "trpc", "mercurius"];

/// Policies of contexts that set CORS headers.
pub(super) fn policies(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project) {
    let contexts: Vec<Arc<Closure>> =
        run.destructuring.iter().filter(|closure| takes_request(closure) && is_served(run, closure)).cloned().collect();
    for closure in contexts {
        let span = closure.function.span;
        let handled = run_with(run, &closure, given(span), cors);
        let sets = handled.effects.iter().find_map(|guarded| match &guarded.effect {
            Effect::Set(name, _) | Effect::Append(name, _) if is_cors_header(&name.value) => Some(guarded.span),
            _ => None,
        });
        let Some(line) = sets else { continue };
        let origin = manual::Origin { platform: "express", place: "context".to_owned(), span: line };
        if let Some(mut policy) = manual::policy(&handled.effects, origin) {
            let file = run.path_of_span(span);
            policy.when = super::super::development(&file, span);
            project.policies.push(policy);
        }
    }
}

/// `({ req, res })`.
fn takes_request(closure: &Closure) -> bool {
    let Some(Pattern::Map { entries, .. }) = closure.function.params.first().map(|param| &param.pattern) else {
        return false;
    };
    let has = |names: [&str; 2]| entries.iter().any(|(key, ..)| names.contains(&&**key));
    has(["req", "request"]) && has(["res", "response"])
}

/// Does the file use a package that calls such functions?
fn is_served(run: &Interp<'_>, closure: &Closure) -> bool {
    run.top_level_names(closure.module).iter().any(|(_, value)| match &value.kind {
        Kind::External(path) => PACKAGES.iter().any(|package| path.contains(package)),
        _ => false,
    })
}

fn given(span: Span) -> Vec<Value> {
    let external = |name: &str| Value::new(Kind::External(Arc::from(name)), span);
    let keys =
        [("req", "express:req"), ("request", "express:req"), ("res", "express:res"), ("response", "express:res")];
    let entry = |name: &str| MapEntry { key: span, when: Formula::True, value: external(name), getter: false };
    let entries: IndexMap<Arc<str>, MapEntry> = keys.into_iter().map(|(key, name)| (key.into(), entry(name))).collect();
    let map = Map { entries, open: true };
    vec![Value::new(Kind::Map(Arc::new(map)), span)]
}
