//! One middleware or route function, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: guarded effects: header lines in order, `Next` where the rest of the application is called, and the
//! answers that are given back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::header_values;
use super::symbols::{CALL_NEXT, INNER_RESPONSE, REQUEST, headers_of, is_response};
use super::{is_ours, last};
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderValue};
use crate::source::Span;

/// What a function does.
#[derive(Debug, Clone, Default)]
pub(super) struct Handled {
    /// Its effects in order.
    pub(super) effects: Vec<GuardedEffect>,
    /// What it gives back is known.
    pub(super) understood: bool,
}

/// What a function is for: middleware goes on, a route answers with whatever it gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `dispatch(request, call_next)`.
    Middleware,
    /// A route, or a handler of exceptions.
    Route,
}

/// Runs a function symbolically.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, purpose: Purpose) -> Handled {
    let span = closure.function.span;
    let external = |name: &str| Value::new(Kind::External(Arc::from(name)), span);
    let positional = match purpose {
        Purpose::Middleware => vec![external(REQUEST), external(CALL_NEXT)],
        Purpose::Route => Vec::new(),
    };
    // A route's parameters are known by their annotations.
    let args = Args { positional, open: purpose == Purpose::Route, ..Args::default() };
    let (events, result) = run.run_function(closure, &args);
    let answers = result.alternatives();
    let mut reader =
        Reader { run, effects: Vec::new(), understood: true, answered: BTreeSet::new(), statuses: BTreeMap::new() };
    for (_, value) in &answers {
        if let Some(id) = value.as_object() {
            reader.answered.insert(id);
        }
    }
    for event in &events {
        reader.event(event, purpose, &events);
    }
    for (when, value) in answers {
        reader.understood &= reader.answer(when, &value, purpose);
    }
    Handled { effects: reader.effects, understood: reader.understood }
}

struct Reader<'r, 'i> {
    run: &'r Interp<'i>,
    effects: Vec<GuardedEffect>,
    understood: bool,
    /// Objects that are given back.
    answered: BTreeSet<ObjectId>,
    /// `response.status_code = …`.
    statuses: BTreeMap<ObjectId, Option<u16>>,
}

