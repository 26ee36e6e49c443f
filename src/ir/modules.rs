//! What modules take in and give out.
//!
//! In and out: a part of the tree that `ir` describes. Knows no language's way of finding files.

use std::sync::Arc;

use super::{Expr, Stmt};

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The specifier as written: `express`, `./config`; Python: `fastapi.middleware.cors`, `.base` with its dots.
    pub from: Arc<str>,
    /// What is bound.
    pub names: Vec<ImportName>,
}

/// One name an import binds.
#[derive(Debug, Clone)]
pub enum ImportName {
    /// `import x from`: the default export.
    Default(Arc<str>),
    /// `import * as x`, Python `import a.b as x`; Python `import a.b` binds `a` to package `a` (then `from` is `a`).
    Namespace(Arc<str>),
    /// `import { name as local }`, `from m import name as local`.
    Named {
        /// The exported name.
        name: Arc<str>,
        /// The local name.
        local: Arc<str>,
    },
    /// `from m import *`, `export * from`.
    Star,
}

/// An export. Python has none: all top-level names are exported.
#[derive(Debug, Clone)]
pub enum Export {
    /// `export const …`, `export function …`, `export class …`: the statement, whose names are exported.
    Declaration(Box<Stmt>),
    /// `export default …`; named functions and classes are also bound.
    Default(Expr),
    /// `export { local as name }`.
    Names(Vec<(Arc<str>, Arc<str>)>),
    /// `export { name as exported } from 'm'`.
    NamesFrom {
        /// The specifier.
        from: Arc<str>,
        /// Name there, name here.
        names: Vec<(Arc<str>, Arc<str>)>,
    },
    /// `export * from 'm'`, with a name for `export * as ns`.
    StarFrom {
        /// The specifier.
        from: Arc<str>,
        /// The namespace's name.
        name: Option<Arc<str>>,
    },
}
