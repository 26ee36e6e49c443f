//! JSON to a [`Node`], with all that configuration files add to it.
//!
//! In: a file's text: JSON, JSONC (comments, trailing commas), the parts of JSON5 people use (single quotes, bare
//! keys), templates in place of values. Out: the tree and what was wrong. Read with nom rather than with
//! tree-sitter-json, whose error recovery is neither linear nor made for trailing commas, or jsonc-parser, which gives
//! up at the first error. Knows no schema.

use std::sync::Arc;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while, take_while1};
use nom::character::complete::{anychar, char, multispace1, none_of, not_line_ending};
use nom::combinator::{opt, recognize, rest, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair};
use nom::{IResult, Parser};

use super::Problem;
use super::document::{Node, NodeKind};
use super::problems::Problems;
use crate::source::{FileId, Span, Spanned};

/// Values nested deeper than this are skipped.
const MAX_DEPTH: usize = 128;

/// A file with more values than this is data, not configuration; the rest is skipped, so that memory stays bounded.
const MAX_NODES: usize = 1_000_000;

/// Reads a file. Never fails: what is broken is skipped and named. An empty file is `Null`.
pub fn parse(file: FileId, text: &str) -> (Node, Vec<Problem>) {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { file, text, pos: start, lists: 0, nodes: 0, problems: Problems::default() };
    if let Some(offset) = text.find('\0') {
        reader.problems.add(offset, "not a text file");
        return (reader.node(NodeKind::Null, 0), reader.problems.finish());
    }
    reader.pass(blanks);
    let node = match reader.peek() {
        None => reader.node(NodeKind::Null, reader.pos),
        Some(_) => reader.value(0),
    };
    reader.pass(blanks);
    if reader.peek().is_some() {
        reader.problems.add(reader.pos, "more text after the end of the document");
    }
    (node, reader.problems.finish())
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    pos: usize,
    /// How many lists are open.
    lists: usize,
    nodes: usize,
    problems: Problems,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes what `parser` accepts, and gives it.
    fn take(&mut self, mut parser: impl FnMut(&'a str) -> IResult<&'a str, &'a str>) -> Option<&'a str> {
        let (rest, taken) = parser(self.rest()).ok()?;
        self.pos = self.text.len() - rest.len();
        Some(taken)
    }

    /// Takes what `parser` accepts, if anything.
    fn pass(&mut self, parser: impl FnMut(&'a str) -> IResult<&'a str, &'a str>) {
        self.take(parser);
    }

    fn node(&self, kind: NodeKind, start: usize) -> Node {
        Node { kind, span: Span::new(self.file, start, self.pos) }
    }

    /// Reads the value that starts here.
    fn value(&mut self, depth: usize) -> Node {
        let start = self.pos;
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.problems.add(start, "too long for a configuration: the rest is skipped");
            self.pos = self.text.len();
            return self.node(NodeKind::Null, start);
        }
        if let Some(hole) = self.take(template) {
            return self.node(NodeKind::Str(hole.into()), start);
        }
        let kind = match self.peek() {
            Some('{' | '[') if depth >= MAX_DEPTH => {
                self.problems.add(start, "values nested too deeply: skipped");
                self.skip_nested();
                NodeKind::Null
            }
            Some('{') => NodeKind::Map(self.members(depth)),
            Some('[') => NodeKind::List(self.items(depth)),
            Some(quote @ ('"' | '\'')) => NodeKind::Str(self.string(quote).into()),
            _ => self.word(),
        };
        self.node(kind, start)
    }

    fn members(&mut self, depth: usize) -> Vec<(Spanned<Arc<str>>, Node)> {
        let mut members = Vec::new();
        let start = self.pos;
        self.pos += 1;
        loop {
            self.pass(blanks);
            match self.peek() {
                None => {
                    self.problems.add(start, "this { is never closed");
                    return members;
                }
                Some('}') => {
                    self.pos += 1;
                    return members;
                }
                Some(',') => self.pos += 1,
                Some(']') if self.lists > 0 => {
                    self.problems.add(self.pos, "expected } here");
                    return members;
                }
                Some(_) => members.extend(self.member(depth)),
            }
        }
    }

    fn member(&mut self, depth: usize) -> Option<(Spanned<Arc<str>>, Node)> {
        let start = self.pos;
        let key: Option<Arc<str>> = match self.peek() {
            Some(quote @ ('"' | '\'')) => Some(self.string(quote).into()),
            _ => self.take(template).or_else(|| self.take(bare_word)).map(Into::into),
        };
        let Some(key) = key else {
            self.problems.add(start, "expected a key");
            self.pass(|input| recognize(anychar).parse(input));
            return None;
        };
        let key = Spanned::new(key, Span::new(self.file, start, self.pos));
        self.pass(blanks);
        if self.take(|input| tag(":")(input)).is_none() {
            self.problems.add(self.pos, "expected : here");
            if matches!(self.peek(), None | Some(',' | '}' | ']')) {
                return None;
            }
        }
        self.pass(blanks);
        if matches!(self.peek(), None | Some(',' | '}' | ']')) {
            self.problems.add(self.pos, "expected a value here");
            let node = self.node(NodeKind::Null, self.pos);
            return Some((key, node));
        }
        Some((key, self.value(depth + 1)))
    }

    fn items(&mut self, depth: usize) -> Vec<Node> {
        let mut items = Vec::new();
        let start = self.pos;
        self.pos += 1;
        self.lists += 1;
        loop {
            self.pass(blanks);
            match self.peek() {
                None => {
                    self.problems.add(start, "this [ is never closed");
                    break;
                }
                Some(']') => {
                    self.pos += 1;
                    break;
                }
                Some(',') => self.pos += 1,
                Some('}') => {
                    self.problems.add(self.pos, "expected ] here");
                    // The brace closes the map this list is in; at the top there is none.
                    if depth > 0 {
                        break;
                    }
                    self.pos += 1;
                }
                Some(_) => items.push(self.value(depth + 1)),
            }
        }
        self.lists -= 1;
        items
    }

    /// Reads a string, which ends at the end of its line at the latest.
    fn string(&mut self, quote: char) -> String {
        let start = self.pos;
        self.pos += 1;
        let inside = self.take(|input| string_text(input, quote)).unwrap_or("");
        if self.take(|input| recognize(char(quote)).parse(input)).is_none() {
            self.problems.add(start, "this quote is never closed");
        }
        unescape(inside)
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> NodeKind {
        let start = self.pos;
        let Some(word) = self.take(bare_word) else {
            self.problems.add(start, "expected a value here");
            self.pass(|input| recognize(anychar).parse(input));
            return NodeKind::Null;
        };
        match word {
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            "null" => NodeKind::Null,
            _ => word.parse().map(NodeKind::Num).unwrap_or_else(|_| {
                self.problems.add(start, "expected a value here");
                NodeKind::Null
            }),
        }
    }

    /// Passes over a value without reading it: a loop, so that depth costs nothing.
    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(next) = self.peek() {
            match next {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                '"' | '\'' => {
                    self.string(next);
                    continue;
                }
                _ => {}
            }
            self.pos += next.len_utf8();
            if depth == 0 {
                return;
            }
            self.pass(blanks);
        }
    }
}

/// Blanks and comments.
fn blanks(input: &str) -> IResult<&str, &str> {
    let line = recognize(pair(tag("//"), not_line_ending));
    let block = recognize((tag("/*"), alt((recognize(pair(take_until("*/"), tag("*/"))), rest))));
    recognize(many0_count(alt((multispace1, line, block)))).parse(input)
}

/// A number, a word or a bare key.
fn bare_word(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '$'))(input)
}

