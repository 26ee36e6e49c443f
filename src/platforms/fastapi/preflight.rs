//! CORS-preflight requests that functions of the program answer badly or not at all.
//!
//! In: a server without `CORSMiddleware`. Out: `HandlerFault`s, only where every condition on the way is certain.

use std::collections::BTreeSet;

use super::super::express::order::{certain_answer, is_cors, preflight_request, reached};
use super::super::manual::sets_cors;
use super::faults::{is_layer, is_library};
use crate::model::condition::{Formula, Test};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Server};
use crate::model::term::Part;
use crate::model::world::{Assume, Situation};

pub(super) fn faults(server: &Server, project: &Project, faults: &mut Vec<HandlerFault>) {
    let by_library = server.handlers.iter().any(|handler| is_library(project, handler));
    let by_hand = server.handlers.iter().any(sets_cors);
    if by_library || !by_hand {
        return;
    }
    for handler in &server.handlers {
        own_answer(server, handler, faults);
        unhandled(server, handler, faults);
    }
}

fn is_options_route(handler: &Handler) -> bool {
    !is_layer(handler) && handler.scope.methods.iter().any(|method| &**method == "OPTIONS")
}

/// Headers that a handler may send with its answer to a preflight, lower-case.
fn sent(handler: &Handler) -> BTreeSet<String> {
    let assume = Assume::Production;
    let request = preflight_request();
    let world = Situation::with(&assume, &request);
    let possible = handler.effects.iter().filter(|guarded| guarded.when.eval(&world) != Some(false));
    possible
        .filter_map(|guarded| match &guarded.effect {
            Effect::Set(name, _) | Effect::Append(name, _) => Some(name.value.to_lowercase()),
            _ => None,
        })
        .collect()
}

/// Routes of the same paths whose requests need a preflight because of their method.
fn has_unsafe_route(server: &Server, handler: &Handler) -> bool {
    server.handlers.iter().any(|route| {
        let unsafe_method = route.scope.methods.iter().any(|method| is_unsafe(method));
        unsafe_method && route.scope.overlaps(&handler.scope)
    })
}

pub(in crate::platforms) fn is_unsafe(method: &str) -> bool {
    matches!(method, "PUT" | "DELETE" | "PATCH")
}

fn tests_method(when: &Formula) -> bool {
    when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.part == Part::Method))
}

/// A handler that answers OPTIONS itself: with which status, and with which headers.
fn own_answer(server: &Server, handler: &Handler, faults: &mut Vec<HandlerFault>) {
    if !reached(handler) || !handler.understood || !(is_options_route(handler) || sets_cors(handler)) {
        return;
    }
    let Some((Some(status), span)) = certain_answer(handler, &preflight_request()) else { return };
    let selected = handler.effects.iter().any(|guarded| guarded.span == span && tests_method(&guarded.when));
    if !is_options_route(handler) && !selected {
        return;
    }
    if !(200..300).contains(&status) {
        let mut one = HandlerFault::new(FaultKind::PreflightStatus, server.platform, span, handler.name.clone());
        one.status = Some(status);
        faults.push(one);
        return;
    }
    let mut sent = sent(handler);
    for layer in server.handlers.iter().filter(|layer| is_layer(layer) && layer.span != handler.span) {
        if !layer.understood {
            return;
        }
        sent.extend(self::sent(layer));
    }
    let mut missing = Vec::new();
    if !sent.contains("access-control-allow-origin") {
        missing.push("Access-Control-Allow-Origin");
    } else if !sent.contains("access-control-allow-methods") && has_unsafe_route(server, handler) {
        missing.push("Access-Control-Allow-Methods");
    }
    // An OPTIONS route of paths that grant nothing is nobody's preflight.
    let granted = server.handlers.iter().any(|one| sets_cors(one) && one.scope.overlaps(&handler.scope));
    if !missing.is_empty() && granted {
        let mut one = HandlerFault::new(FaultKind::PreflightHeaders, server.platform, span, handler.name.clone());
        one.detail = missing.join(", ");
        faults.push(one);
    }
}

/// A route that grants access to requests that need a preflight, where OPTIONS gets the framework's 405.
fn unhandled(server: &Server, handler: &Handler, faults: &mut Vec<HandlerFault>) {
    if !server.complete || !is_cors(handler) || !reached(handler) {
        return;
    }
    let needs = match is_layer(handler) {
        true => handler.understood && has_unsafe_route(server, handler),
        false => handler.scope.methods.iter().any(|method| is_unsafe(method)),
    };
    let answered = server.handlers.iter().any(|other| {
        if is_layer(other) {
            may_answer(other)
        } else {
            is_options_route(other) && other.scope.overlaps(&handler.scope)
        }
    });
    if needs && !answered {
        let mut one =
            HandlerFault::new(FaultKind::PreflightUnhandled, server.platform, handler.span, handler.name.clone());
        one.detail = handler.scope.methods.join(", ");
        faults.push(one);
    }
}

/// May a middleware answer a preflight instead of the routes?
pub(in crate::platforms) fn may_answer(layer: &Handler) -> bool {
    let assume = Assume::Production;
    let request = preflight_request();
    let world = Situation::with(&assume, &request);
    !layer.understood
        || layer
            .effects
            .iter()
            .any(|guarded| matches!(guarded.effect, Effect::Answer(_)) && guarded.when.eval(&world) != Some(false))
}
