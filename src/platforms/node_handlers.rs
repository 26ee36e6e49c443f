//! One handler function of Node's kind, `(req, res)` or `(req, res, next)`, run with a symbolic request: what it does to the
//! answer, and when.
//!
//! In: a closure. Out: guarded effects in order, the role that follows from them, and the policy its header lines amount
//! to. Shared by Express, Next.js, functions of hosting platforms and servers of `node:http`.

use std::sync::Arc;

use super::express::cors_npm::{CorsObjects, policy_of};
use super::manual::{self, header_name, status as code};
use super::values::header_lines;
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::{Formula, Test};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role};

use crate::model::term::{Part, Term, TermOp};
use crate::source::Span;

/// What a handler does.
#[derive(Debug, Clone, Default)]
pub struct Handled {
    /// Its effects in order.
    pub effects: Vec<GuardedEffect>,
    /// It calls nothing that could answer in its stead.
    pub understood: bool,
    /// Calls of the `cors` package itself as if it were the handler it makes.
    pub factory_calls: Vec<Span>,
    /// Calls that may throw: of things unknown, and of functions that call such.
    pub risky: Vec<Span>,
    /// Answers that carry a body of text.
    pub bodies: Vec<Span>,
    /// Calls that are given the request's origin: what they say is about it.
    pub about_origin: Vec<Span>,
}

/// The symbolic request and response.
fn request_and_response(span: Span) -> Vec<Value> {
    ["express:req", "express:res"].map(|name| Value::new(Kind::External(Arc::from(name)), span)).to_vec()
}

/// Runs a handler that may go on to a next one, or one that turns errors into answers.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, cors: &CorsObjects) -> Handled {
    let span = closure.function.span;
    let mut positional = request_and_response(span);
    positional.push(Value::new(Kind::External("express:next".into()), span));
    if closure.function.params.len() >= 4 {
        positional.insert(0, Value::new(Kind::Term(Term::of(Part::Other("error".into()))), span));
    }
    run_with(run, closure, positional, cors)
}

/// Runs a handler that is the only one: there is nothing to go on to.
pub(super) fn handle_alone(run: &mut Interp<'_>, closure: &Arc<Closure>, cors: &CorsObjects) -> Handled {
    let positional = request_and_response(closure.function.span);
    run_with(run, closure, positional, cors)
}

/// Runs a function that gets request and response in another way, with these arguments.
pub(super) fn run_with(
    run: &mut Interp<'_>,
    closure: &Arc<Closure>,
    positional: Vec<Value>,
    cors: &CorsObjects,
) -> Handled {
    let args = Args { positional, ..Args::default() };
    let (events, _) = run.run_function(closure, &args);
    read(run, closure, &events, cors)
}

/// What a function did to the answer.
pub(super) fn read(run: &Interp<'_>, closure: &Closure, events: &[Event], cors: &CorsObjects) -> Handled {
    let mut handled = Handled { understood: true, ..Handled::default() };
    let mut status = StatusSoFar::default();
    for event in events {
        read_event(run, event, cors, &mut status, &mut handled);
    }
    let own_calls = run.fallible.iter().filter(|call| closure.function.span.contains(**call));
    handled.risky.extend(own_calls);
    handled
}

/// `res.status(401)` in front of `.json(…)`: the status that the next answer under the same condition carries.
#[derive(Default)]
pub(super) struct StatusSoFar(Vec<(Formula, Option<u16>)>);

impl StatusSoFar {
    pub(super) fn set(&mut self, when: &Formula, status: Option<u16>) {
        self.0.push((when.clone(), status));
    }

    pub(super) fn at(&self, when: &Formula) -> Option<u16> {
        let facts = facts_of(when);
        for (set, status) in self.0.iter().rev() {
            match set.given(&facts) {
                Formula::True => return *status,
                Formula::False => {}
                _ => return None,
            }
        }
        Some(200)
    }
}