/// A hole in place of a value or key: `{{ x }}`, `{% x %}`, `${X}`, `<%= x %>`; on one line and
/// without another opening mark, so that no text is searched twice for an end.
fn template(input: &str) -> IResult<&str, &str> {
    let inside = |close: char| take_while(move |c| c != close && !matches!(c, '\n' | '{' | '<'));
    alt((
        recognize(delimited(tag("{{"), inside('}'), tag("}}"))),
        recognize(delimited(tag("{%"), inside('%'), tag("%}"))),
        recognize(delimited(tag("<%"), inside('%'), tag("%>"))),
        recognize(delimited(tag("${"), inside('}'), tag("}"))),
    ))
    .parse(input)
}

/// The inside of a string: to the quote or the end of the line.
fn string_text(input: &str, quote: char) -> IResult<&str, &str> {
    let plain = take_while1(move |c| c != quote && !matches!(c, '\\' | '\n' | '\r'));
    let escape = recognize(pair(char('\\'), opt(none_of("\n\r"))));
    recognize(many0_count(alt((plain, escape)))).parse(input)
}

/// Resolves escapes; one that means nothing stands for the character after the backslash.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('\\');
    out.push_str(pieces.next().unwrap_or(""));
    let mut high = None;
    while let Some(piece) = pieces.next() {
        let mut chars = piece.chars();
        match chars.next() {
            // An escaped backslash: the next piece is plain text.
            None => {
                out.push('\\');
                out.push_str(pieces.next().unwrap_or(""));
                continue;
            }
            Some('u') => {
                if let Ok((after, unit)) = hex_unit(chars.as_str()) {
                    let decoded = char::decode_utf16(high.take().into_iter().chain([unit])).collect::<Vec<_>>();
                    match decoded.as_slice() {
                        [Err(error)] if (0xd800..0xdc00).contains(&error.unpaired_surrogate()) && after.is_empty() => {
                            high = Some(unit);
                        }
                        units => out.extend(units.iter().map(|unit| match unit {
                            Ok(c) => *c,
                            Err(_) => char::REPLACEMENT_CHARACTER,
                        })),
                    }
                    out.push_str(after);
                    continue;
                }
                out.push('u');
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some(c) => out.push(c),
        }
        out.push_str(chars.as_str());
    }
    out
}

/// The four digits after `\u`.
fn hex_unit(input: &str) -> IResult<&str, u16> {
    let four =
        verify(nom::bytes::complete::take(4_usize), |digits: &str| digits.chars().all(|c| c.is_ascii_hexdigit()));
    nom::combinator::map_res(four, |digits| u16::from_str_radix(digits, 16)).parse(input)
}
