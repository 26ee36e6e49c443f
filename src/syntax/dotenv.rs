//! `.env` files to a list of assignments.
//!
//! In: a file's text in any of the dialects in use (Node's dotenv, python-dotenv, Docker, shell). Out: names and values
//! with spans, references to earlier entries resolved; assignments in comments too, because an example file documents
//! with them what may be set. Where dialects differ, the reading most of them share is taken. Knows no variable's
//! meaning.

mod samples;

use std::collections::HashMap;
use std::sync::Arc;

pub use self::samples::samples;
use super::Problem;
use super::interpolate::Interpolation;
use super::problems::Problems;
use crate::source::{FileId, Span, Spanned};

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// The variable.
    pub name: Spanned<Arc<str>>,
    /// The value with escapes and references resolved as far as the file allows; the span is that of the text between
    /// the quotes.
    pub value: Spanned<Arc<str>>,
    /// The value as written, without its quotes.
    pub raw: Arc<str>,
    /// The quotes around the value.
    pub quote: Option<char>,
    /// Does the value refer to other variables, as `$X` or `${X}`?
    pub interpolates: bool,
    /// Is the assignment commented out, so that it only documents what could be set?
    pub commented: bool,
}

/// Reads a file. Never fails: a line that assigns nothing is named and passed over.
pub fn parse(file: FileId, text: &str) -> (Vec<EnvEntry>, Vec<Problem>) {
    let mut reader = Reader {
        file,
        text,
        entries: Vec::new(),
        known: HashMap::new(),
        interpolation: Interpolation::default(),
        unclosed: Vec::new(),
        problems: Problems::default(),
    };
    if let Some(offset) = text.find('\0') {
        reader.problems.add(offset, "not a text file");
        return (Vec::new(), reader.problems.finish());
    }
    let mut pos = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while pos < text.len() {
        pos = reader.line(pos);
    }
    (reader.entries, reader.problems.finish())
}

/// A value on its way to an entry: byte range without quotes, and the quotes.
struct Written {
    start: usize,
    end: usize,
    quote: Option<char>,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    entries: Vec<EnvEntry>,
    /// The values so far that are set, for references.
    known: HashMap<Arc<str>, Arc<str>>,
    interpolation: Interpolation,
    /// Quotes known to have no further partner, so that nobody looks for one twice.
    unclosed: Vec<char>,
    problems: Problems,
}

impl Reader<'_> {
    /// Reads the assignment that starts at `pos`, and gives the offset after its last line.
    fn line(&mut self, pos: usize) -> usize {
        let end = line_end(self.text, pos);
        let line = &self.text[pos..end];
        let start = pos + leading_blanks(line);
        let content = self.text[start..end].trim_end();
        if let Some(comment) = content.strip_prefix('#') {
            let comment = comment.trim_start_matches(['#', ' ', '\t']);
            self.comment(start + content.len() - comment.len(), comment);
            return end + 1;
        }
        if content.is_empty() {
            return end + 1;
        }
        let Some((name, value_start)) = assignment(self.text, start, end) else {
            if !is_bare_name(content) {
                self.problems.add(start, "this line assigns nothing");
            }
            return end + 1;
        };
        let quoted = self.text[value_start..end].chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let written = quoted.and_then(|quote| self.quoted(value_start, quote));
        if written.is_none()
            && let Some(quote) = quoted
            && !self.text[value_start + 1..end].contains(quote)
        {
            self.problems.add(value_start, "this quote is never closed");
        }
        let written = written.unwrap_or_else(|| unquoted(self.text, value_start, end));
        let after = line_end(self.text, written.end);
        self.entry(name, written, false);
        after + 1
    }

    /// Lists an assignment that is commented out. Prose is no assignment: only `NAME=value` counts, not `Note: this`.
    fn comment(&mut self, start: usize, comment: &str) {
        let end = start + comment.len();
        let Some((name, value_start)) = assignment(self.text, start, end) else { return };
        let between = &self.text[name.1..value_start];
        let spaced = between.starts_with(|c: char| c != '=');
        let shouts = !self.text[name.0..name.1].contains(|c: char| c.is_ascii_lowercase());
        if !between.contains('=') || (spaced && !shouts) || self.text[value_start..end].starts_with('=') {
            return;
        }
        let quote = self.text[value_start..end].chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let written = quote.and_then(|quote| closed(self.text, value_start, end, quote));
        self.entry(name, written.unwrap_or_else(|| unquoted(self.text, value_start, end)), true);
    }

    /// A quoted value, over several lines if need be; `None` when the quotes do not hold the whole value.
    fn quoted(&mut self, start: usize, quote: char) -> Option<Written> {
        if self.unclosed.contains(&quote) {
            return closed(self.text, start, line_end(self.text, start), quote);
        }
        let close = closing_quote(self.text, start + 1, self.text.len(), quote);
        if close.is_none() {
            self.unclosed.push(quote);
        }
        close.and_then(|close| self::held(self.text, start, close, quote))
    }

    fn entry(&mut self, name: (usize, usize), written: Written, commented: bool) {
        let raw = &self.text[written.start..written.end];
        let name: Spanned<Arc<str>> =
            Spanned::new(Arc::from(&self.text[name.0..name.1]), Span::new(self.file, name.0, name.1));
        let (value, interpolates) = match written.quote {
            Some('\'' | '`') => (raw.to_owned(), false),
            quote => self.interpolation.resolve(raw, quote.is_some(), &self.known),
        };
        let value: Arc<str> = value.into();
        if !commented {
            self.known.insert(name.value.clone(), value.clone());
        }
        let span = Span::new(self.file, written.start, written.end);
        let value = Spanned::new(value, span);
        self.entries.push(EnvEntry { name, value, raw: raw.into(), quote: written.quote, interpolates, commented });
    }
}

