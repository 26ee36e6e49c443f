//! Settings modules as production sees them.
//!
//! In: evaluated modules. Out: one view per project: the module that production loads, with what it imports by star and
//! takes in by `include`. Development and staging modules are left out where there is another.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::eval::Interp;
use crate::eval::value::{Kind, ModuleId, Value};
use crate::ir::Language;
use crate::model::condition::{Formula, Test};
use crate::model::world::{Stage, stage};
use crate::platforms::packages::Packages;
use crate::platforms::{is_development_path, is_test_module};
use crate::source::{FileId, Span};

/// A settings module with everything it imported by star or included.
pub(in crate::platforms) struct Settings {
    /// The module that production loads.
    pub(super) module: ModuleId,
    /// Where it begins.
    pub(super) span: Span,
    /// Settings modules that it builds on, each by itself.
    pub(super) bases: Vec<Settings>,
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

    /// Is there a word of django-cors-headers? A project may have a middleware of its own instead.
    pub(super) fn configures_library(&self, run: &Interp<'_>) -> bool {
        self.modules().any(|module| speaks(run, module))
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
    /// The modules that it builds on or includes.
    below: BTreeSet<ModuleId>,
    included: Vec<ModuleId>,
    /// It has the middleware or the apps, so it can be a project's settings by itself.
    whole: bool,
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

    fn view(&self, run: &Interp<'_>, bases: Vec<Settings>) -> Settings {
        let files = self.below.iter().filter_map(|module| run.file_of(run.module_path(*module)));
        Settings {
            module: self.module,
            span: Span::new(self.home, 0, 0),
            bases,
            included: self.included.clone(),
            files: files.chain([self.home]).collect(),
        }
    }
}

/// The words of a file's name.
fn words(path: &Utf8Path) -> impl Iterator<Item = String> + '_ {
    path.file_stem().unwrap_or("").split(['.', '-', '_']).map(str::to_lowercase)
}

/// One view per project: what another module builds on is seen through that one, and what is nearest to production is judged.
pub(super) fn views(run: &Interp<'_>, packages: &Packages) -> Vec<Settings> {
    let candidates = candidates(run, packages);
    let covered: BTreeSet<ModuleId> = candidates.iter().flat_map(|one| one.below.iter().copied()).collect();
    let leaves: Vec<&Candidate> = candidates.iter().filter(|one| !covered.contains(&one.module)).collect();
    leaves
        .iter()
        .filter(|one| {
            let nearer = leaves.iter().any(|other| other.rank() < one.rank() && !other.below.is_disjoint(&one.below));
            let orphan = !one.whole && leaves.iter().any(|other| other.whole && is_beside(&one.path, &other.path));
            !nearer && !orphan
        })
        .map(|one| {
            let bases = candidates.iter().filter(|base| one.below.contains(&base.module));
            one.view(run, bases.map(|base| base.view(run, Vec::new())).collect())
        })
        .collect()
}

/// A fragment that nobody loads, beside the settings of its project: `config/settings/cors.py`, `config/django/base.py`.
fn is_beside(fragment: &Utf8Path, whole: &Utf8Path) -> bool {
    whole.ancestors().nth(2).is_some_and(|project| fragment.starts_with(project))
}

/// Modules that configure django-cors-headers, as far as they are not for developers or tests.
fn candidates(run: &Interp<'_>, packages: &Packages) -> Vec<Candidate> {
    let stars: Vec<Vec<ModuleId>> = run.modules().map(|(_, _, state)| state.stars().to_vec()).collect();
    let mut found = Vec::new();
    for (module, path, _) in run.modules().filter(|(id, ..)| run.language(*id) == Language::Python) {
        let Some(home) = run.file_of(path) else { continue };
        let included = included(run, module);
        let mut below = reached(module, &stars);
        below.extend(included.iter().copied());
        let whole = has(run, module, &LISTS) || included.iter().any(|fragment| has(run, *fragment, &LISTS));
        let fragment = || speaks(run, module) && is_fragment(run, packages, module, path);
        if (whole || fragment()) && !is_development(run, module, path, &below) {
            found.push(Candidate { module, path: path.clone(), home, below, included, whole });
        }
    }
    found
}

/// Settings that only a project's own module has.
const LISTS: [&str; 3] = ["MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS"];

fn has(run: &Interp<'_>, module: ModuleId, wanted: &[&str]) -> bool {
    run.top_level_names(module).iter().any(|(name, _)| wanted.contains(&&**name))
}

/// A part of split settings: it is called so, and holds nothing but settings. Code that has constants with such names of
/// its own is none, nor are the settings of another framework.
fn is_fragment(run: &Interp<'_>, packages: &Packages, module: ModuleId, path: &Utf8Path) -> bool {
    let classes = run.top_level_names(module).iter().any(|(_, value)| matches!(value.kind, Kind::Class(_)));
    names_settings(path) && !classes && !of_other_framework(packages, path)
}

/// Does a module speak of CORS?
fn speaks(run: &Interp<'_>, module: ModuleId) -> bool {
    run.top_level_names(module)
        .iter()
        .any(|(name, value)| name.starts_with("CORS_") || (LISTS.contains(&&**name) && mentions_cors(value)))
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

/// Made for developers or tests by its name, by what it builds on, or by switching `DEBUG` on over what it builds on.
fn is_development(run: &Interp<'_>, module: ModuleId, path: &Utf8Path, below: &BTreeSet<ModuleId>) -> bool {
    if run.environment().development.contains(path) {
        return true;
    }
    if words(path).any(|word| stage(&word) == Some(Stage::Production)) {
        return false;
    }
    let test = below.iter().any(|base| is_test_module(run.module_path(*base)));
    let home = run.file_of(path);
    let debug = run.top_level(module, "DEBUG").is_some_and(|value| Some(value.span.file) == home && is_debug(&value));
    is_development_path(path) || test || (debug && !below.is_empty())
}

/// A literal `True`, as settings modules have it.
fn is_debug(value: &Value) -> bool {
    matches!(&value.kind, Kind::Condition(Formula::Test(test, _))
        if matches!(&***test, Test::EnvTrue { variable } if &**variable == "DEBUG"))
}

/// Does a path name settings: `settings.py`, `settings/cors.py`, `config/base.py`?
pub(super) fn names_settings(path: &Utf8Path) -> bool {
    let stem = path.file_stem().unwrap_or("").to_lowercase();
    let folders = path.ancestors().skip(1).filter_map(Utf8Path::file_name).take(3);
    stem.contains("settings")
        || folders.map(str::to_lowercase).any(|name| name.contains("settings") || matches!(&*name, "config" | "conf"))
}

/// Settings beside and above these files: where settings are split, one module puts the parts together, often without a word of its
/// own.
pub(in crate::platforms) fn around(paths: &[&Utf8Path], parts: &[&Utf8Path]) -> Vec<Utf8PathBuf> {
    let is_settings = |path: &Utf8Path| path.extension() == Some("py") && names_settings(path);
    let folders: BTreeSet<&Utf8Path> = parts
        .iter()
        .filter(|part| is_settings(part))
        .flat_map(|part| part.ancestors().skip(1).take(2))
        .filter(|folder| !folder.as_str().is_empty())
        .collect();
    let near = |path: &&&Utf8Path| path.parent().is_some_and(|folder| folders.contains(folder)) && is_settings(path);
    paths.iter().filter(near).map(|path| (*path).to_owned()).collect()
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
                if id != module && matches && !is_development_path(path) && !found.contains(&id) {
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
