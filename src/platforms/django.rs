//! Django with django-cors-headers: settings modules become servers and policies.
//!
//! In: evaluated modules. Out: one server and one policy per settings module as production sees it. Source:
//! <https://github.com/adamchainz/django-cors-headers>, whose answers are recorded in `truth/`. Never judges.

mod effects;
mod handwritten;
mod middleware;
mod names;
mod order;
mod origins;
mod policy;
mod rest;
mod settings;
mod stock;
mod symbols;
mod urls;
mod views;

use std::sync::Arc;

pub(super) use settings::around;

use super::packages::Packages;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::eval::{Interp, Library, Target};
use crate::ir::Language;
use crate::model::condition::{Formula, Test};
use crate::model::project::Project;
use crate::source::Span;

/// What Django means to the evaluator.
pub struct Django;

/// Header names that django-cors-headers allows by default.
pub(super) const DEFAULT_HEADERS: [&str; 6] =
    ["accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"];
/// The same before version 4.0.
pub(super) const OLDER_DEFAULT_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "dnt",
    "origin",
    "user-agent",
    "x-csrftoken",
    "x-requested-with",
];
/// Methods that it allows by default.
pub(super) const DEFAULT_METHODS: [&str; 6] = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"];

impl Library for Django {
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        if &*target.path != "py:corsheaders.defaults" {
            return symbols::member(run, target, name, span);
        }
        let list = |names: &[&str]| Value::list(names.iter().map(|name| Value::text(*name, span)), span);
        match name {
            "default_headers" => Some(list(&DEFAULT_HEADERS)),
            "default_methods" => Some(list(&DEFAULT_METHODS)),
            _ => None,
        }
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        symbols::call(run, target, args, span)
    }

    fn class_member(&self, bases: &[Arc<str>], name: &str) -> bool {
        name == "as_view" && bases.iter().any(|base| views::is_view_class(base))
    }

    fn bind(&self, run: &mut Interp<'_>, module: ModuleId, name: &str, value: &Value) -> Option<Value> {
        // `DEBUG = True` in a settings module is what developers use; production sets it to False.
        let literal = name == "DEBUG" && matches!(value.kind, Kind::Bool(true));
        let settings = run.language(module) == Language::Python && settings::names_settings(run.module_path(module));
        (literal && settings).then(|| Value::condition(debug(value.span), value.span))
    }
}

/// `DEBUG` is on: a developer's machine.
fn debug(span: Span) -> Formula {
    Formula::test(Test::EnvTrue { variable: "DEBUG".into() }, span)
}

/// Servers, policies and faults of all Django projects.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    for settings in settings::views(run, packages) {
        let library = settings.configures_library(run).then(|| policy::add(run, packages, &settings, &mut project));
        order::add(run, packages, &settings, library, &mut project);
    }
    handwritten::add(run, &mut project);
    project
}
