//! The answers of one function as policies: what it grants, whoever asks for whatever.
//!
//! In: answers with their header lines. Out: a policy for each way in which they say who is allowed. A function chooses its
//! answer by path, method and body; none of that says who is allowed, so only conditions on the origin and on the
//! environment are kept.

use std::sync::Arc;

use super::super::manual;
use super::super::values;
use super::answers::{Answer, Handled, What};
use crate::eval::value::Map;
use crate::model::condition::{Formula, Test, World};
use crate::model::policy::{EnvUse, Known, Policy};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// What becomes of an answer whose variable is not set.
const UNSET: &str = "the header then names no page's origin";

/// A request whose path may be any: functions choose by it, and nobody knows which paths are asked for.
pub(super) struct AnyPath<'a>(pub(super) Situation<'a>);

impl World for AnyPath<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        match test {
            Test::Request { term, .. } if matches!(&term.part, Part::Path | Part::Target) => None,
            Test::Request { term, .. } if term.part == Part::Header("host".into()) => None,
            _ => self.0.test(test),
        }
    }
}

/// May an answer be given to a request with this method? Pages call with a token or cookies, and without them.
pub(super) fn possible(when: &Formula, method: &str) -> Option<bool> {
    let assume = Assume::Production;
    let given = |request: &Request| when.eval(&AnyPath(Situation::with(&assume, request)));
    if method == "OPTIONS" {
        return given(&super::super::express::order::preflight_request());
    }
    let nobody = Request::new(method, "/").with_any("origin");
    let somebody = nobody.clone().with_any("authorization").with_any("cookie");
    let (known, unknown) = (given(&somebody), given(&nobody));
    (known == unknown).then_some(known).flatten()
}

/// May an answer be given to a request of a page with this method that says nothing of who asks?
pub(super) fn anonymous(when: &Formula, method: &str) -> bool {
    let assume = Assume::Production;
    let request = Request::new(method, "/").with_any("origin");
    when.eval(&AnyPath(Situation::with(&assume, &request))) != Some(false)
}

/// Is it given to CORS-preflight requests alone?
pub(super) fn only_preflights(answer: &Answer) -> bool {
    possible(&answer.when, "OPTIONS") != Some(false)
        && ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| possible(&answer.when, method) == Some(false))
}

/// The value that a line gives a header, if it is a line of that header.
pub(super) fn line_value<'l>(line: &'l GuardedEffect, name: &str) -> Option<&'l HeaderValue> {
    match &line.effect {
        Effect::Set(header, value) | Effect::Append(header, value) if header.value.eq_ignore_ascii_case(name) => {
            Some(value)
        }
        _ => None,
    }
}

/// Does an answer have a line of this header, on some condition?
pub(super) fn has(answer: &Answer, name: &str) -> bool {
    answer.lines.iter().any(|line| line_value(line, name).is_some())
}

/// Does an answer say who is allowed?
pub(super) fn grants(answer: &Answer) -> bool {
    has(answer, "access-control-allow-origin")
}

/// Environment variables in the lines that say who is allowed.
pub(super) fn env_uses(lines: &Map, found: &mut Vec<EnvUse>) {
    for (name, entry) in &lines.entries {
        if name.eq_ignore_ascii_case("access-control-allow-origin") {
            found.extend(values::env_uses(&entry.value, UNSET));
        }
    }
}

/// What a function grants.
pub(in crate::platforms) fn policies(handled: &Handled, origin: &manual::Origin) -> Vec<Policy> {
    let mut groups: Vec<(Vec<Vec<HeaderPiece>>, Vec<&Answer>)> = Vec::new();
    for answer in handled.answers.iter().filter(|answer| grants(answer) && answer.what != What::Fails) {
        let mut says: Vec<Vec<HeaderPiece>> = Vec::new();
        for line in &answer.lines {
            if let Some(value) = line_value(line, "access-control-allow-origin")
                && !says.contains(&value.pieces)
            {
                says.push(value.pieces.clone());
            }
        }
        match groups.iter_mut().find(|(known, _)| *known == says) {
            Some((_, answers)) => answers.push(answer),
            None => groups.push((says, vec![answer])),
        }
    }
    let single = groups.len() == 1;
    groups.into_iter().filter_map(|(_, answers)| policy(handled, &answers, origin, single)).collect()
}

