//! What is registered on applications and routers, in the order in which requests meet it.
//!
//! In: `app.use`, `router.get`, `router.use` … events. Out: servers with flat handler lists. A router's own middleware is run for
//! requests that one of its routes takes, and for no others: it stands in front of each of them.

use std::sync::Arc;

use super::super::assembly::adopt;
use super::super::express::overwritten::drop_covered;
use super::super::express::registration::flatten;
use super::super::onion::{Framework, Policies};
use super::super::packages::Packages;
use super::super::values::option;
use super::context::is_context;
use super::handlers::handle;
use super::{VERBS, cors, is_app, is_router};
use crate::eval::value::{ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Failing, Handler, Role, Scope, Server, Slashes, Unanswered};
use crate::source::{Span, Spanned};

/// Middleware that lets nobody through who has not proven who they are.
const AUTH: [&str; 4] =
    ["npm:koa-jwt()", "npm:koa-jwt.default()", "npm:koa-basic-auth()", "npm:koa-passport.authenticate()"];
/// Middleware that serves files.
const STATIC: [&str; 3] = ["npm:koa-static()", "npm:koa-static.default()", "npm:koa-static-cache()"];

/// Routers in each other, at most.
const DEEPEST: usize = 16;
/// Handlers of one server, at most.
const MOST: usize = 2_000;

/// Builds a server of every application.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let ids = || (0..run.objects.len()).map(ObjectId);
    let apps: Vec<ObjectId> = ids().filter(|id| is_app(&run.object(*id).path)).collect();
    let found = ids().any(|id| cors::is_cors(&run.object(id).path));
    if apps.is_empty() && !found {
        return;
    }
    let registers = |event: &&Event| {
        let holder = event.target.path.rsplit_once('.');
        holder.is_some_and(|(holder, verb)| VERBS.contains(&verb) && (is_app(holder) || is_router(holder)))
    };
    let log: Vec<Event> = run.log.iter().filter(registers).cloned().collect();
    let framework = Framework {
        platform: "koa",
        auth: &AUTH,
        files: &STATIC,
        is_cors: cors::is_cors,
        is_context,
        policy: cors::policy,
        handle,
    };
    let mut policies = Policies::new(framework, packages);
    for app in apps {
        let span = run.object(app).span;
        let (index, known_faults) = (project.servers.len(), project.faults.len());
        let mut builder = Builder {
            run,
            project,
            log: &log,
            policies: &mut policies,
            complete: true,
            answers_options: false,
            depth: 0,
        };
        let mut handlers = Vec::new();
        builder.application(app, &mut handlers);
        let (complete, answers_options) = (builder.complete, builder.answers_options);
        drop_covered(project, known_faults, &handlers);
        for handler in &handlers {
            adopt(handler, index, project);
        }
        let file = run.path_of_span(span);
        project.servers.push(Server {
            complete,
            onion: true,
            unanswered: if answers_options { Unanswered::OptionsForRoutes } else { Unanswered::NotFound },
            failing: Failing::Outside,
            slashes: Slashes::Ignored,
            ..Server::new("koa", file.file_name().unwrap_or("koa"), span, handlers)
        });
    }
    policies.rest(run, project);
}

struct Builder<'b, 'r, 'p> {
    run: &'b mut Interp<'r>,
    project: &'b mut Project,
    log: &'b [Event],
    policies: &'b mut Policies<'p>,
    complete: bool,
    /// `router.allowedMethods()` is registered.
    answers_options: bool,
    depth: usize,
}

/// One middleware as it was registered.
#[derive(Clone)]
struct Registered {
    value: Value,
    when: Formula,
    span: Span,
}

