//! Faults of order and registration: what stands in front of CORS, what CORS comes too late for, what never runs.
//!
//! In: servers with their handlers. Out: `HandlerFault`s. A fault is said only where it is certain: every condition on the
//! way holds for the CORS-preflight request in production.

use std::collections::BTreeSet;

use super::cors_npm::{CorsObjects, refuses_missing_origin};
use super::preflight;
use crate::eval::Interp;
use crate::eval::value::{Kind, ObjectId, Value};
use crate::model::policy::{Fault, Known, Policy, Setting};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Role, Scope, Server};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

pub(super) fn faults(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project) {
    super::overwritten::withdraw(project);
    let mut faults = of_servers(project);
    never_installed(run, cors, project, &mut faults);
    twice(project);
    for policy in &project.policies {
        if &*policy.library == "cors"
            && let Some((span, listed_in)) = refuses_missing_origin(&policy.allow_origin)
        {
            let mut one = HandlerFault::new(FaultKind::MissingOriginRefused, policy.platform, span, "origin");
            one.cors = Some(policy.span);
            one.detail = listed_in.unwrap_or_default();
            faults.push(one);
        }
    }
    project.faults.append(&mut faults);
}

/// Faults of the order in which the handlers of each server stand, and of what they answer to preflights.
pub(in crate::platforms) fn of_servers(project: &Project) -> Vec<HandlerFault> {
    let mut faults = Vec::new();
    for server in &project.servers {
        for (index, handler) in server.handlers.iter().enumerate() {
            if is_cors(handler) && reached(handler) {
                in_front(server, index, &mut faults);
            }
        }
        preflight::faults(server, &mut faults);
    }
    faults
}

pub(in crate::platforms) fn is_cors(handler: &Handler) -> bool {
    matches!(handler.role, Role::Cors(_))
}

/// Is it registered in production for certain?
pub(in crate::platforms) fn reached(handler: &Handler) -> bool {
    let assume = Assume::Production;
    handler.when.eval(&Situation::of(&assume)) == Some(true)
}

pub(in crate::platforms) fn preflight_request() -> Request {
    Request::new("OPTIONS", "/")
        .with_any("origin")
        .with("access-control-request-method", "PUT")
        .with("access-control-request-headers", "authorization")
}

/// What a handler certainly does with a request: the first answer it gives, if it surely gives one.
pub(in crate::platforms) fn certain_answer(handler: &Handler, request: &Request) -> Option<(Option<u16>, Span)> {
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
            None if matches!(guarded.effect, Effect::Answer(_) | Effect::Next | Effect::Fail | Effect::Cors(_)) => {
                return None;
            }
            None => {}
        }
    }
    None
}

/// What stands before the CORS handler at `index` and answers in its stead.
pub(in crate::platforms) fn in_front(server: &Server, index: usize, faults: &mut Vec<HandlerFault>) {
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
        let options_before = server.handlers[..position].iter().any(|before| {
            is_cors(before) && before.scope.has_method("OPTIONS") && before.scope.overlaps(&earlier.scope)
        });
        let middleware = earlier.scope.methods.is_empty();
        if cors.scope.has_method("OPTIONS")
            && middleware
            && !options_before
            && earlier.role != Role::Error
            && let Some((status, _)) = certain_answer(earlier, &preflight_request())
            && (earlier.role == Role::Auth || status.is_none_or(|status| !(200..300).contains(&status)))
        {
            let mut one =
                HandlerFault::new(FaultKind::AnswersPreflight, server.platform, earlier.span, earlier.name.clone());
            one.cors = Some(cors.span);
            one.status = status;
            faults.push(one);
            continue;
        }
        if earlier.role == Role::Limiter && cors.scope.has_method("GET") {
            // It answers above its rate only, and those answers have no headers.
            let mut one =
                HandlerFault::new(FaultKind::ErrorsWithoutHeaders, server.platform, earlier.span, earlier.name.clone());
            one.status = Some(429);
            one.cors = Some(cors.span);
            faults.push(one);
        }
        let answers = matches!(earlier.role, Role::Route | Role::Proxy);
        let sees_cors_route = cors.scope.methods.is_empty() && cors.scope.prefix;
        if answers && sees_cors_route && cors.scope.covers(&earlier.scope) && !is_internal(earlier) && missed.is_none()
        {
            missed = Some(earlier);
        }
    }
    if let Some(missed) = missed {
        let mut one = HandlerFault::new(FaultKind::CorsTooLate, server.platform, cors.span, cors.name.clone());
        one.other = Some(Spanned::new(missed.name.clone(), missed.span));
        faults.push(one);
    }
}

/// Routes that no browser of another origin calls: health checks, webhooks, metrics, the start page.
fn is_internal(handler: &Handler) -> bool {
    const WORDS: [&str; 16] = [
        "health",
        "healthz",
        "healthcheck",
        "health-check",
        "ping",
        "status",
        "metrics",
        "ready",
        "live",
        "webhook",
        "webhooks",
        "favicon.ico",
        "robots.txt",
        "stripe",
        "version",
        "docs",
    ];
    let Some(path) = &handler.scope.path else { return false };
    let trimmed = path.value.trim_matches('/');
    (trimmed.is_empty() && !handler.scope.prefix)
        || trimmed.split(['/', '-', '_']).any(|part| WORDS.contains(&part.to_lowercase().as_str()))
}

