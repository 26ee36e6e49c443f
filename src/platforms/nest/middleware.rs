//! Middleware that modules put in front of routes: `configure(consumer)` with `consumer.apply(x).forRoutes(…)`.
//!
//! In: module classes with such a method. Out: handlers, after those of the application itself. Whatever is not put in front of
//! every route is not understood, since the routes are named by patterns and classes. Source:
//! <https://docs.nestjs.com/middleware>.

use super::super::express::cors_npm::CorsObjects;
use super::super::express::registration::used;
use super::super::packages::Packages;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::project::Project;
use crate::model::server::{Effect, Handler, Role};

/// The handlers of one class.
pub(super) fn handlers(
    run: &mut Interp<'_>,
    class: &Value,
    packages: &Packages,
    cors: &CorsObjects,
    project: &mut Project,
) -> Vec<Handler> {
    let Some(closure) = run.method_of(class, "configure") else { return Vec::new() };
    let consumer = Value::new(Kind::External("nest:consumer".into()), closure.function.span);
    let (events, _) = run.run_function(&closure, &Args { positional: vec![consumer], ..Args::default() });
    let mut handlers = Vec::new();
    for event in events.iter().filter(|event| event.target.path.ends_with(".forRoutes")) {
        let Some(applied) = event.target.object.and_then(|id| applied(run, id)) else { continue };
        let everywhere = !applied.excludes && event.args.positional.iter().any(is_everything);
        let positional = applied.args.positional.iter().map(|value| as_function(run, value)).collect();
        let registered = Event { args: Args { positional, ..applied.args }, ..event.clone() };
        let (mut own, _) = used(run, packages, cors, project, &registered);
        for handler in own.iter_mut().filter(|handler| !everywhere && !goes_on(handler)) {
            handler.role = Role::Other;
            handler.effects.clear();
            handler.understood = false;
        }
        handlers.append(&mut own);
    }
    handlers
}

/// What was applied in a chain of calls that ends in this object.
struct Applied {
    args: Args,
    excludes: bool,
}

fn applied(run: &Interp<'_>, last: ObjectId) -> Option<Applied> {
    let mut excludes = false;
    let mut at = last;
    for _ in 0..8 {
        let object = run.object(at);
        if object.path.ends_with(".apply()") {
            return Some(Applied { args: object.args.clone(), excludes });
        }
        excludes |= object.path.ends_with(".exclude()");
        at = object.parent?;
    }
    None
}

/// A class of middleware is its method `use`.
fn as_function(run: &mut Interp<'_>, value: &Value) -> Value {
    match run.method_of(value, "use") {
        Some(closure) => Value::new(Kind::Function(closure), value.span),
        None => value.clone(),
    }
}

/// `'*'`, `{ path: '*', method: RequestMethod.ALL }`.
fn is_everything(routes: &Value) -> bool {
    let all = |text: &str| matches!(text.trim_matches('/'), "*" | "(.*)" | "*path" | "*splat" | "{*splat}" | "{*path}");
    match &routes.kind {
        Kind::Str(text) => all(text),
        Kind::Map(map) => {
            let path = map.entries.get("path").and_then(|entry| entry.value.as_str());
            let method = map.entries.get("method").map(|entry| &entry.value.kind);
            let every = match method {
                None => true,
                Some(Kind::External(path)) => path.ends_with(".RequestMethod.ALL"),
                Some(_) => false,
            };
            every && path.is_some_and(|path| all(path))
        }
        _ => false,
    }
}

/// It only looks at requests.
fn goes_on(handler: &Handler) -> bool {
    handler.understood && handler.effects.iter().all(|guarded| guarded.effect == Effect::Next)
}
