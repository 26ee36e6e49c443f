//! Handlers that become a server together: whose policies they are, and which of two lines of one header arrives.
//!
//! In: handlers. Out: changed handlers and policies. Knows no platform.

use std::collections::BTreeSet;

use super::fetch_api::Served;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, Project};
use crate::model::server::{Effect, Handler, Role};
use crate::source::Span;

/// Makes the policies of a handler those of a server, in force at the handler's path.
pub(super) fn adopt(handler: &Handler, index: usize, project: &mut Project) {
    for policy in handler.policies() {
        let policy = &mut project.policies[policy];
        policy.installed = Known::Yes;
        policy.server.get_or_insert(index);
        policy.paths.extend(handler.scope.path.clone());
        if policy.place.is_empty() || policy.place == "cors()" {
            policy.place = handler.name.clone();
        }
    }
}

/// What some handler turned out to apply is in use, whoever could not see it.
pub(super) fn withdraw_unused(project: &mut Project) {
    let applied: BTreeSet<usize> =
        project.servers.iter().flat_map(|server| &server.handlers).flat_map(Handler::policies).collect();
    let places: Vec<Span> = applied.into_iter().map(|policy| project.policies[policy].span).collect();
    project.faults.retain(|fault| fault.kind != FaultKind::NotInstalled || !places.contains(&fault.span));
}

/// Takes the policies of functions from a request to a response into the project, and makes the handlers that write them theirs.
pub(super) fn serve_behind(served: &Served, handlers: &mut [Handler], project: &mut Project) {
    let first = project.policies.len();
    project.policies.extend(served.policies.iter().cloned());
    if served.policies.is_empty() {
        return;
    }
    for handler in handlers.iter_mut().filter(|handler| sets_origin(handler)) {
        handler.role = Role::Cors(first);
    }
}

/// Does it write who is allowed?
pub(super) fn sets_origin(handler: &Handler) -> bool {
    handler.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) => {
            name.value.eq_ignore_ascii_case("access-control-allow-origin")
        }
        _ => false,
    })
}

/// What the handler sends gives way to what was sent outside of it.
pub(super) fn yield_to_outer(handler: &mut Handler) {
    for guarded in &mut handler.effects {
        if let Effect::Set(name, value) | Effect::Append(name, value) = &guarded.effect {
            guarded.effect = Effect::Default(name.clone(), value.clone());
        }
    }
}
