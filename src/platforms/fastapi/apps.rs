//! Applications: their middleware, outermost first, and their routes.
//!
//! In: the evaluator's log. Out: servers. What is added last is outermost; a list given to the constructor is in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::in_production;
use super::handlers::{Purpose, Task, handle};
use super::layers::{Layers, Registered, file_name, heading};
use super::rescuers::Rescuers;
use super::routes;
use super::{is_app_path, is_cors_class, is_ours, last, platform_of};
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, Role, Scope, Server, Slashes, Unanswered};
use crate::source::{Span, Spanned};

/// An application and its server.
pub(super) struct App {
    /// The application.
    pub(super) id: ObjectId,
    /// Its index in `Project::servers`.
    pub(super) server: usize,
    /// How many of its handlers stand around the application from outside: `CORSMiddleware(app, …)`.
    pub(super) wrappers: usize,
}

/// What the faults are looked for in.
pub(super) struct Found {
    /// Every application.
    pub(super) apps: Vec<App>,
    /// The log as it was before handlers were run.
    pub(super) log: Vec<Event>,
}

/// Builds a server of every application.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) -> Found {
    let log = run.log.clone();
    let ids: Vec<ObjectId> = (0..run.objects.len()).map(ObjectId).filter(|&id| is_app(run, id)).collect();
    let used: BTreeSet<ObjectId> = log.iter().filter_map(|event| event.target.object).collect();
    let mut seen = BTreeSet::new();
    let mut apps = Vec::new();
    let mut mounts = Vec::new();
    for id in ids {
        // `async def lifespan(_: FastAPI)`: a parameter that nothing is done to is no application of its own.
        if run.object(id).args.open && !used.contains(&id) {
            continue;
        }
        let platform = app_platform(run, id);
        let span = run.object(id).span;
        let mut layers = Layers { run, packages, project, platform };
        let mut handlers = wrappers(&mut layers, &log, id);
        let wrapped = handlers.len();
        handlers.extend(added(&mut layers, &log, id));
        let complete = handlers.iter().all(|handler| handler.understood) && is_closed(layers.run, &log, id);
        let rescuers = Rescuers::of(layers.run, &log, id);
        if wrapped > 0 {
            handlers.insert(wrapped, server_errors(span));
        }
        if let Some(closure) = &rescuers.outermost {
            handlers.push(error_handler(layers.run, closure));
        }
        let unanswered =
            if rescuers.takes_missing_routes() { Unanswered::Unknown } else { Unanswered::MethodNotAllowed };
        let slashes = match layers.run.object(id).args.named("redirect_slashes").map(|value| &value.kind) {
            Some(Kind::Bool(false)) => Slashes::Counted,
            _ => Slashes::Redirected(307),
        };
        for found in routes::of_app(&mut layers, &log, id, &rescuers) {
            if let Some(inner) = found.mounted {
                mounts.push((project.servers.len(), handlers.len(), inner));
            }
            handlers.push(found.handler);
        }
        if platform == "fastapi" {
            handlers.extend(documentation(&run.object(id).args, span));
        }
        // A factory that is called twice makes one server.
        let shape: Vec<Span> = handlers.iter().map(|handler| handler.span).collect();
        if !seen.insert((span, shape)) {
            continue;
        }
        let server = project.servers.len();
        for index in handlers.iter().filter_map(cors_of) {
            let policy = &mut project.policies[index];
            policy.server.get_or_insert(server);
        }
        let name = file_name(&run.path_of_span(span));
        project.servers.push(Server {
            complete,
            unanswered,
            onion: true,
            failing: Failing::Outside,
            slashes,
            ..Server::new(platform, name, span, handlers)
        });
        apps.push(App { id, server, wrappers: wrapped });
    }
    mounted(run, &log, &apps, project);
    for (server, handler, inner) in mounts {
        if let Some(app) = apps.iter().find(|app| app.id == inner) {
            let handler = &mut project.servers[server].handlers[handler];
            handler.understood = true;
            handler.effects = vec![plain(Effect::Mounted(app.server), handler.span)];
        }
    }
    homeless(run, packages, project, &log);
    Found { apps, log }
}

fn plain(effect: Effect, span: Span) -> GuardedEffect {
    GuardedEffect { when: Formula::True, effect, span }
}

/// `ServerErrorMiddleware`, which stands between an application and what is wrapped around it from outside.
fn server_errors(span: Span) -> Handler {
    Handler {
        role: Role::Other,
        name: "ServerErrorMiddleware".to_owned(),
        span,
        when: Formula::True,
        scope: Scope::everything(),
        effects: vec![plain(Effect::Rescue, span)],
        understood: true,
    }
}

