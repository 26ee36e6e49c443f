//! Faults of order and registration: what refuses preflights, what is written twice, what never runs.
//!
//! In: servers with their handlers, the log. Out: `HandlerFault`s. A fault is said only where it is certain: every condition on
//! the way holds in production.

mod registration;

use super::super::express::order::{certain_answer, is_cors, preflight_request, reached};
use super::super::fastapi::faults::{answers_preflight, is_layer};
use super::super::fastapi::preflight::{is_unsafe, may_answer};
use super::PLATFORM;
use super::apps::{Found, cors_of, writes_origin};
use super::cors::LIBRARY;
use crate::eval::Interp;
use crate::model::policy::Policy;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Role, Server};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

pub(super) fn gather(run: &mut Interp<'_>, found: &Found, project: &mut Project) {
    let mut faults = Vec::new();
    for server in found.servers.iter().map(|&index| &project.servers[index]) {
        refused(server, &mut faults);
        twice(server, project, &mut faults);
        for (index, handler) in server.handlers.iter().enumerate().filter(|(_, handler)| reached(handler)) {
            errors(server, handler, project, &mut faults);
            unhandled(server, index, project, &mut faults);
        }
    }
    registration::faults(run, found, project, &mut faults);
    for fault in faults {
        if !project.faults.contains(&fault) {
            project.faults.push(fault);
        }
    }
}

fn fault(kind: FaultKind, span: Span, name: &str) -> HandlerFault {
    HandlerFault::new(kind, PLATFORM, span, name)
}

/// The policy of a handler, where the package makes it.
fn library<'p>(project: &'p Project, handler: &Handler) -> Option<&'p Policy> {
    cors_of(handler).map(|index| &project.policies[index]).filter(|policy| &*policy.library == LIBRARY)
}

/// What answers preflights with a refusal, although CORS is there to answer them.
fn refused(server: &Server, faults: &mut Vec<HandlerFault>) {
    let cors = server.handlers.iter().find(|handler| is_cors(handler) && reached(handler));
    let Some(cors) = cors else { return };
    for handler in server.handlers.iter().filter(|handler| handler.understood && reached(handler)) {
        let own = handler.scope.methods.iter().any(|method| &**method == "OPTIONS") && is_cors(handler);
        let status = match is_layer(handler) {
            true => answers_preflight(server, handler),
            // A decorator of the program between the route and `@cross_origin`.
            false if own => {
                let mut request = preflight_request();
                request.path = handler.scope.path.as_ref().map_or_else(String::new, |path| path.value.to_string());
                let answer = certain_answer(handler, &request).map(|(status, _)| status);
                answer.filter(|status| status.is_some_and(|status| !(200..300).contains(&status)))
            }
            false => None,
        };
        if let Some(status) = status {
            let mut one = fault(FaultKind::AnswersPreflight, handler.span, &handler.name);
            one.cors = Some(if own { handler.span } else { cors.span });
            one.status = status;
            faults.push(one);
        }
    }
}

/// A line that is certainly added to every answer, whatever is there.
fn added(handler: &Handler) -> Option<Span> {
    let request = Request::new("GET", "/api/items").with_any("origin");
    let world = Situation::with(&Assume::Production, &request);
    let adds = |effect: &Effect| matches!(effect, Effect::Append(..)) && writes_origin(effect);
    let mut lines = handler.effects.iter().filter(|line| adds(&line.effect));
    lines.find(|line| line.when.eval(&world) == Some(true)).map(|line| line.span)
}

/// A hook adds the header to answers that have it from Flask-CORS, which was registered after it and so runs before it; and a
/// view that writes the header below `@cross_origin`, which adds another.
fn twice(server: &Server, project: &Project, faults: &mut Vec<HandlerFault>) {
    let layers: Vec<&Handler> =
        server.handlers.iter().filter(|handler| is_layer(handler) && reached(handler)).collect();
    for (at, handler) in layers.iter().enumerate() {
        let Some(span) = added(handler) else { continue };
        let inside = layers[at + 1..].iter().find(|inner| library(project, inner).is_some());
        if let Some(inner) = inside {
            let mut one = fault(FaultKind::SentTwice, span, &handler.name);
            one.other = Some(Spanned::new(inner.name.clone(), inner.span));
            faults.push(one);
        }
    }
    for handler in server.handlers.iter().filter(|handler| handler.is_route() && reached(handler)) {
        let Some(policy) = library(project, handler) else { continue };
        let request = Request::new("GET", "/").with_any("origin");
        let world = Situation::with(&Assume::Production, &request);
        let own = handler.effects.iter().find(|line| {
            let written = matches!(line.effect, Effect::Set(..)) && writes_origin(&line.effect);
            written && line.when.eval(&world) == Some(true)
        });
        if let Some(own) = own {
            let mut one = fault(FaultKind::SentTwice, own.span, &handler.name);
            one.other = Some(Spanned::new("@cross_origin".to_owned(), policy.span));
            faults.push(one);
        }
    }
}

