//! The tree that JSON, YAML and TOML share.
//!
//! In: what the three parsers read. Out: nodes with spans, and the questions one asks of them. Knows no format and no
//! schema.

use std::sync::Arc;

use crate::source::{Span, Spanned};

/// A value of a document and where it is written. Trees are at most a few hundred levels deep: the parsers see to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: NodeKind,
    /// The value as written, quotes and brackets included.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Nothing, or something that could not be read.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any number.
    Num(f64),
    /// Text, escapes resolved; also dates and templates, as written.
    Str(Arc<str>),
    /// A sequence.
    List(Vec<Node>),
    /// Keys and values in the order they are written; a key may come twice.
    Map(Vec<(Spanned<Arc<str>>, Node)>),
}

impl Node {
    /// The value of a key of a map. Of a key written twice the last counts, as with most parsers of JSON and YAML.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|(name, _)| &*name.value == key).map(|(_, value)| value)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let NodeKind::Str(text) = &self.kind { Some(text) } else { None }
    }

    /// The items of a list; none when it is no list.
    pub fn items(&self) -> &[Node] {
        if let NodeKind::List(items) = &self.kind { items } else { &[] }
    }

    /// The entries of a map; none when it is no map.
    pub fn entries(&self) -> &[(Spanned<Arc<str>>, Node)] {
        if let NodeKind::Map(entries) = &self.kind { entries } else { &[] }
    }
}