impl Builder<'_, '_, '_> {
    fn application(&mut self, app: ObjectId, handlers: &mut Vec<Handler>) {
        for event in self.log.iter().filter(|event| event.target.object == Some(app)) {
            self.complete &= !event.args.open;
            for one in middleware(event, &event.args.positional, &Formula::True) {
                self.used(&one, "", handlers);
            }
        }
    }

    /// One middleware of an application, for all requests or those below a path.
    fn used(&mut self, one: &Registered, below: &str, handlers: &mut Vec<Handler>) {
        if let Some(router) = self.router(&one.value) {
            return self.routes(router, below, &one.when, &[], handlers);
        }
        let path = one.value.as_object().map(|id| self.run.object(id).path.to_string()).unwrap_or_default();
        if path.ends_with(".allowedMethods()") {
            self.answers_options = true;
        } else if matches!(&*path, "npm:koa-mount()" | "npm:koa-mount.default()") {
            self.mounted(one, below, handlers);
        } else {
            let scope = if below.is_empty() {
                Scope::everything()
            } else {
                Scope { methods: Vec::new(), path: Some(Spanned::new(below.into(), one.span)), prefix: true }
            };
            let handler = self.handler(one, &scope, false);
            handlers.push(handler);
        }
    }

    /// `mount('/api', app or middleware)`.
    fn mounted(&mut self, one: &Registered, below: &str, handlers: &mut Vec<Handler>) {
        let args = one.value.as_object().map(|id| self.run.object(id).args.clone()).unwrap_or_default();
        let (path, inner) = match args.positional.as_slice() {
            [inner] => ("", inner),
            [path, inner] => (path.as_str().map_or("", |path| &**path), inner),
            _ => return self.complete = false,
        };
        let below = join(below, path);
        self.depth += 1;
        match inner.as_object().filter(|id| is_app(&self.run.object(*id).path)) {
            Some(app) if self.depth < DEEPEST => {
                for event in self.log.iter().filter(|event| event.target.object == Some(app)) {
                    for inner in middleware(event, &event.args.positional, &one.when) {
                        self.used(&inner, &below, handlers);
                    }
                }
            }
            Some(_) => self.complete = false,
            None => self.used(&Registered { value: inner.clone(), ..one.clone() }, &below, handlers),
        }
        self.depth -= 1;
    }

    /// The router whose routes a value is.
    fn router(&self, value: &Value) -> Option<ObjectId> {
        let object = self.run.object(value.as_object()?);
        let routes = object.path.ends_with(".routes()") || object.path.ends_with(".middleware()");
        object.parent.filter(|router| routes && is_router(&self.run.object(*router).path))
    }

    fn routes(
        &mut self,
        router: ObjectId,
        below: &str,
        when: &Formula,
        outer: &[Registered],
        handlers: &mut Vec<Handler>,
    ) {
        if self.depth > DEEPEST || handlers.len() > MOST {
            return self.complete = false;
        }
        self.depth += 1;
        let own = self.run.object(router).args.positional.first().and_then(|options| option(options, "prefix"));
        let named = self
            .log
            .iter()
            .rev()
            .find(|event| event.target.object == Some(router) && event.target.path.ends_with(".prefix"));
        let own = named.and_then(|event| event.args.positional.first().cloned()).or(own);
        let below = join(below, own.as_ref().and_then(Value::as_str).map_or("", |prefix| prefix));
        let mut before: Vec<(Option<Arc<str>>, Registered)> = outer.iter().map(|one| (None, one.clone())).collect();
        for event in self.log.iter().filter(|event| event.target.object == Some(router)) {
            let Some((_, verb)) = event.target.path.rsplit_once('.') else { continue };
            let mut args = event.args.positional.as_slice();
            self.complete &= !event.args.open;
            let (paths, stack) = split(args);
            args = stack;
            match verb {
                "prefix" => {}
                "use" => {
                    for one in middleware(event, args, when) {
                        match self.router(&one.value) {
                            Some(inner) => {
                                let outer: Vec<Registered> = before.iter().map(|(_, one)| one.clone()).collect();
                                let below = join(&below, paths.first().map_or("", |path| &path.value));
                                self.routes(inner, &below, &one.when, &outer, handlers);
                            }
                            None => before.push((paths.first().map(|path| path.value.clone()), one)),
                        }
                    }
                }
                verb => {
                    let methods: Vec<Arc<str>> = match verb {
                        "all" => ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(Arc::from).to_vec(),
                        "get" => vec!["GET".into(), "HEAD".into()],
                        "del" => vec!["DELETE".into()],
                        verb => vec![verb.to_uppercase().into()],
                    };
                    self.complete &= !paths.is_empty();
                    let stack = middleware(event, args, when);
                    for path in &paths {
                        let whole = Spanned::new(Arc::from(join(&below, &path.value)), path.span);
                        let scope = Scope { methods: methods.clone(), path: Some(whole), prefix: false };
                        for (part, one) in before.clone() {
                            if part.is_none_or(|part| path.value.starts_with(&*part)) {
                                let handler = self.handler(&one, &scope, false);
                                handlers.push(handler);
                            }
                        }
                        for (at, one) in stack.iter().enumerate() {
                            let handler = self.handler(one, &scope, at + 1 == stack.len());
                            handlers.push(handler);
                        }
                    }
                }
            }
        }
        self.depth -= 1;
    }

    fn handler(&mut self, one: &Registered, scope: &Scope, ends: bool) -> Handler {
        let own = one.value.as_function().and_then(|closure| closure.function.name.as_ref().map(ToString::to_string));
        let placed = match &scope.path {
            Some(path) => format!("{} {}", scope.methods.first().map_or("all", |method| method), path.value),
            None => "app.use".to_owned(),
        };
        let mut handler = Handler {
            role: if ends { Role::Route } else { Role::Other },
            name: own.unwrap_or(placed),
            span: one.span,
            when: one.when.clone(),
            scope: scope.clone(),
            effects: Vec::new(),
            understood: true,
        };
        self.complete &= self.policies.fill(self.run, &one.value, &mut handler, ends, self.project);
        handler
    }
}

/// The paths in front of the middleware: one, several, or a name and a path.
fn split(args: &[Value]) -> (Vec<Spanned<Arc<str>>>, &[Value]) {
    let text = |value: &Value| value.as_str().map(|text| Spanned::new(text.clone(), value.span));
    match args {
        [name, path, stack @ ..] if name.as_str().is_some() && path.as_str().is_some() => {
            (text(path).into_iter().collect(), stack)
        }
        [path, stack @ ..] if path.as_str().is_some() => (text(path).into_iter().collect(), stack),
        [first, stack @ ..] => {
            let all = first
                .as_list()
                .and_then(|list| list.items.iter().map(|item| text(&item.value)).collect::<Option<Vec<_>>>());
            match all.filter(|all| !all.is_empty()) {
                Some(all) => (all, stack),
                None => (Vec::new(), args),
            }
        }
        [] => (Vec::new(), args),
    }
}

/// The middleware among arguments, opened and under their conditions.
fn middleware(event: &Event, args: &[Value], when: &Formula) -> Vec<Registered> {
    let mut flat = Vec::new();
    args.iter().for_each(|value| flatten(value, &when.clone().and(event.when.clone()), &mut flat));
    flat.into_iter().map(|(when, value)| Registered { value, when, span: event.span }).collect()
}

fn join(below: &str, path: &str) -> String {
    let path = path.trim_start_matches('/');
    if path.is_empty() { below.to_owned() } else { format!("{}/{path}", below.trim_end_matches('/')) }
}
