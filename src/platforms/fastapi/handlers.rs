//! One middleware or route function, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: guarded effects: header lines in order, `Next` where the rest of the application is called, and the
//! answers that are given back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::header_values;
use super::rescuers::Rescuers;
use super::symbols::{CALL_NEXT, INNER_RESPONSE, REQUEST, headers_of, is_response};
use super::{is_ours, last};
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp, THROW};
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
    /// Something a route depends on: what it gives back is no answer.
    Dependency,
}

/// What is to be run.
#[derive(Clone)]
pub(super) struct Task<'t> {
    /// What the function is for.
    pub(super) purpose: Purpose,
    /// The status of a route's answer when nothing says another.
    pub(super) status: Option<u16>,
    /// The handlers that take what a route raises.
    pub(super) rescuers: Option<&'t Rescuers>,
    /// What it is given in place of unknown arguments.
    pub(super) given: Vec<Value>,
}

impl Task<'_> {
    /// A function that is run by itself.
    pub(super) fn of(purpose: Purpose) -> Task<'static> {
        Task { purpose, status: Some(200), rescuers: None, given: Vec::new() }
    }
}

/// Runs a function symbolically.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, task: &Task<'_>) -> Handled {
    let span = closure.function.span;
    let external = |name: &str| Value::new(Kind::External(Arc::from(name)), span);
    let middleware = task.purpose == Purpose::Middleware;
    let positional = match middleware {
        true => vec![external(REQUEST), external(CALL_NEXT)],
        false => task.given.clone(),
    };
    // A route's parameters are known by their annotations.
    let args = Args { positional, open: !middleware, ..Args::default() };
    let (events, result) = run.run_function(closure, &args);
    let mut answers = if task.purpose == Purpose::Dependency { Vec::new() } else { result.alternatives() };
    answers.extend(rescues(run, &events, &answers));
    let mut reader = Reader {
        run,
        task,
        effects: Vec::new(),
        understood: true,
        answered: BTreeMap::new(),
        statuses: BTreeMap::new(),
        status: task.status,
    };
    for (when, value) in &answers {
        if let Some(id) = value.as_object() {
            let known = reader.answered.remove(&id).unwrap_or(Formula::False);
            reader.answered.insert(id, known.or(when.clone()));
        }
    }
    for event in &events {
        reader.event(event, &events);
    }
    for (when, value) in answers {
        reader.understood &= reader.answer(when, &value);
    }
    Handled { effects: reader.effects, understood: reader.understood }
}

/// Responses that are made where the rest of the application threw: of what a function gives back only what it gives back
/// when nothing is thrown is left.
fn rescues(run: &Interp<'_>, events: &[Event], answers: &[(Formula, Value)]) -> Vec<(Formula, Value)> {
    let calls: Vec<Span> =
        events.iter().filter(|event| &*event.target.path == CALL_NEXT).map(|event| event.span).collect();
    let around_call = |test: &Test| match test {
        Test::Thrown(body) => calls.iter().any(|call| body.contains(*call)),
        _ => false,
    };
    let known: Vec<ObjectId> = answers.iter().filter_map(|(_, value)| value.as_object()).collect();
    let made = events.iter().filter_map(|event| Some((event, event.result?)));
    made.filter(|(event, id)| {
        let rescues = event.when.tests().iter().any(|(test, _)| around_call(test));
        rescues && !known.contains(id) && is_response(&run.object(*id).path)
    })
    .map(|(event, id)| (event.when.clone(), Value::new(Kind::Object(id), event.span)))
    .collect()
}

struct Reader<'r, 'i> {
    run: &'r mut Interp<'i>,
    task: &'r Task<'r>,
    effects: Vec<GuardedEffect>,
    understood: bool,
    /// Objects that are given back, and when.
    answered: BTreeMap<ObjectId, Formula>,
    /// `response.status_code = …`.
    statuses: BTreeMap<ObjectId, Option<u16>>,
    /// The status of what is no response.
    status: Option<u16>,
}

