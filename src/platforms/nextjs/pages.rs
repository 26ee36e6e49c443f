//! API routes of the pages router: a default export that gets `(req, res)` for every method, `OPTIONS` included.
//!
//! In: a module below `pages/api`. Out: a handler. Source:
//! <https://nextjs.org/docs/pages/building-your-application/routing/api-routes>.

use std::sync::Arc;

use super::super::express::cors_npm::CorsObjects;
use super::super::manual::header_name;
use super::super::node_handlers::{fill, grant, handle_alone, head};
use super::super::values::option;
use super::Page;
use crate::eval::Interp;
use crate::eval::value::{Closure, Kind, Value};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderValue, Role, Scope};
use crate::source::{Span, Spanned};

/// The handler of a file; `None` when it exports none.
pub(super) fn handler(
    run: &mut Interp<'_>,
    page: &Page,
    base: &str,
    cors: &CorsObjects,
    project: &mut Project,
) -> Option<Handler> {
    let path = format!("{base}{}", page.path);
    let value = run.default_export(page.module)?;
    let edge = run.exported(page.module, "config").and_then(|config| option(&config, "runtime"));
    let edge = edge.is_some_and(|runtime| runtime.as_str().is_some_and(|name| name.ends_with("edge")));
    let closure = inner(run, &value, 0);
    let span = closure.as_ref().map_or(value.span, |closure| head(closure));
    let mut handler = Handler {
        role: Role::Route,
        name: path.clone(),
        span,
        when: Formula::True,
        scope: Scope { methods: Vec::new(), path: Some(Spanned::new(path.as_str().into(), span)), prefix: false },
        effects: Vec::new(),
        understood: false,
    };
    if edge || !page.wanted {
        return Some(handler);
    }
    if let Some(closure) = closure {
        let mut handled = handle_alone(run, &closure, cors);
        // What a wrapper does around it is not known.
        handled.understood &= value.as_function().is_some();
        let bodies = handled.bodies.clone();
        fill(&mut handler, handled, "nextjs", project);
        grant(run, &mut handler, closure.function.span, "nextjs", project);
        compressed(&mut handler, &bodies);
    }
    Some(handler)
}

/// The function itself, also as an argument of the call that wraps it.
fn inner(run: &Interp<'_>, value: &Value, depth: usize) -> Option<Arc<Closure>> {
    match &value.kind {
        Kind::Function(closure) => Some(closure.clone()),
        Kind::Object(id) if depth < 4 => run.object(*id).args.all().find_map(|arg| inner(run, arg, depth + 1)),
        Kind::OneOf(alternatives) if depth < 4 => alternatives.iter().find_map(|(_, one)| inner(run, one, depth + 1)),
        _ => None,
    }
}

/// Bodies of text are compressed, and the answer says that it depends on `Accept-Encoding`.
fn compressed(handler: &mut Handler, bodies: &[Span]) {
    let effects = std::mem::take(&mut handler.effects);
    for guarded in effects {
        let body = matches!(guarded.effect, Effect::Answer(_)) && bodies.contains(&guarded.span);
        if body {
            let value = HeaderValue::text("Accept-Encoding", guarded.span);
            let effect = Effect::Merge(header_name("Vary", guarded.span), value);
            handler.effects.push(GuardedEffect { when: guarded.when.clone(), effect, span: guarded.span });
        }
        handler.effects.push(guarded);
    }
}
