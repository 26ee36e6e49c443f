//! Strings, templates, numbers and regular expressions of JavaScript and TypeScript.
//!
//! In: literal nodes. Out: their values with the escapes resolved.

use std::{iter::Peekable, str::Chars, sync::Arc};

use tree_sitter::Node;

use super::expressions::expr;
use crate::{
    ir::{ExprKind, TemplatePart},
    syntax::{
        number,
        tree::{Reader, children, field, first},
    },
};

/// The value of a number literal.
pub(super) fn number(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    number::value(cx.text(node)).map_or_else(|| ExprKind::Opaque(Vec::new()), ExprKind::Num)
}

/// The value of a string literal.
pub(super) fn string_text(cx: &Reader<'_>, node: Node<'_>) -> Arc<str> {
    let text = cx.text(node);
    let inner = text.strip_prefix(['"', '\'']).unwrap_or(text);
    let inner = if inner.len() < text.len() { inner.strip_suffix(&text[..1]).unwrap_or(inner) } else { inner };
    Arc::from(unescape(inner))
}

/// A template; one without substitutions is a string.
pub(super) fn template(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut parts = Vec::new();
    let mut start = node.start_byte() + 1;
    let push_text = |parts: &mut Vec<TemplatePart>, start: usize, end: usize| {
        let text = cx.slice(start, end);
        if !text.is_empty() {
            parts.push(TemplatePart::Text(Arc::from(unescape(text))));
        }
    };
    for child in children(node) {
        if child.kind() == "template_substitution" {
            push_text(&mut parts, start, child.start_byte());
            parts.extend(first(child).map(|inner| TemplatePart::Expr(expr(cx, inner))));
            start = child.end_byte();
        }
    }
    push_text(&mut parts, start, node.end_byte().saturating_sub(1));
    match parts.as_slice() {
        [] => ExprKind::Str("".into()),
        [TemplatePart::Text(text)] => ExprKind::Str(text.clone()),
        _ => ExprKind::Template(parts),
    }
}

/// A regular expression.
pub(super) fn regex(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let text = |name| field(node, name).map_or_else(|| Arc::from(""), |part| cx.name(part));
    ExprKind::Regex { pattern: text("pattern"), flags: text("flags") }
}

/// Resolves the escapes of a string or template.
fn unescape(text: &str) -> String {
    if !text.contains(['\\', '\r']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out),
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            _ => out.push(c),
        }
    }
    out
}

/// Resolves one escape, of which the backslash is read.
fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.next() {
        Some('n') => out.push('\n'),
        Some('t') => out.push('\t'),
        Some('r') => out.push('\r'),
        Some('b') => out.push('\u{8}'),
        Some('f') => out.push('\u{c}'),
        Some('v') => out.push('\u{b}'),
        Some('0') if !chars.peek().is_some_and(char::is_ascii_digit) => out.push('\0'),
        Some('x') => out.push(hex(chars, 2).and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)),
        Some('u') => out.push(unicode(chars)),
        Some('\r') => {
            chars.next_if_eq(&'\n');
        }
        Some('\n' | '\u{2028}' | '\u{2029}') | None => {}
        Some(c) => out.push(c),
    }
}

fn hex(chars: &mut Peekable<Chars<'_>>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |sum, _| Some(sum * 16 + chars.next_if(char::is_ascii_hexdigit)?.to_digit(16)?))
}

/// The character of `\u…`; a surrogate needs its other half right behind it.
fn unicode(chars: &mut Peekable<Chars<'_>>) -> char {
    let code = if chars.next_if_eq(&'{').is_some() {
        let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_hexdigit)).collect();
        chars.next_if_eq(&'}');
        u32::from_str_radix(&digits, 16).ok()
    } else {
        match hex(chars, 4) {
            Some(high @ 0xD800..=0xDBFF) => low_surrogate(chars).map(|low| 0x10000 + ((high - 0xD800) << 10) + low),
            code => code,
        }
    };
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn low_surrogate(chars: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let mut ahead = chars.clone();
    if ahead.next() != Some('\\') || ahead.next() != Some('u') {
        return None;
    }
    let low = hex(&mut ahead, 4).filter(|code| (0xDC00..=0xDFFF).contains(code))?;
    *chars = ahead;
    Some(low - 0xDC00)
}
