//! Faults of order and registration: what stands in front of CORS, what CORS comes too late for, what never runs.
//!
//! In: servers with their handlers. Out: `HandlerFault`s. A fault is said only where it is certain: every condition on the
//! way holds for the CORS-preflight request in production.

use super::super::manual::is_cors_header;
use super::cors_npm::{CorsObjects, refuses_missing_origin};
use super::registration::policies_of;
use crate::eval::Interp;
use crate::eval::value::{Kind, ObjectId, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Role, Scope, Server};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

pub(super) fn faults(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project) {
    let mut faults = Vec::new();
    for server in &project.servers {
        for (index, handler) in server.handlers.iter().enumerate() {
            if is_cors(handler) && reached(handler) {
                in_front(server, index, &mut faults);
            }
            preflight_answers(handler, &mut faults);
            error_answers(handler, &mut faults);
        }
        unhandled(server, &mut faults);
    }
    never_installed(run, cors, project, &mut faults);
    for policy in &project.policies {
        if &*policy.library == "cors" {
            if let Some(span) = refuses_missing_origin(&policy.allow_origin) {
                let mut one = fault(FaultKind::MissingOriginRefused, span, "origin");
                one.cors = Some(policy.span);
                faults.push(one);
            }
        }
    }
    project.faults.append(&mut faults);
}

fn fault(kind: FaultKind, span: Span, name: &str) -> HandlerFault {
    HandlerFault {
        kind,
        platform: "express",
        span,
        name: name.to_owned(),
        cors: None,
        other: None,
        status: None,
        detail: String::new(),
    }
}

fn is_cors(handler: &Handler) -> bool {
    matches!(handler.role, Role::Cors(_))
}

/// Is it registered in production for certain?
fn reached(handler: &Handler) -> bool {
    let assume = Assume::Production;
    handler.when.eval(&Situation::of(&assume)) == Some(true)
}

fn preflight() -> Request {
    Request::new("OPTIONS", "/")
        .with("origin", "https://app.example")
        .with("access-control-request-method", "PUT")
        .with("access-control-request-headers", "authorization")
}

/// What a handler certainly does with a request: the first answer it gives, if it surely gives one.
fn certain_answer(handler: &Handler, request: &Request) -> Option<(Option<u16>, Span)> {
    if !handler.scope.has_method(&request.method) {
        return None;
    }
    let assume = Assume::Production;
    let world = Situation::with(&assume, request);
    for guarded in &handler.effects {
        match guarded.when.eval(&world) {
            Some(false) => {}
            Some(true) => match guarded.effect {
                Effect::Answer(status) => return Some((status, guarded.span)),
                Effect::RequireAuth(status) => return Some((Some(status), guarded.span)),
                Effect::Fail => return Some((Some(500), guarded.span)),
                Effect::Next | Effect::Forward | Effect::Cors(_) => return None,
                _ => {}
            },
            // It may answer or go on: nothing is certain any more.
            None if matches!(guarded.effect, Effect::Answer(_) | Effect::Next | Effect::Fail | Effect::Cors(_)) => return None,
            None => {}
        }
    }
    None
}

/// What stands before the CORS handler at `index` and answers in its stead.
fn in_front(server: &Server, index: usize, faults: &mut Vec<HandlerFault>) {
    let cors = &server.handlers[index];
    let covered_before = |scope: &Scope, end: usize| {
        server.handlers[..end].iter().any(|earlier| is_cors(earlier) && earlier.scope.covers(scope))
    };
    let mut missed: Option<&Handler> = None;
    for (position, earlier) in server.handlers[..index].iter().enumerate() {
        if !reached(earlier) || !cors.scope.covers(&earlier.scope) && !earlier.scope.covers(&cors.scope) {
            continue;
        }
        if covered_before(&earlier.scope, position) || is_cors(earlier) {
            continue;
        }
        let options_before = server.handlers[..position]
            .iter()
            .any(|before| is_cors(before) && before.scope.has_method("OPTIONS") && before.scope.overlaps(&earlier.scope));
        let middleware = earlier.scope.methods.is_empty();
        if cors.scope.has_method("OPTIONS") && middleware && !options_before && earlier.role != Role::Error {
            if let Some((status, _)) = certain_answer(earlier, &preflight()) {
                if earlier.role == Role::Auth || status.is_none_or(|status| !(200..300).contains(&status)) {
                    let mut one = fault(FaultKind::AnswersPreflight, earlier.span, &earlier.name);
                    one.cors = Some(cors.span);
                    one.status = status;
                    faults.push(one);
                    continue;
                }
            }
        }
        let answers = matches!(earlier.role, Role::Route | Role::Limiter | Role::Proxy);
        let sees_cors_route = cors.scope.methods.is_empty() && cors.scope.prefix;
        if answers && sees_cors_route && cors.scope.covers(&earlier.scope) && !is_internal(earlier) && missed.is_none() {
            missed = Some(earlier);
        }
    }
    if let Some(missed) = missed {
        let mut one = fault(FaultKind::CorsTooLate, cors.span, &cors.name);
        one.other = Some(Spanned::new(missed.name.clone(), missed.span));
        faults.push(one);
    }
}

