//! What is registered on applications and routers, in the order in which requests meet it.
//!
//! In: `use`, `get`, `options` … events. Out: servers with flat handler lists; a mounted router's handlers stand where
//! it is mounted, under its path.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::node_handlers::{Handled, fill, grant, handle};
use super::super::packages::Packages;
use super::cors_npm::{CorsObjects, is_cors_path};
use super::{VERBS, is_app_path};
use crate::eval::value::{Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, Role, Scope, Server, Unanswered};
use crate::source::{Span, Spanned};

/// Packages whose handlers let nobody through who has not proven who they are.
const AUTH: [&str; 14] = [
    "npm:express-oauth2-jwt-bearer.auth()",
    "npm:express-jwt()",
    "npm:express-jwt.expressjwt()",
    "npm:express-jwt.default()",
    "npm:passport.authenticate()",
    "npm:express-basic-auth()",
    "npm:express-openid-connect.requiresAuth()",
    "npm:@clerk/express.requireAuth()",
    "npm:@clerk/clerk-sdk-node.ClerkExpressRequireAuth()",
    "npm:koa-jwt()",
    "npm:supertokens-node/recipe/session/framework/express.verifySession()",
    "npm:http-auth-connect()",
    "npm:express-oauth-jwt()",
    "npm:@okta/oidc-middleware.ensureAuthenticated()",
];

/// Packages that refuse requests above a rate.
const LIMITERS: [&str; 5] = [
    "npm:express-rate-limit()",
    "npm:express-rate-limit.rateLimit()",
    "npm:express-rate-limit.default()",
    "npm:express-brute().prevent",
    "npm:express-slow-down()",
];

/// Packages that serve files.
const STATIC: [&str; 4] = ["npm:express.static()", "npm:serve-static()", "npm:serve-index()", "npm:serve-favicon()"];

/// Packages that pass requests on.
const PROXIES: [&str; 3] =
    ["npm:http-proxy-middleware.createProxyMiddleware()", "npm:http-proxy-middleware()", "npm:express-http-proxy()"];

/// Builds a server of every application, and of routers that are mounted nowhere.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, cors: &CorsObjects, project: &mut Project) {
    let apps: Vec<ObjectId> =
        (0..run.objects.len()).map(ObjectId).filter(|&id| is_app_path(&run.object(id).path)).collect();
    let mounted: BTreeSet<ObjectId> = apps.iter().flat_map(|&app| mounts(run, app)).collect();
    let log: Vec<Event> = run.log.iter().filter(|event| verb_of(event).is_some()).cloned().collect();
    for &app in apps.iter().filter(|app| !mounted.contains(app)) {
        let span = run.object(app).span;
        let known_faults = project.faults.len();
        let mut builder = Builder { run, packages, cors, project, log: &log, active: Vec::new(), complete: true };
        let handlers = builder.handlers_of(app, "", &Formula::True);
        let complete = builder.complete;
        super::overwritten::drop_covered(project, known_faults, &handlers);
        let file = run.path_of_span(span);
        let index = project.servers.len();
        for handler in &handlers {
            let plain = !handler.scope.methods.is_empty()
                && handler.scope.methods.iter().all(|method| matches!(&**method, "GET" | "HEAD"));
            let files = handlers.iter().any(|other| other.span == handler.span && other.role == Role::Static);
            for policy in handler.policies() {
                let policy = &mut project.policies[policy];
                let first = policy.installed != Known::Yes;
                policy.preflighted = !plain || (!first && policy.preflighted);
                let options = handler.scope.methods.iter().all(|method| &**method == "OPTIONS")
                    && !handler.scope.methods.is_empty();
                policy.preflight_only = options && (first || policy.preflight_only);
                policy.static_assets = files && (first || policy.static_assets);
                policy.installed = Known::Yes;
                policy.server.get_or_insert(index);
                if let Some(path) = handler.scope.path.clone() {
                    policy.paths.push(path);
                }
                if policy.place.is_empty() || policy.place == "cors()" {
                    policy.place = handler.name.clone();
                }
            }
        }
        let name = file.file_name().unwrap_or("express");
        project.servers.push(Server {
            complete,
            unanswered: Unanswered::OptionsForRoutes,
            failing: Failing::ErrorHandlers,
            ..Server::new("express", name, span, handlers)
        });
    }
}

