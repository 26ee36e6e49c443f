//! Header lines that never leave, or that leave with more answers than the handler that writes them gives.
//!
//! In: servers with their handlers in order. Out: policies of lines that a later `cors(…)` always writes over are withdrawn, with
//! a setting that says so; faults about errors without headers are dropped where an earlier handler has sent the header already.

use super::order::{is_cors, reached};
use crate::model::condition::Formula;
use crate::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, Policy, Setting};
use crate::model::project::{FaultKind, Project};
use crate::model::server::{Effect, Handler, HeaderValue, Role};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// Withdraws what is written by hand and always written over: what is judged is the header that leaves.
pub(super) fn withdraw(project: &mut Project) {
    for server in 0..project.servers.len() {
        for index in 0..project.servers[server].handlers.len() {
            let handlers = &project.servers[server].handlers;
            let Some(own) = by_hand(&handlers[index], &project.policies) else { continue };
            let Some((by, place)) = written_over(handlers, index, &project.policies) else { continue };
            project.servers[server].handlers[index].role = Role::Other;
            give_way(own, by, place, project);
        }
    }
}

/// The policy of a middleware that writes header lines and goes on to the next handler.
fn by_hand(handler: &Handler, policies: &[Policy]) -> Option<usize> {
    let Role::Cors(policy) = handler.role else { return None };
    let answers = |effect: &Effect| {
        matches!(effect, Effect::Answer(_) | Effect::Fail | Effect::Forward | Effect::RequireAuth(_) | Effect::Cors(_))
    };
    let goes_on = handler.understood && !handler.effects.iter().any(|guarded| answers(&guarded.effect));
    (goes_on && reached(handler) && &*policies[policy].library == "headers").then_some(policy)
}

/// The `cors(…)` behind a handler that sets the header to the same text for every request, before anything has answered.
fn written_over(handlers: &[Handler], index: usize, policies: &[Policy]) -> Option<(usize, Span)> {
    let own = &handlers[index];
    for later in &handlers[index + 1..] {
        if let Role::Cors(by) = later.role
            && later.effects.is_empty()
            && later.scope.methods.is_empty()
            && later.scope.covers(&own.scope)
            && own.scope.covers(&later.scope)
            && reached(later)
        {
            return fixed(&policies[by]).map(|_| (by, later.span));
        }
        let answers = !matches!(later.role, Role::Other | Role::Cors(_) | Role::Limiter)
            || later.effects.iter().any(|guarded| matches!(guarded.effect, Effect::Answer(_)));
        if answers && later.scope.overlaps(&own.scope) {
            return None;
        }
    }
    None
}

/// What a policy of the package sends to everybody.
fn fixed(policy: &Policy) -> Option<String> {
    let always = policy.effects.iter().filter(|guarded| guarded.when == Formula::True);
    let line = always.filter_map(|guarded| origin_line(&guarded.effect)).next_back()?;
    line.as_text().filter(|text| !text.is_empty())
}

fn origin_line(effect: &Effect) -> Option<&HeaderValue> {
    match effect {
        Effect::Set(name, value) if name.value.eq_ignore_ascii_case("access-control-allow-origin") => Some(value),
        _ => None,
    }
}

/// Takes one policy out of force for another, which keeps the headers that only the first one sends.
fn give_way(own: usize, by: usize, place: Span, project: &mut Project) {
    let first = project.policies[own].clone();
    let last = &mut project.policies[by];
    if last.allow_credentials.value == Known::No {
        last.allow_credentials = first.allow_credentials.clone();
    }
    if last.max_age.value == MaxAge::Missing {
        last.max_age = first.max_age.clone();
    }
    if last.expose_headers.value == Names::Missing {
        last.expose_headers = first.expose_headers.clone();
    }
    let sent = fixed(last).unwrap_or_default();
    let same = |answer: &OriginAnswer| match answer {
        OriginAnswer::Wildcard => sent == "*",
        OriginAnswer::Fixed(text) => **text == *sent,
        _ => false,
    };
    if !first.allow_origin.arms.iter().all(|arm| same(&arm.answer)) {
        let span = first.allow_origin.span;
        last.settings.push(Setting {
            name: Spanned::new("Access-Control-Allow-Origin".into(), span),
            span,
            fault: Fault::Disabled {
                by: Spanned::new("cors()".into(), place),
                effect: format!("cors() comes later and sends `{sent}` with every answer"),
            },
        });
    }
    let withdrawn = &mut project.policies[own];
    withdrawn.installed = Known::No;
    withdrawn.when = Formula::False;
}

/// Drops the faults found since `first` about errors that leave with the header, because an earlier handler has set it for
/// every answer.
pub(in crate::platforms) fn drop_covered(project: &mut Project, first: usize, handlers: &[Handler]) {
    let policies = &project.policies;
    let found = project.faults.split_off(first);
    let left = found
        .into_iter()
        .filter(|fault| fault.kind != FaultKind::ErrorsWithoutHeaders || !is_covered(fault.span, handlers, policies));
    project.faults.extend(left.collect::<Vec<_>>());
}

/// Does every handler that gives the answer at this place stand behind one that sets the header?
fn is_covered(answer: Span, handlers: &[Handler], policies: &[Policy]) -> bool {
    let gives = |handler: &Handler| handler.effects.iter().any(|guarded| guarded.span == answer);
    let behind = |at: usize| {
        let scope = &handlers[at].scope;
        handlers[..at].iter().any(|earlier| {
            let methods = earlier.scope.methods.is_empty()
                || (!scope.methods.is_empty() && scope.methods.iter().all(|method| earlier.scope.has_method(method)));
            methods && earlier.scope.covers(scope) && reached(earlier) && sets_header(earlier, policies)
        })
    };
    let mut giving = (0..handlers.len()).filter(|&at| gives(&handlers[at])).peekable();
    giving.peek().is_some() && giving.all(behind)
}

/// Does it set the header for the requests of some page, whatever is answered to them?
fn sets_header(handler: &Handler, policies: &[Policy]) -> bool {
    if !is_cors(handler) {
        return false;
    }
    let by_library = |policy: usize| {
        let arms = &policies[policy].allow_origin.arms;
        arms.iter().any(|arm| !matches!(arm.answer, OriginAnswer::Nothing | OriginAnswer::Fails))
    };
    let actual = Request::new("GET", "/").with_any("origin");
    let world = Situation::with(&Assume::Production, &actual);
    match handler.role {
        Role::Cors(policy) if handler.effects.is_empty() => by_library(policy),
        _ => handler.effects.iter().any(|guarded| {
            let sets = match &guarded.effect {
                Effect::Cors(policy) => by_library(*policy),
                effect => origin_line(effect).is_some(),
            };
            sets && guarded.when.eval(&world) != Some(false)
        }),
    }
}
