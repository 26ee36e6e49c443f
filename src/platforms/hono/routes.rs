//! What is registered on applications, in the order in which requests meet it.
//!
//! In: `use`, `get`, `on`, `route` … events. Out: servers with flat handler lists; what an application inside of another
//! registers stands where it is mounted, below its path. Source: <https://hono.dev/docs/api/routing>.

use std::sync::Arc;

use super::super::assembly::adopt;
use super::super::express::overwritten::drop_covered;
use super::super::express::registration::flatten;
use super::super::manual::is_cors_header;
use super::super::onion::{Framework, Policies};
use super::super::packages::Packages;
use super::super::values::option;
use super::context::is_context;
use super::handlers::{handle, handle_error};
use super::{APP, VERBS, cors};
use crate::eval::value::{Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, Role, Scope, Server, Slashes, Unanswered};
use crate::source::{Span, Spanned};

/// Middleware that lets nobody through who has not proven who they are.
const AUTH: [&str; 4] = [
    "npm:hono/bearer-auth.bearerAuth()",
    "npm:hono/basic-auth.basicAuth()",
    "npm:hono/jwt.jwt()",
    "npm:hono/jwk.jwk()",
];

/// Applications in each other, at most.
const DEEPEST: usize = 16;
/// Handlers of one server, at most.
const MOST: usize = 2_000;

/// Builds a server of every application that is part of no other.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let apps: Vec<ObjectId> = (0..run.objects.len()).map(ObjectId).filter(|id| &*run.object(*id).path == APP).collect();
    if apps.is_empty() {
        return;
    }
    let log: Vec<Event> = run.log.iter().filter(|event| event.target.path.starts_with(APP)).cloned().collect();
    let inner = |app: &ObjectId| {
        let mounted = |event: &Event| event.args.positional.iter().any(|value| value.as_object() == Some(*app));
        log.iter()
            .any(|event| event.target.path.ends_with(".route") && event.target.object != Some(*app) && mounted(event))
    };
    let homes: Vec<ObjectId> =
        apps.iter().filter(|app| run.object(**app).parent.is_none() && !inner(app)).copied().collect();
    let framework = Framework {
        platform: "hono",
        auth: &AUTH,
        files: &[],
        is_cors: cors::is_cors,
        is_context,
        policy: cors::policy,
        handle,
    };
    let mut policies = Policies::new(framework, packages);
    for app in homes {
        let span = run.object(app).span;
        let (index, known_faults) = (project.servers.len(), project.faults.len());
        let mut builder =
            Builder { run, project, log: &log, policies: &mut policies, active: Vec::new(), complete: true };
        let handlers = builder.handlers_of(app, "", &Formula::True);
        let complete = builder.complete;
        drop_covered(project, known_faults, &handlers);
        for handler in &handlers {
            adopt(handler, index, project);
            let reads = !handler.scope.methods.is_empty()
                && handler.scope.methods.iter().all(|method| matches!(&**method, "GET" | "HEAD"));
            for policy in handler.policies() {
                project.policies[policy].preflighted = !reads;
            }
        }
        let file = run.path_of_span(span);
        project.servers.push(Server {
            complete,
            onion: true,
            unanswered: unanswered(run, app),
            failing: failing(run, app),
            slashes: Slashes::Counted,
            ..Server::new("hono", file.file_name().unwrap_or("hono"), span, handlers)
        });
    }
    policies.rest(run, project);
}

/// What paths get that no route has.
fn unanswered(run: &Interp<'_>, app: ObjectId) -> Unanswered {
    let own = run.log.iter().any(|event| event.target.object == Some(app) && event.target.path.ends_with(".notFound"));
    if own { Unanswered::Unknown } else { Unanswered::NotFound }
}