impl Reader<'_, '_> {
    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when, effect, span });
    }

    /// Does an object answer: is it given back, or given to the function by the framework (`response: Response`)?
    fn counts(&self, id: ObjectId) -> bool {
        let object = self.run.object(id);
        self.answered.contains(&id) || (is_response(&object.path) && object.args.open)
    }

    fn event(&mut self, event: &Event, purpose: Purpose, all: &[Event]) {
        let path = &*event.target.path;
        match path {
            CALL_NEXT => self.push(event.when.clone(), Effect::Next, event.span),
            "throw" if !is_caught(event, all) => self.thrown(event, purpose),
            _ => {}
        }
        if let Some(id) = event.result.filter(|_| is_response(&format!("{path}()")))
            && self.counts(id)
            && let Some(headers) = event.args.named("headers")
        {
            self.map_lines(headers, event);
        }
        if let Some((id, tail)) = headers_of(path)
            && self.counts(id)
        {
            self.headers_event(tail, event);
        }
        if let (Some(id), [key, value]) = (event.target.object, event.args.positional.as_slice())
            && path.ends_with("[]=")
            && key.as_str().is_some_and(|key| &**key == "status_code")
        {
            // A status that is set on some ways only is not known.
            let status = status_code(value).filter(|_| event.when == Formula::True);
            self.statuses.insert(id, status);
        }
    }

    fn headers_event(&mut self, tail: &str, event: &Event) {
        let mut parts = event.args.positional.iter();
        let (first, second) = (parts.next(), parts.next());
        match tail {
            "[]=" | ".setdefault" | ".append" => {
                let (Some(name), Some(value)) = (first.and_then(Value::as_str), second) else {
                    self.understood = false;
                    return;
                };
                let name_span = first.map_or(event.span, |first| first.span);
                for (when, mut value) in header_values(value) {
                    // What is not written as text points at the line that sends it.
                    if value.as_text().is_none() {
                        value.span = event.span;
                    }
                    let name = header_name(name, name_span);
                    let effect = match tail {
                        ".append" => Effect::Append(name, value),
                        _ => Effect::Set(name, value),
                    };
                    self.push(event.when.clone().and(when), effect, event.span);
                }
            }
            ".update" => {
                if let Some(map) = first {
                    self.map_lines(map, event);
                }
            }
            ".add_vary_header" => {
                if let Some(text) = first.and_then(Value::as_str) {
                    let value = HeaderValue::text(text.clone(), event.span);
                    self.push(event.when.clone(), Effect::Append(header_name("Vary", event.span), value), event.span);
                }
            }
            _ => {}
        }
    }

    /// `headers={…}`.
    fn map_lines(&mut self, map: &Value, event: &Event) {
        for (guard, map) in map.alternatives() {
            let Some(map) = map.as_map() else {
                self.understood &= map.is_nullish();
                continue;
            };
            self.understood &= !map.open;
            for (key, entry) in &map.entries {
                for (when, value) in header_values(&entry.value) {
                    let when = Formula::all([event.when.clone(), guard.clone(), entry.when.clone(), when]);
                    let span = entry.key.to(entry.value.span);
                    self.push(when, Effect::Set(header_name(key, entry.key), value), span);
                }
            }
        }
    }

    /// `raise`: FastAPI turns an `HTTPException` of a route into an answer; outside of routes nobody does.
    fn thrown(&mut self, event: &Event, purpose: Purpose) {
        let raised = event.args.positional.first().and_then(Value::as_object).map(|id| self.run.object(id));
        let answered = raised.filter(|object| purpose == Purpose::Route && last(&object.path) == "HTTPException()");
        let effect = match answered {
            Some(object) => Effect::Answer(object.args.get(0, "status_code").and_then(status_code)),
            None => Effect::Fail,
        };
        self.push(event.when.clone(), effect, event.span);
    }

    /// What is given back; false when nobody knows what it is.
    fn answer(&mut self, when: Formula, value: &Value, purpose: Purpose) -> bool {
        match value.as_object() {
            Some(id) if is_response(&self.run.object(id).path) => {
                let object = self.run.object(id);
                if object.path.as_ref() == INNER_RESPONSE {
                    return true;
                }
                let given = object.args.named("status_code").map(status_code);
                let default = if last(&object.path) == "RedirectResponse()" { 307 } else { 200 };
                let status = self.statuses.get(&id).copied().or(given).unwrap_or(Some(default));
                let (span, when) = (object.span, object.when.clone().and(when));
                self.push(when, Effect::Answer(status), span);
                true
            }
            _ if purpose == Purpose::Route => {
                let span = value.span;
                self.push(when, Effect::Answer(if value.is_unknown() { None } else { Some(200) }), span);
                true
            }
            // Middleware that gives nothing back always threw before.
            _ => matches!(value.kind, Kind::Undefined),
        }
    }
}

/// Is it thrown inside a `try` of the same function?
fn is_caught(event: &Event, all: &[Event]) -> bool {
    let inside = |formula: &Formula| {
        formula.tests().iter().any(|(test, _)| matches!(test, Test::Thrown(body) if body.contains(event.span)))
    };
    all.iter().any(|other| inside(&other.when)) && !inside(&event.when)
}

/// A status as a number or as one of the names for it.
pub(super) fn status_code(value: &Value) -> Option<u16> {
    match &value.kind {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
        Kind::Num(number) if (100.0..1000.0).contains(number) => Some(*number as u16),
        // `status.HTTP_401_UNAUTHORIZED`.
        Kind::External(path) if is_ours(path) => {
            last(path).strip_prefix("HTTP_").and_then(|rest| rest.get(..3)).and_then(|digits| digits.parse().ok())
        }
        Kind::External(path) if path.starts_with("py:http.HTTPStatus.") => Some(match last(path) {
            "OK" => 200,
            "NO_CONTENT" => 204,
            "BAD_REQUEST" => 400,
            "UNAUTHORIZED" => 401,
            "FORBIDDEN" => 403,
            "NOT_FOUND" => 404,
            "TOO_MANY_REQUESTS" => 429,
            "INTERNAL_SERVER_ERROR" => 500,
            _ => return None,
        }),
        _ => None,
    }
}
