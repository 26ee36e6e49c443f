//! CORS-preflight requests that are answered badly or by nobody.
//!
//! In: a server with its handlers. Out: `HandlerFault`s, only where every condition on the way is certain.

use std::collections::BTreeSet;

use super::super::manual::sets_cors;
use super::order::{certain_answer, is_cors, preflight_request, reached};
use crate::model::condition::{Formula, Test};
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::{Effect, Handler, Role, Scope, Server};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::source::Span;

pub(super) fn faults(server: &Server, faults: &mut Vec<HandlerFault>) {
    for (index, handler) in server.handlers.iter().enumerate() {
        own_answer(server, index, handler, faults);
        passed_on(server, index, handler, faults);
    }
    unhandled(server, faults);
}

/// Headers that a handler certainly or possibly sends with its answer to a preflight, lower-case.
fn sent(handler: &Handler) -> BTreeSet<String> {
    let assume = Assume::Production;
    let request = preflight_request();
    let world = Situation::with(&assume, &request);
    handler
        .effects
        .iter()
        .take_while(|guarded| !(matches!(guarded.effect, Effect::Answer(_)) && guarded.when.eval(&world) == Some(true)))
        .filter(|guarded| guarded.when.eval(&world) != Some(false))
        .filter_map(|guarded| match &guarded.effect {
            Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) => {
                Some(name.value.to_lowercase())
            }
            _ => None,
        })
        .collect()
}

/// Written by hand, as opposed to a library's handler.
fn is_manual(handler: &Handler) -> bool {
    is_cors(handler) && sets_cors(handler)
}

fn about_options(handler: &Handler) -> bool {
    handler.scope.methods.iter().any(|method| &**method == "OPTIONS")
}

/// Routes whose requests need a preflight because of their method.
fn unsafe_routes<'s>(server: &'s Server, scope: &'s Scope) -> impl Iterator<Item = &'s Handler> {
    server.handlers.iter().filter(|handler| {
        let unsafe_method = handler.scope.methods.iter().any(|method| matches!(&**method, "PUT" | "DELETE" | "PATCH"));
        unsafe_method && handler.scope.overlaps(scope)
    })
}

/// Requests carry JSON: somebody parses it.
fn takes_json(server: &Server) -> bool {
    server
        .handlers
        .iter()
        .any(|handler| matches!(handler.name.as_str(), "express.json" | "body-parser.json" | "bodyParser.json"))
}

/// A handler that answers OPTIONS itself: with which status, and with which headers.
pub(in crate::platforms) fn own_answer(
    server: &Server,
    index: usize,
    handler: &Handler,
    faults: &mut Vec<HandlerFault>,
) {
    if handler.role == Role::Error || !reached(handler) || !handler.understood {
        return;
    }
    if !about_options(handler) && !is_manual(handler) {
        return;
    }
    let Some((status, span)) = certain_answer(handler, &preflight_request()) else { return };
    let selected = handler.effects.iter().any(|guarded| guarded.span == span && tests_method(&guarded.when));
    if !about_options(handler) && !selected {
        return;
    }
    let Some(status) = status else { return };
    if !(200..300).contains(&status) {
        if !about_options(handler) && !is_preflighted(handler, span) {
            return;
        }
        let mut one = HandlerFault::new(FaultKind::PreflightStatus, server.platform, span, handler.name.clone());
        one.status = Some(status);
        faults.push(one);
        return;
    }
    let mut sent = sent(handler);
    let mut earlier_cors = false;
    for earlier in &server.handlers[..index] {
        if is_manual(earlier) && earlier.scope.overlaps(&handler.scope) {
            sent.extend(self::sent(earlier));
        } else if (is_cors(earlier) || !earlier.understood) && earlier.scope.overlaps(&handler.scope) {
            earlier_cors = true;
        }
    }
    if earlier_cors {
        return;
    }
    let has = |name: &str| sent.contains(name);
    let mut missing = Vec::new();
    if !has("access-control-allow-origin") {
        let granted = server
            .handlers
            .iter()
            .enumerate()
            .any(|(other, one)| other != index && is_manual(one) && one.scope.overlaps(&handler.scope));
        if is_manual(handler) || granted {
            missing.push("Access-Control-Allow-Origin");
        }
    } else if !has("access-control-allow-methods") && !has("access-control-allow-headers") {
        // A preflight is only sent for a method or a header that has to be allowed: one of the two is always needed.
        missing.extend(["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]);
    } else {
        if !has("access-control-allow-methods") && unsafe_routes(server, &handler.scope).next().is_some() {
            missing.push("Access-Control-Allow-Methods");
        }
        if !has("access-control-allow-headers") && takes_json(server) {
            missing.push("Access-Control-Allow-Headers");
        }
    }
    if !missing.is_empty() {
        let at = if about_options(handler) && !is_manual(handler) { handler.span } else { span };
        let mut one = HandlerFault::new(FaultKind::PreflightHeaders, server.platform, at, handler.name.clone());
        one.detail = missing.join(", ");
        faults.push(one);
    }
}

/// May a request to this handler need a preflight, although it refuses `OPTIONS` at this place? Where it lists what a preflight
/// may ask for, or takes more than `GET`, it may.
fn is_preflighted(handler: &Handler, refusal: Span) -> bool {
    let lists = |name: &str| {
        name.eq_ignore_ascii_case("access-control-allow-methods")
            || name.eq_ignore_ascii_case("access-control-allow-headers")
    };
    let listed = handler.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) => lists(&name.value),
        _ => false,
    });
    let takes = |method: &str| {
        let answer = certain_answer(handler, &Request::new(method, "/"));
        handler.scope.has_method(method) && answer.is_none_or(|(_, place)| place != refusal)
    };
    listed || ["POST", "PUT", "PATCH", "DELETE"].iter().any(|method| takes(method))
}

