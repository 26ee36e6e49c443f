//! Settings modules as production sees them.
//!
//! In: evaluated modules. Out: one view per project: the module that production loads, with what it imports by star and
//! takes in by `include`. Development and staging modules are left out where there is another.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::names::{is_known, is_renamed};
use crate::eval::Interp;
use crate::eval::value::{Kind, ModuleId, Value};
use crate::ir::Language;
use crate::model::condition::{Formula, Test};
use crate::model::world::{Stage, stage};
use crate::platforms::packages::Packages;
use crate::source::{FileId, Span};

/// A settings module with everything it imported by star or included.
pub(in crate::platforms) struct Settings {
    /// The module that production loads.
    pub(super) module: ModuleId,
    /// Where it begins.
    pub(super) span: Span,
    /// Fragments that it includes, in order.
    included: Vec<ModuleId>,
    /// The files that its settings stand in.
    files: BTreeSet<FileId>,
}

impl Settings {
    /// The value of a setting.
    pub(super) fn get(&self, run: &Interp<'_>, name: &str) -> Option<Value> {
        self.modules().find_map(|module| run.top_level(module, name))
    }

    /// Where a setting's name stands.
    pub(super) fn place(&self, run: &Interp<'_>, name: &str) -> Option<Span> {
        self.modules()
            .find(|module| run.top_level(*module, name).is_some())
            .and_then(|module| run.binding(module, name))
    }

    /// All settings.
    pub(super) fn all(&self, run: &Interp<'_>) -> Vec<(Arc<str>, Value)> {
        let mut all: Vec<(Arc<str>, Value)> = Vec::new();
        for (name, value) in self.modules().flat_map(|module| run.top_level_names(module)) {
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, value));
            }
        }
        all
    }

    /// The names of all settings that speak of CORS.
    pub(super) fn cors_names(&self, run: &Interp<'_>) -> Vec<Arc<str>> {
        self.all(run).into_iter().map(|(name, _)| name).filter(|name| name.starts_with("CORS_")).collect()
    }

    /// Does the view hold settings that stand in this file?
    pub(super) fn reads(&self, file: FileId) -> bool {
        self.files.contains(&file)
    }

    /// What was included last decides first.
    fn modules(&self) -> impl Iterator<Item = ModuleId> + '_ {
        self.included.iter().rev().copied().chain([self.module])
    }
}

/// A module that holds settings.
struct Candidate {
    module: ModuleId,
    path: Utf8PathBuf,
    home: FileId,
    /// Files in which the settings stand that CORS depends on.
    files: BTreeSet<FileId>,
    /// It has the middleware or the apps, so it can be a project's settings by itself.
    whole: bool,
    /// For a developer's machine or a test run.
    development: bool,
    included: Vec<ModuleId>,
}

impl Candidate {
    /// Lower is nearer to production.
    fn rank(&self) -> u8 {
        match words(&self.path).find_map(|word| stage(&word)) {
            Some(Stage::Production) => 0,
            Some(Stage::Staging) => 2,
            _ => 1,
        }
    }
}

/// The words of a file's name.
fn words(path: &Utf8Path) -> impl Iterator<Item = String> + '_ {
    path.file_stem().unwrap_or("").split(['.', '-', '_']).map(str::to_lowercase)
}

/// One view per project.
pub(super) fn views(run: &Interp<'_>, packages: &Packages) -> Vec<Settings> {
    let candidates = candidates(run, packages);
    let leaves: Vec<&Candidate> = candidates
        .iter()
        .filter(|one| {
            // What another module builds on is seen through that one.
            let built_on = |other: &Candidate| {
                other.module != one.module
                    && !other.development
                    && (other.files.contains(&one.home) || other.included.contains(&one.module))
            };
            !one.development && !candidates.iter().any(built_on)
        })
        .collect();
    leaves
        .iter()
        .filter(|one| {
            let nearer = leaves.iter().any(|other| other.rank() < one.rank() && !other.files.is_disjoint(&one.files));
            let orphan = !one.whole && leaves.iter().any(|other| other.whole && is_beside(&one.path, &other.path));
            !nearer && !orphan
        })
        .map(|one| Settings {
            module: one.module,
            span: Span::new(one.home, 0, 0),
            included: one.included.clone(),
            files: one.files.clone(),
        })
        .collect()
}

/// A fragment that nobody loads, beside the settings of its project: `config/settings/cors.py`, `config/django/base.py`.
fn is_beside(fragment: &Utf8Path, whole: &Utf8Path) -> bool {
    whole.ancestors().nth(2).is_some_and(|project| fragment.starts_with(project))
}

