//! Hono: applications in each other, their handlers in order, `hono/cors` and header lines written by hand.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order. A middleware is an onion: it sees the answer of what stands
//! behind it. Source: <https://hono.dev/docs/guides/middleware>. Never judges.

mod context;
mod cors;
mod handlers;
mod routes;

use super::packages::Packages;
use crate::eval::value::{Args, Kind, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::project::Project;
use crate::source::Span;

/// What Hono means to the evaluator.
pub struct Hono;

/// What an application is called on the heap.
const APP: &str = "npm:hono.Hono()";

/// Methods of an application that register something.
const VERBS: [&str; 12] =
    ["use", "get", "post", "put", "patch", "delete", "options", "head", "all", "on", "route", "openapi"];

/// Methods that change an application and give it back.
const CHAINED: [&str; 4] = ["onError", "notFound", "mount", "doc"];

/// Classes of applications.
fn is_app_class(path: &str) -> bool {
    matches!(
        path,
        "npm:hono.Hono"
            | "npm:hono/tiny.Hono"
            | "npm:hono/quick.Hono"
            | "npm:jsr:@hono/hono.Hono"
            | "npm:@hono/hono.Hono"
            | "npm:@hono/zod-openapi.OpenAPIHono"
    )
}

impl Library for Hono {
    fn member(&self, _run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        context::member(&target.path, name, span)
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        if is_app_class(path) {
            return Some(Value::new(Kind::Object(run.make_object(APP, Args::default(), None, span)), span));
        }
        if let Some(value) = context::call(path, args, span) {
            return Some(value);
        }
        match (path.strip_prefix(APP)?.strip_prefix('.')?, target.object) {
            // The same routes are registered on the new one, below the path.
            ("basePath", Some(app)) => {
                Some(Value::new(Kind::Object(run.make_object(APP, args.clone(), Some(app), span)), span))
            }
            (method, Some(app)) if VERBS.contains(&method) || CHAINED.contains(&method) => {
                Some(Value::new(Kind::Object(app), span))
            }
            _ => None,
        }
    }
}

/// Servers, policies and faults of all applications.
pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    routes::servers(run, packages, &mut project);
    project.faults.extend(super::express::order::of_servers(&project));
    project
}
