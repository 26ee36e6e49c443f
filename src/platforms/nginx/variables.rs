//! Variables and conditions: `$http_origin`, `set`, `map`, `if`.
//!
//! In: words with variables in them. Out: their values as guarded alternatives, and formulas. Knows no header and no
//! location. What cannot be known becomes an unknown piece or an unknown condition, never a guess.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::map::Maps;
use crate::model::condition::{Formula, Test};
use crate::model::server::HeaderPiece;
use crate::model::term::{Anchor, Part, Pattern, Relation, Term, TermOp};
use crate::source::Span;
use crate::syntax::nginx::{Word, WordPart};

/// Alternatives of one value, at most; more become one unknown.
const MAX_ALTERNATIVES: usize = 64;
/// Variables that lead to variables, at most.
pub(super) const MAX_DEPTH: usize = 8;

/// One of the texts a value may have. The alternatives of a value exclude each other and leave nothing out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alternative {
    /// When it has it.
    pub(super) when: Formula,
    /// The text; nothing is the empty text.
    pub(super) pieces: Vec<HeaderPiece>,
    /// Where the text is decided: the word, or the entry of a map.
    pub(super) span: Span,
}

impl Alternative {
    /// A value that is always the same.
    pub(super) fn always(pieces: Vec<HeaderPiece>, span: Span) -> Alternative {
        Alternative { when: Formula::True, pieces, span }
    }
}

/// How two texts are compared.
#[derive(Debug, Clone)]
pub(super) enum Comparison {
    /// Equal to the letter.
    Equals(Arc<str>),
    /// Equal but for case.
    EqualsIgnoringCase(Arc<str>),
    /// A regular expression.
    Matches(Pattern),
}

impl Comparison {
    /// A regular expression as nginx applies it: anywhere in the text.
    pub(super) fn regex(source: &str, ignore_case: bool) -> Comparison {
        Comparison::Matches(Pattern { source: source.into(), ignore_case, anchor: Anchor::Search })
    }

    /// The condition that this text compares so.
    pub(super) fn holds(&self, pieces: &[HeaderPiece], span: Span) -> Formula {
        match pieces {
            [] => self.decide("").map_or_else(|| Formula::unknown(span), Formula::constant),
            [HeaderPiece::Text(text)] => self.decide(text).map_or_else(|| Formula::unknown(span), Formula::constant),
            [HeaderPiece::Term(term)] => self.of_term(term, span),
            [HeaderPiece::Text(before), rest @ ..] => match self {
                Comparison::Equals(text) => match text.strip_prefix(&**before) {
                    Some(text) => Comparison::Equals(text.into()).holds(rest, span),
                    None => Formula::False,
                },
                _ => Formula::unknown(span),
            },
            [rest @ .., HeaderPiece::Text(after)] => match self {
                Comparison::Equals(text) => match text.strip_suffix(&**after) {
                    Some(text) => Comparison::Equals(text.into()).holds(rest, span),
                    None => Formula::False,
                },
                _ => Formula::unknown(span),
            },
            _ => Formula::unknown(span),
        }
    }

    fn decide(&self, text: &str) -> Option<bool> {
        match self {
            Comparison::Equals(other) => Some(**other == *text),
            Comparison::EqualsIgnoringCase(other) => Some(other.eq_ignore_ascii_case(text)),
            Comparison::Matches(pattern) => pattern.matches(text),
        }
    }

    /// A header that was not sent is an empty text to nginx.
    fn of_term(&self, term: &Term, span: Span) -> Formula {
        let term = term.then(TermOp::Default("".into()));
        let (term, relation) = match self {
            Comparison::Equals(text) => (term, Relation::Equals(text.clone())),
            Comparison::EqualsIgnoringCase(text) => {
                (term.then(TermOp::Lower), Relation::Equals(text.to_lowercase().into()))
            }
            Comparison::Matches(pattern) => (term, Relation::Matches(pattern.clone())),
        };
        Formula::test(Test::Request { term, relation }, span)
    }
}

/// What variables stand for at one point of the configuration.
#[derive(Debug, Clone)]
pub(super) struct Variables<'m, 'a> {
    maps: &'m Maps<'a>,
    root: usize,
    set: BTreeMap<Arc<str>, Vec<Alternative>>,
}

impl<'m, 'a> Variables<'m, 'a> {
    /// Before anything was `set`, in the root of this number.
    pub(super) fn new(maps: &'m Maps<'a>, root: usize) -> Self {
        Variables { maps, root, set: BTreeMap::new() }
    }

    /// `set $name value` where `when` holds.
    pub(super) fn assign(&mut self, name: &str, when: &Formula, value: &Word) {
        let mut alternatives = restrict(self.word(value), when);
        let before = self.set.get(name).cloned();
        // A variable that was never set is empty.
        let before = before.unwrap_or_else(|| vec![Alternative::always(Vec::new(), value.span)]);
        alternatives.extend(restrict(before, &when.clone().negated()));
        self.set.insert(name.into(), bounded(alternatives, value.span));
    }

