//! Handlers of exceptions that a program registers, and which of them takes an exception.
//!
//! In: the evaluator's log. Out: keys and functions. Those for `Exception` and 500 stand outside of all middleware
//! (`ServerErrorMiddleware`), all others inside (`ExceptionMiddleware`).

use std::sync::Arc;

use super::super::values::descends;
use super::apps::parent;
use super::{is_ours, last};
use crate::eval::value::{Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};

/// The handlers of one application.
#[derive(Default)]
pub(super) struct Rescuers {
    /// By what they are registered for, in order.
    inside: Vec<(Value, Arc<Closure>)>,
    /// The one for everything else.
    pub(super) outermost: Option<Arc<Closure>>,
}

/// What an event registers as a handler of exceptions, and for what.
pub(super) fn registered(run: &Interp<'_>, app: ObjectId, event: &Event) -> Option<(Value, Arc<Closure>)> {
    let path = &*event.target.path;
    let (key, function) = if path.ends_with(".exception_handler()()") && parent(run, event) == Some(app) {
        let key = event.target.object.and_then(|id| run.object(id).args.positional.first().cloned());
        (key, event.args.positional.first())
    } else if path.ends_with(".add_exception_handler") && event.target.object == Some(app) {
        (event.args.positional.first().cloned(), event.args.positional.get(1))
    } else {
        return None;
    };
    Some((key?, function.and_then(Value::as_function)?.clone()))
}

/// Does a handler for this key stand outside of all middleware?
pub(super) fn is_outermost(key: &Value) -> bool {
    match &key.kind {
        Kind::Num(number) => (number - 500.0).abs() < 0.5,
        Kind::External(path) => matches!(&**path, "py:Exception" | "py:BaseException"),
        _ => false,
    }
}

impl Rescuers {
    /// Those of an application; a later one for the same key takes the place of an earlier one.
    pub(super) fn of(run: &Interp<'_>, log: &[Event], app: ObjectId) -> Rescuers {
        let mut found = Rescuers::default();
        for (key, closure) in log.iter().filter_map(|event| registered(run, app, event)) {
            if is_outermost(&key) {
                found.outermost = Some(closure);
            } else {
                found.inside.push((key, closure));
            }
        }
        found
    }

    /// Is there one for what the framework itself raises where no route answers?
    pub(super) fn takes_missing_routes(&self) -> bool {
        self.inside.iter().any(|(key, _)| match &key.kind {
            Kind::Num(number) => matches!(*number, 404.0 | 405.0),
            // What FastAPI calls HTTPException is a class below the one that is raised.
            Kind::External(path) => is_ours(path) && last(path) == "HTTPException" && !path.starts_with("py:fastapi"),
            Kind::Class(_) => false,
            _ => true,
        })
    }

    /// The one that takes an exception of this class, with the status of an `HTTPException`.
    pub(super) fn of_class(&self, class: &Value, status: Option<u16>) -> Option<&Arc<Closure>> {
        let by_status = |key: &Value| match (&key.kind, status) {
            (Kind::Num(number), Some(status)) => (number - f64::from(status)).abs() < 0.5,
            _ => false,
        };
        let numbered = self.inside.iter().rev().find(|(key, _)| by_status(key));
        let found = numbered.or_else(|| self.inside.iter().rev().find(|(key, _)| is_a(class, key)));
        found.map(|(_, closure)| closure)
    }
}

/// Is a class another one, or below it?
fn is_a(class: &Value, key: &Value) -> bool {
    let same = |one: &Value| match (&one.kind, &key.kind) {
        (Kind::External(a), Kind::External(b)) => a == b || is_ours(a) && is_ours(b) && last(a) == last(b),
        (Kind::Class(_), Kind::Class(_)) => one.span == key.span,
        _ => false,
    };
    descends(class, &same)
}
