//! What is wrong between the parts of an application: header rules that replace each other or are met by no route, what routes
//! leave to rules and middleware, and what middleware takes away from them.
//!
//! In: a server that was built. Out: faults in the project.

use std::sync::Arc;

use super::super::assembly::sets_origin;
use super::super::express::{order, preflight};

use super::super::manual::sets_cors;
use super::super::overrides;
use super::App;
use super::server::Parts;
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, GuardedEffect, Handler, Role, Scope, Server};
use crate::model::world::Request;
use crate::source::{Span, Spanned};

/// Adds the faults of one server.
pub(super) fn add(app: &App, parts: &Parts, index: usize, project: &mut Project) {
    let mut found = Vec::new();
    let server = &project.servers[index];
    let outer = &server.handlers[parts.rules.start..parts.middleware.end];
    for at in parts.pages.clone() {
        preflight::own_answer(server, at, &server.handlers[at], &mut found);
    }
    found.retain(|fault| !answered_before(server, parts, fault.span));
    for route in &app.routes {
        let Some(own) =
            server.handlers[parts.routes.clone()].iter().find(|one| one.span == route.span || same(one, route.span))
        else {
            continue;
        };
        found.extend(route.served.faults.iter().filter_map(|fault| overrides::uncured(fault, own, outer)));
    }
    if let Some(middleware) = &app.middleware {
        found.extend(middleware.served.faults.iter().cloned());
        takes_preflights(server, parts, &mut found);
    }
    let rules = &server.handlers[parts.rules.clone()];
    named_twice(rules, &mut found);
    if !app.config.rewrites {
        missed(app, rules, &mut found);
        missed(app, &server.handlers[parts.middleware.clone()], &mut found);
    }
    let mut lost = Vec::new();
    let mut replaced = Vec::new();
    for handler in &server.handlers[parts.routes.clone()] {
        let Role::Cors(policy) = handler.role else { continue };
        for rule in rules.iter().filter(|rule| rule.scope.covers(&handler.scope)) {
            lost.extend(overrides::disabled(handler, rule, "next.config").into_iter().map(|one| (policy, one)));
            replaced.push((policy, rule.clone()));
        }
    }
    for (policy, rule) in &replaced {
        overrides::replace_decision(*policy, rule, project);
    }
    for (policy, setting) in lost {
        let settings = &mut project.policies[policy].settings;
        if !settings.contains(&setting) {
            settings.push(setting);
        }
    }
    project.faults.append(&mut found);
}

fn same(handler: &Handler, route: Span) -> bool {
    handler.scope.path.as_ref().is_some_and(|path| path.span == route)
}

/// Does middleware answer the preflights of the handler at this place?
fn answered_before(server: &Server, parts: &Parts, place: Span) -> bool {
    let handlers = server.handlers[parts.pages.clone()].iter();
    let own = handlers.filter(|one| one.span.file == place.file).collect::<Vec<_>>();
    server.handlers[parts.middleware.clone()].iter().any(|middleware| {
        overrides::answers_preflights(middleware) && own.iter().all(|one| middleware.scope.covers(&one.scope))
    })
}

/// Middleware that answers the preflights of routes behind it, and not with an ok status.
fn takes_preflights(server: &Server, parts: &Parts, found: &mut Vec<HandlerFault>) {
    let routes = &server.handlers[parts.pages.start..parts.routes.end];
    let rules = &server.handlers[parts.rules.clone()];
    for middleware in server.handlers[parts.middleware.clone()].iter().filter(|one| one.understood) {
        for route in routes.iter().filter(|route| middleware.scope.covers(&route.scope)) {
            let rule = rules.iter().find(|rule| sets_origin(rule) && rule.scope.covers(&route.scope));
            let granting = if sets_origin(route) { Some(route) } else { rule };
            let Some(granting) = granting else { continue };
            let path = route.scope.path.as_ref().map_or("/", |path| &*path.value);
            let request = Request { path: sample(path), ..order::preflight_request() };
            let Some((Some(status), span)) = order::certain_answer(middleware, &request) else { continue };
            if (200..300).contains(&status) || found.iter().any(|known| known.span == span) {
                continue;
            }
            let mut fault = HandlerFault::new(FaultKind::AnswersPreflight, "nextjs", span, middleware.name.clone());
            fault.status = Some(status);
            fault.cors = Some(granting.span);
            found.push(fault);
        }
    }
}

/// A path that a scope sees.
fn sample(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with([':', '*']) { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The lines of Allow-Origin that a rule certainly sends.
fn origin_lines(handler: &Handler) -> impl Iterator<Item = (&GuardedEffect, String)> {
    handler.effects.iter().filter_map(|guarded| match &guarded.effect {
        Effect::Set(name, value) if name.value.eq_ignore_ascii_case("access-control-allow-origin") => {
            Some((guarded, value.as_text()?)).filter(|_| guarded.when == Formula::True)
        }
        _ => None,
    })
}

/// Several origins written one after the other for the same paths: the last one is sent to everybody.
fn named_twice(rules: &[Handler], found: &mut Vec<HandlerFault>) {
    let all = rules.iter().flat_map(|rule| origin_lines(rule).map(move |(line, text)| (rule, line, text)));
    let lines: Vec<_> = all.collect();
    for (at, (rule, line, text)) in lines.iter().enumerate() {
        let path = |rule: &Handler| rule.scope.path.as_ref().map(|path| path.value.clone());
        let mut later = lines[at + 1..].iter().filter(|(other, _, by)| path(other) == path(rule) && by != text);
        if let Some((_, by, other)) = later.next_back() {
            let mut fault = HandlerFault::new(FaultKind::SentTwice, "nextjs", line.span, rule.name.clone());
            fault.other = Some(Spanned::new(other.clone(), by.span));
            fault.detail = format!("name several origins, and only the last one, `{other}`, is ever sent");
            found.push(fault);
        }
    }
}

/// Rules and middleware for the API that no route of the API is below.
fn missed(app: &App, outer: &[Handler], found: &mut Vec<HandlerFault>) {
    let is_api = |path: &str| path.split('/').any(|part| part == "api");
    let base = app.config.base.trim_end_matches('/');
    let Some(place) = outer.first().map(|rule| rule.span) else { return };
    let paths = app.pages.iter().map(|page| &page.path).chain(app.routes.iter().map(|route| &route.path));
    let scope = |path: &String| {
        let path: Arc<str> = format!("{base}{path}").into();
        Scope { methods: Vec::new(), path: Some(Spanned::new(path, place)), prefix: false }
    };
    let routes: Vec<Scope> = paths.filter(|path| is_api(path)).map(scope).collect();
    let granting: Vec<&Handler> = outer.iter().filter(|one| sets_cors(one)).collect();
    let meets = |one: &&Handler| routes.iter().any(|route| one.scope.overlaps(route));
    for one in granting.iter().filter(|one| !routes.is_empty() && !meets(one)) {
        let Some(path) = one.scope.path.as_ref().filter(|path| is_api(&path.value)) else { continue };
        // A pattern that is more than segments and parameters is not compared.
        if path.value.contains(['(', '?', '|', '+', '{']) {
            continue;
        }
        let mut fault = HandlerFault::new(FaultKind::Shadowed, "nextjs", path.span, one.name.clone());
        fault.detail = "fits no route of the application".to_owned();
        found.push(fault);
    }
}