/// What becomes of exceptions: a 500 right where they were thrown, or what the application's own handler makes of them.
fn failing(run: &mut Interp<'_>, app: ObjectId) -> Failing {
    let handles = |event: &&Event| event.target.object == Some(app) && event.target.path.ends_with(".onError");
    let Some(event) = run.log.iter().find(handles).cloned() else { return Failing::Inside };
    let Some(closure) = event.args.positional.first().and_then(Value::as_function).cloned() else {
        return Failing::Unknown;
    };
    let handled = handle_error(run, &closure);
    let plain = |guarded: &GuardedEffect| match &guarded.effect {
        Effect::Answer(status) => *status == Some(500),
        Effect::Set(name, _) | Effect::Append(name, _) => !is_cors_header(&name.value),
        _ => true,
    };
    let answers = handled.effects.iter().any(|guarded| matches!(guarded.effect, Effect::Answer(_)));
    if handled.understood && answers && handled.effects.iter().all(plain) { Failing::Inside } else { Failing::Unknown }
}

struct Builder<'b, 'r, 'p> {
    run: &'b mut Interp<'r>,
    project: &'b mut Project,
    log: &'b [Event],
    policies: &'b mut Policies<'p>,
    active: Vec<ObjectId>,
    complete: bool,
}

impl Builder<'_, '_, '_> {
    /// The handlers of an application below a path.
    fn handlers_of(&mut self, app: ObjectId, prefix: &str, when: &Formula) -> Vec<Handler> {
        let mut handlers = Vec::new();
        if self.active.contains(&app) || self.active.len() > DEEPEST {
            return handlers;
        }
        self.active.push(app);
        for event in self.log {
            let Some(target) = event.target.object else { continue };
            let Some(verb) = event.target.path.strip_prefix(APP).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            if handlers.len() > MOST {
                self.complete = false;
                break;
            }
            let below = match (target == app, self.run.object(target).parent == Some(app)) {
                (true, _) => prefix.to_owned(),
                // What `basePath` gives registers on the same application.
                (_, true) => join(
                    prefix,
                    self.run.object(target).args.positional.first().and_then(Value::as_str).map_or("", |path| path),
                ),
                _ => continue,
            };
            match verb {
                "mount" => self.complete = false,
                verb if VERBS.contains(&verb) => self.registered(event, verb, &below, when, &mut handlers),
                _ => {}
            }
        }
        self.active.pop();
        handlers
    }

    /// One `app.verb(path?, ...handlers)`.
    fn registered(&mut self, event: &Event, verb: &str, prefix: &str, when: &Formula, handlers: &mut Vec<Handler>) {
        let mut args = event.args.positional.as_slice();
        self.complete &= !event.args.open;
        let mut methods: Vec<Arc<str>> = methods_of(verb);
        let mut paths: Vec<Option<Spanned<Arc<str>>>> = vec![None];
        let mut own = None;
        if verb == "openapi" {
            let Some((route, rest)) = args.split_first() else { return };
            let Some((method, path)) = described(self.run, route) else {
                self.complete = false;
                return;
            };
            (methods, paths, args) = (methods_of(&method.to_lowercase()), vec![Some(path)], rest);
            own = of_route(self.run, route, "middleware");
        } else {
            if verb == "on" {
                let Some((asked, rest)) = args.split_first() else { return };
                let texts = texts(asked);
                self.complete &= !texts.is_empty();
                methods = texts.iter().flat_map(|text| methods_of(&text.value.to_lowercase())).collect();
                args = rest;
            }
            if let Some((first, rest)) = args.split_first() {
                let texts = texts(first);
                if !texts.is_empty() {
                    paths = texts.into_iter().map(Some).collect();
                    args = rest;
                } else if verb != "use" && rest.is_empty() {
                    self.complete = false;
                    return;
                } else if verb != "use" {
                    self.complete = false;
                    args = rest;
                }
            }
        }
        let when = when.clone().and(event.when.clone());
        for path in paths {
            if verb == "route" {
                let below = join(prefix, path.as_ref().map_or("", |path| &*path.value));
                for value in args {
                    match value.as_object().filter(|id| &*self.run.object(*id).path == APP) {
                        Some(app) => handlers.extend(self.handlers_of(app, &below, &when)),
                        None => self.complete = false,
                    }
                }
                continue;
            }
            let scope = scope(&methods, prefix, path.as_ref(), event.span);
            let mut flat = Vec::new();
            own.iter().chain(args).for_each(|value| flatten(value, &when, &mut flat));
            let last = flat.len().saturating_sub(1);
            for (at, (when, value)) in flat.into_iter().enumerate() {
                let ends = verb != "use" && at == last;
                let handler = self.handler(&value, &scope, when, event.span, verb, ends);
                handlers.push(handler);
            }
        }
    }

    fn handler(&mut self, value: &Value, scope: &Scope, when: Formula, span: Span, verb: &str, ends: bool) -> Handler {
        let mut handler = Handler {
            role: if ends { Role::Route } else { Role::Other },
            name: name_of(value, verb, scope),
            span,
            when,
            scope: scope.clone(),
            effects: Vec::new(),
            understood: true,
        };
        self.complete &= self.policies.fill(self.run, value, &mut handler, ends, self.project);
        handler
    }
}

