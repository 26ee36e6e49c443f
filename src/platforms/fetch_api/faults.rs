//! What goes wrong between a function's answers: preflights that nobody or the wrong branch answers, errors without headers,
//! answers to preflights alone.
//!
//! In: the answers of one function. Out: `HandlerFault`s, only where every answer that matters is known.

use super::super::manual::is_cors_header;
use super::answers::{Answer, Handled, What, caught_in};
use super::grants::{anonymous, grants, has, line_value, only_preflights, possible};
use crate::model::condition::{Formula, Test};
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::{Effect, Handler};
use crate::model::term::{Part, Relation};
use crate::source::{Span, Spanned};

/// Whose answers they are.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Whose {
    /// `workers`, `supabase` …
    pub(in crate::platforms) platform: &'static str,
    /// The function, for messages.
    pub(in crate::platforms) name: String,
    /// Where the function begins.
    pub(in crate::platforms) span: Span,
    /// OPTIONS requests run it.
    pub(in crate::platforms) sees_options: bool,
}

impl Whose {
    fn fault(&self, kind: FaultKind, span: Span) -> HandlerFault {
        HandlerFault::new(kind, self.platform, span, self.name.clone())
    }
}

/// Everything that is wrong between the answers of a function.
pub(in crate::platforms) fn faults(handled: &Handled, whose: &Whose) -> Vec<HandlerFault> {
    let mut found = Vec::new();
    if whose.sees_options && handled.whole {
        preflight(handled, whose, &mut found);
        preflights_alone(handled, whose, &mut found);
    } else if whose.sees_options {
        dedicated(handled, whose, &mut found);
    }
    bare_errors(handled, whose, &mut found);
    twice(handled, whose, &mut found);
    super::proxy::strips(handled, whose, &mut found);
    found
}

/// Answers to requests that are no preflights.
fn actual(handled: &Handled) -> impl Iterator<Item = &Answer> {
    handled.answers.iter().filter(|answer| answer.what != What::Fails && !only_preflights(answer))
}

/// The answers that a CORS-preflight request may get, up to the first that it surely gets.
fn to_preflights(handled: &Handled) -> Vec<&Answer> {
    let mut met = Vec::new();
    for answer in &handled.answers {
        match possible(&answer.when, "OPTIONS") {
            Some(false) => {}
            Some(true) => {
                met.push(answer);
                break;
            }
            None => met.push(answer),
        }
    }
    met
}

/// Requests that this function is made for need a preflight.
pub(in crate::platforms) fn needs_preflight(handled: &Handled) -> Option<&'static str> {
    let sends = |name: &str| handled.answers.iter().any(|answer| has(answer, name));
    if handled.methods.keys().any(|method| matches!(&**method, "PUT" | "DELETE" | "PATCH")) {
        Some("its requests")
    } else if handled.reads_json.is_some() {
        Some("a request with a JSON body")
    } else if handled.reads_authorization.is_some() {
        Some("a request with `Authorization`")
    } else {
        (sends("access-control-allow-headers") || sends("access-control-allow-methods")).then_some("its requests")
    }
}

fn is_ok(what: What) -> bool {
    matches!(what, What::Own(status) if status.is_none_or(|status| (200..300).contains(&status)))
}

fn preflight(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    let met = to_preflights(handled);
    let granted = actual(handled).find(|answer| grants(answer));
    let any_grant = granted.or_else(|| handled.answers.iter().find(|answer| grants(answer)));
    let Some(grant) = any_grant else { return };
    let line = line_of(grant);
    if met.iter().any(|answer| !matches!(answer.what, What::Own(_) | What::Fails)) || met.is_empty() {
        dedicated(handled, whose, found);
        return;
    }
    let branch = handled.answers.iter().find(|answer| only_preflights_if_reached(answer));
    let bad: Vec<&&Answer> = met.iter().filter(|answer| !is_ok(answer.what)).collect();
    if bad.len() == met.len() {
        let first = bad[0];
        let status = if let What::Own(status) = first.what { status } else { Some(500) };
        let mut one = if asks_who(&first.when) && branch.is_some_and(|branch| branch.span != first.span) {
            let mut one = whose.fault(FaultKind::AnswersPreflight, first.span);
            one.cors = branch.map(|branch| branch.span);
            one
        } else if handled.methods.contains_key("OPTIONS") {
            whose.fault(FaultKind::PreflightStatus, first.span)
        } else if let Some(requests) = needs_preflight(handled) {
            let mut one = whose.fault(FaultKind::PreflightUnhandled, whose.span);
            requests.clone_into(&mut one.detail);
            one.other = Some(Spanned::new(String::new(), first.span));
            one.cors = Some(line);
            one
        } else {
            return;
        };
        one.status = status;
        found.push(one);
        return;
    }
    if !handled.methods.contains_key("OPTIONS") {
        let passes = |answer: &&&Answer| {
            is_ok(answer.what)
                && (answer.open || grants(answer))
                && (answer.open
                    || has(answer, "access-control-allow-headers")
                    || has(answer, "access-control-allow-methods"))
        };
        // A preflight has no body: who parses one fails, unless the failure is answered like all the rest.
        let caught = handled.answers.iter().any(|answer| is_caught(&answer.when) && passes(&&answer));
        let fails = handled.parses_preflights && !caught;
        if granted.is_some() && (fails || !met.iter().any(|answer| passes(&answer))) {
            let requests = needs_preflight(handled);
            let kind = requests.map_or(FaultKind::PreflightUnasked, |_| FaultKind::PreflightUnhandled);
            let mut one = whose.fault(kind, whose.span);
            requests.unwrap_or("its requests").clone_into(&mut one.detail);
            one.cors = Some(line);
            found.push(one);
        }
        return;
    }
    missing_headers(handled, whose, &met, granted, found);
}