/// Routes that no browser of another origin calls: health checks, webhooks, metrics, the start page.
fn is_internal(handler: &Handler) -> bool {
    const WORDS: [&str; 16] = [
        "health", "healthz", "healthcheck", "health-check", "ping", "status", "metrics", "ready", "live", "webhook", "webhooks",
        "favicon.ico", "robots.txt", "stripe", "version", "docs",
    ];
    let Some(path) = &handler.scope.path else { return false };
    let trimmed = path.value.trim_matches('/');
    (trimmed.is_empty() && !handler.scope.prefix)
        || trimmed.split(['/', '-', '_']).any(|part| WORDS.contains(&part.to_lowercase().as_str()))
}

/// A handler that answers OPTIONS itself: with which status, and with which headers.
fn preflight_answers(handler: &Handler, faults: &mut Vec<HandlerFault>) {
    if handler.role == Role::Error || !reached(handler) || !handler.understood {
        return;
    }
    let about_options = handler.scope.methods.iter().any(|method| &**method == "OPTIONS");
    let assume = Assume::Production;
    let request = preflight();
    let world = Situation::with(&assume, &request);
    let sets_cors = handler.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, _) => is_cors_header(&name.value),
        _ => false,
    });
    if !about_options && !sets_cors {
        return;
    }
    let Some((status, span)) = certain_answer(handler, &request) else { return };
    let selected = handler.effects.iter().any(|guarded| guarded.span == span && tests_method(&guarded.when));
    if !about_options && !selected {
        return;
    }
    match status {
        Some(status) if !(200..300).contains(&status) => {
            let mut one = fault(FaultKind::PreflightStatus, span, &handler.name);
            one.status = Some(status);
            faults.push(one);
        }
        Some(_) if sets_cors => {
            let mut missing = Vec::new();
            let before = handler.effects.iter().take_while(|guarded| guarded.span != span);
            let sent: Vec<String> = before
                .filter(|guarded| guarded.when.eval(&world) != Some(false))
                .filter_map(|guarded| match &guarded.effect {
                    Effect::Set(name, _) | Effect::Append(name, _) => Some(name.value.to_lowercase()),
                    _ => None,
                })
                .collect();
            if !sent.iter().any(|name| name == "access-control-allow-origin") {
                missing.push("Access-Control-Allow-Origin");
            }
            let names = ["access-control-allow-methods", "access-control-allow-headers"];
            if !sent.iter().any(|name| names.contains(&name.as_str())) {
                missing.extend(["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]);
            }
            if !missing.is_empty() {
                let mut one = fault(FaultKind::PreflightHeaders, span, &handler.name);
                one.detail = missing.join(", ");
                faults.push(one);
            }
        }
        _ => {}
    }
}

fn tests_method(when: &Formula) -> bool {
    when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.part == Part::Method))
}

/// Answers with an error status of a handler that sets the headers only on other ways.
fn error_answers(handler: &Handler, faults: &mut Vec<HandlerFault>) {
    let is_line = |effect: &Effect| matches!(effect, Effect::Set(name, _) if name.value.eq_ignore_ascii_case("access-control-allow-origin"));
    if handler.role == Role::Error || !handler.effects.iter().any(|guarded| is_line(&guarded.effect)) {
        return;
    }
    for (position, guarded) in handler.effects.iter().enumerate() {
        let Effect::Answer(Some(status)) = guarded.effect else { continue };
        if status < 400 {
            continue;
        }
        let facts: Vec<Formula> = match &guarded.when {
            Formula::All(parts) => parts.to_vec(),
            other => vec![other.clone()],
        };
        let lines = || handler.effects.iter().enumerate().filter(|(_, other)| is_line(&other.effect));
        let before = lines().any(|(at, other)| at < position && other.when.given(&facts) != Formula::False);
        let success = handler.effects.iter().any(|other| matches!(other.effect, Effect::Answer(status) if status.is_none_or(|status| status < 400)));
        if !before && success {
            let mut one = fault(FaultKind::ErrorsWithoutHeaders, guarded.span, &handler.name);
            one.status = Some(status);
            one.cors = lines().map(|(_, line)| line.span).next();
            faults.push(one);
        }
    }
}

