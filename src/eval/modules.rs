//! Imports across files: what a specifier names, and what a module gives out.
//!
//! A specifier that leads to a file of the repository is evaluated (once); any other is a package, by its canonical name.

use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use super::Interp;
use super::run::Frame;
use super::value::{Kind, ModuleId, Reason, ScopeId, Value};
use crate::ir::{Import, ImportName, Language, Stmt, StmtKind};
use crate::source::Span;
use crate::syntax::document::Node;

/// A module of the program.
#[derive(Debug)]
pub struct ModuleState {
    /// Its top-level scope.
    pub(super) scope: ScopeId,
    /// Its language.
    pub(super) language: Language,
    /// Its file; none for JSON.
    pub(super) file: Option<crate::source::FileId>,
    /// Exported name to local name, read when it is asked for.
    pub(super) exports: IndexMap<Arc<str>, Exported>,
    /// `module.exports = value`.
    pub(super) whole: Option<Value>,
    /// Modules whose names are all exported here.
    pub(super) stars: Vec<ModuleId>,
}

impl ModuleState {
    /// Modules that were imported by star, in order.
    pub fn stars(&self) -> &[ModuleId] {
        &self.stars
    }

    /// The value of `module.exports = …`.
    pub(super) fn whole(&self) -> Option<&Value> {
        self.whole.as_ref()
    }
}

#[derive(Debug, Clone)]
pub(super) enum Exported {
    Local(Arc<str>),
    Value(Value),
}

/// `compilerOptions.paths` of the tsconfig nearest to a directory.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// Prefix before `*`, whether it has a `*`, and the directories or files it stands for.
    paths: Vec<(String, bool, Vec<Utf8PathBuf>)>,
    /// Where bare specifiers are looked up.
    base: Option<Utf8PathBuf>,
}

const EXTENSIONS: [&str; 9] = ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".json"];

