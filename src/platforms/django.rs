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

use camino::Utf8Path;

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
    /// Settings modules it builds on.
    pub(super) bases: Vec<Settings>,
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
    let stars: Vec<Vec<ModuleId>> = run.modules().map(|(_, _, state)| state.stars().to_vec()).collect();
    let candidates: Vec<(ModuleId, FileId)> = run
        .modules()
        .filter(|(id, ..)| run.language(*id) == Language::Python)
        .filter(|(id, path, _)| {
            let below = reached(*id, &stars);
            let test = |module: &ModuleId| super::is_test_module(run.module_path(*module));
            !super::is_development_path(path) && !below.iter().any(test) && is_settings(run, *id, path)
        })
        .filter_map(|(id, path, _)| Some((id, run.file_of(path)?)))
        .collect();
    let covered: BTreeSet<ModuleId> = candidates.iter().flat_map(|(id, _)| reached(*id, &stars)).collect();
    candidates
        .iter()
        .filter(|(id, _)| !covered.contains(id))
        .map(|(module, home)| {
            let below = reached(*module, &stars);
            let bases = candidates.iter().filter(|(id, _)| below.contains(id)).map(|(id, home)| Settings {
                module: *id,
                span: Span::new(*home, 0, 0),
                bases: Vec::new(),
            });
            Settings { module: *module, span: Span::new(*home, 0, 0), bases: bases.collect() }
        })
        .collect()
}

/// Every module that a module imports by star, directly or through others.
fn reached(from: ModuleId, stars: &[Vec<ModuleId>]) -> BTreeSet<ModuleId> {
    let mut seen = BTreeSet::new();
    let mut queue = stars.get(from.0).cloned().unwrap_or_default();
    while let Some(next) = queue.pop() {
        if next != from && seen.insert(next) {
            queue.extend(stars.get(next.0).cloned().unwrap_or_default());
        }
    }
    seen
}

/// Does a module configure django-cors-headers? Code that has constants with such names of its own does not.
fn is_settings(run: &Interp<'_>, module: ModuleId, path: &Utf8Path) -> bool {
    let names = run.top_level_names(module);
    let has = |wanted: &str| names.iter().any(|(name, _)| &**name == wanted);
    let framework = has("INSTALLED_APPS") || has("MIDDLEWARE") || has("MIDDLEWARE_CLASSES");
    let speaks = names.iter().any(|(name, value)| {
        name.starts_with("CORS_") || (matches!(&**name, "MIDDLEWARE" | "MIDDLEWARE_CLASSES" | "INSTALLED_APPS") && mentions_cors(value))
    });
    let named = path.as_str().split(['/', '.']).any(|part| part.contains("settings") || matches!(part, "config" | "conf"));
    let calls = names.iter().any(|(_, value)| matches!(value.kind, Kind::Function(_) | Kind::Class(_)));
    speaks && (framework || (named && !calls))
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