/// Applications and routers given to `app.use`.
fn mounts(run: &Interp<'_>, app: ObjectId) -> Vec<ObjectId> {
    let events = run.log.iter().filter(|event| event.target.object == Some(app));
    let values = events.flat_map(|event| event.args.positional.iter());
    let ids = values.flat_map(objects_in);
    ids.filter(|&id| id != app && is_app_path(&run.object(id).path)).collect()
}

fn objects_in(value: &Value) -> Vec<ObjectId> {
    match &value.kind {
        Kind::Object(id) => vec![*id],
        Kind::List(list) => list.items.iter().flat_map(|item| objects_in(&item.value)).collect(),
        Kind::OneOf(alternatives) => alternatives.iter().flat_map(|(_, value)| objects_in(value)).collect(),
        _ => Vec::new(),
    }
}

/// What a call registers handlers on, and for what: `app`, `get`.
fn verb_of(event: &Event) -> Option<(&str, &str)> {
    event.target.object?;
    event.target.path.rsplit_once('.').filter(|(_, verb)| VERBS.contains(verb))
}

struct Builder<'b, 'r> {
    run: &'b mut Interp<'r>,
    packages: &'b Packages,
    cors: &'b CorsObjects,
    project: &'b mut Project,
    log: &'b [Event],
    active: Vec<ObjectId>,
    complete: bool,
}

impl Builder<'_, '_> {
    /// The handlers of an application or router under a mount path.
    fn handlers_of(&mut self, app: ObjectId, prefix: &str, when: &Formula) -> Vec<Handler> {
        if self.active.contains(&app) || self.active.len() > 16 {
            return Vec::new();
        }
        self.active.push(app);
        let mut handlers = Vec::new();
        let log = self.log;
        for event in log {
            let (Some((holder, verb)), Some(target)) = (verb_of(event), event.target.object) else { continue };
            if handlers.len() > 2_000 {
                break;
            }
            if target == app && is_app_path(holder) {
                self.registered(event, verb, prefix, when, None, &mut handlers);
            } else if holder.ends_with(".route()") && self.run.object(target).parent == Some(app) {
                let path = self.run.object(target).args.positional.first().cloned();
                self.registered(event, verb, prefix, when, path.as_ref(), &mut handlers);
            }
        }
        self.active.pop();
        handlers
    }

