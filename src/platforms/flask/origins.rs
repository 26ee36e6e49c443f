//! Who is allowed: `origins` as a decision. A text with a character that patterns have is a pattern, open at its end.
//!
//! In: the value of the option. Out: arms. Source: `serialize_options` and `try_match_pattern` of
//! <https://github.com/corydolphin/flask-cors/blob/main/flask_cors/core.py>.

use std::sync::Arc;

use super::super::values::{env_uses, in_variable, origin_is, origin_matches, origin_relation};
use crate::eval::value::{EnvShape, Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::origin::Url;
use crate::model::policy::{Arm, EnvUse, OriginAnswer, OriginDecision};
use crate::model::server::HeaderPiece;
use crate::model::term::{Anchor, Relation, Term, TermOp};
use crate::source::Span;

/// One of the characters by which the package tells a pattern from a text.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '\\', ']', '?', '$', '^', '[', '(', ')'])
}

/// Does an entry stand for everybody?
fn is_everybody(text: &str) -> bool {
    matches!(text, "*" | ".*")
}

/// Everything that `origins` may hold, each entry under its condition.
fn entries(value: &Value) -> Vec<(Formula, Value)> {
    let mut all = Vec::new();
    for (when, one) in value.alternatives() {
        match &one.kind {
            Kind::List(list) => {
                for item in &list.items {
                    for (inner, value) in item.value.alternatives() {
                        all.push((Formula::all([when.clone(), item.when.clone(), inner]), value));
                    }
                }
                if list.open {
                    let unknown = Value::unknown(crate::eval::value::Reason::NotModelled, one.span);
                    all.push((when.clone(), unknown));
                }
            }
            _ => all.push((when, one)),
        }
    }
    all.retain(|(when, _)| *when != Formula::False);
    all
}

/// The decision of `origins`; without the option everybody is allowed.
pub(super) fn decision(origins: Option<&Value>, call: Span) -> OriginDecision {
    let Some(value) = origins else { return OriginDecision::constant(OriginAnswer::Wildcard, call) };
    let entries = entries(value);
    let mut arms = Vec::new();
    // `.*` among the entries makes all of them one: it is asked for first.
    for (when, entry) in &entries {
        let span = entry.span;
        match &entry.kind {
            Kind::Str(text) if is_everybody(text) => {
                arms.push(Arm { when: when.clone(), answer: OriginAnswer::Wildcard, span });
            }
            Kind::Env(read) if read.shape != EnvShape::Bool => {
                let star = Test::EnvEquals { variable: read.name.clone(), value: "*".into() };
                let when = when.clone().and(Formula::test(star, span));
                arms.push(Arm { when, answer: OriginAnswer::Wildcard, span });
            }
            _ => {}
        }
    }
    for (when, entry) in &entries {
        one(when, entry, &mut arms);
    }
    OriginDecision { arms, span: place(value) }
}

fn one(when: &Formula, entry: &Value, arms: &mut Vec<Arm>) {
    let span = entry.span;
    let mut echo = |matches: Formula| {
        arms.push(Arm { when: when.clone().and(matches), answer: OriginAnswer::Echo, span });
    };
    match &entry.kind {
        Kind::Str(text) if is_everybody(text) => {}
        Kind::Str(text) if is_pattern(text) => {
            // Written like an origin it was meant as one, and no origin is ever written like that.
            if Url::parse(text).is_some_and(|url| url.host.starts_with("*.")) {
                echo(origin_is(text, span));
            }
            echo(origin_matches(text, true, Anchor::Prefix, span));
        }
        // Texts are compared without regard to case; browsers send lower case.
        Kind::Str(text) => match text.to_lowercase() {
            lower if *lower == **text => echo(origin_is(text, span)),
            lower => {
                let term = Term::origin().then(TermOp::Lower);
                echo(Formula::test(Test::Request { term, relation: Relation::Equals(lower.into()) }, span));
            }
        },
        Kind::Regex { pattern, flags } => echo(origin_matches(pattern, flags.contains('i'), Anchor::Prefix, span)),
        Kind::Null | Kind::Undefined => {}
        Kind::Env(read) => echo(in_variable(read).unwrap_or_else(|| Formula::unknown(span))),
        _ => arms.push(Arm { when: when.clone().and(Formula::unknown(span)), answer: OriginAnswer::Unknown, span }),
    }
}

/// The option that decides, not the several places its values come from.
fn place(value: &Value) -> Span {
    match value.kind {
        Kind::OneOf(_) => value.trace.spans().first().copied().unwrap_or(value.span),
        _ => value.span,
    }
}

/// Without an `Origin` header the first of the texts is sent: the condition, and which.
pub(super) fn first_text(origins: Option<&Value>) -> Option<(Formula, HeaderPiece)> {
    let entries = entries(origins?);
    let mut texts: Vec<&Arc<str>> = Vec::new();
    for (when, entry) in &entries {
        match &entry.kind {
            Kind::Str(text) if *when == Formula::True => {
                if !is_pattern(text) {
                    texts.push(text);
                }
            }
            Kind::Null | Kind::Undefined | Kind::Regex { .. } => {}
            _ => return Some((Formula::unknown(entry.span), HeaderPiece::Unknown)),
        }
    }
    texts.sort_unstable();
    texts.first().map(|text| (Formula::True, HeaderPiece::Text((*text).clone())))
}

/// Does the answer vary, as the package sees it: more than one entry, or a pattern?
pub(super) fn varies(origins: Option<&Value>, call: Span) -> Formula {
    let Some(value) = origins else { return Formula::True };
    let entries = entries(value);
    if entries.iter().any(|(when, _)| *when != Formula::True) {
        return Formula::unknown(call);
    }
    let pattern = |entry: &Value| match &entry.kind {
        Kind::Str(text) => Some(is_pattern(text)),
        Kind::Regex { .. } => Some(true),
        Kind::Null | Kind::Undefined => Some(false),
        _ => None,
    };
    let known: Option<Vec<bool>> = entries.iter().map(|(_, entry)| pattern(entry)).collect();
    match known {
        _ if entries.len() > 1 => Formula::True,
        Some(known) => Formula::constant(known.contains(&true)),
        None => Formula::unknown(call),
    }
}

/// Variables that decide, with what happens when they are missing.
pub(super) fn reads(origins: &Value) -> Vec<EnvUse> {
    env_uses(origins, "nobody is then allowed by it")
}

/// The request has an `Origin` that is not empty.
pub(super) fn asked(span: Span) -> Formula {
    origin_relation(Relation::Present, span)
}
