//! Names and their values, scope by scope.
//!
//! In and out: the evaluator. A variable remembers how many conditions held when it was declared, so that a later
//! assignment under further conditions keeps the old value as the other alternative.

use std::sync::Arc;

use indexmap::IndexMap;

use super::value::{ScopeId, Value};

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// What it holds.
    pub(super) value: Value,
    /// How many conditions were on the path when it was declared.
    pub(super) depth: usize,
}

/// One scope.
#[derive(Debug)]
pub(super) struct Scope {
    names: IndexMap<Arc<str>, Variable>,
    /// The scope around it.
    pub(super) parent: Option<ScopeId>,
    /// A function's or module's scope, where Python binds its names.
    pub(super) function: bool,
}

impl Scope {
    pub(super) fn new(parent: Option<ScopeId>, function: bool) -> Scope {
        Scope { names: IndexMap::new(), parent, function }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        self.names.get(name)
    }

    pub(super) fn set(&mut self, name: Arc<str>, variable: Variable) {
        self.names.insert(name, variable);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Variable)> {
        self.names.iter()
    }
}