fn candidates(run: &Interp<'_>, packages: &Packages) -> Vec<Candidate> {
    let python = || run.modules().filter(|(id, ..)| run.language(*id) == Language::Python);
    let mut found = Vec::new();
    for (module, path, _) in python() {
        let names = run.top_level_names(module);
        let has = |wanted: &[&str]| names.iter().any(|(name, _)| wanted.contains(&&**name));
        let whole = has(&["MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS"]);
        let core = whole || has(&["ROOT_URLCONF", "WSGI_APPLICATION", "DATABASES"]);
        let exact = names.iter().any(|(name, _)| is_known(name) || is_renamed(name));
        let included = included(run, module);
        let fragment = exact && names_settings(path) && !of_other_framework(packages, path);
        let Some(home) = run.file_of(path) else { continue };
        if !core && !fragment && included.is_empty() {
            continue;
        }
        let mut files = BTreeSet::new();
        let mut speaks = false;
        for module in included.iter().copied().chain([module]) {
            for (name, value) in run.top_level_names(module) {
                let list = matches!(&*name, "MIDDLEWARE" | "MIDDLEWARE_CLASSES" | "INSTALLED_APPS");
                if list || name.starts_with("CORS_") {
                    speaks |= !list || mentions_cors(&value);
                    files.insert(run.binding(module, &name).map_or(value.span.file, |span| span.file));
                }
            }
        }
        if speaks {
            let development = is_development(run, module, path, home, &files);
            found.push(Candidate { module, path: path.clone(), home, files, whole, development, included });
        }
    }
    found
}

/// Made for developers by its name, by what it builds on, or by switching `DEBUG` on over what it builds on.
fn is_development(run: &Interp<'_>, module: ModuleId, path: &Utf8Path, home: FileId, files: &BTreeSet<FileId>) -> bool {
    let production = words(path).any(|word| stage(&word) == Some(Stage::Production));
    if production {
        return false;
    }
    let by_name = |path: &Utf8Path| crate::platforms::is_development_path(path);
    let builds_on_it = files.iter().any(|file| by_name(&run.path_of_span(Span::new(*file, 0, 0))));
    let builds = files.iter().any(|file| *file != home);
    let debug = run.top_level(module, "DEBUG").is_some_and(|value| value.span.file == home && is_debug(&value));
    by_name(path) || builds_on_it || (builds && debug)
}

/// A literal `True`, as settings modules have it.
fn is_debug(value: &Value) -> bool {
    matches!(&value.kind, Kind::Condition(Formula::Test(test, _))
        if matches!(&**test, Test::EnvTrue { variable } if &**variable == "DEBUG"))
}

/// Does a path name settings: `settings.py`, `settings/cors.py`, `config/base.py`?
pub(super) fn names_settings(path: &Utf8Path) -> bool {
    let stem = path.file_stem().unwrap_or("").to_lowercase();
    let folders = path.ancestors().skip(1).filter_map(Utf8Path::file_name).take(3);
    stem.contains("settings")
        || folders.map(str::to_lowercase).any(|name| name.contains("settings") || matches!(&*name, "config" | "conf"))
}

/// A manifest names another framework and not Django.
fn of_other_framework(packages: &Packages, path: &Utf8Path) -> bool {
    let names = |wanted: &[&str]| wanted.iter().any(|name| packages.version(name, path).is_some());
    names(&["fastapi", "flask", "starlette", "sanic", "aiohttp", "litestar"])
        && !names(&["django", "django-cors-headers"])
}

/// The modules that `include('components/*.py', optional('local.py'))` of django-split-settings names.
fn included(run: &Interp<'_>, module: ModuleId) -> Vec<ModuleId> {
    let mut found = Vec::new();
    let directory = run.module_path(module).parent().unwrap_or(Utf8Path::new("")).to_owned();
    for event in run.log.iter().filter(|event| event.module == module) {
        if &*event.target.path != "py:split_settings.tools.include" {
            continue;
        }
        for value in &event.args.positional {
            let given = match value.as_object() {
                Some(id) => run.object(id).args.positional.first().cloned(),
                None => Some(value.clone()),
            };
            let Some(pattern) = given.as_ref().and_then(Value::as_str) else { continue };
            for (id, path, _) in run.modules() {
                let matches = path.strip_prefix(&directory).is_ok_and(|rest| fits(pattern, rest.as_str()));
                if id != module && matches && !crate::platforms::is_development_path(path) && !found.contains(&id) {
                    found.push(id);
                }
            }
        }
    }
    found
}

/// `components/*.py`: a star stands for anything but a slash.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, end)) => path
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|middle| !middle.contains('/') && !end.contains('*')),
    }
}

/// Does a list of apps or middleware name the library?
pub(super) fn mentions_cors(value: &Value) -> bool {
    value.alternatives().iter().any(|(_, value)| {
        value.as_list().is_some_and(|list| {
            list.items
                .iter()
                .any(|item| item.value.as_str().is_some_and(|text| text.to_lowercase().contains("corsheaders")))
        })
    })
}
