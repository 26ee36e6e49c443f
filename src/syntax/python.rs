//! Python to the tree of [`crate::ir`].
//!
//! In: a file's text. Out: the lowered module and the places that were not understood; broken regions are opaque. It
//! must not know any library, CORS or other files.

mod bindings;
mod definitions;
mod expressions;
mod literals;
mod operators;
mod statements;

use std::ops::Range;

use super::{
    Problem,
    tree::{self, Reader},
};
use crate::{
    ir::{Language, Module},
    source::FileId,
};

/// Where the comments of a file are.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    tree::ranges(&tree_sitter_python::LANGUAGE.into(), text, &["comment"])
}

/// Lowers a file. Never fails: what could not be parsed is left out or opaque, and told.
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Problem>) {
    let (tree, mut problems) = tree::parse(&tree_sitter_python::LANGUAGE.into(), text);
    let reader = Reader::new(file, text);
    let body = tree.map(|tree| statements::block(&reader, tree.root_node())).unwrap_or_default();
    problems.extend(reader.problem());
    (Module { file, language: Language::Python, body }, problems)
}
