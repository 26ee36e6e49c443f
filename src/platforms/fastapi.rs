//! FastAPI and Starlette: applications, their middleware in order, `CORSMiddleware` and headers written by hand.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order and registration. Source: Starlette's
//! `middleware/cors.py` and `applications.py` (<https://www.starlette.io/middleware/>). Never judges.

mod apps;
mod cors;
mod effects;
pub(super) mod faults;
mod handlers;
pub(super) mod layers;
mod parameters;
pub(super) mod preflight;
mod rescuers;
mod routes;
mod symbols;

use super::packages::Packages;
use crate::eval::value::{Args, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::project::Project;
use crate::source::Span;

/// What FastAPI and Starlette mean to the evaluator.
pub struct FastApi;

impl Library for FastApi {
    fn member(&self, _run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        symbols::member(target, name, span)
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        symbols::call(run, target, args, span)
    }
}

/// Is this a name of one of the two packages?
pub(super) fn is_ours(path: &str) -> bool {
    path.starts_with("py:fastapi.") || path.starts_with("py:starlette.")
}

/// The last part of a canonical name: the same class has several import paths.
pub(super) fn last(path: &str) -> &str {
    path.rsplit_once(['.', ':']).map_or(path, |(_, last)| last)
}

/// Does this canonical name make an application?
pub(super) fn is_app_path(path: &str) -> bool {
    is_ours(path) && matches!(last(path), "FastAPI()" | "Starlette()")
}

/// Does this canonical name make a router?
pub(super) fn is_router_path(path: &str) -> bool {
    is_ours(path) && matches!(last(path), "APIRouter()" | "Router()")
}

/// Is it the middleware class itself?
pub(super) fn is_cors_class(path: &str) -> bool {
    is_ours(path) && last(path) == "CORSMiddleware"
}

/// The name of the platform that a canonical name belongs to.
pub(super) fn platform_of(path: &str) -> &'static str {
    if path.starts_with("py:fastapi.") { "fastapi" } else { "starlette" }
}

/// Servers, policies and faults of all FastAPI and Starlette programs.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    let found = apps::servers(run, packages, &mut project);
    faults::gather(run, &found, &mut project);
    project
}
