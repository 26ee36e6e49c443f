//! Servers that send CORS headers with their answers to preflights and with no other answer.
//!
//! In: servers of programs with their handlers. Out: faults, only where all that answers after the preflight is understood.

use super::express::order::{is_cors, reached};
use super::manual::is_cors_header;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Role, Server};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// Adds the faults of all servers.
pub(super) fn faults(project: &mut Project) {
    let mut found = Vec::new();
    for server in project.servers.iter().filter(|server| server.complete && server.upstream.is_none()) {
        for (index, handler) in server.handlers.iter().enumerate() {
            // Of what is not in force that is said, and nothing else.
            let lost = handler.policies().into_iter().any(|policy| project.policies[policy].installed == Known::No);
            if let Some(line) = answers_preflights_alone(handler).filter(|_| reached(handler) && !lost)
                && let Some(route) = bare_route(server, index, handler)
            {
                let mut fault =
                    HandlerFault::new(FaultKind::PreflightOnly, server.platform, line, handler.name.clone());
                fault.other = Some(Spanned::new(route.name.clone(), route.span));
                found.push(fault);
            }
        }
    }
    for fault in found {
        if !project.faults.iter().any(|known| known.kind == fault.kind && known.span == fault.span) {
            project.faults.push(fault);
        }
    }
}

/// The place of its headers, when it is CORS and sends them to preflights only.
fn answers_preflights_alone(handler: &Handler) -> Option<Span> {
    if !is_cors(handler) {
        return None;
    }
    let for_options = !handler.scope.methods.is_empty() && !handler.scope.has_method("GET");
    if for_options && handler.scope.methods.iter().all(|method| &**method == "OPTIONS") {
        return Some(handler.span);
    }
    let assume = Assume::Production;
    let (actual, preflight) =
        (Request::new("GET", "/").with_any("origin"), Request::new("OPTIONS", "/").with_any("origin"));
    let lines = handler.effects.iter().filter(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) => is_cors_header(&name.value),
        Effect::Cors(_) => true,
        _ => false,
    });
    let mut first = None;
    for line in lines {
        if line.when.eval(&Situation::with(&assume, &actual)) != Some(false) {
            return None;
        }
        if line.when.eval(&Situation::with(&assume, &preflight)) != Some(false) {
            first.get_or_insert(line.span);
        }
    }
    first
}

/// A route that the preflight is for and whose own answers certainly have no such headers.
fn bare_route<'s>(server: &'s Server, index: usize, handler: &Handler) -> Option<&'s Handler> {
    let others = server.handlers.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
    let beside: Vec<&Handler> = others.filter(|other| other.scope.overlaps(&handler.scope)).collect();
    let grants = |other: &Handler| is_cors(other) && answers_preflights_alone(other).is_none();
    let open = |other: &Handler| !other.understood || matches!(other.role, Role::Proxy | Role::Static);
    if beside.iter().any(|other| grants(other) || open(other)) {
        return None;
    }
    let actual = |other: &&Handler| {
        other.role == Role::Route && other.scope.methods.iter().any(|method| !matches!(&**method, "OPTIONS" | "HEAD"))
    };
    beside.into_iter().find(actual)
}
