//! The server of an application: its handlers in the order in which a request meets them.
//!
//! In: an application. Out: a server in the project, with its policies and faults.

use std::ops::Range;

use super::super::assembly::{adopt, serve_behind, yield_to_outer};
use super::super::express::cors_npm::CorsObjects;
use super::super::header_rules::{covers_files, rule_handler};
use super::super::manual::header_name;
use super::{App, faults, pages};
use crate::eval::Interp;
use crate::model::condition::{Formula, Test};
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
    /// Middleware.
    pub(super) middleware: Range<usize>,
    /// API routes of the pages router.
    pub(super) pages: Range<usize>,
    /// Routes of the app router.
    pub(super) routes: Range<usize>,
}

/// Puts the server of an application into the project.
pub(super) fn build(run: &mut Interp<'_>, app: &App, cors: &CorsObjects, project: &mut Project) {
    let Some(span) = place(run, app) else { return };
    let base = app.config.base.trim_end_matches('/').to_owned();
    let mut handlers = Vec::new();
    handlers.extend(slash_redirect(app, span));
    let first_rule = handlers.len();
    for rule in &app.config.rules {
        handlers.push(rule_handler(rule, &base, project));
    }
    let first_middleware = handlers.len();
    if let Some(middleware) = &app.middleware {
        let mut own = middleware.handlers(&base);
        serve_behind(&middleware.served, &mut own, project);
        own.iter_mut().for_each(compressed);
        handlers.extend(own);
    }
    let first_page = handlers.len();
    for page in &app.pages {
        handlers.extend(pages::handler(run, page, &base, cors, project));
    }
    let first_route = handlers.len();
    for route in &app.routes {
        let mut own = route.served.handlers.clone();
        for handler in &mut own {
            let path = Spanned::new(format!("{base}{}", route.path).into(), route.span);
            handler.scope.path = Some(path);
        }
        serve_behind(&route.served, &mut own, project);
        for mut handler in own {
            yield_to_outer(&mut handler);
            compressed(&mut handler);
            handler.effects.insert(0, vary(APP_VARY, handler.span));
            handlers.push(handler);
        }
    }
    let parts = Parts {
        rules: first_rule..first_middleware,
        middleware: first_middleware..first_page,
        pages: first_page..first_route,
        routes: first_route..handlers.len(),
    };
    for rule in &handlers[parts.rules.clone()] {
        let routes = handlers[parts.pages.start..parts.routes.end].iter().map(|route| route.scope.clone());
        if let Role::Cors(policy) = rule.role {
            project.policies[policy].static_assets = covers_files(rule, routes, app.config.rewrites);
        }
    }
    handlers.extend(the_rest(app, span));
    let index = project.servers.len();
    for handler in &handlers {
        adopt(handler, index, project);
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
    let file = |module| {
        let path = run.module_path(module).to_owned();
        run.file_of(&path).map(|file| Span::new(file, 0, 0))
    };
    let pages = || app.pages.first().and_then(|page| file(page.module));
    let routes = || app.routes.first().map(|route| route.span);
    let middleware = || app.middleware.as_ref().map(|middleware| middleware.span);
    app.config_module.and_then(file).or_else(middleware).or_else(pages).or_else(routes)
}

fn always(effect: Effect, span: Span) -> GuardedEffect {
    GuardedEffect { when: Formula::True, effect, span }
}

fn vary(names: &str, span: Span) -> GuardedEffect {
    always(Effect::Merge(header_name("Vary", span), HeaderValue::text(names, span)), span)
}

fn handler(name: String, span: Span, effects: Vec<GuardedEffect>) -> Handler {
    let scope = Scope { methods: Vec::new(), prefix: true, path: None };
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
    Some(handler("trailingSlash".to_owned(), span, effects))
}

/// Answers with a body are compressed, and say that they depend on `Accept-Encoding`.
fn compressed(handler: &mut Handler) {
    let effects = std::mem::take(&mut handler.effects);
    for guarded in effects {
        if matches!(guarded.effect, Effect::Answer(Some(status)) if !matches!(status, 204 | 205 | 300..400 | 405)) {
            let merged = vary("Accept-Encoding", guarded.span);
            handler.effects.push(GuardedEffect { when: guarded.when.clone(), ..merged });
        }
        handler.effects.push(guarded);
    }
}

/// Pages, which are not read, and the answer where nothing lies.
fn the_rest(app: &App, span: Span) -> Vec<Handler> {
    let api = Test::Request { term: Term::of(Part::Path), relation: Relation::StartsWith("/api/".into()) };
    let mut pages = handler("pages".to_owned(), span, Vec::new());
    pages.when = Formula::test(api, span).negated();
    pages.understood = false;
    let mut effects = Vec::new();
    if app.app_router {
        effects.push(vary(APP_VARY, span));
    }
    effects.push(vary("Accept-Encoding", span));
    effects.push(always(Effect::Answer(Some(404)), span));
    vec![pages, handler("not-found".to_owned(), span, effects)]
}
