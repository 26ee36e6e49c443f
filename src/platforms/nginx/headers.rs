//! Header lines and what of them is in force on a level.
//!
//! In: blocks inside blocks. Out: the lines that apply there, by nginx's rules of inheritance, and the effects they have.
//! Knows `add_header`, `more_set_headers`, `more_clear_headers` and `*_hide_header`; no request and no location.

use std::sync::Arc;

use super::tree::Item;
use super::variables::Variables;
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::platforms::manual::is_cors_header;
use crate::source::{Span, Spanned};
use crate::syntax::nginx::WordPart;

/// The header that decides.
pub(super) const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// A block and the blocks around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'l, 'a> {
    /// The block around it.
    pub(super) outer: Option<&'l Level<'l, 'a>>,
    /// What stands in it.
    pub(super) items: &'l [Item<'a>],
    /// The directive that opens it; `None` for a file.
    pub(super) block: Option<&'l Item<'a>>,
}

impl<'l, 'a> Level<'l, 'a> {
    /// A block inside `outer`.
    pub(super) fn inside(outer: &'l Level<'l, 'a>, block: &'l Item<'a>) -> Self {
        Level { outer: Some(outer), items: &block.children, block: Some(block) }
    }

    /// Directives by themselves.
    pub(super) fn alone(items: &'l [Item<'a>]) -> Self {
        Level { outer: None, items, block: None }
    }

    /// Its own directives of a name.
    pub(super) fn own(&self, name: &str) -> Vec<&'l Item<'a>> {
        self.items.iter().filter(|item| item.name() == name).collect()
    }

    /// The directives of a name that hold here: its own, or those of the nearest level that has some.
    pub(super) fn nearest(&self, name: &str) -> Vec<&'l Item<'a>> {
        let own = self.own(name);
        match self.outer {
            Some(outer) if own.is_empty() => outer.nearest(name),
            _ => own,
        }
    }

    /// Has it any of these directives itself?
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.items.iter().any(|item| names.contains(&item.name()))
    }

    /// The header lines in force. One own `add_header` drops all inherited ones (`add_header_inherit` may change that since
    /// 1.29.3); the lines of the headers-more module add up.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = self.added();
        lines.extend(self.more());
        lines
    }

    /// The lines written in this block itself.
    pub(super) fn own_lines(&self) -> Vec<Line> {
        let more = self.items.iter().flat_map(more_lines);
        self.own("add_header").into_iter().filter_map(add_header).chain(more).collect()
    }

    fn added(&self) -> Vec<Line> {
        let own: Vec<Line> = self.own("add_header").into_iter().filter_map(add_header).collect();
        let inherit = self.nearest("add_header_inherit").last().map_or("on", |item| item.first());
        match (inherit, self.outer) {
            ("merge", Some(outer)) => outer.added().into_iter().chain(own).collect(),
            ("on", Some(outer)) if own.is_empty() => outer.added(),
            _ => own,
        }
    }

    fn more(&self) -> Vec<Line> {
        let mut lines = self.outer.map(Level::more).unwrap_or_default();
        lines.extend(self.items.iter().flat_map(more_lines));
        lines
    }
}

/// How a line changes a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// One more line of it.
    Add,
    /// In place of what is there.
    Set,
    /// Gone.
    Clear,
}

/// The answers a line applies to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answers {
    /// All.
    Every,
    /// Those with one of these status codes.
    Status(Arc<str>),
    /// Those that nobody can tell.
    Unknown,
}

/// A header line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// The header.
    pub(super) name: Spanned<Arc<str>>,
    /// The value's pieces; `None` when the line is not valid.
    pub(super) parts: Option<Vec<WordPart>>,
    /// Where the value is written.
    pub(super) value: Span,
    /// What the line does.
    pub(super) change: Change,
    /// To which answers.
    pub(super) answers: Answers,
    /// The whole line.
    pub(super) span: Span,
}

impl Line {
    /// Is it about this header and may it send it?
    pub(super) fn sends(&self, name: &str) -> bool {
        self.change != Change::Clear
            && self.name.value.eq_ignore_ascii_case(name)
            && self.parts.as_ref().is_none_or(|parts| !parts.is_empty())
    }

    /// Is it a response header of CORS?
    pub(super) fn is_cors(&self) -> bool {
        is_cors_header(&self.name.value)
    }

