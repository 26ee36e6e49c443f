//! What a module gives out: named exports, `module.exports`, stars, and how they are asked for.
//!
//! In: export statements and assignments. Out: the values of exported names, read when they are asked for.

use std::sync::Arc;

use super::Interp;
use super::modules::Exported;
use super::value::{Kind, MapEntry, ModuleId, Reason, ScopeId, Value};
use crate::ir::{Export, ExprKind, Language, StmtKind};
use crate::model::condition::Formula;
use crate::source::Span;

impl Interp<'_> {
    /// What `import x from` binds.
    pub(super) fn default_of(&mut self, value: &Value, span: Span) -> Value {
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

    pub(super) fn module_member_within(&mut self, id: ModuleId, name: &Arc<str>, span: Span, depth: usize) -> Value {
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
    pub(super) fn python_submodule(&mut self, id: ModuleId, name: &str, span: Span) -> Value {
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
                if let ExprKind::Function(function) = &expr.kind
                    && let Some(name) = &function.name
                {
                    self.declare(scope, name.clone(), value.clone());
                }
                if let ExprKind::Class(class) = &expr.kind
                    && let Some(name) = &class.name
                {
                    self.declare(scope, name.clone(), value.clone());
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

    pub(super) fn export(&mut self, name: Arc<str>, exported: Exported) {
        let here = self.current_module();
        if let Some((_, state)) = self.modules.get_index_mut(here.0) {
            state.exports.insert(name, exported);
        }
    }

    /// `module.exports = x`, `module.exports.a = x`, `exports.a = x`: true when it was one of them.
    pub(super) fn assign_export(&mut self, owner: &Value, key: &Value, value: &Value) -> bool {
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