fn tests_method(when: &Formula) -> bool {
    when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.part == Part::Method))
}

/// A handler that sets the headers and lets the preflight go on, into a catch-all that refuses it.
fn passed_on(server: &Server, index: usize, handler: &Handler, faults: &mut Vec<HandlerFault>) {
    let goes_on = handler.effects.iter().any(|guarded| guarded.effect == Effect::Next);
    if !is_manual(handler) || !goes_on || !handler.scope.methods.is_empty() || !reached(handler) || !server.complete {
        return;
    }
    if certain_answer(handler, &preflight_request()).is_some() || unsafe_routes(server, &handler.scope).next().is_none()
    {
        return;
    }
    for later in &server.handlers[index + 1..] {
        if !later.scope.has_method("OPTIONS") || later.role == Role::Error {
            continue;
        }
        let may_answer =
            !later.understood || (later.role != Role::CatchAll && !matches!(later.role, Role::Other | Role::Limiter));
        if later.role != Role::CatchAll && (may_answer && later.scope.overlaps(&handler.scope)) {
            return;
        }
        if let Some((Some(status), span)) = certain_answer(later, &preflight_request()) {
            if later.role == Role::CatchAll && !(200..300).contains(&status) {
                let mut one = HandlerFault::new(FaultKind::PreflightStatus, server.platform, span, later.name.clone());
                one.status = Some(status);
                one.cors = Some(handler.span);
                faults.push(one);
            }
            return;
        }
    }
}

/// Routes with a CORS handler of their own whose preflight nobody answers.
fn unhandled(server: &Server, faults: &mut Vec<HandlerFault>) {
    if !server.complete {
        return;
    }
    let json = takes_json(server);
    for (index, handler) in server.handlers.iter().enumerate() {
        let needs = |method: &str| matches!(method, "PUT" | "DELETE" | "PATCH") || (method == "POST" && json);
        if !is_cors(handler) || !handler.scope.methods.iter().any(|method| needs(method)) || !reached(handler) {
            continue;
        }
        let answered = server.handlers.iter().enumerate().any(|(other, before)| {
            other != index
                && (is_cors(before) || about_options(before))
                && before.scope.has_method("OPTIONS")
                && before.scope.overlaps(&handler.scope)
        });
        let unknown = server.handlers.iter().any(|other| {
            !other.understood
                && other.scope.has_method("OPTIONS")
                && other.scope.methods.is_empty()
                && other.role == Role::Other
        });
        if !answered && !unknown {
            let mut one =
                HandlerFault::new(FaultKind::PreflightUnhandled, server.platform, handler.span, handler.name.clone());
            one.detail = handler.scope.methods.join(", ");
            faults.push(one);
        }
    }
}