    /// The text of its value, when it has no variables.
    pub(super) fn text(&self) -> Option<Arc<str>> {
        match self.parts.as_deref()? {
            [] => Some("".into()),
            [WordPart::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// What it does where `when` holds, `with_status` or as if every answer were a good one.
    pub(super) fn effects(
        &self,
        when: &Formula,
        variables: &Variables<'_, '_>,
        with_status: bool,
    ) -> Vec<GuardedEffect> {
        let answers = match &self.answers {
            Answers::Unknown => Formula::unknown(self.span),
            Answers::Status(codes) if with_status => status_is(codes, self.span),
            Answers::Status(_) | Answers::Every => Formula::True,
        };
        let when = when.clone().and(answers);
        let guarded = |when: Formula, effect: Effect| GuardedEffect { when, effect, span: self.span };
        if self.change == Change::Clear {
            return vec![guarded(when, Effect::Remove(self.name.clone()))];
        }
        let send = |value: HeaderValue| match self.change {
            Change::Add => Effect::Append(self.name.clone(), value),
            Change::Set | Change::Clear => Effect::Set(self.name.clone(), value),
        };
        let Some(parts) = &self.parts else {
            let value = HeaderValue { pieces: vec![HeaderPiece::Unknown], span: self.value };
            return vec![guarded(when, send(value))];
        };
        let mut effects = Vec::new();
        for one in variables.parts(parts, self.value, 0) {
            let empty = one.pieces.iter().all(|piece| matches!(piece, HeaderPiece::Text(text) if text.is_empty()));
            let when = when.clone().and(one.when);
            // An empty value is not sent.
            if !empty && when != Formula::False {
                effects.push(guarded(when, send(HeaderValue { pieces: one.pieces, span: one.span })));
            }
        }
        effects
    }
}

/// Codes of answers that `add_header` without `always` applies to.
const GOOD_STATUS: &str = "200 201 204 206 301 302 303 304 307 308";

/// The condition that the answer has one of these codes.
pub(super) fn status_is(codes: &str, span: Span) -> Formula {
    let source = codes.split_ascii_whitespace().collect::<Vec<_>>().join("|");
    let pattern = Pattern { source: source.into(), ignore_case: false, anchor: Anchor::Full };
    Formula::test(Test::Request { term: Term::of(Part::Status), relation: Relation::Matches(pattern) }, span)
}

fn add_header(item: &Item<'_>) -> Option<Line> {
    let (name, rest) = item.args().split_first()?;
    let value = rest.first()?;
    let always = rest.get(1).is_some_and(|word| &*word.text == "always");
    // More words are a mistake (an unquoted list): nginx does not start.
    let valid = rest.len() == 1 || (rest.len() == 2 && always);
    Some(Line {
        name: Spanned::new(name.text.clone(), name.span),
        parts: valid.then(|| value.parts.clone()),
        value: value.span,
        change: Change::Add,
        answers: if always { Answers::Every } else { Answers::Status(GOOD_STATUS.into()) },
        span: item.head(),
    })
}

/// `more_set_headers [-s codes] [-t types] 'Name: value' …`.
fn more_lines(item: &Item<'_>) -> Vec<Line> {
    let clears = match item.name() {
        "more_set_headers" => false,
        "more_clear_headers" => true,
        _ => return Vec::new(),
    };
    let mut lines = Vec::new();
    let mut answers = Answers::Every;
    let mut change = Change::Set;
    let mut words = item.args().iter();
    while let Some(word) = words.next() {
        match &*word.text {
            "-s" => answers = words.next().map_or(Answers::Unknown, |codes| Answers::Status(codes.text.clone())),
            "-t" => {
                words.next();
                answers = Answers::Unknown;
            }
            "-a" => change = Change::Add,
            text => {
                let (name, _) = text.split_once(':').unwrap_or((text, ""));
                let parts = value_parts(&word.parts);
                let quote = usize::from(word.quoted);
                let start = word.span.start as usize + quote;
                let place = |from: usize, to: usize| Span::new(word.span.file, start + from, start + to);
                let blanks = text.len() - text[name.len()..].trim_start_matches([':', ' ', '\t']).len();
                // Escapes make the text shorter than what is written; then the word has to do.
                let exact = (word.span.end - word.span.start) as usize == text.len() + 2 * quote;
                lines.push(Line {
                    name: Spanned::new(name.trim().into(), if exact { place(0, name.len()) } else { word.span }),
                    change: if clears || parts.is_empty() { Change::Clear } else { change },
                    parts: Some(parts),
                    value: if exact { place(blanks, text.len()) } else { word.span },
                    answers: answers.clone(),
                    span: word.span,
                });
            }
        }
    }
    lines
}

/// The pieces after `Name:`.
fn value_parts(parts: &[WordPart]) -> Vec<WordPart> {
    let mut parts = parts.iter();
    let first = match parts.next() {
        Some(WordPart::Text(text)) => text.split_once(':').map_or("", |(_, value)| value).trim_start(),
        _ => "",
    };
    let first = (!first.is_empty()).then(|| WordPart::Text(first.into()));
    first.into_iter().chain(parts.cloned()).collect()
}

/// Is `Origin` taken from the request, or the header that decides from the answer of the server behind?
pub(super) fn hides_cors(level: &Level<'_, '_>) -> bool {
    let taken =
        |effect: &Effect| matches!(effect, Effect::Remove(name) if name.value.eq_ignore_ascii_case(ALLOW_ORIGIN));
    let blank = |item: &Item<'_>| {
        let empty = item.args().get(1).is_some_and(|value| value.text.is_empty());
        item.first().eq_ignore_ascii_case("origin") && empty
    };
    hidden(level).iter().any(|guarded| taken(&guarded.effect))
        || level.nearest("proxy_set_header").into_iter().any(blank)
}

/// `proxy_hide_header` and its kin: what the server behind sends is taken away before anything is added.
pub(super) fn hidden(level: &Level<'_, '_>) -> Vec<GuardedEffect> {
    ["proxy_hide_header", "fastcgi_hide_header", "uwsgi_hide_header", "grpc_hide_header", "scgi_hide_header"]
        .into_iter()
        .flat_map(|name| level.nearest(name))
        .filter_map(|item| {
            let word = item.args().first()?;
            let effect = Effect::Remove(Spanned::new(word.text.clone(), word.span));
            Some(GuardedEffect { when: Formula::True, effect, span: item.head() })
        })
        .collect()
}
