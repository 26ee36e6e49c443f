//! Imports across files: what a specifier names, and what a module gives out.
//!
//! A specifier that leads to a file of the repository is evaluated (once); any other is a package, by its canonical name.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use super::Interp;
use super::run::Frame;
use super::value::{Kind, MapEntry, ModuleId, Reason, ScopeId, Value};
use crate::ir::{Export, Expr, ExprKind, Import, ImportName, Language, StmtKind};
use crate::model::condition::Formula;
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
    exports: IndexMap<Arc<str>, Exported>,
    /// `module.exports = value`.
    whole: Option<Value>,
    /// Modules whose names are all exported here.
    stars: Vec<ModuleId>,
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
enum Exported {
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
            let whole = Some(super::builtins::node_value(&document));
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
        let module = self.loader.module(path)?;
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
        self.run_block(&module.body, scope);
        self.frames.pop();
        self.entry_steps_left = budget;
        self.path = conditions;
        Some(id)
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

    fn run_python_import(&mut self, import: &Import, span: Span, scope: ScopeId) {
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
    fn python_module(&mut self, from: &str, span: Span) -> Value {
        let found = self.resolve_python(from).and_then(|path| self.load_module(&path));
        match found {
            Some(id) => Value::new(Kind::Module(id), span),
            None => Value::new(Kind::External(format!("py:{from}").into()), span),
        }
    }

    /// `from a.b import name`: a name of the module, a submodule, or the package's.
    fn python_name(&mut self, from: &str, name: &Arc<str>, span: Span) -> Value {
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
    fn resolve_python(&self, from: &str) -> Option<Utf8PathBuf> {
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

    fn resolve(&mut self, specifier: &str) -> Option<Utf8PathBuf> {
        let here = self.module_path(self.current_module()).to_owned();
        let directory = here.parent().unwrap_or(Utf8Path::new("")).to_owned();
        if specifier.starts_with('.') {
            return self.file_at(&normalise(&directory.join(specifier))?);
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
                    if let Some(found) = normalise(&path).and_then(|path| self.file_at(&path)) {
                        return Some(found);
                    }
                }
            }
        }
        let base = aliases.base.clone();
        if let Some(found) = base.and_then(|base| self.file_at(&base.join(specifier))) {
            return Some(found);
        }
        // `@/x` and `~/x` mean the source root by convention when no configuration says so.
        let rest = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        directory
            .ancestors()
            .find_map(|base| self.file_at(&base.join("src").join(rest)).or_else(|| self.file_at(&base.join(rest))))
    }

    /// The file a path without extension means, also as a directory with an index file.
    fn file_at(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
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
    fn aliases(&mut self, directory: &Utf8Path) -> Arc<Aliases> {
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

    /// What `import x from` binds.
    fn default_of(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Module(id) => self.module_member(*id, &"default".into(), span),
            // A package's default export is the package itself, as far as its canonical name goes.
            _ => value.clone(),
        }
    }

    /// A name a module gives out.
    pub(super) fn module_member(&mut self, id: ModuleId, name: &Arc<str>, span: Span) -> Value {
        self.module_member_within(id, name, span, 0)
    }

    fn module_member_within(&mut self, id: ModuleId, name: &Arc<str>, span: Span, depth: usize) -> Value {
        let Some((_, state)) = self.modules.get_index(id.0) else {
            return Value::unknown(Reason::Unbound, span);
        };
        if state.language == Language::Python {
            return match self.top_level(id, name) {
                Some(value) => value.through(span),
                None => self.python_submodule(id, name, span),
            };
        }
        if let Some(exported) = state.exports.get(name).cloned() {
            return match exported {
                Exported::Value(value) => value.through(span),
                Exported::Local(local) => {
                    let scope = state.scope;
                    self.lookup(&local, scope)
                        .map_or_else(|| Value::unknown(Reason::Unbound, span), |value| value.through(span))
                }
            };
        }
        if let Some(whole) = state.whole.clone() {
            return if &**name == "default" {
                // A transpiled module has a `default` of its own.
                match whole.as_map().and_then(|map| map.entries.get("default")) {
                    Some(entry) => entry.value.clone(),
                    None => whole,
                }
            } else {
                self.member(&whole, name, span)
            };
        }
        let stars = state.stars.clone();
        if depth < 16 {
            for star in stars {
                let value = self.module_member_within(star, name, span, depth + 1);
                if !value.is_unknown() {
                    return value;
                }
            }
        }
        Value::unknown(Reason::Unbound, span)
    }

    /// `package.part` where `part` is a file beside the package's `__init__.py`.
    fn python_submodule(&mut self, id: ModuleId, name: &str, span: Span) -> Value {
        let path = self.module_path(id).to_owned();
        let directory = path.parent().filter(|_| path.file_name() == Some("__init__.py"));
        let part = directory.and_then(|directory| {
            let files = [directory.join(format!("{name}.py")), directory.join(name).join("__init__.py")];
            files.into_iter().find(|path| self.loader.exists(path))
        });
        match part.and_then(|path| self.load_module(&path)) {
            Some(id) => Value::new(Kind::Module(id), span),
            None => Value::unknown(Reason::Unbound, span),
        }
    }

    /// The module `a.b` behind a name that was taken for a package's.
    pub(super) fn python_part(&mut self, path: &str, name: &str, span: Span) -> Option<Value> {
        let package = path.strip_prefix("py:")?;
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        if self.language_here() != Language::Python || !package.chars().all(plain) {
            return None;
        }
        let file = self.resolve_python(&format!("{package}.{name}"))?;
        self.load_module(&file).map(|id| Value::new(Kind::Module(id), span))
    }

    /// Everything a module gives out.
    pub(super) fn exports(&mut self, id: ModuleId) -> Vec<(Arc<str>, Value)> {
        let Some((_, state)) = self.modules.get_index(id.0) else { return Vec::new() };
        if let Some(map) = state.whole.as_ref().and_then(Value::as_map) {
            return map.entries.iter().map(|(name, entry)| (name.clone(), entry.value.clone())).collect();
        }
        let names: Vec<Arc<str>> = state.exports.keys().cloned().collect();
        let here = Span { file: crate::source::FileId(0), start: 0, end: 0 };
        names.into_iter().map(|name| (name.clone(), self.module_member(id, &name, here))).collect()
    }

    pub(super) fn run_export(&mut self, export: &Export, span: Span, scope: ScopeId) {
        match export {
            Export::Declaration(stmt) => {
                self.run_statement(stmt, scope);
                for name in declared(&stmt.kind) {
                    self.export(name.clone(), Exported::Local(name));
                }
            }
            Export::Default(expr) => {
                let value = self.eval(expr, scope);
                if let ExprKind::Function(function) = &expr.kind {
                    if let Some(name) = &function.name {
                        self.declare(scope, name.clone(), value.clone());
                    }
                }
                if let ExprKind::Class(class) = &expr.kind {
                    if let Some(name) = &class.name {
                        self.declare(scope, name.clone(), value.clone());
                    }
                }
                self.export("default".into(), Exported::Value(value));
            }
            Export::Names(names) => {
                for (local, name) in names {
                    self.export(name.clone(), Exported::Local(local.clone()));
                }
            }
            Export::NamesFrom { from, names } => {
                let value = self.require(from, span);
                for (name, exported) in names {
                    let bound = match &**name {
                        "default" => self.default_of(&value, span),
                        _ => self.member(&value, name, span),
                    };
                    self.export(exported.clone(), Exported::Value(bound));
                }
            }
            Export::StarFrom { from, name } => {
                let value = self.require(from, span);
                match (name, &value.kind) {
                    (Some(name), _) => self.export(name.clone(), Exported::Value(value)),
                    (None, Kind::Module(id)) => {
                        let (here, id) = (self.current_module(), *id);
                        if let Some((_, state)) = self.modules.get_index_mut(here.0) {
                            state.stars.push(id);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn export(&mut self, name: Arc<str>, exported: Exported) {
        let here = self.current_module();
        if let Some((_, state)) = self.modules.get_index_mut(here.0) {
            state.exports.insert(name, exported);
        }
    }

    /// `module.exports = x`, `module.exports.a = x`, `exports.a = x`: true when it was one of them.
    pub(super) fn assign_export(&mut self, holder: &Expr, owner: &Value, key: &Value, value: &Value) -> bool {
        let Kind::External(path) = &owner.kind else { return false };
        let Some(name) = key.as_str() else { return false };
        let here = self.current_module();
        match &**path {
            "js:module" if &**name == "exports" => {
                if let Some((_, state)) = self.modules.get_index_mut(here.0) {
                    state.whole = Some(value.clone());
                }
                true
            }
            "js:exports" | "js:module.exports" => {
                let _ = holder;
                let Some((_, state)) = self.modules.get_index_mut(here.0) else { return true };
                if let Some(Kind::Map(map)) = state.whole.as_mut().map(|whole| &mut whole.kind) {
                    let entry = MapEntry { key: key.span, when: Formula::True, value: value.clone(), getter: false };
                    Arc::make_mut(map).entries.insert(name.clone(), entry);
                    return true;
                }
                state.exports.insert(name.clone(), Exported::Value(value.clone()));
                true
            }
            _ => false,
        }
    }

    /// Assigns to a name that exists somewhere above.
    pub(super) fn assign_existing(&mut self, name: &Arc<str>, value: Value, scope: ScopeId) {
        self.assign_name(name, value, scope);
    }
}

/// Names a declaration binds.
fn declared(kind: &StmtKind) -> Vec<Arc<str>> {
    match kind {
        StmtKind::Bind { target, .. } => {
            let mut names = Vec::new();
            pattern_names(target, &mut names);
            names
        }
        StmtKind::Function(function) => function.name.iter().cloned().collect(),
        StmtKind::Class(class) => class.name.iter().cloned().collect(),
        StmtKind::Block(body) => body.iter().flat_map(|stmt| declared(&stmt.kind)).collect(),
        _ => Vec::new(),
    }
}

fn pattern_names(pattern: &crate::ir::Pattern, names: &mut Vec<Arc<str>>) {
    use crate::ir::Pattern;
    match pattern {
        Pattern::Name(name, _) => names.push(name.clone()),
        Pattern::Map { entries, rest } => {
            entries.iter().for_each(|(_, inner, _)| pattern_names(inner, names));
            names.extend(rest.iter().cloned());
        }
        Pattern::List(parts) => parts.iter().flatten().for_each(|part| pattern_names(part, names)),
        Pattern::Place(_) | Pattern::Opaque(_) => {}
    }
}

/// Removes `.` and `..`; `None` when the path leaves the repository.
fn normalise(path: &Utf8Path) -> Option<Utf8PathBuf> {
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
    Some(Utf8PathBuf::from(parts.join("/")))
}

fn read_aliases(document: &Node, base: &Utf8Path) -> Option<Aliases> {
    let options = document.get("compilerOptions")?;
    let url = options.get("baseUrl").and_then(Node::as_str);
    let root = normalise(&base.join(url.unwrap_or(".")))?;
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
