//! The server of an application: its handlers in the order in which a request meets them.
//!
//! In: an application. Out: a server in the project, with its policies and faults.

use std::ops::Range;

use super::super::express::cors_npm::CorsObjects;
use super::super::express::registration::policies_of;
use super::super::manual::{self, header_name};
use super::{App, faults, pages};
use crate::eval::Interp;
use crate::model::condition::{Formula, Test};
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, HeaderValue, Role, Scope, Server, Unanswered};
use crate::model::term::{Part, Relation, Term};
use crate::source::{Span, Spanned};

/// What answers of the app router depend on.
const APP_VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

/// Which handlers of a server are what.
pub(super) struct Parts {
    /// Header rules.
    pub(super) rules: Range<usize>,
    /// API routes.
    pub(super) routes: Range<usize>,
}

/// Puts the server of an application into the project.
pub(super) fn build(run: &mut Interp<'_>, app: &App, cors: &CorsObjects, project: &mut Project) {
    let Some(span) = place(run, app) else { return };
    let mut handlers = Vec::new();
    handlers.extend(slash_redirect(app, span));
    let first_rule = handlers.len();
    header_rules(app, project, &mut handlers);
    let first_route = handlers.len();
    let base = app.config.base.trim_end_matches('/').to_owned();
    for (path, module) in &app.pages {
        handlers.extend(pages::handler(run, &format!("{base}{path}"), *module, cors, project));
    }
    let parts = Parts { rules: first_rule..first_route, routes: first_route..handlers.len() };
    handlers.extend(the_rest(app, span));
    let index = project.servers.len();
    for handler in &handlers {
        for policy in policies_of(handler) {
            let policy = &mut project.policies[policy];
            policy.installed = Known::Yes;
            policy.server.get_or_insert(index);
            policy.paths.extend(handler.scope.path.clone());
            if policy.place.is_empty() || policy.place == "cors()" {
                policy.place = handler.name.clone();
            }
        }
    }
    let name = app.root.file_name().unwrap_or("next");
    project.servers.push(Server {
        complete: !app.config.open && !app.config.rewrites,
        unanswered: Unanswered::NotFound,
        failing: Failing::ErrorHandlers,
        ..Server::new("nextjs", name, span, handlers)
    });
    faults::add(app, &parts, index, project);
}

/// A place that stands for the application: its configuration, else its first file.
fn place(run: &Interp<'_>, app: &App) -> Option<Span> {
    let modules = app.config_module.iter().chain(app.middleware.iter());
    let files = modules.chain(app.pages.iter().chain(&app.routes).map(|(_, module)| module));
    let paths = files.map(|module| run.module_path(*module).to_owned());
    paths.filter_map(|path| run.file_of(&path)).next().map(|file| Span::new(file, 0, 0))
}

fn always(effect: Effect, span: Span) -> GuardedEffect {
    GuardedEffect { when: Formula::True, effect, span }
}

fn handler(name: String, span: Span, path: Option<String>, effects: Vec<GuardedEffect>) -> Handler {
    let path = path.map(|path| Spanned::new(path.into(), span));
    let scope = Scope { methods: Vec::new(), prefix: path.is_none(), path };
    Handler { role: Role::Other, name, span, when: Formula::True, scope, effects, understood: true }
}

/// The redirect to the path with, or without, the slash at its end, which comes before everything else.
fn slash_redirect(app: &App, span: Span) -> Option<Handler> {
    let adds = app.config.slash?;
    let span = app.config.slash_span.unwrap_or(span);
    let path = |relation: Relation| Formula::test(Test::Request { term: Term::of(Part::Path), relation }, span);
    let ends = path(Relation::EndsWith("/".into()));
    let when = match adds {
        // A file's name keeps its form.
        true => ends.negated().and(path(Relation::Contains(".".into())).negated()),
        false => ends.and(path(Relation::Equals("/".into())).negated()),
    };
    let effects = vec![
        GuardedEffect { when: when.clone(), effect: Effect::Answer(Some(308)), span },
        GuardedEffect { when: when.negated(), effect: Effect::Next, span },
    ];
    Some(handler("trailingSlash".to_owned(), span, None, effects))
}

/// Header rules: a later one replaces what an earlier one set.
fn header_rules(app: &App, project: &mut Project, handlers: &mut Vec<Handler>) {
    for (path, rule, mut effects) in app.config.scoped() {
        let name = format!("headers of {}", rule.source.value);
        let place = manual::Origin { platform: "nextjs", place: name.clone(), span: rule.span };
        let policy = manual::policy(&effects, place);
        effects.push(always(Effect::Next, rule.span));
        let mut one = handler(name, rule.source.span, Some(path), effects);
        if let Some(policy) = policy {
            one.role = Role::Cors(project.policies.len());
            project.policies.push(policy);
        }
        handlers.push(one);
    }
}

/// Pages, which are not read, and the answer where nothing lies.
fn the_rest(app: &App, span: Span) -> Vec<Handler> {
    let api = Test::Request { term: Term::of(Part::Path), relation: Relation::StartsWith("/api/".into()) };
    let mut pages = handler("pages".to_owned(), span, None, Vec::new());
    pages.when = Formula::test(api, span).negated();
    pages.understood = false;
    let mut effects = Vec::new();
    let mut vary = |names: &str| {
        let value = HeaderValue::text(names, span);
        effects.push(always(Effect::Merge(header_name("Vary", span), value), span));
    };
    if app.app_router {
        vary(APP_VARY);
    }
    vary("Accept-Encoding");
    effects.push(always(Effect::Answer(Some(404)), span));
    vec![pages, handler("not-found".to_owned(), span, None, effects)]
}
