//! Flask: applications, blueprints, hooks around requests, views, Flask-CORS and headers written by hand.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order and registration. Sources: Flask's `app.py`
//! (<https://flask.palletsprojects.com/en/stable/lifecycle/>) and Flask-CORS (<https://github.com/corydolphin/flask-cors>).
//! Never judges.

mod apps;
mod classes;
mod config;
mod cors;
mod decorators;
mod effects;
mod faults;
mod handlers;
mod hooks;
mod options;
mod origins;
mod raised;
mod rescuers;
mod resources;
mod routes;
mod symbols;
mod views;

use std::sync::Arc;

use super::packages::Packages;
use crate::eval::value::{Args, ObjectId, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::project::Project;
use crate::source::Span;

/// What Flask means to the evaluator.
pub struct Flask;

impl Library for Flask {
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        symbols::member(run, target, name, span)
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        symbols::call(run, target, args, span)
    }

    fn never_returns(&self, target: &Target) -> bool {
        raised::is_abort(&target.path)
    }

    fn class_member(&self, bases: &[Arc<str>], name: &str) -> bool {
        name == "as_view" && bases.iter().any(|base| classes::is_view_class(base))
    }
}

/// The name of the platform in the model.
const PLATFORM: &str = "flask";

/// Is this a name of Flask or of the packages it stands on?
fn is_ours(path: &str) -> bool {
    ["py:flask.", "py:werkzeug.", "py:apiflask."].iter().any(|start| path.starts_with(start))
}

/// The last part of a canonical name: the same class has several import paths.
fn last(path: &str) -> &str {
    path.rsplit_once(['.', ':']).map_or(path, |(_, last)| last)
}

/// Does this canonical name make an application?
fn is_app_path(path: &str) -> bool {
    (is_ours(path) || path.starts_with("py:flask_openapi3."))
        && matches!(last(path), "Flask()" | "APIFlask()" | "OpenAPI()")
}

/// Does this canonical name make a blueprint?
fn is_blueprint_path(path: &str) -> bool {
    is_ours(path) && matches!(last(path), "Blueprint()" | "APIBlueprint()")
}

/// Is it an application, made by the package's class or by one that extends it?
fn is_app(run: &Interp<'_>, id: ObjectId) -> bool {
    let object = run.object(id);
    let extends = || {
        let class = object.class.as_ref()?;
        run.external_bases(class).iter().any(|base| is_app_path(&format!("{base}()"))).then_some(())
    };
    is_app_path(&object.path) || extends().is_some()
}

/// Is it a name of Flask-CORS?
fn is_cors_package(path: &str) -> bool {
    path.starts_with("py:flask_cors.") || path.starts_with("py:flask.ext.cors.")
}

/// Is it the extension itself, called or not?
fn is_extension(path: &str) -> bool {
    is_cors_package(path) && matches!(last(path), "CORS" | "CORS()")
}

/// Is it the decorator for single views, called or not?
fn is_cross_origin(path: &str) -> bool {
    is_cors_package(path) && matches!(last(path), "cross_origin" | "cross_origin()")
}

/// Servers, policies and faults of all Flask programs.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    let found = apps::servers(run, packages, &mut project);
    faults::gather(run, &found, &mut project);
    project
}
