//! JavaScript and TypeScript to the tree of [`crate::ir`].
//!
//! In: a file's text and its dialect. Out: the lowered module and the places that were not understood; types are gone,
//! broken regions are opaque. It must not know any library, CORS or other files.

mod classes;
mod expressions;
mod functions;
mod literals;
mod modules;
mod patterns;
mod statements;

use std::ops::Range;

use tree_sitter::Language as Grammar;

use super::{
    Problem,
    tree::{self, Reader},
};
use crate::{
    ir::{Language, Module},
    source::FileId,
};

/// Which grammar a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `.js`, `.jsx`, `.mjs`, `.cjs`.
    JavaScript,
    /// `.ts`, `.mts`, `.cts`.
    TypeScript,
    /// `.tsx`.
    Tsx,
}

impl Dialect {
    fn grammar(self) -> Grammar {
        match self {
            Dialect::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}

/// Where the comments of a file are.
pub(super) fn comments(text: &str, dialect: Dialect) -> Vec<Range<usize>> {
    tree::ranges(&dialect.grammar(), text, &["comment", "html_comment"])
}

/// `import data from './data.json' assert { type: 'json' }`, the form that came before `with` and that the grammar of JavaScript
/// does not have: what it imports is understood, and what is asserted does not matter.
fn is_import_assertion(text: &str, offset: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..offset), text.get(offset..)) else { return false };
    let line = before.rsplit('\n').next().unwrap_or("");
    let asserted = after.trim_start().strip_prefix("assert").is_some_and(|rest| rest.trim_start().starts_with('{'));
    asserted && (line.contains("import") || line.contains("from"))
}

/// Lowers a file. Never fails: what could not be parsed is left out or opaque, and told.
pub fn parse(file: FileId, text: &str, dialect: Dialect) -> (Module, Vec<Problem>) {
    let (tree, mut problems) = tree::parse(&dialect.grammar(), text);
    problems.retain(|problem| !is_import_assertion(text, problem.offset));
    let reader = Reader::new(file, text);
    let body = tree.map(|tree| statements::block(&reader, tree.root_node())).unwrap_or_default();
    problems.extend(reader.problem());
    (Module { file, language: Language::JavaScript, body }, problems)
}
