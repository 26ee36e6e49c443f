//! Route handlers of Next.js's app router: `app/**/route.ts`, whose exports are named by method.
//!
//! In: evaluated modules. Out: for each route file what its functions answer, grant and do wrong; a caller puts them behind
//! what the configuration and the middleware add. Source:
//! <https://nextjs.org/docs/app/api-reference/file-conventions/route>.

use super::super::fetch_api::{METHODS, Served, by_method, serve_all};
use super::super::manual::header_name;
use crate::eval::Interp;
use crate::eval::value::ModuleId;
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderValue, Role, Scope};
use crate::source::{Span, Spanned};

/// A route file.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// The path it answers on: `/api/items/:id`.
    pub(super) path: String,
    /// Where its first function stands.
    pub(super) span: Span,
    /// Its functions, with what Next.js answers for the other methods.
    pub(super) served: Served,
}

/// The route of a file; `None` when it exports no function for any method. What its functions do is seen only when it is
/// `wanted`.
pub(super) fn route(run: &mut Interp<'_>, module: ModuleId, path: String, wanted: bool) -> Option<Route> {
    let methods: Vec<&'static str> =
        METHODS.into_iter().filter(|method| run.exported(module, method).is_some()).collect();
    let entries = by_method(run, module, "nextjs", &path);
    let span = entries.first()?.function.function.span;
    let mut served = if wanted { serve_all(run, &entries, &path) } else { Served::unread(&entries) };
    let known = |method: &&str| entries.iter().any(|entry| entry.scope.has_method(method));
    if methods.iter().all(known) {
        if !methods.contains(&"OPTIONS") {
            served.handlers.push(automatic_options(&methods, &path, span));
        }
        served.handlers.push(not_allowed(&path, span));
    } else {
        // A function that nobody knows answers some of the methods, perhaps OPTIONS.
        let depends = |kind| {
            matches!(kind, FaultKind::PreflightUnhandled | FaultKind::PreflightUnasked | FaultKind::PreflightOnly)
        };
        served.faults.retain(|fault| !depends(fault.kind));
        let mut rest = not_allowed(&path, span);
        rest.understood = false;
        served.handlers.push(rest);
    }
    if run.exported(module, "dynamic").and_then(|value| value.as_str().cloned()).as_deref() == Some("force-static") {
        // Made when the project is built, so it is the same for everybody.
        served.policies.iter_mut().for_each(|policy| policy.static_assets = true);
    }
    for at in &served.handled.goes_on {
        let mut one = HandlerFault::new(FaultKind::ApiIgnored, "nextjs", *at, "NextResponse.next()");
        "a route handler has nothing behind it to go on to, and Next.js throws".clone_into(&mut one.detail);
        served.faults.push(one);
    }
    Some(Route { path, span, served })
}

/// Other methods than those that are exported.
fn not_allowed(path: &str, span: Span) -> Handler {
    let effect = GuardedEffect { when: Formula::True, effect: Effect::Answer(Some(405)), span };
    let scope = Scope { methods: Vec::new(), path: Some(Spanned::new(path.into(), span)), prefix: false };
    Handler {
        role: Role::Other,
        name: path.to_owned(),
        span,
        when: Formula::True,
        scope,
        effects: vec![effect],
        understood: true,
    }
}

/// What Next.js answers where a route exports no OPTIONS: 204 and `Allow`, without what the other functions set.
fn automatic_options(methods: &[&str], path: &str, span: Span) -> Handler {
    let allow = methods.iter().copied().chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    let set = Effect::Set(header_name("Allow", span), HeaderValue::text(allow, span));
    let effects = [set, Effect::Answer(Some(204))];
    Handler {
        role: Role::Other,
        name: format!("OPTIONS {path}"),
        span,
        when: Formula::True,
        scope: Scope { methods: vec!["OPTIONS".into()], path: Some(Spanned::new(path.into(), span)), prefix: false },
        effects: effects.into_iter().map(|effect| GuardedEffect { when: Formula::True, effect, span }).collect(),
        understood: true,
    }
}