/// Routes with a CORS handler of their own whose preflight nobody answers.
fn unhandled(server: &Server, faults: &mut Vec<HandlerFault>) {
    if !server.complete {
        return;
    }
    for (index, handler) in server.handlers.iter().enumerate() {
        let unsafe_method = handler.scope.methods.iter().any(|method| matches!(&**method, "PUT" | "DELETE" | "PATCH"));
        if !is_cors(handler) || !unsafe_method || !reached(handler) {
            continue;
        }
        let answered = server.handlers.iter().enumerate().any(|(other, before)| {
            other != index && is_cors(before) && before.scope.has_method("OPTIONS") && before.scope.overlaps(&handler.scope)
        }) || server.handlers.iter().any(|other| {
            !other.understood && other.scope.has_method("OPTIONS") && other.scope.methods.is_empty() && other.role == Role::Other
        });
        if !answered {
            let mut one = fault(FaultKind::PreflightUnhandled, handler.span, &handler.name);
            one.detail = handler.scope.methods.join(", ");
            faults.push(one);
        }
    }
}

/// `cors(…)` that is given to nobody, and the package imported for nothing.
fn never_installed(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project, faults: &mut Vec<HandlerFault>) {
    let used = used_objects(run);
    for (&id, &policy) in cors {
        let applied = project.servers.iter().flat_map(|server| &server.handlers).any(|handler| policies_of(handler).contains(&policy));
        if applied || used.contains(&id) {
            continue;
        }
        let policy = &mut project.policies[policy];
        policy.installed = Known::No;
        let mut one = fault(FaultKind::NotInstalled, policy.span, "cors()");
        one.detail = "it is made and given to no application".to_owned();
        faults.push(one);
    }
    imported_only(run, project, faults);
}

/// Objects that are given to something, exported, kept in a field or returned by a function.
fn used_objects(run: &mut Interp<'_>) -> Vec<ObjectId> {
    let mut used = Vec::new();
    for event in &run.log {
        for value in event.args.all() {
            collect(value, &mut used, 0);
        }
        // `cors()(req, res, next)`.
        if let Some(id) = event.target.object.filter(|_| event.target.path.ends_with("()()")) {
            used.push(id);
        }
    }
    for value in run.exported_values() {
        collect(&value, &mut used, 0);
    }
    for object in &run.objects {
        for value in object.fields.values().chain(object.args.all()) {
            collect(value, &mut used, 0);
        }
    }
    used.extend(run.returned_objects());
    used
}

fn collect(value: &Value, used: &mut Vec<ObjectId>, depth: usize) {
    if depth > 5 {
        return;
    }
    match &value.kind {
        Kind::Object(id) => used.push(*id),
        Kind::List(list) => list.items.iter().for_each(|item| collect(&item.value, used, depth + 1)),
        Kind::Map(map) => map.entries.values().for_each(|entry| collect(&entry.value, used, depth + 1)),
        Kind::OneOf(alternatives) => alternatives.iter().for_each(|(_, value)| collect(value, used, depth + 1)),
        _ => {}
    }
}

/// `const cors = require('cors')` in the file of an application that never gets it.
fn imported_only(run: &mut Interp<'_>, project: &Project, faults: &mut Vec<HandlerFault>) {
    let modules: Vec<_> = run.modules().map(|(id, ..)| id).collect();
    for server in &project.servers {
        if server.handlers.iter().any(is_cors) || !server.complete {
            continue;
        }
        let home = modules.iter().copied().find(|&id| run.module_path(id) == run.path_of_span(server.span));
        let Some(home) = home else { continue };
        let imported = run.top_level_names(home).into_iter().find_map(|(_, value)| match &value.kind {
            Kind::External(path) if &**path == "npm:cors" => Some(value.span),
            _ => None,
        });
        let Some(span) = imported else { continue };
        let mentioned = run.objects.iter().any(|object| super::cors_npm::is_cors_path(&object.path))
            || run.log.iter().any(|event| event.args.all().any(|value| matches!(&value.kind, Kind::External(path) if path.starts_with("npm:cors"))));
        if !mentioned {
            let mut one = fault(FaultKind::NotInstalled, span, "cors");
            one.detail = "the package is imported and never used".to_owned();
            faults.push(one);
        }
    }
}