/// The parts of a condition that hold where it does.
fn facts_of(when: &Formula) -> Vec<Formula> {
    match when {
        Formula::All(parts) => parts.to_vec(),
        other => vec![other.clone()],
    }
}

fn read_event(run: &Interp<'_>, event: &Event, cors: &CorsObjects, status: &mut StatusSoFar, handled: &mut Handled) {
    let path = &*event.target.path;
    let when = &event.when;
    let first = event.args.positional.first();
    let mut push = |effect: Effect, span: Span| {
        handled.effects.push(GuardedEffect { when: when.clone(), effect, span });
    };
    match path {
        "express:next" => match first.map(|value| &value.kind) {
            None | Some(Kind::Undefined | Kind::Null) => push(Effect::Next, event.span),
            Some(Kind::Str(word)) if matches!(&**word, "route" | "router") => push(Effect::Next, event.span),
            Some(_) => push(Effect::Fail, event.span),
        },
        THROW => push(Effect::Fail, event.span),
        "express:res.status" | "express:res.code" => status.set(when, first.and_then(code)),
        "express:res[]=" if first.and_then(Value::as_str).is_some_and(|name| &**name == "statusCode") => {
            status.set(when, event.args.positional.get(1).and_then(code));
        }
        "express:res.sendStatus" => push(Effect::Answer(first.and_then(code)), event.span),
        "express:res.json"
        | "express:res.send"
        | "express:res.end"
        | "express:res.jsonp"
        | "express:res.render"
        | "express:res.sendFile"
        | "express:res.download"
        | "express:res.redirect" => {
            let code = match (path, first.and_then(code)) {
                ("express:res.redirect", code) => Some(code.unwrap_or(302)),
                _ => status.at(when),
            };
            push(Effect::Answer(code), event.span);
            if path == "express:res.json" || path == "express:res.send" && first.is_some_and(|body| !body.is_nullish())
            {
                handled.bodies.push(event.span);
            }
        }
        "express:res.setHeader" | "express:res.header" | "express:res.set" => {
            push_headers(header_effects(event, false), event, handled);
        }
        "express:res.append" | "express:res.appendHeader" => push_headers(header_effects(event, true), event, handled),
        "express:res.writeHead" => {
            status.set(when, first.and_then(code));
            if let Some(map) = event.args.positional.iter().skip(1).find(|value| value.as_map().is_some()) {
                push_headers(map_effects(map), event, handled);
            }
        }
        "express:res.setHeaders" | "express:res.headers" => {
            push_headers(first.map(map_effects).unwrap_or_default(), event, handled)
        }
        "express:res.removeHeader" => {
            if let Some(name) = first.and_then(Value::as_str) {
                push(Effect::Remove(header_name(name, event.span)), event.span);
            }
        }
        "express:res.vary" => {
            if let Some(name) = first.and_then(Value::as_str) {
                let value = HeaderValue::text(name.clone(), event.span);
                push(Effect::Merge(header_name("Vary", event.span), value), event.span);
            }
        }
        _ if path.starts_with("express:res.pipe") => push(Effect::Answer(None), event.span),
        _ => called_else(run, event, cors, handled),
    }
}

/// A call of something else: a middleware of the `cors` package, or something unknown.
fn called_else(run: &Interp<'_>, event: &Event, cors: &CorsObjects, handled: &mut Handled) {
    let applied = [event.target.object, event.result].into_iter().flatten().find_map(|id| policy_of(run, cors, id));
    let mut push = |effect: Effect| {
        handled.effects.push(GuardedEffect { when: event.when.clone(), effect, span: event.span });
    };
    match applied {
        // `cors(options)(req, res, next)`: the policy, which goes on by itself; a function in place of `next` was entered.
        Some(policy) => {
            push(Effect::Cors(policy));
            let next = event.args.positional.get(2);
            if next.is_some_and(|next| matches!(&next.kind, Kind::External(path) if &**path == "express:next")) {
                push(Effect::Next);
            }
        }
        None if matches!(&*event.target.path, "npm:cors" | "npm:cors.default") && passes_request(event) => {
            handled.factory_calls.push(event.span);
            handled.understood = false;
        }
        None => {
            handled.risky.push(event.span);
            if event
                .args
                .all()
                .any(|value| matches!(&value.kind, Kind::Term(term) if term.part == Part::Header("origin".into())))
            {
                handled.about_origin.push(event.span);
            }
            handled.understood &= !passes_request(event);
        }
    }
}