    /// One `app.verb(path?, ...handlers)`.
    fn registered(
        &mut self,
        event: &Event,
        verb: &str,
        prefix: &str,
        when: &Formula,
        route: Option<&Value>,
        handlers: &mut Vec<Handler>,
    ) {
        let mut args = event.args.positional.as_slice();
        let mut paths: Vec<Option<Spanned<Arc<str>>>> = Vec::new();
        if let Some(route) = route {
            paths = path_texts(route);
        } else if let Some((first, rest)) = args.split_first() {
            let is_path = matches!(first.kind, Kind::Str(_) | Kind::Regex { .. })
                || first.as_list().is_some_and(|list| {
                    list.items.iter().all(|item| matches!(item.value.kind, Kind::Str(_) | Kind::Regex { .. }))
                        && !list.items.is_empty()
                });
            if is_path {
                paths = path_texts(first);
                args = rest;
            } else if verb != "use" && rest.is_empty() {
                // `app.get('setting')` with an unknown name, or a handler with an unknown path.
                return;
            } else if verb != "use" {
                paths = vec![None];
                args = rest;
            }
        }
        if paths.is_empty() {
            paths.push(None);
        }
        let methods: Vec<Arc<str>> = match verb {
            "use" | "all" => Vec::new(),
            "get" => vec!["GET".into(), "HEAD".into()],
            verb => vec![verb.to_uppercase().into()],
        };
        let condition = when.clone().and(event.when.clone());
        for path in &paths {
            self.unsupported_path(path.as_ref(), event);
            let full = full_path(prefix, path.as_ref());
            let scope = Scope { methods: methods.clone(), path: full, prefix: verb == "use" };
            let mut flat = Vec::new();
            for value in args {
                flatten(value, &Formula::True, &mut flat);
            }
            if event.args.open {
                self.complete = false;
            }
            let last = flat.len().saturating_sub(1);
            for (index, (guard, value)) in flat.into_iter().enumerate() {
                let route_end = verb != "use" && index == last;
                let when = condition.clone().and(guard);
                self.handler(&value, &scope, when, event.span, verb, route_end, handlers);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one registration is this many things")]
    fn handler(
        &mut self,
        value: &Value,
        scope: &Scope,
        when: Formula,
        span: Span,
        verb: &str,
        route_end: bool,
        handlers: &mut Vec<Handler>,
    ) {
        let name = handler_name(value, verb, scope);
        let mut handler = Handler {
            role: Role::Other,
            name,
            span,
            when,
            scope: scope.clone(),
            effects: Vec::new(),
            understood: true,
        };
        match &value.kind {
            Kind::Object(id) => {
                let path = self.run.object(*id).path.to_string();
                if is_app_path(&path) {
                    let prefix = scope.path.as_ref().map(|path| path.value.to_string()).unwrap_or_default();
                    let inner = self.handlers_of(*id, &prefix, &handler.when);
                    handlers.extend(inner);
                    return;
                }
                let plain = path.replace(".default()", "()");
                if is_cors_path(&path) {
                    match self.cors.get(id) {
                        Some(&policy) => handler.role = Role::Cors(policy),
                        None => handler.understood = false,
                    }
                } else if plain.contains(".unless()") {
                    // The wrapped handler is the parent: `expressJwt({…}).unless({…})`.
                    let skips_options = options_skipped(&self.run.object(*id).args);
                    let parent = self.run.object(*id).parent.map(|id| self.run.object(id).path.to_string());
                    if !skips_options && parent.is_some_and(|path| AUTH.contains(&path.as_str())) {
                        self.authentication(&mut handler);
                    }
                } else if AUTH.contains(&plain.as_str()) || AUTH.contains(&path.as_str()) {
                    let optional = self.run.object(*id).args.all().any(|arg| {
                        super::super::values::option(arg, "credentialsRequired")
                            .is_some_and(|value| matches!(value.kind, Kind::Bool(false)))
                    });
                    if !optional {
                        self.authentication(&mut handler);
                        handler.name = package(&path);
                    }
                } else if LIMITERS.contains(&plain.as_str()) || LIMITERS.contains(&path.as_str()) {
                    handler.role = Role::Limiter;
                    handler.name = package(&path);
                } else if STATIC.contains(&plain.as_str()) {
                    handler.role = Role::Static;
                } else if PROXIES.contains(&plain.as_str()) {
                    handler.role = Role::Proxy;
                } else if route_end {
                    handler.role = Role::Route;
                    handler.understood = false;
                } else {
                    handler.name = package(&path);
                }
            }
            Kind::Function(closure) => {
                let closure = closure.clone();
                let handled = handle(self.run, &closure, self.cors);
                self.classify(&mut handler, handled, closure.function.params.len(), route_end, closure.function.span);
            }
            Kind::External(path) if matches!(&**path, "npm:cors" | "npm:cors.default") => {
                self.project.faults.push(HandlerFault::new(FaultKind::NotCalled, "express", span, "cors"));
            }
            _ => {
                handler.understood = false;
                if route_end {
                    handler.role = Role::Route;
                } else {
                    self.complete = false;
                }
            }
        }
        handlers.push(handler);
    }

    fn authentication(&self, handler: &mut Handler) {
        handler.role = Role::Auth;
        let span = handler.span;
        handler.effects.push(GuardedEffect { when: Formula::True, effect: Effect::RequireAuth(401), span });
    }

    /// What a handler function is for, by what it does.
    fn classify(&mut self, handler: &mut Handler, handled: Handled, params: usize, route_end: bool, code: Span) {
        fill(handler, handled, "express", self.project);
        if params >= 4 {
            handler.role = Role::Error;
            return;
        }
        grant(self.run, handler, code, "express", self.project);
        if matches!(handler.role, Role::Cors(_)) {
            return;
        }
        if route_end {
            handler.role = Role::Route;
        } else if answers_always(&handler.effects) && handler.understood {
            handler.role = if handler.scope.path.is_none() { Role::CatchAll } else { Role::Route };
        }
    }

    /// Express 5 refuses a bare `*` as a path.
    fn unsupported_path(&mut self, path: Option<&Spanned<Arc<str>>>, event: &Event) {
        let Some(path) = path else { return };
        let bare = path.value.split('/').any(|part| part == "*" || part == "(.*)");
        let file = self.run.path_of_span(event.span);
        if bare && self.packages.major("express", &file).is_some_and(|major| major >= 5) {
            let mut fault =
                HandlerFault::new(FaultKind::UnsupportedPattern, "express", path.span, path.value.to_string());
            let splat = path.value.replace("(.*)", "*").replace('*', "{*splat}");
            fault.detail = if splat.starts_with('/') { splat } else { format!("/{splat}") };
            self.project.faults.push(fault);
        }
    }
}

/// `unless({ method: 'OPTIONS' })` and its spellings.
fn options_skipped(args: &crate::eval::value::Args) -> bool {
    args.all().any(|value| {
        let Some(method) = super::super::values::option(value, "method") else { return value.is_unknown() };
        match &method.kind {
            Kind::Str(text) => text.eq_ignore_ascii_case("options"),
            Kind::List(list) => list
                .items
                .iter()
                .any(|item| item.value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("options"))),
            _ => true,
        }
    })
}

/// What a package's handler is called in messages: `express-rate-limit`, `express.json`.
fn package(path: &str) -> String {
    path.trim_start_matches("npm:").trim_end_matches("()").replace(".default", "")
}

fn answers_always(effects: &[GuardedEffect]) -> bool {
    effects.iter().any(|guarded| guarded.when == Formula::True && matches!(guarded.effect, Effect::Answer(_)))
        && !effects.iter().any(|guarded| matches!(guarded.effect, Effect::Next))
}

/// The handlers in a value, each under its condition: lists are opened.
pub(in crate::platforms) fn flatten(value: &Value, guard: &Formula, flat: &mut Vec<(Formula, Value)>) {
    match &value.kind {
        Kind::List(list) => {
            for item in &list.items {
                flatten(&item.value, &guard.clone().and(item.when.clone()), flat);
            }
        }
        Kind::OneOf(alternatives) => {
            for (when, value) in alternatives.iter() {
                flatten(value, &guard.clone().and(when.clone()), flat);
            }
        }
        _ => flat.push((guard.clone(), value.clone())),
    }
}

fn path_texts(value: &Value) -> Vec<Option<Spanned<Arc<str>>>> {
    match &value.kind {
        Kind::Str(text) => vec![Some(Spanned::new(text.clone(), value.span))],
        Kind::Regex { pattern, .. } if matches!(&**pattern, ".*" | "(.*)" | "^.*$") => {
            vec![Some(Spanned::new("/*any".into(), value.span))]
        }
        Kind::Regex { .. } => vec![Some(Spanned::new("/(regex)".into(), value.span))],
        Kind::List(list) => list.items.iter().flat_map(|item| path_texts(&item.value)).collect(),
        _ => vec![None],
    }
}

fn full_path(prefix: &str, path: Option<&Spanned<Arc<str>>>) -> Option<Spanned<Arc<str>>> {
    let own = path.map_or("", |path| &*path.value);
    let joined = format!("{}/{}", prefix.trim_end_matches('/'), own.trim_start_matches('/'));
    let span = path.map(|path| path.span);
    match (prefix.is_empty(), path) {
        (true, None) => None,
        (true, Some(path)) => Some(path.clone()),
        (false, _) => span.map(|span| Spanned::new(joined.trim_end_matches('/').into(), span)).or_else(|| {
            let file = crate::source::FileId(0);
            Some(Spanned::new(prefix.into(), Span::new(file, 0, 0)))
        }),
    }
}

fn handler_name(value: &Value, verb: &str, scope: &Scope) -> String {
    let own = match &value.kind {
        Kind::Function(closure) => closure.function.name.as_ref().map(|name| name.to_string()),
        _ => None,
    };
    own.unwrap_or_else(|| match (&scope.path, verb) {
        (Some(path), verb) => format!("app.{verb}('{}')", path.value),
        (None, verb) => format!("app.{verb}"),
    })
}