/// Some preflights go elsewhere, or not everything is known: those that are surely answered here need what all need.
fn dedicated(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    let here: Vec<&Answer> =
        handled.answers.iter().filter(|answer| only_preflights(answer) && grants(answer)).collect();
    missing_headers(handled, whose, &here, actual(handled).find(|answer| grants(answer)), found);
}

/// Would it be given to preflights alone, if they came so far?
fn only_preflights_if_reached(answer: &Answer) -> bool {
    answer.when.tests().iter().any(|(test, _)| is_method(test, "OPTIONS"))
        && possible(&answer.when, "GET") == Some(false)
        && grants(answer)
}

fn is_method(test: &Test, name: &str) -> bool {
    matches!(test, Test::Request { term, relation: Relation::Equals(text) }
        if term.part == Part::Method && text.eq_ignore_ascii_case(name))
}

/// Is it given to those who have not proven who they are?
fn asks_who(when: &Formula) -> bool {
    when.tests().iter().any(|(test, _)| match test {
        Test::Authenticated => true,
        Test::Request { term, .. } => {
            matches!(&term.part, Part::Header(name) if matches!(&**name, "authorization" | "cookie" | "x-api-key"))
        }
        _ => false,
    })
}

/// The answer to OPTIONS lacks headers that the others have or that are always needed.
fn missing_headers(
    handled: &Handled,
    whose: &Whose,
    met: &[&Answer],
    granted: Option<&Answer>,
    found: &mut Vec<HandlerFault>,
) {
    let answered: Vec<&&Answer> = met.iter().filter(|answer| is_ok(answer.what)).collect();
    if answered.is_empty() || answered.iter().any(|answer| answer.open) {
        return;
    }
    let has_any = |name: &str| answered.iter().any(|answer| has(answer, name));
    let mut missing = Vec::new();
    let methods = has_any("access-control-allow-methods");
    let headers = has_any("access-control-allow-headers");
    if !has_any("access-control-allow-origin") {
        missing.push("Access-Control-Allow-Origin");
    } else if !methods && !headers {
        if needs_preflight(handled).is_some() {
            missing.extend(["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]);
        }
    } else {
        let unsafe_methods = handled.methods.keys().any(|method| matches!(&**method, "PUT" | "DELETE" | "PATCH"));
        if !methods && unsafe_methods {
            missing.push("Access-Control-Allow-Methods");
        }
        if !headers && (handled.reads_json.is_some() || handled.reads_authorization.is_some()) {
            missing.push("Access-Control-Allow-Headers");
        }
        let allows = |answer: &Answer| {
            let mut values =
                answer.lines.iter().filter_map(|line| line_value(line, "access-control-allow-credentials"));
            values.any(|value| value.as_text().is_some_and(|text| text.trim() == "true"))
        };
        if actual(handled).any(allows) && !has_any("access-control-allow-credentials") {
            missing.push("Access-Control-Allow-Credentials");
        }
    }
    if let (false, Some(first)) = (missing.is_empty(), answered.first()) {
        let mut one = whose.fault(FaultKind::PreflightHeaders, first.span);
        one.detail = missing.join(", ");
        one.cors = granted.map(line_of);
        found.push(one);
    }
}

/// Only the answer to the preflight has the headers.
fn preflights_alone(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    let Some(preflight) = handled.answers.iter().find(|answer| only_preflights(answer) && grants(answer)) else {
        return;
    };
    if actual(handled).any(|answer| grants(answer) || answer.open || !matches!(answer.what, What::Own(_))) {
        return;
    }
    if let Some(answer) = actual(handled).find(|answer| is_ok(answer.what)) {
        let mut one = whose.fault(FaultKind::PreflightOnly, answer.span);
        one.cors = Some(line_of(preflight));
        found.push(one);
    }
}

/// Where an answer says who is allowed.
pub(super) fn line_of(answer: &Answer) -> Span {
    let line = answer.lines.iter().find(|line| line_value(line, "access-control-allow-origin").is_some());
    line.map_or(answer.span, |line| line.span)
}

/// Answers with an error status that lack the header the others have.
fn bare_errors(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    // Who wrote the line in a way that does not count still meant the answers that have the other ones.
    let meant = |answer: &Answer| {
        handled.meant.is_some()
            && answer
                .lines
                .iter()
                .any(|line| matches!(&line.effect, Effect::Set(name, _) if is_cors_header(&name.value)))
    };
    let grants = |answer: &Answer| grants(answer) || meant(answer);
    let granting: Vec<&Answer> = actual(handled)
        .filter(|answer| {
            grants(answer) && (is_ok(answer.what) || matches!(answer.what, What::Upstream | What::Next | What::Unknown))
        })
        .collect();
    let Some(first) = granting.first() else { return };
    // Pages and files beside the interface are not meant for other origins, nor are the errors among them.
    let plain: Vec<&Answer> = actual(handled)
        .filter(|answer| !grants(answer) && !answer.open && matches!(answer.what, What::Own(Some(200..=299))))
        .collect();
    for answer in actual(handled) {
        let status = match answer.what {
            What::Own(Some(status @ 400..)) => Some(status),
            What::Own(None) if is_caught(&answer.when) => None,
            _ => continue,
        };
        if grants(answer) || answer.open || matches!(status, Some(405 | 426)) {
            continue;
        }
        let about = |picks: &dyn Fn(&Test) -> bool| -> Vec<Formula> {
            let parts = answer.when.conjuncts().into_iter();
            parts.filter(|part| part.tests().iter().any(|(test, _)| picks(test))).collect()
        };
        let origin = about(&|test| match test {
            Test::Request { term, .. } => term.part == Part::Header("origin".into()),
            // The origin was held against a list that is not known. A status that says something else is no refusal.
            Test::Unknown(span) => matches!(status, Some(400 | 403 | 404)) && is_about_origin(*span, handled),
            _ => false,
        });
        let path =
            about(&|test| matches!(test, Test::Request { term, .. } if matches!(term.part, Part::Path | Part::Target)));
        let shares = |facts: &[Formula], other: &&&Answer| {
            Formula::all(facts.iter().cloned().chain([other.when.clone()])) != Formula::False
        };
        // Who refuses an origin wants it to get no headers.
        let refused = !origin.is_empty() && !granting.iter().any(|other| shares(&origin, &other));
        let elsewhere = !plain.is_empty() && !path.is_empty() && !granting.iter().any(|other| shares(&path, &other));
        let reached = is_caught(&answer.when)
            || ["GET", "POST", "PUT", "DELETE"]
                .iter()
                .any(|method| possible(&answer.when, method) != Some(false) || anonymous(&answer.when, method));
        if refused || elsewhere || !reached {
            continue;
        }
        let mut one = whose.fault(FaultKind::ErrorsWithoutHeaders, answer.span);
        one.status = status;
        one.cors = Some(handled.meant.filter(|_| meant(first)).unwrap_or_else(|| line_of(first)));
        one.other = (answer.made != answer.span).then(|| Spanned::new(String::new(), answer.made));
        if !found.contains(&one) {
            found.push(one);
        }
    }
}

/// Is what cannot be decided here said by a call that was given the request's origin?
fn is_about_origin(undecided: Span, handled: &Handled) -> bool {
    handled.about_origin.iter().any(|call| undecided.contains(*call) || call.contains(undecided))
}

/// Is it given where something was thrown?
pub(super) fn is_caught(when: &Formula) -> bool {
    when.tests().iter().any(|(test, _)| matches!(test, Test::Thrown(tried) if caught_in(when, *tried)))
}

/// `append` after `set`: two values of one header.
fn twice(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    for answer in &handled.answers {
        for line in &answer.lines {
            let Effect::Append(name, _) = &line.effect else { continue };
            if name.value.eq_ignore_ascii_case("access-control-allow-origin") {
                let one = whose.fault(FaultKind::SentTwice, line.span);
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
    }
}

/// A function for single methods beside which nothing answers OPTIONS with headers.
pub(super) fn route_unhandled(handler: &Handler, handled: &Handled, platform: &'static str) -> Option<HandlerFault> {
    let grant = handled.answers.iter().find(|answer| grants(answer))?;
    // Who calls a webhook is a server, and asks nobody first.
    let path = handler.scope.path.as_ref().map_or("", |path| &*path.value);
    if path.split(['/', '-', '_']).any(|word| matches!(word, "webhook" | "webhooks")) {
        return None;
    }
    let methods = &handler.scope.methods;
    let requests = match needs_preflight(handled) {
        _ if methods.iter().any(|method| matches!(&**method, "PUT" | "DELETE" | "PATCH")) => "its requests",
        Some(requests) => requests,
        None => return None,
    };
    let reads_only = methods.iter().all(|method| matches!(&**method, "GET" | "HEAD"));
    if reads_only && handled.reads_authorization.is_none() {
        return None;
    }
    let mut one = HandlerFault::new(FaultKind::PreflightUnhandled, platform, handler.span, handler.name.clone());
    requests.clone_into(&mut one.detail);
    one.cors = Some(line_of(grant));
    Some(one)
}
