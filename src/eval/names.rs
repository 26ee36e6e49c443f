//! Names: declared in a scope, assigned where they were declared, looked up from the inside out.
//!
//! An assignment under further conditions keeps the old value as the alternative; a look-up drops alternatives that the
//! path rules out.

use std::sync::Arc;

use super::Interp;
use super::scope::Variable;
use super::value::{Kind, ScopeId, Value};
use crate::ir::Language;
use crate::model::condition::Formula;

impl Interp<'_> {
    /// A fresh variable in this very scope.
    pub(super) fn declare(&mut self, scope: ScopeId, name: Arc<str>, value: Value) {
        let depth = self.path.len();
        let value = self.framework_value(scope, &name, value);
        self.scopes[scope.0].set(name, Variable { value, depth });
    }

    /// What a framework makes of a top-level name.
    pub(super) fn framework_value(&mut self, scope: ScopeId, name: &str, value: Value) -> Value {
        let module = self.current_module();
        let top = self.modules.get_index(module.0).is_some_and(|(_, state)| state.scope == scope);
        if !top {
            return value;
        }
        let libraries = self.libraries;
        libraries.iter().find_map(|library| library.bind(self, module, name, &value)).unwrap_or(value)
    }

    /// Assigns to a name where it was declared; under further conditions the old value stays as the alternative.
    pub(super) fn assign_name(&mut self, name: &Arc<str>, value: Value, scope: ScopeId) {
        let home = match self.language_here() {
            Language::Python => self.function_scope(scope),
            Language::JavaScript => self.find_scope(name, scope).unwrap_or_else(|| self.outermost(scope)),
        };
        let value = self.framework_value(home, name, value);
        let old = self.scopes[home.0].get(name).cloned();
        let (value, depth) = match old {
            None => {
                // A name first bound inside a branch does not exist outside of it.
                let conditions = self.since_call();
                if conditions == Formula::True || self.language_here() == Language::JavaScript {
                    (value, self.path.len())
                } else {
                    let base = self.frames.last().map_or(0, |frame| frame.base);
                    let span = value.span;
                    (
                        Value::one_of(
                            [(conditions.clone(), value), (conditions.negated(), Value::undefined(span))],
                            span,
                        ),
                        base,
                    )
                }
            }
            Some(old) => {
                let further: Vec<Formula> = self.path.iter().skip(old.depth).cloned().collect();
                let condition = Formula::all(further);
                self.charge(condition.size());
                if condition == Formula::True {
                    (value, old.depth)
                } else {
                    let span = value.span;
                    let not = condition.clone().negated();
                    let kept = old.value.given(std::slice::from_ref(&not));
                    (Value::one_of([(condition, value), (not, kept)], span), old.depth)
                }
            }
        };
        self.scopes[home.0].set(name.clone(), Variable { value, depth });
    }

    pub(super) fn find_scope(&self, name: &str, scope: ScopeId) -> Option<ScopeId> {
        let mut at = Some(scope);
        while let Some(id) = at {
            if self.scopes[id.0].get(name).is_some() {
                return Some(id);
            }
            at = self.scopes[id.0].parent;
        }
        None
    }

    pub(super) fn function_scope(&self, scope: ScopeId) -> ScopeId {
        let mut at = scope;
        while !self.scopes[at.0].function {
            match self.scopes[at.0].parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    pub(super) fn outermost(&self, scope: ScopeId) -> ScopeId {
        let mut at = scope;
        while let Some(parent) = self.scopes[at.0].parent {
            at = parent;
        }
        at
    }

    /// The value of a name, with alternatives that the path rules out removed.
    pub(super) fn lookup(&self, name: &str, scope: ScopeId) -> Option<Value> {
        let home = self.find_scope(name, scope)?;
        let variable = self.scopes[home.0].get(name)?;
        Some(if matches!(variable.value.kind, Kind::OneOf(_)) {
            variable.value.given(&self.path)
        } else {
            variable.value.clone()
        })
    }
}
