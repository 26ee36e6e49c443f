//! Parts of a request and what code does with them before it compares them.
//!
//! In: built while code is evaluated with a symbolic request (`req.headers.origin.toLowerCase()`). Out: the text a
//! term has for a concrete request, and whether a relation holds. Knows no language and no platform.

use std::sync::Arc;

use super::origin::Url;

/// A part of a request (or, for `Status`, of the answer).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// The method.
    Method,
    /// A request header, by its lower-case name.
    Header(Arc<str>),
    /// The path without the query.
    Path,
    /// Path and query.
    Target,
    /// The scheme it was sent with: `http` or `https`.
    Scheme,
    /// The status of the answer.
    Status,
    /// Anything else (body, query, cookies …): present or not, nobody knows.
    Other(Arc<str>),
}

/// A component of a parsed URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UrlPart {
    /// The URL object itself, before a component is taken.
    Whole,
    /// `scheme://host:port`.
    Origin,
    /// Host with port.
    Host,
    /// Host without port.
    Hostname,
    /// `https:`.
    Protocol,
    /// `https`.
    Scheme,
    /// The port as text.
    Port,
    /// The path.
    Pathname,
}

/// One step done to the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TermOp {
    /// To lower case.
    Lower,
    /// To upper case.
    Upper,
    /// White space removed at both ends.
    Trim,
    /// A URL component; nothing when the text is no URL.
    Url(UrlPart),
    /// Split at a separator; a following `Item` picks one.
    Split(Arc<str>),
    /// An item of a split; negative counts from the end.
    Item(i32),
    /// All (or the first) occurrences replaced.
    Replace {
        /// What is looked for.
        from: Arc<str>,
        /// What is put there.
        to: Arc<str>,
        /// All of them.
        all: bool,
    },
    /// A text added at its end.
    Suffix(Arc<str>),
    /// A prefix removed where it stands.
    StripPrefix(Arc<str>),
    /// Characters from..to, as `slice` does.
    Slice(i32, Option<i32>),
    /// `text` when absent: `headers.get('origin', '')`.
    Default(Arc<str>),
    /// The names of a list with commas: trimmed, those that match, sorted, with a comma and a blank between them.
    Names(Option<Pattern>),
}

/// A part of the request and the steps done to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The part.
    pub part: Part,
    /// The steps, first to last.
    pub ops: Vec<TermOp>,
}

/// How a regular expression is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// Anywhere in the text.
    Search,
    /// From the start, open at the end (`re.match`).
    Prefix,
    /// The whole text (`re.fullmatch`).
    Full,
}

/// A regular expression and how it is applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The source text.
    pub source: Arc<str>,
    /// Case is ignored.
    pub ignore_case: bool,
    /// How it is applied.
    pub anchor: Anchor,
}

/// What a term is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Relation {
    /// It is there and not empty.
    Present,
    /// Equal to a text.
    Equals(Arc<str>),
    /// Holds a text.
    Contains(Arc<str>),
    /// Begins with a text.
    StartsWith(Arc<str>),
    /// Ends with a text.
    EndsWith(Arc<str>),
    /// Is a substring of a text (Python's `in` on a string).
    Within(Arc<str>),
    /// Matches a pattern.
    Matches(Pattern),
}

/// The text of a term for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermValue {
    /// The header is not there, or the text is no URL.
    Absent,
    /// This text.
    Text(String),
    /// The pieces of a split.
    Pieces(Vec<String>),
    /// Cannot be known.
    Unknown,
}

impl Term {
    /// A part as it stands.
    pub fn of(part: Part) -> Term {
        Term { part, ops: Vec::new() }
    }

    /// The `Origin` header.
    pub fn origin() -> Term {
        Term::of(Part::Header("origin".into()))
    }

    /// A request header.
    pub fn header(name: &str) -> Term {
        Term::of(Part::Header(name.to_ascii_lowercase().into()))
    }

    /// Is it the `Origin` header, unchanged but for steps that keep an origin an origin?
    pub fn is_origin(&self) -> bool {
        matches!(&self.part, Part::Header(name) if &**name == "origin")
            && self.ops.iter().all(|op| {
                matches!(
                    op,
                    TermOp::Lower | TermOp::Trim | TermOp::Url(UrlPart::Origin | UrlPart::Whole) | TermOp::Default(_)
                )
            })
    }

    /// The term with one more step.
    pub fn then(&self, op: TermOp) -> Term {
        let mut term = self.clone();
        // A component is taken of the URL object: `new URL(x)` then `.hostname` is one step.
        if let (Some(TermOp::Url(UrlPart::Whole)), TermOp::Url(_)) = (term.ops.last(), &op) {
            term.ops.pop();
        }
        term.ops.push(op);
        term
    }

    /// Its value when the part has this value.
    pub fn apply(&self, start: TermValue) -> TermValue {
        self.ops.iter().fold(start, step)
    }
}

