//! Nest applications: what is done to each before it listens, in the order in which requests meet it.
//!
//! In: objects made by `NestFactory.create`, and applications that functions are given. Out: servers and policies. The `cors`
//! option of `create` is applied when the application starts, behind everything that was registered before. Source:
//! `packages/core/nest-application.ts` at <https://github.com/nestjs/nest>. On Fastify `@fastify/cors` stands in the place of `cors`,
//! in the version that `packages/platform-fastify/package.json` names.

use super::super::express::cors_npm::{CorsObjects, policy};
use super::super::express::overwritten::drop_covered;
use super::super::express::registration::{adopt, of_application, used};
use super::super::express::{VERBS, is_app_path};
use super::super::fastify::cors as fastify;
use super::super::packages::Packages;
use super::super::values::option;
use super::modules::{self, Modules};
use super::paths::{self, Front};
use super::{FACTORY, graphql, is_app, middleware, routes};
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Failing, Handler, Role, Scope, Server, Unanswered};
use crate::source::Span;

/// Everything that `NestFactory.create` made.
pub(super) fn created(run: &Interp<'_>) -> Vec<ObjectId> {
    (0..run.objects.len()).map(ObjectId).filter(|&id| &*run.object(id).path == FACTORY).collect()
}

/// The Express application that one is built on, where the program makes that itself.
pub(super) fn express_app(run: &Interp<'_>, app: ObjectId) -> Option<ObjectId> {
    let adapter = adapter(run, app, "npm:@nestjs/platform-express.ExpressAdapter()")?;
    let inner = run.object(adapter).args.positional.first()?.as_object()?;
    is_app_path(&run.object(inner).path).then_some(inner)
}

fn adapter(run: &Interp<'_>, app: ObjectId, path: &str) -> Option<ObjectId> {
    let given = run.object(app).args.positional.iter().filter_map(Value::as_object);
    given.into_iter().find(|id| &*run.object(*id).path == path)
}

/// Is it built on Fastify?
fn on_fastify(run: &Interp<'_>, app: ObjectId) -> bool {
    run.object(app).path.contains("NestFastifyApplication")
        || adapter(run, app, "npm:@nestjs/platform-fastify.FastifyAdapter()").is_some()
}

pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, cors: &CorsObjects, project: &mut Project) {
    let apps: Vec<ObjectId> = (0..run.objects.len()).map(ObjectId).filter(|&id| is_app(&run.object(id).path)).collect();
    for app in apps {
        let mut one = App::new(app, packages, cors);
        one.on_fastify = on_fastify(run, app);
        let started = one.registered(run, project);
        // Scripts make an application for its services alone.
        if &*run.object(app).path == FACTORY && (started || !one.handlers.is_empty()) {
            one.served(run, project);
        }
    }
}

struct App<'a> {
    id: ObjectId,
    packages: &'a Packages,
    cors: &'a CorsObjects,
    /// It is built on Fastify, not on Express.
    on_fastify: bool,
    handlers: Vec<Handler>,
    front: Front,
    /// Something that is not followed is asked about every request to a route.
    guarded: bool,
    complete: bool,
}

