//! What something outside of a handler does to it: writes the same header over its lines, or sends what it lacks.
//!
//! In: outer handlers whose lines win, and an inner one. Out: settings of the inner policy that are disabled where something is
//! lost by it, and the faults of the inner one that are left. Knows no platform.

use std::sync::Arc;

use super::assembly::sets_origin;
use super::express::order;
use crate::model::condition::Formula;
use crate::model::policy::{Fault, Setting};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, HeaderPiece, HeaderValue, Role};
use crate::source::Spanned;

/// The CORS lines of `inner` that `outer` replaces by something that grants less or another origin; `who` is the outer one's name.
pub(super) fn disabled(inner: &Handler, outer: &Handler, who: &str) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    if !is_plain(outer) {
        return found;
    }
    for (_, name, own) in lines(inner) {
        let Some((header, by)) = replacing(outer, &name.value) else { continue };
        let Some(by_text) = by.as_text() else { continue };
        let loss = match own.as_text() {
            Some(own_text) => loss(&name.value, &own_text, &by_text),
            None if is_origin(own) => Some(format!("and sends `{by_text}` to everybody")),
            None => None,
        };
        let Some(loss) = loss else { continue };
        let one = Setting {
            name: Spanned::new(name.value.clone(), own.span),
            span: own.span,
            fault: Fault::Disabled {
                by: Spanned::new(header.value.clone(), by.span),
                effect: format!("{who} is applied last, {loss}"),
            },
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// What arrives is what `outer` says of who is allowed: the policy behind `inner` decides like the one of `outer`.
pub(super) fn replace_decision(inner: usize, outer: &Handler, project: &mut Project) {
    let Role::Cors(by) = outer.role else { return };
    let line = replacing(outer, "access-control-allow-origin").filter(|_| is_plain(outer));
    if by == inner || line.is_none_or(|(_, value)| value.as_text().is_none()) {
        return;
    }
    let decision = project.policies[by].allow_origin.clone();
    let policy = &mut project.policies[inner];
    policy.allow_origin = decision;
    policy.env_reads.clear();
}

/// A pattern that is more than segments and parameters may cover less than it seems to.
fn is_plain(outer: &Handler) -> bool {
    !outer.scope.path.as_ref().is_some_and(|path| path.value.contains(['(', '?', '|', '+', '{']))
}

/// The line of a header that arrives from outside. Where there are several, it is the last one that always applies.
fn replacing<'h>(outer: &'h Handler, name: &str) -> Option<(&'h Spanned<Arc<str>>, &'h HeaderValue)> {
    let always = lines(outer).filter(|(when, ..)| **when == Formula::True);
    let same = always.filter(|(_, header, _)| header.value.eq_ignore_ascii_case(name));
    same.last().map(|(_, header, value)| (header, value))
}

/// Is it the request's origin?
fn is_origin(value: &HeaderValue) -> bool {
    matches!(value.pieces.as_slice(), [HeaderPiece::Term(term)] if term.is_origin())
}

/// The lines that a handler writes, and when.
fn lines(handler: &Handler) -> impl Iterator<Item = (&Formula, &Spanned<Arc<str>>, &HeaderValue)> {
    handler.effects.iter().filter_map(|guarded| match &guarded.effect {
        Effect::Set(name, value) | Effect::Default(name, value) => Some((&guarded.when, name, value)),
        _ => None,
    })
}

/// What is lost when a browser reads `by` instead of `own`.
fn loss(header: &str, own: &str, by: &str) -> Option<String> {
    match header.to_ascii_lowercase().as_str() {
        "access-control-allow-origin" => (own.trim() != by.trim()).then(|| format!("and sends `{by}` to everybody")),
        "access-control-allow-methods" | "access-control-allow-headers" | "access-control-expose-headers" => {
            let names =
                |list: &str| -> Vec<String> { list.split(',').map(|name| name.trim().to_lowercase()).collect() };
            let kept = names(by);
            let listed = own.split(',').map(str::trim).filter(|name| !name.is_empty());
            let lost: Vec<&str> = listed.filter(|name| !kept.contains(&name.to_lowercase())).collect();
            let all = kept.iter().any(|name| name == "*");
            (!lost.is_empty() && !all).then(|| format!("and does not list {}", lost.join(", ")))
        }
        "access-control-allow-credentials" => {
            (own.trim() == "true" && by.trim() != "true").then(|| "and allows no credentials".to_owned())
        }
        _ => None,
    }
}

/// Does it answer every preflight with an ok status?
pub(super) fn answers_preflights(handler: &Handler) -> bool {
    let answer = order::certain_answer(handler, &order::preflight_request());
    matches!(answer, Some((Some(200..300), _)))
}

/// The fault of a route, if what stands around it does not cure it.
pub(super) fn uncured(fault: &HandlerFault, route: &Handler, outer: &[Handler]) -> Option<HandlerFault> {
    let covers = |one: &&Handler| one.scope.covers(&route.scope);
    let granting: Vec<&Handler> = outer.iter().filter(covers).filter(|one| sets_origin(one)).collect();
    let answers = outer.iter().filter(covers).any(answers_preflights);
    match fault.kind {
        FaultKind::PreflightUnhandled
        | FaultKind::PreflightUnasked
        | FaultKind::PreflightOnly
        | FaultKind::ErrorsWithoutHeaders
        | FaultKind::StripsCors
            if !granting.is_empty() =>
        {
            None
        }
        FaultKind::PreflightUnhandled
        | FaultKind::PreflightUnasked
        | FaultKind::PreflightStatus
        | FaultKind::PreflightHeaders
            if answers =>
        {
            None
        }
        FaultKind::PreflightHeaders => {
            let sent = |name: &str| granting.iter().any(|one| writes(one, name));
            let missing: Vec<&str> = fault.detail.split(", ").filter(|name| !sent(name)).collect();
            (!missing.is_empty()).then(|| HandlerFault { detail: missing.join(", "), ..fault.clone() })
        }
        _ => Some(fault.clone()),
    }
}

fn writes(handler: &Handler, header: &str) -> bool {
    handler.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) => name.value.eq_ignore_ascii_case(header),
        _ => false,
    })
}