/// A text that grew longer than this is not worked on further.
const LONGEST_TEXT: usize = 8_192;

fn step(value: TermValue, op: &TermOp) -> TermValue {
    use TermValue::{Absent, Pieces, Text, Unknown};
    match (value, op) {
        (Unknown, _) => Unknown,
        (Absent, TermOp::Default(text)) => Text(text.to_string()),
        (Absent, _) => Absent,
        (Pieces(pieces), TermOp::Item(index)) => {
            let length = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
            let at = if *index < 0 { length + i64::from(*index) } else { i64::from(*index) };
            usize::try_from(at).ok().and_then(|at| pieces.into_iter().nth(at)).map_or(Absent, Text)
        }
        (Pieces(_), _) => Unknown,
        (Text(text), _) if text.len() > LONGEST_TEXT => Unknown,
        (Text(text), op) => match op {
            TermOp::Lower => Text(text.to_lowercase()),
            TermOp::Upper => Text(text.to_uppercase()),
            TermOp::Trim => Text(text.trim().to_owned()),
            TermOp::Url(part) => Url::parse(&text).map_or(Absent, |url| Text(url.part(*part))),
            TermOp::Split(separator) if separator.is_empty() => Pieces(text.chars().map(String::from).collect()),
            TermOp::Split(separator) => Pieces(text.split(&**separator).map(str::to_owned).collect()),
            TermOp::Item(_) => Unknown,
            TermOp::Replace { from, to, all: true } => Text(text.replace(&**from, to)),
            TermOp::Replace { from, to, all: false } => Text(text.replacen(&**from, to, 1)),
            TermOp::Suffix(suffix) => Text(text + suffix),
            TermOp::StripPrefix(prefix) => Text(text.strip_prefix(&**prefix).unwrap_or(&text).to_owned()),
            TermOp::Slice(from, to) => Text(slice(&text, *from, *to)),
            TermOp::Default(_) => Text(text),
            TermOp::Names(kept) => kept_names(&text, kept.as_ref()).map_or(Unknown, Text),
        },
    }
}

fn kept_names(text: &str, kept: Option<&Pattern>) -> Option<String> {
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim) {
        if kept.map_or(Some(true), |pattern| pattern.matches(name))? {
            names.push(name);
        }
    }
    names.sort_unstable();
    Some(names.join(", "))
}

fn slice(text: &str, from: i32, to: Option<i32>) -> String {
    let characters: Vec<char> = text.chars().collect();
    let length = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    let clamp = |index: i32| {
        let index = i64::from(index);
        let index = if index < 0 { length + index } else { index };
        usize::try_from(index.clamp(0, length)).unwrap_or(0)
    };
    let (from, to) = (clamp(from), to.map_or(characters.len(), clamp));
    characters.get(from..to.max(from)).unwrap_or_default().iter().collect()
}

impl Relation {
    /// Does it hold for this value? Unknown where the value is.
    pub fn holds(&self, value: &TermValue) -> Option<bool> {
        let text = match value {
            TermValue::Unknown => return None,
            TermValue::Absent => return Some(false),
            TermValue::Pieces(pieces) => {
                return match self {
                    Relation::Present => Some(true),
                    Relation::Contains(item) => Some(pieces.iter().any(|piece| **piece == **item)),
                    _ => None,
                };
            }
            TermValue::Text(text) => text,
        };
        match self {
            Relation::Present => Some(!text.is_empty()),
            Relation::Equals(other) => Some(**text == **other),
            Relation::Contains(other) => Some(text.contains(&**other)),
            Relation::StartsWith(other) => Some(text.starts_with(&**other)),
            Relation::EndsWith(other) => Some(text.ends_with(&**other)),
            Relation::Within(other) => Some(other.contains(&**text)),
            Relation::Matches(pattern) => pattern.matches(text),
        }
    }
}

/// Steps a backtracking pattern may take on one origin before it counts as undecidable.
const BACKTRACK_LIMIT: usize = 50_000;
/// Longest pattern that is compiled.
const LONGEST_PATTERN: usize = 4_096;

impl Pattern {
    /// Does it match this text? `None` when it cannot be compiled or takes too long.
    pub fn matches(&self, text: &str) -> Option<bool> {
        if self.source.len() > LONGEST_PATTERN {
            return None;
        }
        let body = match self.anchor {
            Anchor::Search => self.source.to_string(),
            Anchor::Prefix => format!(r"\A(?:{})", self.source),
            Anchor::Full => format!(r"\A(?:{})\z", self.source),
        };
        let body = if self.ignore_case { format!("(?i){body}") } else { body };
        let regex = fancy_regex::RegexBuilder::new(&body).backtrack_limit(BACKTRACK_LIMIT).build().ok()?;
        regex.is_match(text).ok()
    }
}