/// The name, and where the value starts, of `NAME=`, `NAME =`, `export NAME=`, `NAME: ` within `start..end`.
fn assignment(text: &str, start: usize, end: usize) -> Option<((usize, usize), usize)> {
    let line = &text[start..end];
    let name_start = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => start + line.len() - rest.len() + leading_blanks(rest),
        _ => start,
    };
    let rest = &text[name_start..end];
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(0);
    if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    let name_end = name_start + length;
    let sign = name_end + leading_blanks(&text[name_end..end]);
    let after = match text[sign..end].chars().next()? {
        '=' => sign + 1,
        // `a://b` is an address, `NAME: value` an assignment.
        ':' if text[sign + 1..end].chars().next().is_none_or(|c| c.is_whitespace()) => sign + 1,
        _ => return None,
    };
    Some(((name_start, name_end), after + leading_blanks(&text[after..end])))
}

/// `NAME` and `export NAME` pass a variable on without setting it.
fn is_bare_name(content: &str) -> bool {
    let name = content.strip_prefix("export ").unwrap_or(content).trim_start();
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A value without quotes: to the end of the line, or to a comment after a blank.
fn unquoted(text: &str, start: usize, end: usize) -> Written {
    let line = &text[start..end];
    let bytes = line.as_bytes();
    let comment = line.match_indices('#').map(|(at, _)| at).find(|&at| {
        // `NAME= # note` has no value; `NAME=#fff` has one.
        let before = at.checked_sub(1).map_or(text.as_bytes().get(start.wrapping_sub(1)), |before| bytes.get(before));
        before.is_some_and(|byte| byte.is_ascii_whitespace())
    });
    let value = line[..comment.unwrap_or(line.len())].trim_end();
    Written { start, end: start + value.len(), quote: None }
}

/// A quoted value that starts and ends within `start..end`.
fn closed(text: &str, start: usize, end: usize, quote: char) -> Option<Written> {
    closing_quote(text, start + 1, end, quote).and_then(|close| held(text, start, close, quote))
}

/// The value between two quotes, when nothing but a comment follows them on the line. In `"a","b"` the quotes belong to
/// the value.
fn held(text: &str, start: usize, close: usize, quote: char) -> Option<Written> {
    let rest = text[close + 1..line_end(text, close)].trim_start();
    let alone = rest.is_empty() || rest.starts_with('#');
    alone.then_some(Written { start: start + 1, end: close, quote: Some(quote) })
}

/// The next `quote` in `from..to` that no backslash protects.
fn closing_quote(text: &str, from: usize, to: usize, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.get(from..to)?
        .bytes()
        .position(|byte| {
            let found = !escaped && char::from(byte) == quote;
            escaped = !escaped && byte == b'\\' && quote == '"';
            found
        })
        .map(|at| from + at)
}

/// The offset of the line break at or after `pos`, or the end of the text. A lone CR is a line break too.
fn line_end(text: &str, pos: usize) -> usize {
    text.get(pos..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |at| pos + at)
}

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\u{a0}']).len()
}
