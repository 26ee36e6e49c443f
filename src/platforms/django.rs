//! Django with django-cors-headers: settings modules become servers and policies.
//!
//! In: evaluated modules. Out: one server and one policy per settings module as production sees it. Source:
//! <https://github.com/adamchainz/django-cors-headers>, whose answers are recorded in `truth/`. Never judges.

mod names;
mod order;
mod origins;
mod policy;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::packages::Packages;
use crate::eval::value::{Kind, ModuleId, Value};
use crate::eval::{Interp, Library, Target};
use crate::ir::Language;
use crate::model::condition::{Formula, Test};
use crate::model::project::Project;
use crate::source::{FileId, Span};

/// What Django means to the evaluator.
pub struct Django;

/// Header names that django-cors-headers allows by default.
pub(super) const DEFAULT_HEADERS: [&str; 6] =
    ["accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"];
/// Methods that it allows by default.
pub(super) const DEFAULT_METHODS: [&str; 6] = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"];

impl Library for Django {
    fn member(&self, _run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        if &*target.path != "py:corsheaders.defaults" {
            return None;
        }
        let list = |names: &[&str]| Value::list(names.iter().map(|name| Value::text(*name, span)), span);
        match name {
            "default_headers" => Some(list(&DEFAULT_HEADERS)),
            "default_methods" => Some(list(&DEFAULT_METHODS)),
            _ => None,
        }
    }

    fn bind(&self, run: &mut Interp<'_>, module: ModuleId, name: &str, value: &Value) -> Option<Value> {
        // `DEBUG = True` in a settings module is what developers use; production sets it to False.
        let settings = name == "DEBUG" && run.language(module) == Language::Python && {
            let path = run.module_path(module);
            path.as_str().contains("settings") || path.as_str().contains("conf")
        };
        (settings && matches!(value.kind, Kind::Bool(_))).then(|| {
            let test = Test::EnvTrue { variable: "DEBUG".into() };
            Value::condition(Formula::test(test, value.span), value.span)
        })
    }
}

/// A settings module with everything it imported by star.
pub(super) struct Settings {
    pub(super) module: ModuleId,
    pub(super) span: Span,
}

impl Settings {
    /// The value of a setting.
    pub(super) fn get(&self, run: &Interp<'_>, name: &str) -> Option<Value> {
        run.top_level(self.module, name)
    }

    /// Where a setting's name stands.
    pub(super) fn place(&self, run: &Interp<'_>, name: &str) -> Option<Span> {
        run.binding(self.module, name)
    }

    /// The names of all settings that speak of CORS.
    pub(super) fn cors_names(&self, run: &Interp<'_>) -> Vec<Arc<str>> {
        run.top_level_names(self.module)
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("CORS_"))
            .collect()
    }
}

/// Servers, policies and faults of all Django projects.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    for settings in views(run) {
        let index = policy::add(run, packages, &settings, &mut project);
        order::add(run, &settings, index, &mut project);
    }
    project
}

/// Settings modules as production sees them: a module that another one builds on is seen through that one.
fn views(run: &Interp<'_>) -> Vec<Settings> {
    let candidates: Vec<(ModuleId, bool, FileId, BTreeSet<FileId>)> = run
        .modules()
        .filter(|(id, ..)| run.language(*id) == Language::Python)
        .filter_map(|(id, path, _)| {
            let names = run.top_level_names(id);
            let speaks = |(name, value): &&(Arc<str>, Value)| {
                name.starts_with("CORS_")
                    || (matches!(&**name, "MIDDLEWARE" | "MIDDLEWARE_CLASSES" | "INSTALLED_APPS")
                        && mentions_cors(value))
            };
            let relevant: Vec<&(Arc<str>, Value)> = names.iter().filter(speaks).collect();
            if relevant.is_empty() || names.iter().filter(|(name, _)| is_setting(name)).count() < names.len().min(1) {
                return None;
            }
            let home = run.file_of(path)?;
            let files = relevant
                .iter()
                .map(|(name, value)| run.binding(id, name).map_or(value.span.file, |span| span.file))
                .collect();
            Some((id, super::is_development_path(path), home, files))
        })
        .collect();
    candidates
        .iter()
        .filter(|(id, development, home, _)| {
            let covered = candidates.iter().any(|(other, dev, _, files)| other != id && !dev && files.contains(home));
            !development && !covered
        })
        .map(|(module, _, home, _)| Settings { module: *module, span: Span::new(*home, 0, 0) })
        .collect()
}

fn is_setting(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn mentions_cors(value: &Value) -> bool {
    value.alternatives().iter().any(|(_, value)| {
        value.as_list().is_some_and(|list| {
            list.items
                .iter()
                .any(|item| item.value.as_str().is_some_and(|text| text.to_lowercase().contains("corsheaders")))
        })
    })
}