    /// A URL with the first server of an `upstream` block in place of the block's name.
    pub(super) fn address(&self, url: &str) -> Option<String> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (name, path) = rest.split_at(end);
        self.maps.upstream(name).map(|server| format!("{scheme}://{server}{path}"))
    }

    /// The value of a word.
    pub(super) fn word(&self, word: &Word) -> Vec<Alternative> {
        self.parts(&word.parts, word.span, 0)
    }

    /// The value of the pieces of a word.
    pub(super) fn parts(&self, parts: &[WordPart], span: Span, depth: usize) -> Vec<Alternative> {
        if let [WordPart::Variable(name)] = parts {
            return self.variable(name, span, depth);
        }
        let mut values = vec![Alternative::always(Vec::new(), span)];
        for part in parts {
            let next = match part {
                WordPart::Text(text) => vec![Alternative::always(vec![HeaderPiece::Text(text.clone())], span)],
                WordPart::Variable(name) => self.variable(name, span, depth),
                WordPart::Template(_) => vec![Alternative::always(vec![HeaderPiece::Unknown], span)],
            };
            if values.len() * next.len() > MAX_ALTERNATIVES {
                return vec![Alternative::always(vec![HeaderPiece::Unknown], span)];
            }
            values = product(&values, &next);
        }
        bounded(values, span)
    }

    fn variable(&self, name: &str, span: Span, depth: usize) -> Vec<Alternative> {
        if let Some(alternatives) = self.set.get(name) {
            return alternatives.clone();
        }
        if depth < MAX_DEPTH
            && let Some(map) = self.maps.get(name, self.root)
        {
            return map.alternatives(self, depth + 1);
        }
        let piece = builtin(name).map_or(HeaderPiece::Unknown, HeaderPiece::Term);
        vec![Alternative::always(vec![piece], span)]
    }

    /// The condition of an `if`, by its words without the parentheses.
    pub(super) fn condition(&self, words: &[Word]) -> Formula {
        let Some(span) = words.first().zip(words.last()).map(|(first, last)| first.span.to(last.span)) else {
            return Formula::True;
        };
        match words {
            [subject] if matches!(*subject.parts, [WordPart::Variable(_)]) => {
                let truths = self.word(subject).into_iter().map(|one| one.when.and(truth(&one.pieces, span)));
                Formula::any(truths)
            }
            [subject, operator, other] => {
                let literal = other.is_literal().then(|| other.text.to_string());
                // An origin from a template is whatever the deployment says; of a pattern the shape is known.
                let pattern = literal.clone().or_else(|| self.maps.text(other));
                let comparison = match (operator.text.trim_start_matches('!'), literal, pattern) {
                    ("=", Some(text), _) => Comparison::Equals(text.into()),
                    ("~", _, Some(pattern)) => Comparison::regex(&pattern, false),
                    ("~*", _, Some(pattern)) => Comparison::regex(&pattern, true),
                    _ => return Formula::unknown(span),
                };
                let subjects = self.word(subject).into_iter();
                let holds = Formula::any(subjects.map(|one| one.when.and(comparison.holds(&one.pieces, span))));
                if operator.text.starts_with('!') { holds.negated() } else { holds }
            }
            _ => Formula::unknown(span),
        }
    }
}

/// A text alone as a condition: true unless empty or `0`.
fn truth(pieces: &[HeaderPiece], span: Span) -> Formula {
    match pieces {
        [] => Formula::False,
        [HeaderPiece::Text(text)] => Formula::constant(!text.is_empty() && &**text != "0"),
        [HeaderPiece::Term(term)] => {
            Formula::test(Test::Request { term: term.clone(), relation: Relation::Present }, span)
        }
        _ => Formula::unknown(span),
    }
}

/// Variables of nginx that stand for a part of the request.
fn builtin(name: &str) -> Option<Term> {
    let part = match name {
        "request_method" => Part::Method,
        "uri" | "document_uri" => Part::Path,
        "request_uri" => Part::Target,
        _ => return name.strip_prefix("http_").map(|header| Term::header(&header.replace('_', "-"))),
    };
    Some(Term::of(part))
}

/// The same alternatives under one more condition; those that can never be are gone.
pub(super) fn restrict(alternatives: Vec<Alternative>, when: &Formula) -> Vec<Alternative> {
    alternatives
        .into_iter()
        .map(|one| Alternative { when: when.clone().and(one.when), ..one })
        .filter(|one| one.when != Formula::False)
        .collect()
}

fn product(left: &[Alternative], right: &[Alternative]) -> Vec<Alternative> {
    let mut all = Vec::with_capacity(left.len() * right.len());
    for a in left {
        for b in right {
            let when = a.when.clone().and(b.when.clone());
            if when != Formula::False {
                let span = if b.when == Formula::True { a.span } else { b.span };
                all.push(Alternative { when, pieces: joined(&a.pieces, &b.pieces), span });
            }
        }
    }
    all
}

fn joined(left: &[HeaderPiece], right: &[HeaderPiece]) -> Vec<HeaderPiece> {
    let mut pieces = left.to_vec();
    for piece in right {
        match (pieces.last_mut(), piece) {
            (Some(HeaderPiece::Text(text)), HeaderPiece::Text(more)) => *text = format!("{text}{more}").into(),
            _ => pieces.push(piece.clone()),
        }
    }
    pieces
}

/// Alternatives with the same text are one; too many are an unknown.
fn bounded(alternatives: Vec<Alternative>, span: Span) -> Vec<Alternative> {
    let mut merged: Vec<Alternative> = Vec::new();
    for one in alternatives {
        match merged.iter_mut().find(|other| other.pieces == one.pieces && other.span == one.span) {
            Some(other) => other.when = other.when.clone().or(one.when),
            None => merged.push(one),
        }
    }
    if merged.len() > MAX_ALTERNATIVES {
        return vec![Alternative::always(vec![HeaderPiece::Unknown], span)];
    }
    merged
}