/// Two `cors(…)` for the same requests: the first answers preflights, the last has its way with the real answers.
fn twice(project: &mut Project) {
    let mut found = Vec::new();
    for server in &project.servers {
        let everywhere: Vec<(usize, Span)> = server
            .handlers
            .iter()
            .filter(|handler| reached(handler) && handler.scope.methods.is_empty() && handler.effects.is_empty())
            .filter_map(|handler| match handler.role {
                Role::Cors(policy) if handler.scope.path.is_none() => Some((policy, handler.span)),
                _ => None,
            })
            .collect();
        for pair in everywhere.windows(2) {
            let [(first, first_span), (second, second_span)] = pair else { continue };
            let answers = answers_options(&project.policies[*first]);
            if first != second && answers && answer_differently(&project.policies[*first], &project.policies[*second]) {
                found.push((*second, *first_span, *second_span));
            }
        }
    }
    found.extend(below_another(project));
    for (policy, by, span) in found {
        let of_express = project.policies[policy].platform == "express";
        let name = if of_express { "cors()".into() } else { project.policies[policy].place.as_str().into() };
        project.policies[policy].settings.push(Setting {
            name: Spanned::new(name, span),
            span,
            fault: Fault::Disabled {
                by: Spanned::new("cors()".into(), by),
                effect: "the first cors() answers every preflight, so this one only changes the answers after it"
                    .to_owned(),
            },
        });
    }
}

/// A `cors()` of some paths below one of the whole application, which answers their preflights too. Where methods are named, only
/// those that always need one count.
fn below_another(project: &Project) -> Vec<(usize, Span, Span)> {
    let mut found = Vec::new();
    for server in &project.servers {
        let mut outer: Option<(usize, Span)> = None;
        for handler in server.handlers.iter().filter(|handler| reached(handler) && handler.effects.is_empty()) {
            let Role::Cors(policy) = handler.role else { continue };
            let differs = |other: usize| answer_differently(&project.policies[policy], &project.policies[other]);
            let methods = &handler.scope.methods;
            let always = methods.iter().all(|method| matches!(&**method, "PUT" | "PATCH" | "DELETE"));
            match (&handler.scope.path, outer) {
                (None, None) if methods.is_empty() && answers_options(&project.policies[policy]) => {
                    outer = Some((policy, handler.span));
                }
                (Some(_), Some((other, by))) if always && policy != other && differs(other) => {
                    found.push((policy, by, handler.span));
                }
                _ => {}
            }
        }
    }
    found
}

/// Do two policies tell some origin different things, wherever that is written?
fn answer_differently(one: &Policy, other: &Policy) -> bool {
    let told = |policy: &Policy| -> Vec<_> {
        policy.allow_origin.arms.iter().map(|arm| (arm.when.clone(), arm.answer.clone())).collect()
    };
    told(one) != told(other)
}

/// Does the package answer every preflight itself? It goes on with `preflightContinue`, and wherever a function says `false`.
fn answers_options(policy: &Policy) -> bool {
    let (assume, request) = (Assume::Production, preflight_request());
    let world = Situation::with(&assume, &request);
    let mut ends = policy
        .effects
        .iter()
        .filter(|guarded| matches!(guarded.effect, Effect::Answer(_) | Effect::Next | Effect::Fail));
    let may_go_on = ends.any(|guarded| guarded.effect == Effect::Next && guarded.when.eval(&world) != Some(false));
    !may_go_on && policy.effects.iter().any(|guarded| matches!(guarded.effect, Effect::Answer(_)))
}

/// `cors(…)` that is given to nobody, and the package imported for nothing.
fn never_installed(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project, faults: &mut Vec<HandlerFault>) {
    let used = if cors.is_empty() { BTreeSet::new() } else { used_objects(run) };
    for (&id, &policy) in cors.iter().filter(|(id, _)| super::cors_npm::is_cors_path(&run.object(**id).path)) {
        let applied = project
            .servers
            .iter()
            .flat_map(|server| &server.handlers)
            .any(|handler| handler.policies().contains(&policy));
        if applied || used.contains(&id) {
            continue;
        }
        let policy = &mut project.policies[policy];
        policy.installed = Known::No;
        let mut one = HandlerFault::new(FaultKind::NotInstalled, "express", policy.span, "cors()");
        one.detail = "it is made and given to no application".to_owned();
        faults.push(one);
    }
    imported_only(run, project, faults);
}

/// Objects that are given to something, exported, kept in a field or returned by a function.
pub(in crate::platforms) fn used_objects(run: &mut Interp<'_>) -> BTreeSet<ObjectId> {
    let mut used = BTreeSet::new();
    for event in &run.log {
        for value in event.args.all() {
            collect(value, &mut used, 0);
        }
        // `cors()(req, res, next)`.
        if let Some(id) = event.target.object.filter(|_| event.target.path.ends_with("()()")) {
            used.insert(id);
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

fn collect(value: &Value, used: &mut BTreeSet<ObjectId>, depth: usize) {
    if depth > 5 {
        return;
    }
    match &value.kind {
        Kind::Object(id) => drop(used.insert(*id)),
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
            || run.log.iter().any(|event| {
                event
                    .args
                    .all()
                    .any(|value| matches!(&value.kind, Kind::External(path) if path.starts_with("npm:cors")))
            });
        if !mentioned {
            let mut one = HandlerFault::new(FaultKind::NotInstalled, "express", span, "cors");
            one.detail = "the package is imported and never used".to_owned();
            faults.push(one);
        }
    }
}