impl Interp<'_> {
    /// Evaluates the module at a path once; `None` when there is no such file.
    pub(super) fn load_module(&mut self, path: &Utf8Path) -> Option<ModuleId> {
        if let Some(index) = self.modules.get_index_of(path) {
            return Some(ModuleId(index));
        }
        if path.extension() == Some("json") {
            let document = self.loader.document(path)?;
            let scope = self.new_scope(None, true);
            let whole = Some(super::json::node_value(&document));
            let state = ModuleState {
                scope,
                language: Language::JavaScript,
                file: None,
                exports: IndexMap::new(),
                whole,
                stars: Vec::new(),
            };
            return Some(ModuleId(self.modules.insert_full(path.to_owned(), state).0));
        }
        // A long way through files that do not matter leads away from everything that does.
        let far = if self.loader.matters(path) { 0 } else { self.far + 1 };
        if far > self.bounds.far {
            return None;
        }
        let module = self.loader.module(path)?;
        let outer_far = std::mem::replace(&mut self.far, far);
        let scope = self.new_scope(None, true);
        let state = ModuleState {
            scope,
            language: module.language,
            file: Some(module.file),
            exports: IndexMap::new(),
            whole: None,
            stars: Vec::new(),
        };
        let id = ModuleId(self.modules.insert_full(path.to_owned(), state).0);
        if self.frames.len() >= self.bounds.depth {
            self.far = outer_far;
            return Some(id);
        }
        // A module runs under no condition, whoever imports it first.
        let conditions = std::mem::take(&mut self.path);
        // Every module has a budget of its own, so that one of them cannot starve the others.
        let budget = std::mem::replace(&mut self.entry_steps_left, self.bounds.entry_steps);
        self.frames.push(Frame {
            module: id,
            language: module.language,
            function: None,
            base: 0,
            returns: Vec::new(),
            throws: Vec::new(),
        });
        self.fetch_ahead(&module.body);
        self.run_block(&module.body, scope);
        self.frames.pop();
        self.entry_steps_left = budget;
        self.path = conditions;
        self.far = outer_far;
        Some(id)
    }

    /// Tells the loader what the module that is about to run imports at its top, so that it can parse the files side by side.
    fn fetch_ahead(&mut self, body: &[Stmt]) {
        let mut paths = Vec::new();
        for stmt in body {
            let StmtKind::Import(import) = &stmt.kind else { continue };
            let path = match self.language_here() {
                Language::JavaScript => self.resolve(&import.from),
                Language::Python => self.resolve_python(&import.from),
            };
            paths.extend(path);
        }
        let near = self.far < self.bounds.far;
        paths.retain(|path| !self.modules.contains_key(path) && (near || self.loader.matters(path)));
        self.loader.fetch_ahead(&paths);
    }

    pub(super) fn run_import(&mut self, import: &Import, span: Span, scope: ScopeId) {
        match self.language_here() {
            Language::JavaScript => {
                let value = self.require(&import.from, span);
                for name in &import.names {
                    match name {
                        ImportName::Default(local) => {
                            let bound = self.default_of(&value, span);
                            self.declare(scope, local.clone(), bound);
                        }
                        ImportName::Namespace(local) => self.declare(scope, local.clone(), value.clone()),
                        ImportName::Named { name, local } => {
                            let bound = match &**name {
                                "default" => self.default_of(&value, span),
                                _ => self.member(&value, name, span),
                            };
                            let bound = match (&bound.kind, &value.kind) {
                                (Kind::Unknown(Reason::Unbound), Kind::Module(_)) => {
                                    let receiver = Arc::new(value.clone());
                                    Value::new(Kind::Method { receiver, name: name.clone() }, span)
                                }
                                _ => bound,
                            };
                            self.declare(scope, local.clone(), bound);
                        }
                        ImportName::Star => {}
                    }
                }
            }
            Language::Python => self.run_python_import(import, span, scope),
        }
    }

    pub(super) fn run_python_import(&mut self, import: &Import, span: Span, scope: ScopeId) {
        for name in &import.names {
            match name {
                ImportName::Namespace(local) | ImportName::Default(local) => {
                    let value = self.python_module(&import.from, span);
                    self.declare(scope, local.clone(), value);
                }
                ImportName::Named { name, local } => {
                    let value = self.python_name(&import.from, name, span);
                    self.declare(scope, local.clone(), value);
                }
                ImportName::Star => {
                    if let Some(id) = self.resolve_python(&import.from).and_then(|path| self.load_module(&path)) {
                        let here = self.current_module();
                        if let Some((_, state)) = self.modules.get_index_mut(here.0) {
                            state.stars.push(id);
                        }
                        for (name, value) in self.top_level_names(id) {
                            if !name.starts_with('_') {
                                if let Some(bound) = self.binding(id, &name) {
                                    self.bindings.insert((scope.0, name.clone()), bound);
                                }
                                self.declare(scope, name, value.through(span));
                            }
                        }
                    }
                }
            }
        }
    }

    /// `import a.b`: the module, or the package's canonical name.
    pub(super) fn python_module(&mut self, from: &str, span: Span) -> Value {
        let found = self.resolve_python(from).and_then(|path| self.load_module(&path));
        match found {
            Some(id) => Value::new(Kind::Module(id), span),
            None => Value::new(Kind::External(format!("py:{from}").into()), span),
        }
    }

    /// `from a.b import name`: a name of the module, a submodule, or the package's.
    pub(super) fn python_name(&mut self, from: &str, name: &Arc<str>, span: Span) -> Value {
        let submodule = if from.ends_with('.') { format!("{from}{name}") } else { format!("{from}.{name}") };
        if let Some(id) = self.resolve_python(from).and_then(|path| self.load_module(&path)) {
            if let Some(value) = self.top_level(id, name) {
                return value.through(span);
            }
            if let Some(id) = self.resolve_python(&submodule).and_then(|path| self.load_module(&path)) {
                return Value::new(Kind::Module(id), span);
            }
            return Value::unknown(Reason::Unbound, span);
        }
        if let Some(id) = self.resolve_python(&submodule).and_then(|path| self.load_module(&path)) {
            return Value::new(Kind::Module(id), span);
        }
        if from.starts_with('.') {
            return Value::unknown(Reason::Unbound, span);
        }
        self.external_member(&format!("py:{from}").into(), None, name, span)
    }

    /// The file of a dotted name: relative to the importing module, or below one of the directories above it.
    pub(super) fn resolve_python(&self, from: &str) -> Option<Utf8PathBuf> {
        let here = self.module_path(self.current_module()).to_owned();
        let directory = here.parent().unwrap_or(Utf8Path::new(""));
        let dots = from.len() - from.trim_start_matches('.').len();
        let rest = from.trim_start_matches('.').replace('.', "/");
        let file = |base: &Utf8Path| -> Option<Utf8PathBuf> {
            let stem = if rest.is_empty() { base.to_owned() } else { base.join(&rest) };
            let module = Utf8PathBuf::from(format!("{stem}.py"));
            let package = stem.join("__init__.py");
            [module, package].into_iter().find(|path| self.loader.exists(path))
        };
        if dots > 0 {
            let base = directory.ancestors().nth(dots - 1)?;
            return file(base);
        }
        directory.ancestors().find_map(|base| file(base).or_else(|| file(&base.join("src"))))
    }

    /// `require(specifier)`: a module of the repository or a package.
    pub(super) fn require(&mut self, specifier: &str, span: Span) -> Value {
        match self.resolve(specifier).and_then(|path| self.load_module(&path)) {
            // A CommonJS module that was evaluated is what it assigned to `module.exports`.
            Some(id) => match self.modules.get_index(id.0).map(|(_, state)| (state.whole.clone(), &state.exports)) {
                Some((Some(whole), exports)) if exports.is_empty() => whole.through(span),
                _ => Value::new(Kind::Module(id), span),
            },
            None if specifier.starts_with('.') => Value::unknown(Reason::Unbound, span),
            None => {
                let name = specifier.strip_prefix("node:").unwrap_or(specifier);
                // `import process from 'node:process'` is the global of that name.
                let kind = if name == "process" { "js" } else { "npm" };
                Value::new(Kind::External(format!("{kind}:{name}").into()), span)
            }
        }
    }

    pub(super) fn resolve(&mut self, specifier: &str) -> Option<Utf8PathBuf> {
        let here = self.module_path(self.current_module()).to_owned();
        let directory = here.parent().unwrap_or(Utf8Path::new("")).to_owned();
        if specifier.starts_with('.') {
            return self.file_at(&normalise(&directory, &directory.join(specifier))?);
        }
        let aliases = self.aliases(&directory);
        for (prefix, star, targets) in &aliases.paths {
            let rest = match star {
                true => specifier.strip_prefix(prefix.as_str()),
                false => (specifier == prefix).then_some(""),
            };
            if let Some(rest) = rest {
                for target in targets {
                    let path = if rest.is_empty() { target.clone() } else { target.join(rest) };
                    if let Some(found) = normalise(&directory, &path).and_then(|path| self.file_at(&path)) {
                        return Some(found);
                    }
                }
            }
        }
        let base = aliases.base.clone();
        if let Some(found) = base.and_then(|base| self.file_at(&base.join(specifier))) {
            return Some(found);
        }
        if let Some(found) = self.workspace_file(specifier) {
            return Some(found);
        }
        // `@/x` and `~/x` mean the source root by convention when no configuration says so.
        let rest = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        directory
            .ancestors()
            .find_map(|base| self.file_at(&base.join("src").join(rest)).or_else(|| self.file_at(&base.join(rest))))
    }

    /// `@shop/config/cors`: a file of a package that lies in the repository itself. What its manifest names is often built only
    /// later, so the sources are looked for as well.
    fn workspace_file(&mut self, specifier: &str) -> Option<Utf8PathBuf> {
        let scope = if specifier.starts_with('@') { specifier.find('/')? + 1 } else { 0 };
        let end = specifier[scope..].find('/').map_or(specifier.len(), |at| scope + at);
        let (name, rest) = specifier.split_at(end);
        let home = self.loader.package(name)?;
        let rest = rest.trim_start_matches('/');
        if !rest.is_empty() {
            return [home.join(rest), home.join("src").join(rest)].iter().find_map(|path| self.file_at(path));
        }
        let manifest = self.loader.document(&home.join("package.json"));
        let named =
            ["source", "module", "main", "types"].into_iter().filter_map(|key| manifest.as_ref()?.get(key)?.as_str());
        let named: Vec<String> = named.map(|path| path.trim_start_matches("./").to_string()).collect();
        let built = |path: &str| {
            let inner = ["dist/", "build/", "lib/", "out/"].iter().find_map(|folder| path.strip_prefix(folder))?;
            Some(inner.trim_end_matches(".d.ts").to_owned())
        };
        let sources: Vec<String> = named.iter().filter_map(|path| built(path)).collect();
        let from_sources = sources.iter().flat_map(|path| [home.join(path), home.join("src").join(path)]);
        let candidates = named.iter().map(|path| home.join(path)).chain(from_sources);
        candidates
            .chain([home.join("src"), home.join("src/index"), home.join("index")])
            .find_map(|path| normalise(&home, &path).and_then(|path| self.file_at(&path)))
    }

    /// The file a path without extension means, also as a directory with an index file.
    pub(super) fn file_at(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let with = |extension: &str| Utf8PathBuf::from(format!("{path}{extension}"));
        let direct = EXTENSIONS.iter().map(|extension| with(extension)).find(|path| self.loader.exists(path));
        direct
            .or_else(|| {
                // TypeScript writes `./x.js` for what is `./x.ts` on disk.
                let stem = path.as_str().strip_suffix(".js").or_else(|| path.as_str().strip_suffix(".mjs"))?;
                [".ts", ".tsx", ".mts"]
                    .iter()
                    .map(|e| Utf8PathBuf::from(format!("{stem}{e}")))
                    .find(|p| self.loader.exists(p))
            })
            .or_else(|| {
                let index = path.join("index");
                EXTENSIONS
                    .iter()
                    .skip(1)
                    .map(|e| Utf8PathBuf::from(format!("{index}{e}")))
                    .find(|p| self.loader.exists(p))
            })
    }

    /// The path aliases that hold in a directory.
    pub(super) fn aliases(&mut self, directory: &Utf8Path) -> Arc<Aliases> {
        if let Some(found) = self.alias_cache.get(directory) {
            return found.clone();
        }
        let mut found = Arc::new(Aliases::default());
        for base in directory.ancestors() {
            let config = ["tsconfig.json", "jsconfig.json", "tsconfig.base.json"].iter().map(|name| base.join(name));
            let document = config.into_iter().find_map(|path| self.loader.document(&path));
            if let Some(aliases) = document.as_ref().and_then(|document| read_aliases(document, base)) {
                found = Arc::new(aliases);
                break;
            }
        }
        self.alias_cache.insert(directory.to_owned(), found.clone());
        found
    }

    /// Assigns to a name that exists somewhere above.
    pub(super) fn assign_existing(&mut self, name: &Arc<str>, value: Value, scope: ScopeId) {
        self.assign_name(name, value, scope);
    }
}

