//! Strings and f-strings of Python.
//!
//! In: string nodes. Out: their values with the escapes resolved; neighbours are one string.

use std::sync::Arc;

use tree_sitter::Node;

use super::expressions::expr;
use crate::{
    ir::{ExprKind, TemplatePart},
    syntax::tree::{Reader, children, field, first},
};

/// One string or several written behind each other.
pub(super) fn string(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut parts = Vec::new();
    let pieces = if node.kind() == "concatenated_string" { children(node) } else { vec![node] };
    for piece in pieces {
        collect(cx, piece, &mut parts);
    }
    match parts.as_slice() {
        [] => ExprKind::Str("".into()),
        [TemplatePart::Text(text)] => ExprKind::Str(text.clone()),
        _ => ExprKind::Template(parts),
    }
}

fn collect(cx: &Reader<'_>, node: Node<'_>, parts: &mut Vec<TemplatePart>) {
    let text = cx.text(node);
    let prefix: String = text.chars().take_while(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let quoted = &text[prefix.len()..];
    let width = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
    let raw = prefix.contains('r');
    let format = prefix.contains('f') || prefix.contains('t');
    let start = node.start_byte() + prefix.len() + width;
    let end = node.end_byte().saturating_sub(width).max(start);
    let mut at = start;
    if format {
        for child in children(node).into_iter().filter(|child| child.kind() == "interpolation") {
            push(parts, &decode(cx.slice(at, child.start_byte()), raw, true));
            let inner = field(child, "expression").or_else(|| first(child));
            parts.extend(inner.map(|inner| TemplatePart::Expr(expr(cx, inner))));
            at = child.end_byte();
        }
    }
    push(parts, &decode(cx.slice(at, end), raw, format));
}

fn push(parts: &mut Vec<TemplatePart>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(TemplatePart::Text(last)) = parts.last_mut() {
        *last = Arc::from(format!("{last}{text}"));
        return;
    }
    parts.push(TemplatePart::Text(Arc::from(text)));
}

/// Resolves escapes, and doubled braces of f-strings.
fn decode(text: &str, raw: bool, format: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if format => {
                chars.next_if_eq(&c);
                out.push(c);
            }
            '\\' if !raw => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\n') | None => {}
                Some(quote @ ('\\' | '\'' | '"')) => out.push(quote),
                Some('x') => {
                    let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_hexdigit)).take(2).collect();
                    out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                // An unknown escape stands for itself, backslash included.
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
            },
            c => out.push(c),
        }
    }
    out
}
