//! Routes: their methods, paths and what their functions do.
//!
//! In: decorators, `include_router`, lists of `Route`. Out: one handler each.

use std::sync::Arc;

use super::apps::parent;
use super::handlers::{Purpose, Task, handle, status_code};
use super::layers::{Layers, heading};
use super::rescuers::Rescuers;
use super::{is_ours, is_router_path, last, parameters};
use crate::eval::Event;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::model::condition::Formula;
use crate::model::server::{Handler, Role, Scope};
use crate::source::{Span, Spanned};

/// Methods of an application or router that register a route for the method of their name.
const VERBS: [&str; 7] = ["get", "post", "put", "patch", "delete", "options", "head"];

/// More routes than this are not looked into.
const MOST: usize = 600;

/// What holds for all routes of one place.
#[derive(Clone, Default)]
struct Place {
    prefix: String,
    /// `dependencies=[…]` of the application and of the routers around.
    dependencies: Vec<Value>,
    /// Routers within each other.
    depth: usize,
}

/// The routes of an application and of the routers it includes, and what is mounted in it, in their order. Mounted
/// applications are named by their objects.
pub(super) fn of_app(layers: &mut Layers<'_, '_>, log: &[Event], app: ObjectId, rescuers: &Rescuers) -> Vec<Found> {
    let place = Place { dependencies: dependencies(&layers.run.object(app).args), ..Place::default() };
    let list = layers.run.object(app).args.named("routes").cloned();
    let mut routes = Routes { layers, log, rescuers, found: Vec::new() };
    if let Some(list) = list {
        routes.listed(&list, "", 0);
    }
    routes.collect(app, &place);
    routes.found
}

/// A route, or an application that is mounted.
pub(super) struct Found {
    /// The handler.
    pub(super) handler: Handler,
    /// The application that it passes to.
    pub(super) mounted: Option<ObjectId>,
}

/// `dependencies=[Depends(…)]`; what is no list is one dependency that nobody knows.
fn dependencies(args: &Args) -> Vec<Value> {
    match args.named("dependencies") {
        Some(value) => match value.as_list() {
            Some(list) => list.items.iter().map(|item| item.value.clone()).collect(),
            None if value.is_nullish() => Vec::new(),
            None => vec![value.clone()],
        },
        None => Vec::new(),
    }
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).map(|text| text.to_string()).unwrap_or_default()
}

/// One route as it is registered.
struct Route<'v> {
    function: Option<&'v Value>,
    methods: Vec<Arc<str>>,
    path: Option<&'v Value>,
    args: &'v Args,
    when: &'v Formula,
    span: Span,
    /// FastAPI looks at its signature.
    signature: bool,
}

struct Routes<'l, 'b, 'r> {
    layers: &'l mut Layers<'b, 'r>,
    log: &'l [Event],
    rescuers: &'l Rescuers,
    found: Vec<Found>,
}