impl App<'_> {
    fn new<'a>(id: ObjectId, packages: &'a Packages, cors: &'a CorsObjects) -> App<'a> {
        let (handlers, front) = (Vec::new(), Front::default());
        App { id, packages, cors, on_fastify: false, handlers, front, guarded: false, complete: true }
    }

    /// What the program does to the application itself; does it start it?
    fn registered(&mut self, run: &mut Interp<'_>, project: &mut Project) -> bool {
        if let Some(inner) = express_app(run, self.id) {
            let (handlers, complete) = of_application(run, self.packages, self.cors, project, inner);
            self.handlers.extend(handlers);
            self.complete &= complete;
        }
        let path = run.object(self.id).path.to_string();
        let events: Vec<Event> = run.log.iter().filter(|event| event.target.object == Some(self.id)).cloned().collect();
        let mut started: Option<Event> = None;
        for event in &events {
            let Some(method) = event.target.path.strip_prefix(&path).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            match method {
                "listen" | "init" => {
                    started.get_or_insert_with(|| event.clone());
                }
                "enableCors" => {
                    let late = started.as_ref().filter(|start| precedes(start, event));
                    self.enable(run, event, late, project);
                }
                _ if started.as_ref().is_some_and(|start| precedes(start, event)) => {}
                // Fastify runs such middleware in a hook of its own.
                "use" | "register" if self.on_fastify => self.complete = false,
                "use" => {
                    let (handlers, complete) = used(run, self.packages, self.cors, project, event);
                    self.handlers.extend(handlers);
                    self.complete &= complete;
                }
                "setGlobalPrefix" if event.when == Formula::True => self.front.prefix = paths::prefix(&event.args),
                "setGlobalPrefix" => self.front.prefix = paths::Prefix::Unknown,
                "enableVersioning" if event.when == Formula::True => self.front.versions = paths::versions(&event.args),
                "enableVersioning" => self.front.versions = paths::Versions::Unknown,
                "useGlobalGuards" | "useGlobalInterceptors" | "useGlobalFilters" | "useGlobalPipes" => {
                    self.guarded = true;
                }
                "useStaticAssets" => self.handlers.push(plain(Role::Static, "useStaticAssets", event)),
                _ => {}
            }
        }
        // Routes of the Express application below.
        self.complete &= !run.log.iter().any(|event| {
            event.target.path.contains("getHttpAdapter()")
                && event.target.path.rsplit_once('.').is_some_and(|(_, verb)| VERBS.contains(&verb))
        });
        self.created_with(run, project);
        started.is_some()
    }

    /// `app.enableCors(options)`.
    fn enable(&mut self, run: &mut Interp<'_>, event: &Event, late: Option<&Event>, project: &mut Project) {
        let index = self.policy(run, &event.args, event.span, event.when.clone(), "enableCors()", project);
        match late {
            None => self.handlers.push(plain(Role::Cors(index), "enableCors()", event)),
            Some(start) => {
                project.policies[index].installed = Known::No;
                let mut fault = HandlerFault::new(FaultKind::NotInstalled, "nest", event.span, "enableCors()");
                let method = start.target.path.rsplit('.').next().unwrap_or_default();
                fault.detail = format!("it is called after `{method}()`, when Nest has registered its routes");
                project.faults.push(fault);
            }
        }
    }

    /// `NestFactory.create(AppModule, { cors: … })`.
    fn created_with(&mut self, run: &mut Interp<'_>, project: &mut Project) {
        let object = run.object(self.id);
        let (span, when) = (object.span, object.when.clone());
        let options = object.args.positional.iter().skip(1).rev().find(|value| value.as_map().is_some());
        let Some(given) = options.and_then(|options| option(options, "cors")) else { return };
        for (chosen, value) in given.alternatives() {
            let at = value.span;
            let (args, also) = match &value.kind {
                Kind::Map(_) | Kind::Function(_) => {
                    (Args { positional: vec![value.clone()], ..Args::default() }, Formula::True)
                }
                Kind::Bool(true) => (Args::default(), Formula::True),
                Kind::Condition(truth) => (Args::default(), truth.clone()),
                _ => continue,
            };
            let when = when.clone().and(chosen).and(also);
            let index = self.policy(run, &args, at, when.clone(), "NestFactory.create()", project);
            let handler = Handler { span: at, when, ..bare(Role::Cors(index), "NestFactory.create()", span) };
            self.handlers.push(handler);
        }
    }

    fn policy(
        &self,
        run: &mut Interp<'_>,
        args: &Args,
        span: Span,
        when: Formula,
        place: &str,
        project: &mut Project,
    ) -> usize {
        let file = run.path_of_span(span);
        let mut policy = match self.on_fastify {
            false => policy(run, args, span),
            true => {
                let methods = match self.packages.major("@nestjs/platform-fastify", &file) {
                    Some(..11) => Some(fastify::BEFORE_11),
                    Some(12..) => Some(fastify::SINCE_11),
                    Some(11) | None => None,
                };
                fastify::policy(run, args.positional.first(), methods, span).0
            }
        };
        policy.platform = "nest";
        policy.place = place.to_owned();
        policy.when = when.and(super::super::development(&file, span));
        project.policies.push(policy);
        project.policies.len() - 1
    }

    /// The modules, their routes, and the server that all of it is.
    fn served(mut self, run: &mut Interp<'_>, project: &mut Project) {
        let object = run.object(self.id);
        let (span, root) = (object.span, object.args.positional.first().cloned());
        let found: Modules = modules::follow(run, root.as_ref());
        for class in &found.configuring {
            let handlers = middleware::handlers(run, class, self.packages, self.cors, project);
            self.handlers.extend(handlers);
        }
        for made in &found.made {
            let path = run.object(*made).path.clone();
            if path.starts_with("npm:@nestjs/serve-static.") {
                self.handlers.push(bare(Role::Static, "ServeStaticModule", run.object(*made).span));
            }
            self.handlers.extend(graphql::handlers(run, *made, self.packages, project));
        }
        let known_faults = project.faults.len();
        let mut routed = Vec::new();
        let common = routes::Common { front: &self.front, guarded: self.guarded || guards(run), cors: self.cors };
        for (class, controller) in &found.controllers {
            routes::handlers(run, &common, class, *controller, project, &mut routed);
        }
        self.handlers.append(&mut routed);
        drop_covered(project, known_faults, &self.handlers);
        adopt(&self.handlers, project);
        let file = run.path_of_span(span);
        project.servers.push(Server {
            complete: self.complete && found.complete,
            unanswered: Unanswered::NotFound,
            failing: Failing::ErrorHandlers,
            ..Server::new("nest", file.file_name().unwrap_or("nest"), span, self.handlers)
        });
    }
}

/// Does some module provide a guard, an interceptor or a filter for every route?
fn guards(run: &Interp<'_>) -> bool {
    let token =
        |value: &Value| matches!(&value.kind, Kind::External(path) if path.starts_with("npm:@nestjs/core.APP_"));
    let modules = run.objects.iter().filter(|object| &*object.path == "npm:@nestjs/common.Module()");
    modules
        .filter_map(|object| option(object.args.positional.first()?, "providers"))
        .filter_map(|providers| providers.as_list().cloned())
        .any(|list| list.items.iter().any(|item| option(&item.value, "provide").is_some_and(|value| token(&value))))
}

/// Has the application certainly started when the other happens?
fn precedes(start: &Event, other: &Event) -> bool {
    start.when == Formula::True || start.when == other.when
}

fn plain(role: Role, name: &str, event: &Event) -> Handler {
    Handler { when: event.when.clone(), ..bare(role, name, event.span) }
}

fn bare(role: Role, name: &str, span: Span) -> Handler {
    Handler {
        role,
        name: name.to_owned(),
        span,
        when: Formula::True,
        scope: Scope::everything(),
        effects: Vec::new(),
        understood: true,
    }
}