/// Is the response given to something that may answer?
fn passes_request(event: &Event) -> bool {
    event.args.all().any(|value| matches!(&value.kind, Kind::External(path) if matches!(&**path, "express:req" | "express:res" | "express:next")))
}

fn push_headers(effects: Vec<(Formula, Effect)>, event: &Event, handled: &mut Handled) {
    for (when, effect) in effects {
        handled.effects.push(GuardedEffect { when: event.when.clone().and(when), effect, span: event.span });
    }
}

/// `set(name, value)` or `set({ name: value })`.
pub(super) fn header_effects(event: &Event, append: bool) -> Vec<(Formula, Effect)> {
    let Some(first) = event.args.positional.first() else { return Vec::new() };
    if first.as_map().is_some() {
        return map_effects(first);
    }
    let (Some(name), Some(value)) = (first.as_str(), event.args.positional.get(1)) else { return Vec::new() };
    let mut effects = lines_effects(name, first.span, value, append);
    for (_, effect) in &mut effects {
        // What is not written as text points at the line that sends it.
        if let Effect::Set(_, value) | Effect::Append(_, value) = effect
            && value.as_text().is_none()
        {
            value.span = event.span;
            // A header that the request does not have is `undefined`, and is sent as that word.
            if let [HeaderPiece::Term(term)] = &mut *value.pieces {
                *term = term.then(TermOp::Default("undefined".into()));
            }
        }
    }
    effects
}

fn map_effects(map: &Value) -> Vec<(Formula, Effect)> {
    let Some(map) = map.as_map() else { return Vec::new() };
    let mut effects = Vec::new();
    for (key, entry) in &map.entries {
        for (when, effect) in lines_effects(key, entry.key, &entry.value, false) {
            effects.push((entry.when.clone().and(when), effect));
        }
    }
    effects
}

/// The lines that a value becomes: a list is one line for each of its elements.
fn lines_effects(name: &Arc<str>, place: Span, value: &Value, append: bool) -> Vec<(Formula, Effect)> {
    let name = header_name(name, place);
    let mut effects = Vec::new();
    for (when, lines) in header_lines(value) {
        for (index, line) in lines.into_iter().enumerate() {
            let effect =
                if append || index > 0 { Effect::Append(name.clone(), line) } else { Effect::Set(name.clone(), line) };
            effects.push((when.clone(), effect));
        }
    }
    effects
}

/// The head of a function: what a finding about the whole of it points at.
pub(super) fn head(closure: &Closure) -> Span {
    let span = closure.function.span;
    closure.function.params.last().map_or(span, |last| Span { end: last.span.end.max(span.start), ..span })
}

/// Puts what a handler does into it, and what is wrong with that into the project.
pub(super) fn fill(handler: &mut Handler, handled: Handled, platform: &'static str, project: &mut Project) {
    for span in &handled.factory_calls {
        add_fault(project, HandlerFault::new(FaultKind::NotCalled, platform, *span, "cors"));
    }
    for (span, status, line) in bare_errors(&handled) {
        let mut fault = HandlerFault::new(FaultKind::ErrorsWithoutHeaders, platform, span, handler.name.clone());
        fault.status = Some(status);
        fault.cors = Some(line);
        add_fault(project, fault);
    }
    if let Some((first, second)) = sent_twice(&handled) {
        let mut fault = HandlerFault::new(FaultKind::SentTwice, platform, second, handler.name.clone());
        fault.cors = Some(first);
        add_fault(project, fault);
    }
    handler.effects = handled.effects;
    handler.understood = handled.understood;
}