/// The hooks that may stand around a route: of the whole application, or of a blueprint at its very path.
fn surrounded(server: &Server, route: &Handler) -> bool {
    let whole = |handler: &Handler| is_layer(handler) && !handler.is_route();
    let same = |handler: &Handler| {
        !handler.is_route() && handler.scope.path.is_some() && handler.scope.path == route.scope.path
    };
    let below = |handler: &Handler| handler.scope.prefix && handler.scope.overlaps(&route.scope);
    server.handlers.iter().any(|handler| {
        (is_cors(handler) || !handler.understood && handler.role == Role::Other)
            && (whole(handler) || same(handler) || below(handler))
    })
}

/// What is raised passes by the lines that a view or its `@cross_origin` writes.
fn errors(server: &Server, handler: &Handler, project: &Project, faults: &mut Vec<HandlerFault>) {
    let Some(index) = cors_of(handler).filter(|_| handler.is_route()) else { return };
    if surrounded(server, handler) || handler.scope.methods.iter().all(|method| &**method == "OPTIONS") {
        return;
    }
    let policy = &project.policies[index];
    let possible = Situation::of(&Assume::Production);
    for (at, raised) in handler.effects.iter().enumerate() {
        if raised.effect != Effect::Replace || raised.when.eval(&possible) == Some(false) {
            continue;
        }
        let mut status = None;
        let mut written = false;
        for next in handler.effects[at + 1..].iter().filter(|next| next.span == raised.span) {
            match next.effect {
                Effect::Answer(found) if next.when == raised.when => {
                    status = found;
                    break;
                }
                _ => written |= writes_origin(&next.effect),
            }
        }
        let Some(status) = status.filter(|status| *status >= 400 && !written) else { continue };
        let by_package = &*policy.library == LIBRARY;
        let line = handler.effects.iter().find(|line| writes_origin(&line.effect)).map(|line| line.span);
        let span = line.filter(|_| by_package).unwrap_or(handler.span);
        let mut one = fault(FaultKind::ErrorsWithoutHeaders, span, &handler.name);
        one.cors = Some(line.unwrap_or(policy.span));
        one.status = Some(status);
        one.other = Some(Spanned::new(handler.name.clone(), raised.span));
        if by_package {
            one.detail =
                "what is raised passes by `@cross_origin`, which only sees what the view gives back".to_owned();
        }
        faults.push(one);
        return;
    }
}

/// A view with CORS whose `OPTIONS` is answered by Flask, or by another view of the same path, without headers.
fn unhandled(server: &Server, index: usize, project: &Project, faults: &mut Vec<HandlerFault>) {
    let handler = &server.handlers[index];
    let methods = &handler.scope.methods;
    if !is_cors(handler) || !handler.is_route() || methods.iter().all(|method| &**method == "OPTIONS") {
        return;
    }
    let layered = |other: &Handler| is_layer(other) && (is_cors(other) || may_answer(other));
    if server.handlers.iter().any(layered) || surrounded(server, handler) {
        return;
    }
    let same_path = |other: &Handler| match (&other.scope.path, &handler.scope.path) {
        (Some(one), Some(two)) => one.value == two.value,
        _ => false,
    };
    let takes = |other: &&Handler| other.scope.has_method("OPTIONS") && !is_layer(other) && same_path(other);
    let Some(answering) = server.handlers.iter().find(takes).filter(|other| other.role == Role::Other) else { return };
    let elsewhere = answering.span != handler.span && library(project, handler).is_some();
    let needs = match elsewhere {
        true => methods.iter().any(|method| !matches!(&**method, "GET" | "HEAD" | "OPTIONS")),
        false => methods.iter().any(|method| is_unsafe(method)),
    };
    if !needs {
        return;
    }
    let mut one = fault(FaultKind::PreflightUnhandled, answering.span, &handler.name);
    one.detail =
        methods.iter().filter(|method| &***method != "HEAD").map(|method| &**method).collect::<Vec<_>>().join(", ");
    if elsewhere {
        one.cors = cors_of(handler).map(|index| project.policies[index].span);
    }
    faults.push(one);
}
