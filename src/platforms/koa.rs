//! Koa: applications and routers, their middleware in order, `@koa/cors` and header lines written by hand.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order. A middleware is an onion: it sees the answer of what stands
//! behind it. Source: <https://github.com/koajs/koa/blob/master/docs/api/context.md>, <https://github.com/koajs/router>. Never judges.

mod context;
mod cors;
mod handlers;
mod routes;

use super::packages::Packages;
use crate::eval::value::{Args, Kind, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::project::Project;
use crate::source::Span;

/// What Koa means to the evaluator.
pub struct Koa;

/// What an application is called on the heap.
const APP: &str = "npm:koa()";

/// Methods of an application or router that register something.
const VERBS: [&str; 11] = ["use", "get", "post", "put", "patch", "delete", "del", "options", "head", "all", "prefix"];

/// Is this canonical name that of an application?
fn is_app(path: &str) -> bool {
    matches!(path, APP | "npm:koa.default()")
}

/// Is this canonical name that of a router?
fn is_router(path: &str) -> bool {
    matches!(
        path,
        "npm:@koa/router()"
            | "npm:@koa/router.default()"
            | "npm:@koa/router.Router()"
            | "npm:koa-router()"
            | "npm:koa-router.default()"
    )
}

impl Library for Koa {
    fn member(&self, _run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        context::member(&target.path, name, span)
    }

    fn call(&self, _run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        if let Some(value) = context::call(path, args, span) {
            return Some(value);
        }
        let (holder, method) = path.rsplit_once('.')?;
        let chained = VERBS.contains(&method) || matches!(method, "on" | "param" | "register");
        (chained && (is_app(holder) || is_router(holder)))
            .then(|| target.object.map(|id| Value::new(Kind::Object(id), span)))?
    }
}

/// Servers, policies and faults of all applications.
pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    routes::servers(run, packages, &mut project);
    project.faults.extend(super::express::order::of_servers(&project));
    project
}