/// The function that answers exceptions nobody else handles.
fn error_handler(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Handler {
    let handled = handle(run, closure, &Task::of(Purpose::Route));
    let name = closure.function.name.as_deref().unwrap_or("exception_handler").to_owned();
    let span = heading(&closure.function);
    Handler {
        role: Role::Error,
        name,
        span,
        when: Formula::True,
        scope: Scope::everything(),
        effects: handled.effects,
        understood: handled.understood,
    }
}

/// `/docs` and what belongs to it, as FastAPI adds them by itself.
fn documentation(args: &Args, span: Span) -> Vec<Handler> {
    let pages = [
        ("openapi_url", "/openapi.json"),
        ("docs_url", "/docs"),
        ("swagger_ui_oauth2_redirect_url", "/docs/oauth2-redirect"),
        ("redoc_url", "/redoc"),
    ];
    let path = |(option, default): (&str, &'static str)| match args.named(option).map(|value| &value.kind) {
        None => Some(Arc::from(default)),
        Some(Kind::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let page = |path: Arc<str>| Handler {
        role: Role::Other,
        name: format!("GET {path}"),
        span,
        when: Formula::True,
        scope: Scope {
            methods: vec!["GET".into(), "HEAD".into()],
            path: Some(Spanned::new(path, span)),
            prefix: false,
        },
        effects: vec![plain(Effect::Answer(Some(200)), span)],
        understood: true,
    };
    match path(pages[0]) {
        Some(_) => pages.into_iter().filter_map(path).map(page).collect(),
        None => Vec::new(),
    }
}

/// The policy a handler grants.
pub(super) fn cors_of(handler: &Handler) -> Option<usize> {
    match handler.role {
        Role::Cors(index) => Some(index),
        _ => None,
    }
}

/// Is it an application, made by the package's class or by one that extends it?
fn is_app(run: &Interp<'_>, id: ObjectId) -> bool {
    let object = run.object(id);
    is_app_path(&object.path) || app_base(run, id).is_some()
}

/// The application class that a program's own class extends.
fn app_base(run: &Interp<'_>, id: ObjectId) -> Option<&'static str> {
    let class = run.object(id).class.as_ref()?;
    let bases = run.external_bases(class);
    bases.iter().find(|base| is_app_path(&format!("{base}()"))).map(|base| platform_of_class(base))
}

fn platform_of_class(path: &str) -> &'static str {
    if last(path) == "FastAPI" { "fastapi" } else { "starlette" }
}

fn app_platform(run: &Interp<'_>, id: ObjectId) -> &'static str {
    app_base(run, id).unwrap_or_else(|| platform_of_class(run.object(id).path.trim_end_matches("()")))
}

/// Is everything known that is done to an application? What is given to strangers may get middleware there.
fn is_closed(run: &Interp<'_>, log: &[Event], app: ObjectId) -> bool {
    const SERVERS: [&str; 6] = ["py:uvicorn", "py:hypercorn", "py:mangum", "py:gunicorn", "py:fastapi", "py:starlette"];
    let given = |event: &&Event| event.args.all().any(|value| value.as_object() == Some(app));
    let known = |event: &Event| SERVERS.iter().any(|name| event.target.path.starts_with(name));
    !run.object(app).args.open && log.iter().filter(given).all(known)
}

/// `CORSMiddleware(app, …)`: around the application, the last one made is outermost.
fn wrappers(layers: &mut Layers<'_, '_>, log: &[Event], app: ObjectId) -> Vec<Handler> {
    let mut handlers = Vec::new();
    let mut inside = BTreeSet::from([app]);
    for event in log {
        let Some(made) = event.result.filter(|_| is_cors_class(&event.target.path)) else { continue };
        let wraps = event.args.get(0, "app").and_then(Value::as_object);
        if wraps.is_none_or(|wraps| !inside.contains(&wraps)) || is_asked(log, made) {
            continue;
        }
        inside.insert(made);
        let class = Value::new(Kind::External(event.target.path.clone()), event.span);
        let one = Registered {
            class: &class,
            args: &event.args,
            span: event.span,
            when: event.when.clone(),
            place: "CORSMiddleware(app)",
        };
        handlers.insert(0, layers.class(&one));
    }
    handlers
}

/// Are methods of it called, so that it is there to be asked and not to serve?
pub(super) fn is_asked(log: &[Event], made: ObjectId) -> bool {
    log.iter().any(|event| event.target.object == Some(made))
}

/// What `add_middleware`, `@app.middleware("http")` and the constructor's list make, outermost first.
fn added(layers: &mut Layers<'_, '_>, log: &[Event], app: ObjectId) -> Vec<Handler> {
    let mut handlers = Vec::new();
    for event in log {
        if event.target.object == Some(app) && event.target.path.ends_with(".add_middleware") {
            if let Some((class, args)) = split(&event.args) {
                let place = "app.add_middleware";
                let one = Registered { class, args: &args, span: event.span, when: event.when.clone(), place };
                handlers.push(layers.class(&one));
            }
        } else if event.target.path.ends_with(".middleware()()")
            && parent(layers.run, event) == Some(app)
            && let Some(closure) = event.args.positional.first().and_then(Value::as_function).cloned()
        {
            let span = heading(&closure.function);
            handlers.push(layers.function(&closure, span, event.when.clone()));
        }
    }
    handlers.reverse();
    let list = layers.run.object(app).args.named("middleware").map(in_production);
    handlers.extend(list.iter().flat_map(|list| listed(layers, list)));
    handlers
}

/// The application whose method's result is called.
pub(super) fn parent(run: &Interp<'_>, event: &Event) -> Option<ObjectId> {
    event.target.object.and_then(|id| run.object(id).parent)
}

/// `add_middleware(Class, **options)` and `Middleware(Class, **options)`: the class and what is left.
fn split(args: &Args) -> Option<(&Value, Args)> {
    let class = args.get(0, "middleware_class").or_else(|| args.named("cls"))?;
    let positional = args.positional.iter().skip(1).cloned().collect();
    let mut named = args.named.clone();
    named.retain(|(name, _)| !matches!(&**name, "middleware_class" | "cls"));
    Some((class, Args { positional, named, open: args.open }))
}

/// The handlers of `middleware=[Middleware(…), …]`.
fn listed(layers: &mut Layers<'_, '_>, list: &Value) -> Vec<Handler> {
    let mut handlers = Vec::new();
    let Some(list) = list.as_list().cloned() else { return handlers };
    for item in &list.items {
        let Some(id) = item.value.as_object() else { continue };
        let object = layers.run.object(id);
        if !is_middleware_path(&object.path) {
            continue;
        }
        let (args, span, when) = (object.args.clone(), object.span, object.when.clone().and(item.when.clone()));
        if let Some((class, args)) = split(&args) {
            handlers.push(layers.class(&Registered { class, args: &args, span, when, place: "Middleware" }));
        }
    }
    handlers
}

/// Is it what `Middleware(…)` makes?
pub(super) fn is_middleware_path(path: &str) -> bool {
    is_ours(path) && last(path) == "Middleware()"
}

/// `app.mount("/api", api)`: what the mounted application grants holds below that path.
fn mounted(run: &Interp<'_>, log: &[Event], apps: &[App], project: &mut Project) {
    for event in log.iter().filter(|event| event.target.path.ends_with(".mount")) {
        let inner = event.args.get(1, "app").and_then(Value::as_object);
        let Some(inner) = apps.iter().find(|app| Some(app.id) == inner) else { continue };
        let Some(path) = event.args.get(0, "path") else { continue };
        let Some(text) = path.as_str().filter(|_| event.target.object.is_some_and(|id| is_app(run, id))) else {
            continue;
        };
        for index in project.servers[inner.server].handlers.iter().filter_map(cors_of).collect::<Vec<_>>() {
            let paths = &mut project.policies[index].paths;
            paths.push(crate::source::Spanned::new(text.clone(), path.span));
        }
    }
}

/// `CORSMiddleware` added to something that is not known to be an application: a parameter, a field of an unknown object.
fn homeless(run: &mut Interp<'_>, packages: &Packages, project: &mut Project, log: &[Event]) {
    for event in log.iter().filter(|event| event.target.path.ends_with(".add_middleware")) {
        if event.target.object.is_some_and(|id| is_app(run, id)) {
            continue;
        }
        let Some((class, args)) = split(&event.args) else { continue };
        let platform = match &class.kind {
            Kind::External(path) => platform_of(path),
            _ => "starlette",
        };
        let place = "app.add_middleware";
        let when = event.when.clone();
        let one = Registered { class, args: &args, span: event.span, when, place };
        let mut layers = Layers { run, packages, project, platform };
        if let Some(policy) = layers.cors_policy(&one) {
            layers.keep(policy);
        }
    }
}