/// Makes a handler one of CORS when it applies a policy, or writes header lines that amount to one.
pub(super) fn grant(
    run: &Interp<'_>,
    handler: &mut Handler,
    code: Span,
    platform: &'static str,
    project: &mut Project,
) {
    if let Some(policy) = handler.effects.iter().find_map(|guarded| match guarded.effect {
        Effect::Cors(policy) => Some(policy),
        _ => None,
    }) {
        handler.role = Role::Cors(policy);
        return;
    }
    if let Some(policy) = manual::of_handler(run, handler, code, platform) {
        handler.role = Role::Cors(project.policies.len());
        project.policies.push(policy);
    }
}

fn add_fault(project: &mut Project, fault: HandlerFault) {
    if !project.faults.contains(&fault) {
        project.faults.push(fault);
    }
}

/// Two lines of Allow-Origin that certainly leave together.
fn sent_twice(handled: &Handled) -> Option<(Span, Span)> {
    let is_origin = |name: &str| name.eq_ignore_ascii_case("access-control-allow-origin");
    handled.effects.iter().enumerate().find_map(|(at, guarded)| {
        let Effect::Append(name, second) = &guarded.effect else { return None };
        let facts = facts_of(&guarded.when);
        let before = handled.effects[..at].iter().rev().find_map(|before| match &before.effect {
            Effect::Set(name, first) | Effect::Append(name, first)
                if is_origin(&name.value) && before.when.given(&facts) == Formula::True =>
            {
                Some(first.span)
            }
            _ => None,
        });
        before.filter(|_| is_origin(&name.value)).map(|first| (first, second.span))
    })
}

/// Answers with an error status on ways that miss the header lines of the others: place, status, and a line that was missed.
pub(super) fn bare_errors(handled: &Handled) -> Vec<(Span, u16, Span)> {
    let lines: Vec<&GuardedEffect> = handled
        .effects
        .iter()
        .filter(|guarded| matches!(&guarded.effect, Effect::Set(name, _) if name.value.eq_ignore_ascii_case("access-control-allow-origin")))
        .collect();
    let Some(first_line) = lines.first() else { return Vec::new() };
    let succeeds = handled.effects.iter().any(|guarded| {
        matches!(guarded.effect, Effect::Answer(status) if status.is_none_or(|status| status < 400))
            || guarded.effect == Effect::Next
    });
    let mut found = Vec::new();
    for (position, guarded) in handled.effects.iter().enumerate() {
        let Effect::Answer(Some(status @ 400..)) = guarded.effect else { continue };
        let facts = facts_of(&guarded.when);
        let sent = handled.effects[..position].iter().any(|before| {
            let is_line = lines.iter().any(|line| line.span == before.span);
            is_line && before.when.given(&facts) != Formula::False && !skipped_by_throw(before, guarded, handled)
        });
        // Who refuses an origin wants it to get no headers.
        let refuses_origin = guarded.when.tests().iter().any(|(test, _)| match test {
            Test::Request { term, .. } => term.is_origin(),
            Test::Unknown(span) => handled.about_origin.iter().any(|call| span.contains(*call) || call.contains(*span)),
            _ => false,
        });
        if succeeds && !sent && !refuses_origin {
            found.push((guarded.span, status, first_line.span));
        }
    }
    found
}

/// Is the answer given in a `catch` whose `try` may throw before it reaches the line?
fn skipped_by_throw(line: &GuardedEffect, answer: &GuardedEffect, handled: &Handled) -> bool {
    answer.when.tests().iter().any(|(test, _)| match test {
        Test::Thrown(body) => {
            body.contains(line.span)
                && handled.risky.iter().any(|call| body.contains(*call) && call.start < line.span.start)
        }
        _ => false,
    })
}