impl Routes<'_, '_, '_> {
    fn collect(&mut self, holder: ObjectId, place: &Place) {
        for event in self.log {
            if place.depth > 8 || self.found.len() > MOST {
                return self.somewhere(&place.prefix, event.span);
            }
            let path = &*event.target.path;
            if path.ends_with("()()") && parent(self.layers.run, event) == Some(holder) {
                self.decorated(event, place);
            } else if event.target.object == Some(holder) {
                match path.rsplit_once('.').map(|(_, name)| name) {
                    Some("include_router") => self.included(event, place),
                    Some(name @ ("add_api_route" | "add_route")) => {
                        let mut methods = methods_of(&event.args, "GET");
                        if name == "add_route" {
                            with_head(&mut methods);
                        }
                        let route = Route {
                            function: event.args.positional.get(1).or_else(|| event.args.named("endpoint")),
                            methods,
                            path: event.args.get(0, "path"),
                            args: &event.args,
                            when: &event.when,
                            span: event.span,
                            signature: name == "add_api_route",
                        };
                        self.route(&route, place);
                    }
                    Some("mount") => {
                        let inner = event.args.get(1, "app").cloned();
                        self.mount(event.args.get(0, "path"), inner.as_ref(), &place.prefix, &event.when, event.span);
                    }
                    Some("host") => self.somewhere("", event.span),
                    _ => {}
                }
            }
        }
    }

    /// `@app.get("/path")` above a function.
    fn decorated(&mut self, event: &Event, place: &Place) {
        let name = event.target.path.strip_suffix("()()").and_then(|path| path.rsplit_once('.')).map(|(_, name)| name);
        let Some(args) = event.target.object.map(|id| self.layers.run.object(id).args.clone()) else { return };
        let mut methods = match name {
            Some(verb) if VERBS.contains(&verb) => vec![Arc::from(verb.to_uppercase())],
            Some("api_route" | "route") => methods_of(&args, "GET"),
            _ => return,
        };
        if name == Some("route") {
            with_head(&mut methods);
        }
        let route = Route {
            function: event.args.positional.first(),
            methods,
            path: args.get(0, "path"),
            args: &args,
            when: &event.when,
            span: event.span,
            signature: name != Some("route"),
        };
        self.route(&route, place);
    }

    /// `app.include_router(router, prefix="/v1")`.
    fn included(&mut self, event: &Event, place: &Place) {
        let before = format!("{}{}", place.prefix, text_of(event.args.named("prefix")));
        let router = event.args.get(0, "router").and_then(Value::as_object);
        let router = router.filter(|id| is_router_path(&self.layers.run.object(*id).path));
        let Some(router) = router.filter(|_| event.when != Formula::False) else {
            return self.somewhere(&before, event.span);
        };
        let own = self.layers.run.object(router).args.clone();
        let around = [&own, &event.args].into_iter().flat_map(dependencies);
        let inner = Place {
            prefix: format!("{before}{}", text_of(own.named("prefix"))),
            dependencies: place.dependencies.iter().cloned().chain(around).collect(),
            depth: place.depth + 1,
        };
        self.collect(router, &inner);
    }

    /// `routes=[Route("/x", view), Mount("/api", routes=[…])]`.
    fn listed(&mut self, list: &Value, prefix: &str, depth: usize) {
        let span = list.span;
        let Some(list) = list.as_list().cloned() else { return self.somewhere(prefix, span) };
        if list.open {
            self.somewhere(prefix, span);
        }
        for item in &list.items {
            let Some(id) = item.value.as_object().filter(|_| depth <= 8 && self.found.len() <= MOST) else {
                self.somewhere(prefix, item.value.span);
                continue;
            };
            let object = self.layers.run.object(id);
            let (kind, args, when) = (object.path.clone(), object.args.clone(), object.when.clone());
            let ours = is_ours(&kind);
            match last(&kind) {
                name @ ("Route()" | "APIRoute()") if ours => {
                    let mut methods = methods_of(&args, "GET");
                    if name == "Route()" {
                        with_head(&mut methods);
                    }
                    let route = Route {
                        function: args.get(1, "endpoint"),
                        methods,
                        path: args.get(0, "path"),
                        args: &args,
                        when: &when,
                        span: item.value.span,
                        signature: name == "APIRoute()",
                    };
                    self.route(&route, &Place { prefix: prefix.to_owned(), ..Place::default() });
                }
                "Mount()" if ours && args.named("middleware").is_none() => match args.named("routes") {
                    Some(inner) => {
                        let path = text_of(args.get(0, "path"));
                        self.listed(&inner.clone(), &format!("{prefix}{path}"), depth + 1);
                    }
                    None => self.mount(args.get(0, "path"), args.get(1, "app"), prefix, &when, item.value.span),
                },
                "WebSocketRoute()" if ours => {}
                _ => self.somewhere(prefix, item.value.span),
            }
        }
    }

    /// `app.mount("/api", api)`.
    fn mount(&mut self, path: Option<&Value>, inner: Option<&Value>, prefix: &str, when: &Formula, span: Span) {
        let Some(text) = path.and_then(Value::as_str) else { return self.somewhere(prefix, span) };
        let at = format!("{prefix}{}/", text.trim_end_matches('/'));
        let mounted = inner.and_then(Value::as_object);
        let made = mounted.map(|id| self.layers.run.object(id).path.clone());
        let files = made.is_some_and(|path| is_ours(&path) && last(&path) == "StaticFiles()");
        self.below(&at, span);
        if let Some(found) = self.found.last_mut() {
            found.mounted = mounted;
            found.handler.when = when.clone();
            if files {
                found.handler.role = Role::Static;
            }
        }
    }

    /// Something answers below a path, and nobody knows what.
    fn somewhere(&mut self, prefix: &str, span: Span) {
        self.below(if prefix.is_empty() { "/" } else { prefix }, span);
    }

    fn below(&mut self, prefix: &str, span: Span) {
        let path = Some(Spanned::new(prefix.into(), span));
        let handler = Handler {
            role: Role::Route,
            name: format!("{prefix}…"),
            span,
            when: Formula::True,
            scope: Scope { methods: Vec::new(), path, prefix: true },
            effects: Vec::new(),
            understood: false,
        };
        self.found.push(Found { handler, mounted: None });
    }

    fn route(&mut self, route: &Route<'_>, place: &Place) {
        let path = route.path.and_then(|path| match &path.kind {
            Kind::Str(text) => Some(Spanned::new(Arc::<str>::from(format!("{}{text}", place.prefix)), path.span)),
            _ => None,
        });
        let Some(closure) = route.function.and_then(Value::as_function).cloned() else {
            let prefix = path.map_or_else(|| place.prefix.clone(), |path| path.value.to_string());
            return self.somewhere(&prefix, route.span);
        };
        let span = heading(&closure.function);
        let status = match route.args.named("status_code") {
            Some(value) if route.signature && !value.is_nullish() => status_code(value),
            _ => Some(200),
        };
        let task = Task { status, rescuers: Some(self.rescuers), ..Task::of(Purpose::Route) };
        let handled = handle(self.layers.run, &closure, &task);
        let mut effects = Vec::new();
        if route.signature {
            let mut asked = place.dependencies.clone();
            asked.extend(dependencies(route.args));
            effects = parameters::effects(self.layers, &closure, path.as_ref().map(|path| &*path.value), &asked);
        }
        effects.extend(handled.effects);
        let shown = path.as_ref().map_or_else(String::new, |path| format!(" {}", path.value));
        let verbs: Vec<&str> = route.methods.iter().map(|name| &**name).collect();
        let name = format!("{}{shown}", verbs.join("/"));
        let mut handler = Handler {
            role: Role::Route,
            name,
            span,
            when: route.when.clone(),
            scope: Scope { methods: route.methods.clone(), path, prefix: false },
            effects,
            understood: handled.understood,
        };
        self.layers.by_hand(&mut handler, closure.function.span);
        self.found.push(Found { handler, mounted: None });
    }
}

/// Starlette's own routes answer HEAD where they answer GET.
fn with_head(methods: &mut Vec<Arc<str>>) {
    if methods.iter().any(|name| &**name == "GET") && !methods.iter().any(|name| &**name == "HEAD") {
        methods.push("HEAD".into());
    }
}

/// `methods=["GET", "POST"]`.
fn methods_of(args: &Args, default: &str) -> Vec<Arc<str>> {
    let names = args.named("methods").and_then(Value::as_list).map(|list| {
        list.items.iter().filter_map(|item| item.value.as_str()).map(|name| Arc::from(name.to_uppercase())).collect()
    });
    names.unwrap_or_else(|| vec![default.into()])
}