/// Removes `.` and `..`; `None` when the path leaves the repository, which may itself lie above the working directory or have
/// been named by its full path: what `base`, a directory of it, begins with stays.
fn normalise(base: &Utf8Path, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let above = base.components().take_while(|part| matches!(part, Utf8Component::RootDir | Utf8Component::ParentDir));
    let above: Utf8PathBuf = above.collect();
    let path = path.strip_prefix(&above).unwrap_or(path);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.as_str().split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(above.join(parts.join("/")))
}

fn read_aliases(document: &Node, base: &Utf8Path) -> Option<Aliases> {
    let options = document.get("compilerOptions")?;
    let url = options.get("baseUrl").and_then(Node::as_str);
    let root = normalise(base, &base.join(url.unwrap_or(".")))?;
    let mut aliases = Aliases { paths: Vec::new(), base: url.map(|_| root.clone()) };
    for (pattern, targets) in options.get("paths").map(Node::entries).unwrap_or_default() {
        let (prefix, star) = match pattern.value.split_once('*') {
            Some((prefix, _)) => (prefix.to_owned(), true),
            None => (pattern.value.to_string(), false),
        };
        let targets = targets.items().iter().filter_map(Node::as_str);
        let targets = targets.map(|target| root.join(target.split('*').next().unwrap_or(target))).collect();
        aliases.paths.push((prefix, star, targets));
    }
    (url.is_some() || !aliases.paths.is_empty()).then_some(aliases)
}
