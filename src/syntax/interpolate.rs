//! Escapes and references in a value of a `.env` file or a Dockerfile.
//!
//! In: the value as written and the variables set above it. Out: the value with `\n` and `$X`, `${X:-default}` resolved
//! where the variable is known, as written where it is not. Bounded, because references can grow exponentially.

use std::collections::HashMap;
use std::sync::Arc;

/// A value whose references would make it longer than this keeps them as written.
const MAX_VALUE: usize = 64 * 1024;

/// How much text all references of a file may give together.
const MAX_TOTAL: usize = 16 * 1024 * 1024;

/// `${A:-${B:-...}}` deeper than this stays as written.
const MAX_DEPTH: usize = 8;

/// Resolves the references of one file.
#[derive(Debug, Default)]
pub(super) struct Interpolation {
    /// How much text references gave so far.
    given: usize,
}

/// What a reference `$X` or `${X...}` says, and how long it is.
struct Reference<'a> {
    name: &'a str,
    default: Option<Fallback<'a>>,
    length: usize,
}

/// The default of `${X:-default}`.
struct Fallback<'a> {
    text: &'a str,
    /// With `:`, it also stands in for an empty value.
    if_empty: bool,
}

impl Interpolation {
    /// The value, and whether it refers to variables. Escapes are resolved in double quotes only.
    pub(super) fn resolve(
        &mut self,
        raw: &str,
        in_quotes: bool,
        known: &HashMap<Arc<str>, Arc<str>>,
    ) -> (String, bool) {
        let mut out = String::new();
        let interpolates = self.write(raw, in_quotes, known, &mut out, 0);
        (out, interpolates)
    }

    fn write(
        &mut self,
        raw: &str,
        in_quotes: bool,
        known: &HashMap<Arc<str>, Arc<str>>,
        out: &mut String,
        depth: usize,
    ) -> bool {
        let mut interpolates = false;
        let mut rest = raw;
        while let Some(at) = rest.find(['$', '\\']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(escape) = rest.strip_prefix('\\') {
                let (text, taken) = unescape(escape, in_quotes);
                out.push_str(text);
                rest = &escape[taken..];
                continue;
            }
            let Some(reference) = reference(rest) else {
                out.push('$');
                rest = &rest[1..];
                continue;
            };
            interpolates = true;
            let written = &rest[..reference.length];
            rest = &rest[reference.length..];
            let value = known.get(reference.name);
            match (value, reference.default) {
                (None, Some(default)) => self.default(written, default.text, in_quotes, known, out, depth),
                (Some(value), Some(default)) if default.if_empty && value.is_empty() => {
                    self.default(written, default.text, in_quotes, known, out, depth);
                }
                (Some(value), _) if self.may_give(value, out) => out.push_str(value),
                _ => out.push_str(written),
            }
        }
        out.push_str(rest);
        interpolates
    }

    fn default(
        &mut self,
        written: &str,
        default: &str,
        in_quotes: bool,
        known: &HashMap<Arc<str>, Arc<str>>,
        out: &mut String,
        depth: usize,
    ) {
        if depth >= MAX_DEPTH {
            out.push_str(written);
        } else {
            self.write(default, in_quotes, known, out, depth + 1);
        }
    }

    fn may_give(&mut self, value: &str, out: &str) -> bool {
        self.given += value.len();
        self.given <= MAX_TOTAL && out.len() + value.len() <= MAX_VALUE
    }
}

/// What follows a backslash becomes, and how many bytes of it are used up.
fn unescape(after: &str, in_quotes: bool) -> (&'static str, usize) {
    match (after.bytes().next(), in_quotes) {
        (Some(b'$'), _) => ("$", 1),
        (Some(b'n'), true) => ("\n", 1),
        (Some(b'r'), true) => ("\r", 1),
        (Some(b't'), true) => ("\t", 1),
        (Some(b'"'), true) => ("\"", 1),
        (Some(b'\\'), true) => ("\\", 1),
        _ => ("\\", 0),
    }
}

/// Reads `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:=default}` or `${X:?message}`.
fn reference(text: &str) -> Option<Reference<'_>> {
    let Some(inside) = text.strip_prefix("${") else {
        let name = leading_name(text.strip_prefix('$')?)?;
        return Some(Reference { name, default: None, length: 1 + name.len() });
    };
    let name = leading_name(inside)?;
    let rest = &inside[name.len()..];
    if rest.starts_with('}') {
        return Some(Reference { name, default: None, length: name.len() + 3 });
    }
    let (sign, if_empty) = rest.strip_prefix(':').map_or((rest, false), |sign| (sign, true));
    let kind = sign.bytes().next().filter(|sign| b"-=?+".contains(sign))?;
    let default = &sign[1..];
    let close = closing_brace(default)?;
    let length = text.len() - default.len() + close + 1;
    let text = &default[..close];
    let default = matches!(kind, b'-' | b'=').then_some(Fallback { text, if_empty });
    Some(Reference { name, default, length })
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0 && !text.starts_with(|c: char| c.is_ascii_digit())).then(|| &text[..end])
}

/// The `}` that closes a reference whose default is `text`. A default longer than a line of prose is none: the bound
/// keeps `${A:-${A:-...` without an end from being searched again and again.
fn closing_brace(text: &str) -> Option<usize> {
    const MAX_DEFAULT: usize = 1024;
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(MAX_DEFAULT) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}