fn methods_of(verb: &str) -> Vec<Arc<str>> {
    match verb {
        "use" | "all" | "route" => Vec::new(),
        "get" => vec!["GET".into(), "HEAD".into()],
        verb => vec![verb.to_uppercase().into()],
    }
}

/// An option of `createRoute()`: `middleware` stands in front of the handler.
fn of_route(run: &Interp<'_>, route: &Value, key: &str) -> Option<Value> {
    option(run.object(route.as_object()?).args.positional.first()?, key)
}

/// `createRoute({ method, path })` of @hono/zod-openapi.
fn described(run: &Interp<'_>, route: &Value) -> Option<(Arc<str>, Spanned<Arc<str>>)> {
    let object = run.object(route.as_object()?);
    let map = object.args.positional.first()?.as_map()?;
    let text =
        |key: &str| map.entries.get(key).and_then(|entry| Some((entry.value.as_str()?.clone(), entry.value.span)));
    let (path, span) = text("path")?;
    Some((text("method")?.0, Spanned::new(path, span)))
}

fn texts(value: &Value) -> Vec<Spanned<Arc<str>>> {
    match &value.kind {
        Kind::Str(text) => vec![Spanned::new(text.clone(), value.span)],
        Kind::List(list) if !list.open => {
            let all: Option<Vec<_>> = list
                .items
                .iter()
                .map(|item| Some(Spanned::new(item.value.as_str()?.clone(), item.value.span)))
                .collect();
            all.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The requests that a registration is for. A pattern means the whole path, unless it ends with `*`.
fn scope(methods: &[Arc<str>], prefix: &str, path: Option<&Spanned<Arc<str>>>, call: Span) -> Scope {
    let whole = templated(&join(prefix, path.map_or("*", |path| &path.value)));
    let (fixed, open) = match whole.strip_suffix('*') {
        Some(fixed) => (fixed.trim_end_matches('/'), true),
        None => (&*whole, false),
    };
    let span = path.map_or(call, |path| path.span);
    let path =
        (!open || !fixed.is_empty()).then(|| Spanned::new(Arc::from(if fixed.is_empty() { "/" } else { fixed }), span));
    Scope { methods: methods.to_vec(), path, prefix: open }
}

/// The path with its parameters written as the model does: `:id` is `{id}`, and what a pattern or a `?` makes of it is not known.
fn templated(path: &str) -> String {
    let (path, rest) = match path {
        "/*" | "*" => return path.to_owned(),
        path => path.strip_suffix("/*").map_or((path, ""), |path| (path, "/*")),
    };
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) if name.ends_with('?') || name.contains('{') => "{*}".to_owned(),
        Some(name) => format!("{{{name}}}"),
        // One segment; only at the end it stands for all that follow.
        None if part == "*" => "{_}".to_owned(),
        None => part.to_owned(),
    });
    format!("{}{rest}", parts.collect::<Vec<_>>().join("/"))
}

fn join(prefix: &str, path: &str) -> String {
    let joined = format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'));
    if joined.len() > 1 { joined.trim_end_matches('/').to_owned() } else { joined }
}

fn name_of(value: &Value, verb: &str, scope: &Scope) -> String {
    let own = value.as_function().and_then(|closure| closure.function.name.as_ref().map(ToString::to_string));
    own.unwrap_or_else(|| match &scope.path {
        Some(path) => format!("app.{verb}('{}{}')", path.value, if scope.prefix { "/*" } else { "" }),
        None => format!("app.{verb}"),
    })
}
