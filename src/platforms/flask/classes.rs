//! Classes with a method per HTTP method: `MethodView` of Flask, `Resource` of Flask-RESTful and Flask-RESTX.
//!
//! In: the class. Out: its methods as closures on an instance, and the decorators that each of them has.

use std::sync::Arc;

use super::decorators::Decorator;
use super::is_cross_origin;
use crate::eval::Interp;
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::source::Span;

/// Methods that a class may answer.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// Classes whose methods are named after HTTP methods.
pub(super) fn is_view_class(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    match name {
        "MethodView" => path.starts_with("py:flask.") || path.starts_with("py:flask_smorest."),
        "Resource" => path.starts_with("py:flask_restful.") || path.starts_with("py:flask_restx."),
        _ => false,
    }
}

/// One method of a class.
pub(super) struct Method {
    /// `GET`.
    pub(super) name: String,
    /// Its function, on an instance.
    pub(super) closure: Arc<Closure>,
    /// What stands around it, inner ones first.
    pub(super) decorators: Vec<Decorator>,
}

/// The methods of a view class; `None` when it is none, or decides itself what is called.
pub(super) fn methods(run: &mut Interp<'_>, class: &Value) -> Option<Vec<Method>> {
    let Kind::Class(inner) = &class.kind else { return None };
    let inner = inner.clone();
    let bases = run.external_bases(class);
    if !bases.iter().any(|base| is_view_class(base)) || run.method_of(class, "dispatch_request").is_some() {
        return None;
    }
    let this = run.instance(class, &Args { open: true, ..Args::default() });
    let shared = shared(run, class);
    let mut found = Vec::new();
    for name in METHODS {
        let Some(method) = run.method_of(class, name) else { continue };
        let function = method.function.clone();
        let mut decorators: Vec<Decorator> =
            function.decorators.iter().rev().filter_map(|decorator| at(run, decorator.span)).collect();
        decorators.extend(shared.iter().filter_map(|value| listed(run, value)));
        let closure = Closure { function, scope: method.scope, this: this.clone(), module: inner.module };
        found.push(Method { name: name.to_uppercase(), closure: Arc::new(closure), decorators });
    }
    Some(found)
}

/// `decorators = […]` of a class.
fn shared(run: &Interp<'_>, class: &Value) -> Vec<Value> {
    let Kind::Class(inner) = &class.kind else { return Vec::new() };
    let fields = &run.object(inner.statics).fields;
    let lists = ["decorators", "method_decorators"].iter().filter_map(|name| fields.get(*name));
    lists
        .filter_map(|value| value.as_list())
        .flat_map(|list| list.items.iter().map(|item| item.value.clone()))
        .collect()
}

fn listed(run: &Interp<'_>, value: &Value) -> Option<Decorator> {
    match &value.kind {
        Kind::Object(id) if is_cross_origin(&run.object(*id).path) => {
            let object = run.object(*id);
            Some(Decorator::Cors { args: object.args.clone(), span: object.span, inner: true })
        }
        _ => Some(Decorator::Unknown),
    }
}

/// A decorator of a method, by what was made where it is written.
fn at(run: &Interp<'_>, span: Span) -> Option<Decorator> {
    let made = run.objects.iter().rev().find(|object| object.span == span);
    match made {
        Some(object) if is_cross_origin(&object.path) => {
            Some(Decorator::Cors { args: object.args.clone(), span, inner: true })
        }
        Some(object) if object.path.starts_with("py:flask_restx.") => None,
        _ => Some(Decorator::Unknown),
    }
}
