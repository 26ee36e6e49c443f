//! Routes: their methods, paths and what their functions do.
//!
//! In: decorators, `include_router`, lists of `Route`. Out: one handler each.

use std::sync::Arc;

use super::apps::parent;
use super::handlers::{Purpose, handle};
use super::layers::{Layers, heading};
use super::{is_ours, is_router_path, last};
use crate::eval::Event;
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::model::condition::Formula;
use crate::model::server::{Handler, Role, Scope};
use crate::source::Spanned;

/// Methods of an application or router that register a route for the method of their name.
const VERBS: [&str; 7] = ["get", "post", "put", "patch", "delete", "options", "head"];

/// More routes than this are not looked into.
const MOST: usize = 600;

/// The routes of an application and of the routers it includes.
pub(super) fn of_app(layers: &mut Layers<'_, '_>, log: &[Event], app: ObjectId) -> Vec<Handler> {
    let mut handlers = Vec::new();
    collect(layers, log, app, "", 0, &mut handlers);
    let list = layers.run.object(app).args.named("routes").cloned();
    if let Some(list) = list {
        listed(layers, &list, "", 0, &mut handlers);
    }
    handlers
}

fn collect(
    layers: &mut Layers<'_, '_>,
    log: &[Event],
    holder: ObjectId,
    prefix: &str,
    depth: usize,
    handlers: &mut Vec<Handler>,
) {
    for event in log {
        if depth > 8 || handlers.len() > MOST {
            return;
        }
        let path = &*event.target.path;
        if path.ends_with("()()") && parent(layers.run, event) == Some(holder) {
            decorated(layers, event, prefix, handlers);
        } else if event.target.object == Some(holder) {
            match path.rsplit_once('.').map(|(_, name)| name) {
                Some("include_router") => included(layers, log, event, prefix, depth, handlers),
                Some("add_api_route" | "add_route") => {
                    let function = event.args.positional.get(1).or_else(|| event.args.named("endpoint"));
                    if let Some(closure) = function.and_then(Value::as_function).cloned() {
                        let methods = methods_of(&event.args, "GET");
                        route(layers, &closure, methods, event.args.get(0, "path"), prefix, &event.when, handlers);
                    }
                }
                _ => {}
            }
        }
    }
}

/// `@app.get("/path")` above a function.
fn decorated(layers: &mut Layers<'_, '_>, event: &Event, prefix: &str, handlers: &mut Vec<Handler>) {
    let name = event.target.path.strip_suffix("()()").and_then(|path| path.rsplit_once('.')).map(|(_, name)| name);
    let Some(args) = event.target.object.map(|id| layers.run.object(id).args.clone()) else { return };
    let methods = match name {
        Some(verb) if VERBS.contains(&verb) => vec![Arc::from(verb.to_uppercase())],
        Some("api_route" | "route") => methods_of(&args, "GET"),
        _ => return,
    };
    if let Some(closure) = event.args.positional.first().and_then(Value::as_function).cloned() {
        route(layers, &closure, methods, args.get(0, "path"), prefix, &event.when, handlers);
    }
}

/// `app.include_router(router, prefix="/v1")`.
fn included(
    layers: &mut Layers<'_, '_>,
    log: &[Event],
    event: &Event,
    prefix: &str,
    depth: usize,
    handlers: &mut Vec<Handler>,
) {
    let Some(router) = event.args.get(0, "router").and_then(Value::as_object) else { return };
    let object = layers.run.object(router);
    if !is_router_path(&object.path) {
        return;
    }
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(|text| text.to_string()).unwrap_or_default();
    let own = text(object.args.named("prefix"));
    let full = format!("{prefix}{}{own}", text(event.args.named("prefix")));
    collect(layers, log, router, &full, depth + 1, handlers);
}

/// `routes=[Route("/x", view), Mount("/api", routes=[…])]`.
fn listed(layers: &mut Layers<'_, '_>, list: &Value, prefix: &str, depth: usize, handlers: &mut Vec<Handler>) {
    let Some(list) = list.as_list().cloned() else { return };
    for id in list.items.iter().filter_map(|item| item.value.as_object()) {
        let object = layers.run.object(id);
        if !is_ours(&object.path) || depth > 8 || handlers.len() > MOST {
            continue;
        }
        let (kind, args, when) = (last(&object.path).to_owned(), object.args.clone(), object.when.clone());
        match kind.as_str() {
            "Route()" | "APIRoute()" => {
                if let Some(closure) = args.get(1, "endpoint").and_then(Value::as_function).cloned() {
                    let methods = methods_of(&args, "GET");
                    route(layers, &closure, methods, args.get(0, "path"), prefix, &when, handlers);
                }
            }
            "Mount()" => {
                let path = args.get(0, "path").and_then(Value::as_str).map(|path| path.to_string()).unwrap_or_default();
                if let Some(inner) = args.named("routes") {
                    listed(layers, inner, &format!("{prefix}{path}"), depth + 1, handlers);
                }
            }
            _ => {}
        }
    }
}

/// `methods=["GET", "POST"]`.
fn methods_of(args: &Args, default: &str) -> Vec<Arc<str>> {
    let names = args.named("methods").and_then(Value::as_list).map(|list| {
        list.items.iter().filter_map(|item| item.value.as_str()).map(|name| Arc::from(name.to_uppercase())).collect()
    });
    names.unwrap_or_else(|| vec![default.into()])
}

fn route(
    layers: &mut Layers<'_, '_>,
    closure: &Arc<Closure>,
    methods: Vec<Arc<str>>,
    path: Option<&Value>,
    prefix: &str,
    when: &Formula,
    handlers: &mut Vec<Handler>,
) {
    let span = heading(&closure.function);
    let path = path.and_then(|path| match &path.kind {
        Kind::Str(text) => Some(Spanned::new(format!("{prefix}{text}").into(), path.span)),
        _ => None,
    });
    let handled = handle(layers.run, closure, Purpose::Route);
    let shown = path.as_ref().map_or_else(String::new, |path| format!(" {}", path.value));
    let name = format!("{}{shown}", methods.join("/"));
    let mut handler = Handler {
        role: Role::Route,
        name,
        span,
        when: when.clone(),
        scope: Scope { methods, path, prefix: false },
        effects: handled.effects,
        understood: handled.understood,
    };
    layers.by_hand(&mut handler, closure.function.span);
    handlers.push(handler);
}
