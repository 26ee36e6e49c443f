//! The inside of a word: escapes, variables and templates.
//!
//! In: a word's text without its quotes. Out: the text as nginx takes it, and its parts. Knows nothing of directives.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while1};
use nom::combinator::{map, verify};
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::WordPart;
use super::lexer::TEMPLATES;

/// Resolves the escapes nginx knows; a backslash before anything else stays, as regular expressions need it.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some(c @ ('"' | '\'' | '\\')) => out.push(c),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    out
}

/// The pieces of a text whose escapes are resolved.
pub(super) fn parts(text: &str) -> Vec<WordPart> {
    let mut parts = Vec::new();
    let mut literal = 0;
    let take_literal = |parts: &mut Vec<WordPart>, from: usize, to: usize| {
        if from < to {
            parts.push(WordPart::Text(text[from..to].into()));
        }
    };
    // The last of each closing mark: no search is begun that cannot succeed, so `{{{{{{` costs one look, not many.
    let last = TEMPLATES.map(|(_, close)| text.rfind(close).unwrap_or(0));
    let mut pos = 0;
    while let Some(next) = text[pos..].find(['$', '{', '<', '%']) {
        let at = pos + next;
        let rest = &text[at..];
        let template = TEMPLATES.iter().zip(last).find(|((open, _), last)| rest.starts_with(open) && at + 2 <= *last);
        let hole = match template {
            Some(((open, close), _)) => long_hole(rest, open, close),
            None => short_hole(rest),
        };
        match hole {
            Ok((after, part)) => {
                take_literal(&mut parts, literal, at);
                parts.push(part);
                pos = text.len() - after.len();
                literal = pos;
            }
            Err(_) => pos = at + 1,
        }
    }
    take_literal(&mut parts, literal, text.len());
    parts
}

/// A hole whose closing mark is known to come.
fn long_hole<'a>(input: &'a str, open: &str, close: &str) -> IResult<&'a str, WordPart> {
    let (after, inside) = delimited(tag(open), take_until(close), tag(close)).parse(input)?;
    // Handlebars writes `{{{ raw }}}`.
    let after = if inside.starts_with('{') { after.strip_prefix('}').unwrap_or(after) } else { after };
    Ok((after, template(inside)))
}

/// The holes whose end needs no search.
fn short_hole(input: &str) -> IResult<&str, WordPart> {
    alt((
        map(delimited(tag("%%"), name, tag("%%")), template),
        map(delimited(tag("${"), verify(name, is_environment_name), tag("}")), template),
        map(delimited(tag("${"), name, tag("}")), |name: &str| WordPart::Variable(name.into())),
        map((tag("$"), name), |(_, name): (&str, &str)| WordPart::Variable(name.into())),
    ))
    .parse(input)
}

fn template(inside: &str) -> WordPart {
    let inside = inside.trim_start_matches(['{', '=', '-', '~']).trim_end_matches(['-', '~']);
    WordPart::Template(inside.trim().into())
}

/// Characters of a variable's name.
fn name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_')(input)
}

/// `${CORS_ORIGIN}` is a variable of the environment, filled by envsubst; nginx's own are written small.
fn is_environment_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase())
}
