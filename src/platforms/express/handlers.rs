//! One handler function, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: guarded effects in order. Shared by everything that speaks Express's `(req, res, next)`.

use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::header_values;
use super::cors_npm::{CorsObjects, is_cors_path};
use super::handler_args;
use crate::eval::value::{Closure, Kind, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::TermOp;
use crate::source::Span;

/// What a handler does.
#[derive(Debug, Clone, Default)]
pub(super) struct Handled {
    /// Its effects in order.
    pub(super) effects: Vec<GuardedEffect>,
    /// It calls nothing that could answer in its stead.
    pub(super) understood: bool,
    /// Calls of the `cors` package itself as if it were the handler it makes.
    pub(super) factory_calls: Vec<Span>,
    /// Calls of things unknown, which may throw.
    pub(super) risky: Vec<Span>,
}

/// Runs a handler symbolically.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, cors: &CorsObjects) -> Handled {
    let error = closure.function.params.len() >= 4;
    let args = handler_args(closure.function.span, error);
    let (events, _) = run.run_function(closure, &args);
    let mut handled = Handled { understood: true, ..Handled::default() };
    let mut status = StatusSoFar::default();
    for event in &events {
        read_event(run, event, cors, &mut status, &mut handled);
    }
    handled
}

/// `res.status(401)` in front of `.json(…)`: the status that the next answer under the same condition carries.
#[derive(Default)]
struct StatusSoFar(Vec<(Formula, Option<u16>)>);

impl StatusSoFar {
    fn set(&mut self, when: &Formula, status: Option<u16>) {
        self.0.push((when.clone(), status));
    }

    fn at(&self, when: &Formula) -> Option<u16> {
        let facts: Vec<Formula> = match when {
            Formula::All(parts) => parts.to_vec(),
            other => vec![other.clone()],
        };
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
        "throw" => push(Effect::Fail, event.span),
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
        }
        "express:res.setHeader" | "express:res.header" | "express:res.set" | "express:res.append" => {
            let append = path.ends_with("append");
            for (when, effect) in header_effects(event, append) {
                handled.effects.push(GuardedEffect { when: event.when.clone().and(when), effect, span: event.span });
            }
        }
        "express:res.writeHead" => {
            status.set(when, first.and_then(code));
            if let Some(map) = event.args.positional.iter().skip(1).find(|value| value.as_map().is_some()) {
                for (when, effect) in map_effects(map) {
                    handled.effects.push(GuardedEffect {
                        when: event.when.clone().and(when),
                        effect,
                        span: event.span,
                    });
                }
            }
        }
        "express:res.removeHeader" => {
            if let Some(name) = first.and_then(Value::as_str) {
                push(Effect::Remove(header_name(name, event.span)), event.span);
            }
        }
        "express:res.vary" => {
            if let Some(name) = first.and_then(Value::as_str) {
                let value = HeaderValue::text(name.clone(), event.span);
                push(Effect::Append(header_name("Vary", event.span), value), event.span);
            }
        }
        _ if path.starts_with("express:res.pipe") => push(Effect::Answer(None), event.span),
        _ => {
            let by_object = event.target.object.filter(|id| is_cors_path(&run.object(*id).path));
            match by_object.and_then(|id| cors.get(&id)) {
                // `cors(options)(req, res, next)`: the policy, which goes on by itself.
                Some(policy) => {
                    push(Effect::Cors(*policy), event.span);
                    push(Effect::Next, event.span);
                }
                None if matches!(path, "npm:cors" | "npm:cors.default") && passes_request(event) => {
                    handled.factory_calls.push(event.span);
                    handled.understood = false;
                }
                None => {
                    handled.risky.push(event.span);
                    handled.understood &= !passes_request(event);
                }
            }
        }
    }
}

/// Is the response given to something that may answer?
fn passes_request(event: &Event) -> bool {
    event.args.all().any(|value| matches!(&value.kind, Kind::External(path) if matches!(&**path, "express:req" | "express:res" | "express:next")))
}

fn code(value: &Value) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
    value.as_num().filter(|number| (100.0..1000.0).contains(number)).map(|number| number as u16)
}

/// `set(name, value)` or `set({ name: value })`.
fn header_effects(event: &Event, append: bool) -> Vec<(Formula, Effect)> {
    let Some(first) = event.args.positional.first() else { return Vec::new() };
    if first.as_map().is_some() {
        return map_effects(first);
    }
    let (Some(name), Some(value)) = (first.as_str(), event.args.positional.get(1)) else { return Vec::new() };
    let name = header_name(name, first.span);
    header_values(value)
        .into_iter()
        .map(|(when, mut value)| {
            // What is not written as text points at the line that sends it.
            if value.as_text().is_none() {
                value.span = event.span;
            }
            // A header that the request does not have is `undefined`, and is sent as that word.
            if let [HeaderPiece::Term(term)] = &mut *value.pieces {
                *term = term.then(TermOp::Default("undefined".into()));
            }
            let effect = if append { Effect::Append(name.clone(), value) } else { Effect::Set(name.clone(), value) };
            (when, effect)
        })
        .collect()
}

fn map_effects(map: &Value) -> Vec<(Formula, Effect)> {
    let Some(map) = map.as_map() else { return Vec::new() };
    let mut effects = Vec::new();
    for (key, entry) in &map.entries {
        for (when, value) in header_values(&entry.value) {
            let effect = Effect::Set(header_name(key, entry.key), value);
            effects.push((entry.when.clone().and(when), effect));
        }
    }
    effects
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
        let facts: Vec<Formula> = match &guarded.when {
            Formula::All(parts) => parts.to_vec(),
            other => vec![other.clone()],
        };
        let sent = handled.effects[..position].iter().any(|before| {
            let is_line = lines.iter().any(|line| line.span == before.span);
            is_line && before.when.given(&facts) != Formula::False && !skipped_by_throw(before, guarded, handled)
        });
        // Who refuses an origin wants it to get no headers.
        let refuses_origin =
            guarded.when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.is_origin()));
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
