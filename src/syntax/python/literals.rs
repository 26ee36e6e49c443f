//! Strings and numbers of Python.
//!
//! In: literal nodes. Out: their values with the escapes resolved; format specifications are left out.

use std::{iter::Peekable, str::Chars, sync::Arc};

use tree_sitter::Node;

use super::expressions::expr;
use crate::{
    ir::{ExprKind, TemplatePart},
    syntax::{
        number,
        tree::{Reader, child_of_kind, children, field},
    },
};

/// The value of a number literal.
pub(super) fn number(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    number::value(cx.text(node)).map_or_else(|| ExprKind::Opaque(Vec::new()), ExprKind::Num)
}

/// A string or f-string.
pub(super) fn string(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut parts = Vec::new();
    push_parts(cx, node, &mut parts);
    merge(parts)
}

/// Strings that stand next to each other.
pub(super) fn concatenated(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut parts = Vec::new();
    for part in children(node) {
        push_parts(cx, part, &mut parts);
    }
    merge(parts)
}

/// One string if there are no expressions in it.
fn merge(parts: Vec<TemplatePart>) -> ExprKind {
    let mut merged: Vec<TemplatePart> = Vec::new();
    let mut text = String::new();
    for part in parts {
        match part {
            TemplatePart::Text(more) => text.push_str(&more),
            TemplatePart::Expr(_) => {
                if !text.is_empty() {
                    merged.push(TemplatePart::Text(Arc::from(std::mem::take(&mut text))));
                }
                merged.push(part);
            }
        }
    }
    if merged.is_empty() {
        return ExprKind::Str(Arc::from(text));
    }
    if !text.is_empty() {
        merged.push(TemplatePart::Text(Arc::from(text)));
    }
    ExprKind::Template(merged)
}

fn push_parts(cx: &Reader<'_>, node: Node<'_>, parts: &mut Vec<TemplatePart>) {
    let open = child_of_kind(node, "string_start");
    let prefix = open.map_or("", |open| cx.text(open)).to_ascii_lowercase();
    let decode = |start: usize, end: usize| {
        let text = cx.slice(start, end);
        let text = if prefix.contains('r') { text.to_owned() } else { unescape(text, prefix.contains('b')) };
        let is_format = prefix.contains(['f', 't']);
        Arc::from(if is_format { text.replace("{{", "{").replace("}}", "}") } else { text })
    };
    let mut start = open.map_or(node.start_byte(), |open| open.end_byte());
    let mut end = node.end_byte();
    for child in children(node) {
        match child.kind() {
            "interpolation" => {
                parts.push(TemplatePart::Text(decode(start, child.start_byte())));
                parts.extend(field(child, "expression").map(|inner| TemplatePart::Expr(expr(cx, inner))));
                start = child.end_byte();
            }
            "string_end" => end = child.start_byte(),
            _ => {}
        }
    }
    parts.push(TemplatePart::Text(decode(start, end)));
}

/// Resolves the escapes of a string; unknown ones stay as they are written.
fn unescape(text: &str, is_bytes: bool) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' { escape(&mut chars, is_bytes, &mut out) } else { out.push(c) }
    }
    out
}

/// Resolves one escape, of which the backslash is read.
fn escape(chars: &mut Peekable<Chars<'_>>, is_bytes: bool, out: &mut String) {
    let resolved = match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('a') => '\u{7}',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('v') => '\u{b}',
        Some('x') => code(chars, 2),
        Some('u') if !is_bytes => code(chars, 4),
        Some('U') if !is_bytes => code(chars, 8),
        Some(first @ '0'..='7') => octal(first, chars),
        Some(c @ ('\\' | '\'' | '"')) => c,
        Some('\r') => {
            chars.next_if_eq(&'\n');
            return;
        }
        Some('\n') | None => return,
        Some(c) => {
            out.push('\\');
            c
        }
    };
    out.push(resolved);
}

fn code(chars: &mut Peekable<Chars<'_>>, digits: usize) -> char {
    let digit = |sum: u32, _| sum.checked_mul(16)?.checked_add(chars.next_if(char::is_ascii_hexdigit)?.to_digit(16)?);
    (0..digits).try_fold(0, digit).and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn octal(first: char, chars: &mut Peekable<Chars<'_>>) -> char {
    let mut value = first.to_digit(8).unwrap_or(0);
    for _ in 0..2 {
        let Some(digit) = chars.next_if(|c| c.is_digit(8)).and_then(|c| c.to_digit(8)) else { break };
        value = value * 8 + digit;
    }
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}