fn policy(handled: &Handled, answers: &[&Answer], origin: &manual::Origin, single: bool) -> Option<Policy> {
    let mut merged: Vec<GuardedEffect> = Vec::new();
    // What a preflight is told about methods and headers counts before what other answers say of them.
    let (preflights, others): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().copied().partition(|answer| only_preflights(answer));
    let only_preflights = others.is_empty();
    for answer in others.into_iter().chain(preflights) {
        for line in &answer.lines {
            let echoes = line_value(line, "access-control-allow-origin")
                .is_some_and(|value| value.pieces.iter().any(|piece| !matches!(piece, HeaderPiece::Text(_))));
            let when = asked(&in_calm(&answer.when.clone().and(line.when.clone())), echoes, handled);
            match merged.iter_mut().find(|known| known.effect == line.effect && known.span == line.span) {
                Some(known) => known.when = either(&known.when, &when),
                None => merged.push(GuardedEffect { when, ..line.clone() }),
            }
        }
    }
    let mut policy = manual::policy(&merged, origin.clone())?;
    let first = merged.iter().find(|line| line_value(line, "access-control-allow-origin").is_some())?;
    policy.span = first.span;
    policy.installed = Known::Yes;
    policy.preflight_only = only_preflights && !single;
    policy.static_assets = answers.iter().any(|answer| is_asset(answer))
        && answers.iter().all(|answer| is_asset(answer) || self::only_preflights(answer) || is_error(answer));
    policy.env_reads = handled.env.clone();
    policy.methods_used = handled.methods.iter().map(|(method, span)| Spanned::new(method.clone(), *span)).collect();
    let used = |name: &str, at: Option<Span>| at.map(|span| Spanned::new(Arc::from(name), span));
    policy.headers_used =
        [used("Content-Type", handled.reads_json), used("Authorization", handled.reads_authorization)]
            .into_iter()
            .flatten()
            .collect();
    Some(policy)
}

/// Images, fonts, styles and scripts, which every page may load anyway.
fn is_asset(answer: &Answer) -> bool {
    const KINDS: [&str; 7] =
        ["image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript"];
    answer.lines.iter().filter_map(|line| line_value(line, "content-type")).any(|value| {
        value.as_text().is_some_and(|text| KINDS.iter().any(|kind| text.to_ascii_lowercase().starts_with(kind)))
    })
}

fn is_error(answer: &Answer) -> bool {
    matches!(answer.what, What::Own(Some(400..)))
        || matches!(answer.what, What::Own(None)) && super::faults::is_caught(&answer.when)
}

/// One or the other; a condition that another one follows from anyway is left out, so that many answers stay one short sentence.
fn either(known: &Formula, when: &Formula) -> Formula {
    let follows = |whole: &Formula, from: &Formula| whole.given(&from.conjuncts()) == Formula::True;
    if follows(known, when) {
        return known.clone();
    }
    let parts = match known {
        Formula::Any(parts) => parts.to_vec(),
        one => vec![one.clone()],
    };
    let others = parts.into_iter().filter(|part| !follows(when, part));
    Formula::any(others.chain([when.clone()]))
}

/// What is left of a condition where nothing is thrown, unless it is about nothing else.
fn in_calm(when: &Formula) -> Formula {
    match calm(when) {
        Formula::False => when.clone(),
        calm => calm,
    }
}

fn calm(when: &Formula) -> Formula {
    let is_thrown = |part: &Formula| matches!(part, Formula::Test(test, _) if matches!(***test, Test::Thrown(_)));
    match when {
        Formula::Test(..) if is_thrown(when) => Formula::False,
        Formula::True | Formula::False | Formula::Test(..) => when.clone(),
        Formula::Not(inner) => calm(inner).negated(),
        Formula::All(parts) => Formula::all(parts.iter().map(calm)),
        // What ends in a `catch`: a variable that is missing is a mistake of the deployment, whoever asks.
        Formula::Any(parts) if parts.iter().any(is_thrown) => {
            Formula::any(parts.iter().filter(|part| !is_about_deployment(part)).map(calm))
        }
        Formula::Any(parts) => Formula::any(parts.iter().map(calm)),
    }
}

fn is_about_deployment(when: &Formula) -> bool {
    let tests = when.tests();
    let any = |picks: fn(&Test) -> bool| tests.iter().any(|(test, _)| picks(test));
    any(|test| matches!(test, Test::EnvEquals { .. } | Test::EnvSet { .. } | Test::EnvTrue { .. }))
        && !any(|test| matches!(test, Test::Request { term, .. } if term.part == Part::Header("origin".into())))
}

/// What a condition says of who asks and of the environment. With `doubts` what cannot be decided stays, because it may be
/// about the origin; a constant answer is given on some request whatever it is.
fn asked(when: &Formula, doubts: bool, handled: &Handled) -> Formula {
    let is_unknown = |test: &Test| matches!(test, Test::Unknown(span) if doubts && !unrelated(*span, handled));
    let is_known = |test: &Test| match test {
        Test::Request { term, .. } | Test::EnvLists { term, .. } => term.part == Part::Header("origin".into()),
        Test::EnvEquals { .. } | Test::EnvSet { .. } | Test::EnvTrue { .. } => true,
        _ => false,
    };
    let parts = when.conjuncts().into_iter().filter_map(|part| {
        let kept = part.tests().iter().any(|(test, _)| is_known(test) || is_unknown(test));
        kept.then(|| part.replaced(&|test, span| (!is_known(test)).then(|| Formula::unknown(span))))
    });
    Formula::all(parts)
}

/// A call that was not given the origin says nothing about it.
fn unrelated(span: Span, handled: &Handled) -> bool {
    let touches = |call: &Span| span.contains(*call) || call.contains(span);
    handled.unrelated.contains(&span) && !handled.about_origin.iter().any(touches)
}
