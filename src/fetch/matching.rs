//! Templates found in a squeezed text.
//!
//! In: a template, a text, a place. Out: where it stands and which words fill its gaps; or how far it agrees with a text that
//! was cut off. Knows no message.

use super::squeeze::Squeezed;
use super::template::{Part, Template};

/// The longest word that a gap takes: URLs can be long, but a whole log is no URL.
const LONGEST: usize = 4096;
/// As many ends of a gap as are tried. Hostile texts have a thousand.
const MOST_ENDS: usize = 64;

/// A template in a text: the place, and the place of each word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'t> {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The gaps with their places.
    pub words: Vec<(&'t str, usize, usize)>,
}

/// Every place where a template stands as a whole, with its tail if that follows.
pub fn find_all<'t>(template: &'t Template, text: &Squeezed) -> Vec<Found<'t>> {
    // The longest text is looked for first: short ones such as `origin` are everywhere.
    let texts = template.parts.iter().enumerate().filter_map(|(index, part)| match part {
        Part::Text(_, key) if !key.is_empty() => Some((index, key)),
        _ => None,
    });
    let Some((anchor, key)) = texts.max_by_key(|(_, key)| key.len()) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, _) in text.key.match_indices(key.as_str()) {
        let Some((start, mut words)) = backward(&template.parts[..anchor], text, at) else { continue };
        let Some(end) = forward(&template.parts[anchor + 1..], text, at + key.len(), &mut words) else { continue };
        let mut more = words.clone();
        match forward(&template.tail, text, end, &mut more) {
            Some(end) => found.push(Found { start, end, words: more }),
            None => found.push(Found { start, end, words }),
        }
    }
    found
}

/// A template that ends exactly at a place.
pub fn ending_at<'t>(template: &'t Template, text: &Squeezed, end: usize) -> Option<Found<'t>> {
    let (Part::Text(_, last), parts) = template.parts.split_last()? else { return None };
    if !text.key[..end].ends_with(last.as_str()) {
        return None;
    }
    let (start, words) = backward(parts, text, end - last.len())?;
    Some(Found { start, end, words })
}

/// How many bytes of a template's texts agree with the whole rest of a text that was cut off behind `start`.
pub fn cut_off<'t>(template: &'t Template, text: &Squeezed, start: usize) -> Option<(usize, Found<'t>)> {
    let key = text.key.trim_end_matches(['…', '.']);
    let (mut at, mut weight, mut words) = (start, 0, Vec::new());
    let whole = |weight, words| Some((weight, Found { start, end: text.key.len(), words }));
    let mut parts = template.parts.iter().chain(&template.tail).peekable();
    while let Some(part) = parts.next() {
        let rest = key.get(at..)?;
        match part {
            Part::Text(_, expected) if rest.starts_with(expected.as_str()) => {
                at += expected.len();
                weight += expected.len();
            }
            // The text ends here; what is left of the template has nothing to disagree with.
            Part::Text(_, expected) if expected.starts_with(rest) => return whole(weight + rest.len(), words),
            Part::Text(..) => return None,
            Part::Word(name) => {
                let next =
                    parts.peek().map_or("", |part| if let Part::Text(_, key) = part { key.as_str() } else { "" });
                let found = if next.is_empty() { None } else { rest.find(next) };
                let agreeing = if found.is_none() { overlap(rest, next) } else { 0 };
                let length = found.unwrap_or(rest.len() - agreeing);
                if !fits(name, text, at, at + length) {
                    return None;
                }
                words.push((name.as_str(), at, at + length));
                at += length;
                if found.is_none() {
                    return whole(weight + agreeing, words);
                }
            }
        }
    }
    None
}

/// How many bytes at the end of a text are the beginning of the next one.
fn overlap(text: &str, next: &str) -> usize {
    let lengths = (1..=next.len().min(text.len())).rev();
    lengths.into_iter().find(|&length| next.get(..length).is_some_and(|begin| text.ends_with(begin))).unwrap_or(0)
}

type Words<'t> = Vec<(&'t str, usize, usize)>;

/// The parts that end at a place, the nearest way that fits: `at` stands in many a URL.
fn backward<'t>(parts: &'t [Part], text: &Squeezed, at: usize) -> Option<(usize, Words<'t>)> {
    let [earlier @ .., Part::Text(_, before), Part::Word(name)] = parts else {
        return parts.is_empty().then(|| (at, Vec::new()));
    };
    let from = (at.saturating_sub(LONGEST)..=at).find(|&from| text.key.is_char_boundary(from))?;
    for (start, _) in text.key[from..at].rmatch_indices(before.as_str()).take(MOST_ENDS) {
        let (start, begin) = (from + start, from + start + before.len());
        if fits(name, text, begin, at)
            && let Some((first, mut words)) = backward(earlier, text, start)
        {
            words.push((name.as_str(), begin, at));
            return Some((first, words));
        }
    }
    None
}

fn forward<'t>(parts: &'t [Part], text: &Squeezed, mut at: usize, words: &mut Words<'t>) -> Option<usize> {
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text(_, expected) => at += text.key[at..].starts_with(expected.as_str()).then_some(expected.len())?,
            Part::Word(name) => {
                let end = match parts.peek() {
                    Some(Part::Text(_, next)) if !next.is_empty() => at + near(&text.key, at).find(next.as_str())?,
                    // Nothing follows to say where it ends, but perhaps a quote.
                    _ => open_end(name, text, at),
                };
                if !fits(name, text, at, end) {
                    return None;
                }
                words.push((name.as_str(), at, end));
                at = end;
            }
        }
    }
    Some(at)
}

/// As much of a text as a gap and the text behind it can take.
fn near(key: &str, at: usize) -> &str {
    let end = (at + 2 * LONGEST).min(key.len());
    let end = (at..=end).rev().find(|&end| key.is_char_boundary(end)).unwrap_or(at);
    &key[at..end]
}

fn open_end(name: &str, text: &Squeezed, at: usize) -> usize {
    match name {
        "status" => {
            let rest = &text.key[at..];
            let known = |c: char| c.is_ascii_digit();
            at + if rest.starts_with("(null)") { 6 } else { rest.find(|c| !known(c)).unwrap_or(rest.len()) }
        }
        "url" => text.quote_end(at),
        _ => text.line_end(at),
    }
}

/// What stands in messages beside URLs, and in none.
const MARKS: [&str; 4] = ["fromorigin", "blockedby", "(redirectedfrom", "(reason:"];

/// A scheme and a colon; where the text is cut off, as much of it as there is.
fn begins_like_a_url(word: &str, cut_off: bool) -> bool {
    let Some((scheme, _)) = word.split_once(':') else { return cut_off && "https".starts_with(word) };
    scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Can these bytes be the word of this gap? Gaps must not swallow other messages.
fn fits(name: &str, text: &Squeezed, start: usize, end: usize) -> bool {
    if end - start > LONGEST {
        return false;
    }
    let word = &text.key[start..end];
    let written = || text.between(start, end);
    match name {
        "url" | "from" | "page" => {
            begins_like_a_url(word, text.key.len() == end) && !MARKS.iter().any(|mark| word.contains(mark))
        }
        "origin" => word == "null" || fits("url", text, start, end),
        "method" | "header" | "kind" | "scheme" | "space" | "other" => {
            word.len() <= 128 && !written().contains(char::is_whitespace)
        }
        "status" => !word.is_empty() && word.len() <= 6,
        _ => true,
    }
}
