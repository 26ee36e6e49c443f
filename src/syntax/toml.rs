//! TOML to a [`Node`].
//!
//! In: a file's text. Out: its table with spans, entries in the order of the file, and what was wrong. The `toml` crate
//! does the reading: it recovers from errors, is linear and bounds its depth. Dates are given as text. Knows no schema.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::Problem;
use super::document::{Node, NodeKind};
use super::problems::Problems;
use crate::source::{FileId, Span, Spanned};

/// Values nested deeper than this are left out. The crate bounds brackets and dotted keys each, not together.
const MAX_DEPTH: usize = 128;

/// Reads a file. Never fails: what is broken is left out and named.
pub fn parse(file: FileId, text: &str) -> (Node, Vec<Problem>) {
    let mut problems = Problems::default();
    let whole = Span::new(file, 0, text.len());
    if let Some(offset) = text.find('\0') {
        problems.add(offset, "not a text file");
        return (Node { kind: NodeKind::Null, span: whole }, problems.finish());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        problems.add(error.span().map_or(0, |span| span.start), error.message());
    }
    (Node { kind: map(file, table.get_ref(), 0), span: whole }, problems.finish())
}

fn map(file: FileId, table: &DeTable<'_>, depth: usize) -> NodeKind {
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        let name = Spanned::new(Arc::from(&**name), span(file, key.span()));
        (name, node(file, value, depth + 1))
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    entries.sort_by_key(|(name, _)| name.span.start);
    NodeKind::Map(entries)
}

fn node(file: FileId, value: &toml::Spanned<DeValue<'_>>, depth: usize) -> Node {
    let kind = match value.get_ref() {
        _ if depth > MAX_DEPTH => NodeKind::Null,
        DeValue::String(text) => NodeKind::Str(Arc::from(&**text)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(NodeKind::Null, |number| {
                #[expect(clippy::cast_precision_loss, reason = "numbers that matter here are small")]
                let number = number as f64;
                NodeKind::Num(number)
            })
        }
        DeValue::Float(number) => number.as_str().parse().map_or(NodeKind::Null, NodeKind::Num),
        DeValue::Boolean(value) => NodeKind::Bool(*value),
        DeValue::Datetime(date) => NodeKind::Str(date.to_string().into()),
        DeValue::Array(items) => NodeKind::List(items.iter().map(|item| node(file, item, depth + 1)).collect()),
        DeValue::Table(table) => map(file, table, depth),
    };
    Node { kind, span: span(file, value.span()) }
}

fn span(file: FileId, range: std::ops::Range<usize>) -> Span {
    Span::new(file, range.start, range.end)
}