impl Reader<'_, '_> {
    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when, effect, span });
    }

    /// Does an object answer: is it given back, or given to the function by the framework (`response: Response`)?
    fn counts(&self, id: ObjectId) -> bool {
        self.answered.contains_key(&id) || self.is_given(id)
    }

    /// Is it a response that the framework gives to the function, and whose lines it merges into the answer?
    fn is_given(&self, id: ObjectId) -> bool {
        let object = self.run.object(id);
        is_response(&object.path) && object.args.open
    }

    fn event(&mut self, event: &Event, all: &[Event]) {
        let path = &*event.target.path;
        match path {
            CALL_NEXT => self.push(event.when.clone(), Effect::Next, event.span),
            THROW => self.thrown(event, all),
            _ => {}
        }
        if let Some(id) = event.result.filter(|_| is_response(&format!("{path}()")))
            && self.counts(id)
        {
            if self.task.purpose == Purpose::Middleware
                && let Some(when) = self.answered.get(&id)
            {
                let when = event.when.clone().and(when.clone());
                self.push(when, Effect::Replace, event.span);
            }
            if let Some(headers) = event.args.named("headers") {
                self.map_lines(headers, event);
            }
        }
        if let Some((id, tail)) = headers_of(path)
            && self.counts(id)
        {
            self.headers_event(&tail, event);
        }
        if let (Some(id), [key, value]) = (event.target.object, event.args.positional.as_slice())
            && path.ends_with("[]=")
            && key.as_str().is_some_and(|key| &**key == "status_code")
        {
            // A status that is set on some ways only is not known.
            let status = status_code(value).filter(|_| event.when == Formula::True);
            if self.is_given(id) {
                self.status = status;
            }
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
    fn thrown(&mut self, event: &Event, all: &[Event]) {
        let raised = match event.args.positional.first() {
            Some(value) if self.task.purpose != Purpose::Middleware => self.raised(value, all),
            _ => Raised::Other(None),
        };
        let (class, status) = match &raised {
            Raised::Http { class, status, .. } => (Some(class.clone()), *status),
            Raised::Other(class) => (class.clone(), None),
            Raised::Unknown => (None, None),
        };
        let rescuer = class.zip(self.task.rescuers).and_then(|(class, rescuers)| rescuers.of_class(&class, status));
        if let Some(closure) = rescuer.cloned() {
            return self.rescued(event, &closure, status);
        }
        match raised {
            Raised::Http { status, headers, .. } => {
                self.push(event.when.clone(), Effect::Replace, event.span);
                if let Some(headers) = headers {
                    self.map_lines(&headers, event);
                }
                self.push(event.when.clone(), Effect::Answer(status), event.span);
            }
            Raised::Other(_) => self.push(event.when.clone(), Effect::Fail, event.span),
            Raised::Unknown => self.push(event.when.clone(), Effect::Answer(None), event.span),
        }
    }

    /// What a handler of exceptions makes of one.
    fn rescued(&mut self, event: &Event, closure: &Arc<Closure>, status: Option<u16>) {
        let span = event.span;
        let exception = self.run.make_object("starlette:exception", Args::default(), None, span);
        if let Some(status) = status {
            let value = Value::new(Kind::Num(f64::from(status)), span);
            self.run.objects[exception.0].fields.insert("status_code".into(), value);
        }
        let request = Value::new(Kind::External(REQUEST.into()), span);
        let given = vec![request, Value::new(Kind::Object(exception), span)];
        let handled = handle(self.run, closure, &Task { given, ..Task::of(Purpose::Route) });
        self.push(event.when.clone(), Effect::Replace, span);
        if !handled.understood {
            self.push(event.when.clone(), Effect::Answer(None), span);
        }
        for guarded in handled.effects {
            self.push(event.when.clone().and(guarded.when), guarded.effect, guarded.span);
        }
    }

    /// What kind of exception is raised.
    fn raised(&self, value: &Value, all: &[Event]) -> Raised {
        let external = |path: &str| Value::new(Kind::External(path.into()), value.span);
        let by_class = |class: &Value, args: Option<&Args>| {
            let bases = self.run.external_bases(class);
            let known = |path: &Arc<str>| is_builtin(path) || is_ours(path);
            if bases.iter().any(|base| is_ours(base) && last(base) == "HTTPException") {
                let status = args.and_then(|args| args.get(0, "status_code")).and_then(status_code);
                Raised::Http { class: class.clone(), status, headers: None }
            } else if !bases.is_empty() && bases.iter().all(known) {
                Raised::Other(Some(class.clone()))
            } else {
                Raised::Unknown
            }
        };
        match &value.kind {
            Kind::Object(id) => {
                let object = self.run.object(*id);
                if let Some(class) = &object.class {
                    let made = all.iter().find(|event| {
                        event.target.object == Some(*id) && event.target.path.ends_with("HTTPException.__init__")
                    });
                    let inherits = made.is_none().then_some(&object.args);
                    return by_class(class, made.map(|event| &event.args).or(inherits));
                }
                let path = object.path.trim_end_matches("()");
                match last(path) {
                    "HTTPException" if is_ours(path) => Raised::Http {
                        class: external(path),
                        status: object.args.get(0, "status_code").and_then(status_code),
                        headers: object.args.get(2, "headers").cloned(),
                    },
                    _ if is_builtin(path) => Raised::Other(Some(external(path))),
                    _ => Raised::Unknown,
                }
            }
            Kind::External(path) if is_builtin(path) => Raised::Other(Some(value.clone())),
            Kind::Class(_) => by_class(value, None),
            _ => Raised::Unknown,
        }
    }

    /// What is given back; false when nobody knows what it is.
    fn answer(&mut self, when: Formula, value: &Value) -> bool {
        match value.as_object() {
            Some(id) if is_response(&self.run.object(id).path) && !self.is_given(id) => {
                let object = self.run.object(id);
                if object.path.as_ref() == INNER_RESPONSE {
                    return true;
                }
                let given = object.args.get(1, "status_code").map(status_code);
                let default = if last(&object.path) == "RedirectResponse()" { 307 } else { 200 };
                let status = self.statuses.get(&id).copied().or(given).unwrap_or(Some(default));
                let (span, when) = (object.span, object.when.clone().and(when));
                self.push(when, Effect::Answer(status), span);
                true
            }
            _ if self.task.purpose == Purpose::Route => {
                let status = self.status.filter(|_| !value.is_unknown());
                self.push(when, Effect::Answer(status), value.span);
                true
            }
            // Middleware that gives nothing back always threw before.
            _ => matches!(value.kind, Kind::Undefined),
        }
    }
}

/// An exception, by what becomes of it.
enum Raised {
    /// An answer.
    Http { class: Value, status: Option<u16>, headers: Option<Value> },
    /// Something that is no `HTTPException`, with its class where that is known.
    Other(Option<Value>),
    /// Nobody knows.
    Unknown,
}

/// Is it one of Python's own exceptions?
fn is_builtin(path: &str) -> bool {
    path.strip_prefix("py:").is_some_and(|name| !name.contains('.'))
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
