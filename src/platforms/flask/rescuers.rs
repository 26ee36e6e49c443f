//! Handlers of errors that a program registers, and which of them takes an exception.
//!
//! In: the evaluator's log. Out: keys and functions, of one blueprint or of the whole application. Source: `_find_error_handler` of
//! Flask's `sansio/app.py`: the blueprint's before the application's, one for the status before one for a class.

use std::sync::Arc;

use super::super::values::descends;
use super::raised::status_of_class;
use super::{is_app, is_ours, last};
use crate::eval::value::{Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};

/// One handler of errors.
struct Registered {
    /// The blueprint whose views it is for; none is the whole application.
    blueprint: Option<ObjectId>,
    key: Value,
    closure: Arc<Closure>,
}

/// The handlers of one application and its blueprints.
#[derive(Default)]
pub(super) struct Rescuers {
    all: Vec<Registered>,
}

impl Rescuers {
    /// Those of an application and of the blueprints that it registers.
    pub(super) fn of(run: &Interp<'_>, log: &[Event], app: ObjectId, blueprints: &[ObjectId]) -> Rescuers {
        let mut all = Vec::new();
        for event in log {
            let path = &*event.target.path;
            let (owner, name, key, function) = if let Some(name) = path.strip_suffix("()()") {
                let Some(made) = event.target.object.map(|id| run.object(id)) else { continue };
                (made.parent, last(name), made.args.get(0, "code_or_exception"), event.args.positional.first())
            } else {
                (event.target.object, last(path), event.args.get(0, "code_or_exception"), event.args.get(1, "f"))
            };
            let Some(owner) = owner.filter(|owner| *owner == app || blueprints.contains(owner)) else { continue };
            let whole = match name {
                "errorhandler" | "register_error_handler" => is_app(run, owner),
                "app_errorhandler" => true,
                _ => continue,
            };
            if let (Some(key), Some(closure)) = (key, function.and_then(Value::as_function)) {
                let blueprint = (!whole).then_some(owner);
                all.push(Registered { blueprint, key: key.clone(), closure: closure.clone() });
            }
        }
        Rescuers { all }
    }

    /// Is there one for what Flask itself raises where no view answers?
    pub(super) fn takes_missing_routes(&self) -> bool {
        self.all.iter().filter(|one| one.blueprint.is_none()).any(|one| match &one.key.kind {
            Kind::Num(number) => matches!(*number, 404.0 | 405.0),
            Kind::External(path) => {
                matches!(&**path, "py:Exception") || matches!(status_of_class(path), Some(404 | 405)) || is_http(path)
            }
            Kind::Class(_) => false,
            _ => true,
        })
    }

    /// The one that takes an exception of this class in a view of a blueprint.
    pub(super) fn of_class(
        &self,
        class: &Value,
        status: Option<u16>,
        blueprint: Option<ObjectId>,
    ) -> Option<&Arc<Closure>> {
        let own = |one: &&Registered| one.blueprint.is_some() && one.blueprint == blueprint;
        let whole = |one: &&Registered| one.blueprint.is_none();
        let numbered = |one: &&Registered| match (&one.key.kind, status) {
            (Kind::Num(number), Some(status)) => (number - f64::from(status)).abs() < 0.5,
            (Kind::External(path), Some(status)) => status_of_class(path) == Some(status),
            _ => false,
        };
        // Of what is left the nearest class is taken; among those that fit the one that is no `Exception`.
        let fits = |one: &&Registered| is_a(class, &one.key, status.is_some());
        let broad = |one: &&Registered| matches!(&one.key.kind, Kind::External(path) if &**path == "py:Exception");
        let latest = |wanted: &dyn Fn(&&Registered) -> bool| self.all.iter().rev().find(|one| wanted(one));
        let found = latest(&|one| own(one) && numbered(one))
            .or_else(|| latest(&|one| whole(one) && numbered(one)))
            .or_else(|| latest(&|one| own(one) && fits(one) && !broad(one)))
            .or_else(|| latest(&|one| own(one) && fits(one)))
            .or_else(|| latest(&|one| whole(one) && fits(one) && !broad(one)))
            .or_else(|| latest(&|one| whole(one) && fits(one)))
            // What nobody takes becomes an internal error.
            .or_else(|| latest(&|one| whole(one) && status.is_none() && is_internal(one)));
        found.map(|one| &one.closure)
    }
}

fn is_internal(one: &Registered) -> bool {
    match &one.key.kind {
        Kind::Num(number) => (number - 500.0).abs() < 0.5,
        Kind::External(path) => status_of_class(path) == Some(500),
        _ => false,
    }
}

fn is_http(path: &str) -> bool {
    is_ours(path) && last(path) == "HTTPException"
}

/// Is a class another one, or below it?
fn is_a(class: &Value, key: &Value, answers: bool) -> bool {
    let same = |one: &Value| match (&one.kind, &key.kind) {
        (_, Kind::External(path)) if matches!(&**path, "py:Exception" | "py:BaseException") => true,
        (_, Kind::External(path)) if answers && is_http(path) => true,
        (Kind::External(a), Kind::External(b)) => a == b || is_ours(a) && is_ours(b) && last(a) == last(b),
        (Kind::Class(_), Kind::Class(_)) => one.span == key.span,
        _ => false,
    };
    descends(class, &same)
}
