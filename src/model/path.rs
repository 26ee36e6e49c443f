//! Path templates that are matched as a whole: `/items/{pk}`, `items/<int:pk>/`.
//!
//! In: a template as a router writes it, and the path of a request. Out: whether it matches, and the template as a regular
//! expression. A last slash counts. Unknown converters are unknown, not wrong. Knows no platform.

use super::term::{Anchor, Pattern};

/// What a parameter's converter accepts, as the routers that have it say.
fn converter(name: &str) -> Option<&'static str> {
    Some(match name {
        "" | "str" | "string" => "[^/]+",
        "int" => "[0-9]+",
        "float" => r"[0-9]+(?:\.[0-9]+)?",
        "slug" => "[-a-zA-Z0-9_]+",
        "uuid" => "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
        _ => return None,
    })
}

/// A piece of a template.
enum Piece<'t> {
    Text(&'t str),
    /// What its parameter accepts; `None` when nobody knows.
    Open(Option<&'static str>),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find(['{', '<']) {
        let braces = rest.as_bytes()[start] == b'{';
        let Some(length) = rest[start..].find(if braces { '}' } else { '>' }) else { break };
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        let inside = &rest[start + 1..start + length];
        let (name, kind) = match (inside.split_once(':'), braces) {
            (Some((name, kind)), true) | (Some((kind, name)), false) => (name, kind),
            (None, _) => (inside, ""),
        };
        let named = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        pieces.push(Piece::Open(match (named, kind, braces) {
            (false, ..) => None,
            (true, "path", true) => Some(".*"),
            (true, "path", false) => Some(".+"),
            _ => converter(kind),
        }));
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The template as a regular expression for the whole path; `None` where a converter is not known.
pub fn expression(template: &str, prefix: bool) -> Option<String> {
    let mut source = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => source.push_str(&escaped(text)),
            Piece::Open(accepted) => source.push_str(&format!("(?:{})", accepted?)),
        }
    }
    if prefix {
        source.push_str(".*");
    }
    Some(source)
}

/// Text that stands for itself in a regular expression.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_alphanumeric() && !matches!(character, '/' | '_' | '-' | '<' | '>') && character.is_ascii() {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Does a path match the template, or begin with it?
pub fn matches(template: &str, prefix: bool, path: &str) -> Option<bool> {
    if !template.contains(['{', '<']) {
        return Some(if prefix { path.starts_with(template) } else { path == template });
    }
    // What stands before the first parameter rules most templates out.
    let fixed = template.split(['{', '<']).next().unwrap_or("");
    if !path.starts_with(fixed) {
        return Some(false);
    }
    let pattern = Pattern { source: expression(template, prefix)?.into(), ignore_case: false, anchor: Anchor::Full };
    pattern.matches(path)
}
