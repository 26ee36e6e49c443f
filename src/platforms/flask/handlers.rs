//! One hook or view, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: guarded effects: header lines in order, and the answers that are given back or raised. What is given
//! back may be a response, a text, or a tuple with status and headers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::header_values;
use super::last;
use super::raised::{self, Raised, is_abort};
use super::rescuers::Rescuers;
use super::symbols::{INNER_RESPONSE, headers_of, is_response, vary_of};
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
    /// The answers among the effects that were raised, by their places.
    pub(super) raised: Vec<Span>,
}

/// What a function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `@app.before_request`: answers if it gives something back.
    Before,
    /// `@app.after_request`: is given the answer and gives it on.
    After,
    /// A view, or a handler of errors.
    View,
}

/// What is to be run.
#[derive(Clone)]
pub(super) struct Task<'t> {
    /// What the function is for.
    pub(super) purpose: Purpose,
    /// The handlers that take what it raises, and the blueprint it belongs to.
    pub(super) rescuers: Option<(&'t Rescuers, Option<ObjectId>)>,
    /// What it is given.
    pub(super) given: Vec<Value>,
}

impl Task<'_> {
    /// A function that is run by itself.
    pub(super) fn of(purpose: Purpose) -> Task<'static> {
        Task { purpose, rescuers: None, given: Vec::new() }
    }
}

/// Runs a function symbolically.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, task: &Task<'_>) -> Handled {
    let span = closure.function.span;
    let mut given = task.given.clone();
    if task.purpose == Purpose::After {
        let id = run.make_object(INNER_RESPONSE, Args::default(), None, span);
        given.push(Value::new(Kind::Object(id), span));
    }
    let args = Args { positional: given, open: task.purpose == Purpose::View, ..Args::default() };
    let (events, result) = run.run_function(closure, &args);
    let answers = result.alternatives();
    let mut reader = Reader {
        run,
        task,
        handled: Handled { understood: true, ..Handled::default() },
        answered: BTreeMap::new(),
        statuses: BTreeMap::new(),
    };
    if task.purpose == Purpose::After {
        reader.push(Formula::True, Effect::Next, span);
    }
    for (when, value) in &answers {
        reader.counts(when, value);
    }
    for event in &events {
        reader.event(event, &events, &answers);
    }
    for (when, value) in answers {
        reader.handled.understood &= reader.answer(&when, &value);
    }
    reader.handled
}

/// Is it raised inside a `try` of the same function?
fn is_caught(event: &Event, all: &[Event], answers: &[(Formula, Value)]) -> bool {
    let inside = |formula: &Formula| {
        formula.tests().iter().any(|(test, _)| matches!(test, Test::Thrown(body) if body.contains(event.span)))
    };
    let whens = all.iter().map(|other| &other.when).chain(answers.iter().map(|(when, _)| when));
    let mut whens = whens.filter(|when| **when != event.when);
    whens.any(inside) && !inside(&event.when)
}

struct Reader<'r, 'i> {
    run: &'r mut Interp<'i>,
    task: &'r Task<'r>,
    handled: Handled,
    /// Responses that are given back, and when.
    answered: BTreeMap<ObjectId, Formula>,
    /// `response.status_code = …`.
    statuses: BTreeMap<ObjectId, Option<u16>>,
}

impl Reader<'_, '_> {
    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.handled.effects.push(GuardedEffect { when, effect, span });
    }

    /// Remembers the responses in what is given back: it itself, the first of a tuple, what `make_response` was given.
    fn counts(&mut self, when: &Formula, value: &Value) {
        let mut open = vec![value.clone()];
        let mut left = 16;
        while let Some(one) = open.pop() {
            left -= 1;
            match &one.kind {
                _ if left == 0 => return,
                Kind::List(list) => open.extend(list.items.first().map(|item| item.value.clone())),
                Kind::Object(id) if is_response(&self.run.object(*id).path) => {
                    let known = self.answered.remove(id).unwrap_or(Formula::False);
                    self.answered.insert(*id, known.or(when.clone()));
                    open.extend(self.run.object(*id).args.positional.first().cloned());
                }
                _ => {}
            }
        }
    }

    /// The condition under which a response is the answer.
    fn when_answered(&self, id: ObjectId) -> Option<Formula> {
        match &*self.run.object(id).path {
            INNER_RESPONSE => Some(Formula::True),
            _ => self.answered.get(&id).cloned(),
        }
    }

    fn event(&mut self, event: &Event, all: &[Event], answers: &[(Formula, Value)]) {
        let path = &*event.target.path;
        if path == "throw" || is_abort(path) {
            if !is_caught(event, all, answers) {
                self.raised(event);
            }
            return;
        }
        if let Some(id) = event.result
            && is_response(&self.run.object(id).path)
            && &*self.run.object(id).path != INNER_RESPONSE
            && self.run.object(id).span == event.span
            && let Some(when) = self.when_answered(id)
        {
            self.made(event, id, &when);
        }
        if let Some((id, tail)) = headers_of(path)
            && let Some(when) = self.when_answered(id)
        {
            self.headers_event(&tail, event, &when);
        }
        if let Some((id, tail)) = vary_of(path)
            && let (".add" | ".update", Some(when)) = (tail.as_str(), self.when_answered(id))
        {
            for value in &event.args.positional {
                self.lines(&when, "Vary", value, event, &Effect::Append);
            }
        }
        if let (Some(id), [key, value]) = (event.target.object, event.args.positional.as_slice())
            && path.ends_with("[]=")
            && is_response(&self.run.object(id).path)
            && let (Some(key), Some(when)) = (key.as_str().cloned(), self.when_answered(id))
        {
            self.field(id, &key, value, event, &when);
        }
    }

    /// The headers that a response is made with: `Response(body, 200, {…})`, `make_response(body, {…})`.
    fn made(&mut self, event: &Event, id: ObjectId, when: &Formula) {
        let args = self.run.object(id).args.clone();
        let path = self.run.object(id).path.clone();
        let plain = match last(&path) {
            "make_response()" => None,
            "jsonify()" | "redirect()" | "send_file()" | "send_from_directory()" => return,
            _ => args.get(2, "headers").cloned(),
        };
        let mapped = |value: &&Value| last(&path) == "make_response()" && (value.as_map().is_some() || is_pairs(value));
        let headers = plain.or_else(|| args.positional.iter().skip(1).find(mapped).cloned());
        if let Some(headers) = headers {
            self.table(&event.when.clone().and(when.clone()), &headers);
        }
    }

    fn lines(
        &mut self,
        when: &Formula,
        name: &str,
        value: &Value,
        event: &Event,
        effect: &dyn Fn(Name, HeaderValue) -> Effect,
    ) {
        for (guard, mut line) in header_values(value) {
            // What is not written as text points at the line that sends it.
            if line.as_text().is_none() {
                line.span = event.span;
            }
            let when = Formula::all([event.when.clone(), when.clone(), guard]);
            self.push(when, effect(header_name(name, event.span), line), event.span);
        }
    }

    fn headers_event(&mut self, tail: &str, event: &Event, answered: &Formula) {
        let mut parts = event.args.positional.iter();
        let (first, second) = (parts.next(), parts.next());
        match tail {
            "[]=" | ".set" | ".setdefault" | ".add" | ".add_header" | ".append" => {
                let (Some(name), Some(value)) = (first.and_then(Value::as_str), second) else {
                    self.handled.understood = false;
                    return;
                };
                let effect: &dyn Fn(Name, HeaderValue) -> Effect = match tail {
                    "[]=" | ".set" => &Effect::Set,
                    ".setdefault" => &Effect::Default,
                    _ => &Effect::Append,
                };
                self.lines(answered, name, value, event, effect);
            }
            ".update" | ".extend" => {
                if let Some(map) = first {
                    let when = event.when.clone().and(answered.clone());
                    if tail == ".extend" {
                        self.table_with(&when, map, &Effect::Append);
                    } else {
                        self.table(&when, map);
                    }
                }
            }
            ".remove" | ".pop" | ".discard" => {
                if let Some(name) = first.and_then(Value::as_str) {
                    let when = event.when.clone().and(answered.clone());
                    self.push(when, Effect::Remove(header_name(name, event.span)), event.span);
                }
            }
            _ => {}
        }
    }

    /// `headers={…}`, or a list of pairs.
    fn table(&mut self, when: &Formula, headers: &Value) {
        self.table_with(when, headers, &Effect::Set);
    }

    fn table_with(&mut self, when: &Formula, headers: &Value, effect: &dyn Fn(Name, HeaderValue) -> Effect) {
        for (guard, table) in headers.alternatives() {
            let when = when.clone().and(guard);
            if let Some(map) = table.as_map() {
                self.handled.understood &= !map.open;
                for (key, entry) in &map.entries {
                    for (inner, line) in header_values(&entry.value) {
                        let when = Formula::all([when.clone(), entry.when.clone(), inner]);
                        self.push(when, effect(header_name(key, entry.key), line), entry.key.to(entry.value.span));
                    }
                }
            } else if let Some(pairs) = table.as_list() {
                for pair in pairs.items.iter().filter_map(|item| item.value.as_list()) {
                    let [name, value] = pair.items.as_slice() else { continue };
                    let Some(text) = name.value.as_str() else { continue };
                    for (inner, line) in header_values(&value.value) {
                        let at = name.value.span.to(value.value.span);
                        self.push(when.clone().and(inner), effect(header_name(text, name.value.span), line), at);
                    }
                }
            } else if !table.is_nullish() {
                self.handled.understood = false;
            }
        }
    }

    /// `response.status_code = 204`, `response.access_control_allow_origin = "*"`.
    fn field(&mut self, id: ObjectId, key: &str, value: &Value, event: &Event, answered: &Formula) {
        let header = match key {
            "status_code" | "status" => {
                // A status that is set on some ways only is not known.
                let status = raised::status(value).filter(|_| event.when == Formula::True);
                self.statuses.insert(id, status);
                return;
            }
            "headers" => return self.table(&event.when.clone().and(answered.clone()), value),
            "access_control_allow_origin" => "Access-Control-Allow-Origin",
            "access_control_allow_headers" => "Access-Control-Allow-Headers",
            "access_control_allow_methods" => "Access-Control-Allow-Methods",
            "access_control_expose_headers" => "Access-Control-Expose-Headers",
            "access_control_max_age" => "Access-Control-Max-Age",
            "access_control_allow_credentials" => {
                if matches!(value.kind, Kind::Bool(true)) {
                    let text = Value::text("true", value.span);
                    self.lines(answered, "Access-Control-Allow-Credentials", &text, event, &Effect::Set);
                }
                return;
            }
            "vary" => "Vary",
            _ => return,
        };
        self.lines(answered, header, value, event, &Effect::Set);
    }

    /// `raise` and `abort`: an answer, or what a handler of errors makes of it.
    fn raised(&mut self, event: &Event) {
        let raised = match (&*event.target.path, event.args.positional.first()) {
            ("throw", Some(value)) => raised::raised(self.run, value),
            ("throw", None) => Raised::Unknown,
            _ => raised::aborted(self.run, event),
        };
        let (class, status) = match raised {
            Raised::Http(class, status) => (class, status),
            Raised::Other(class) => {
                let Some(closure) = self.rescuer(&class, None) else {
                    return self.push(event.when.clone(), Effect::Fail, event.span);
                };
                return self.rescued(event, &closure, None);
            }
            Raised::Response(response) => {
                self.handled.raised.push(event.span);
                self.counts(&event.when, &response);
                self.push(event.when.clone(), Effect::Answer(None), event.span);
                return;
            }
            Raised::Unknown => {
                self.handled.raised.push(event.span);
                return self.push(event.when.clone(), Effect::Answer(None), event.span);
            }
        };
        if let Some(closure) = self.rescuer(&class, status) {
            return self.rescued(event, &closure, status);
        }
        self.handled.raised.push(event.span);
        self.push(event.when.clone(), Effect::Replace, event.span);
        self.push(event.when.clone(), Effect::Answer(status), event.span);
    }

    fn rescuer(&self, class: &Value, status: Option<u16>) -> Option<Arc<Closure>> {
        let (rescuers, blueprint) = self.task.rescuers?;
        rescuers.of_class(class, status, blueprint).cloned()
    }

    /// What a handler of errors makes of an exception.
    fn rescued(&mut self, event: &Event, closure: &Arc<Closure>, status: Option<u16>) {
        let span = event.span;
        self.handled.raised.push(span);
        let exception = self.run.make_object("flask:exception", Args::default(), None, span);
        if let Some(status) = status {
            let value = Value::new(Kind::Num(f64::from(status)), span);
            self.run.objects[exception.0].fields.insert("code".into(), value);
        }
        let given = vec![Value::new(Kind::Object(exception), span)];
        let handled = handle(self.run, closure, &Task { given, ..Task::of(Purpose::View) });
        self.push(event.when.clone(), Effect::Replace, span);
        if !handled.understood {
            self.push(event.when.clone(), Effect::Answer(None), span);
        }
        // Where they are written is of no matter here: they belong to what was raised.
        for guarded in handled.effects {
            self.push(event.when.clone().and(guarded.when), guarded.effect, span);
        }
    }

    /// What is given back; false when nobody knows what it is.
    fn answer(&mut self, when: &Formula, value: &Value) -> bool {
        match self.task.purpose {
            Purpose::After => value.as_object().is_some_and(|id| &*self.run.object(id).path == INNER_RESPONSE),
            // Nothing is given back: the request goes on.
            Purpose::Before if value.is_nullish() => true,
            Purpose::Before if value.is_unknown() => false,
            Purpose::Before | Purpose::View => {
                if let Some(id) = value.as_object()
                    && is_abort(self.run.object(id).path.trim_end_matches("()"))
                {
                    return true;
                }
                let status = self.status_of(when, value);
                self.push(when.clone(), Effect::Answer(status), value.span);
                true
            }
        }
    }

    /// The status of what is given back; the headers of a tuple are written on the way.
    fn status_of(&mut self, when: &Formula, value: &Value) -> Option<u16> {
        match &value.kind {
            Kind::Str(_) | Kind::Map(_) | Kind::Term(_) | Kind::Env(_) => Some(200),
            Kind::List(list) if list.open => None,
            Kind::List(list) => {
                let parts: Vec<Value> = list.items.iter().map(|item| item.value.clone()).collect();
                let headers = |value: &Value| value.as_map().is_some() || is_pairs(value);
                match parts.as_slice() {
                    [_, status] if raised::status(status).is_some() => raised::status(status),
                    [_, table, status] if headers(table) && raised::status(status).is_some() => {
                        self.table(when, table);
                        raised::status(status)
                    }
                    [_, status, table] if headers(table) || raised::status(status).is_some() => {
                        self.table(when, table);
                        raised::status(status)
                    }
                    // `return body, headers`; a list of two dicts is a body.
                    [first, table] if headers(table) && first.as_map().is_none() => {
                        self.table(when, table);
                        self.status_of(when, first)
                    }
                    // `return body, code`.
                    [_, status] if !matches!(status.kind, Kind::Str(_) | Kind::Map(_) | Kind::List(_)) => None,
                    _ => Some(200),
                }
            }
            Kind::Object(id) => self.status_of_object(*id),
            _ => None,
        }
    }

    fn status_of_object(&self, id: ObjectId) -> Option<u16> {
        if let Some(status) = self.statuses.get(&id) {
            return *status;
        }
        let object = self.run.object(id);
        let path = &*object.path;
        let given = |value: Option<&Value>, default: u16| value.map_or(Some(default), raised::status);
        match last(path) {
            "make_response()" if is_response(path) => {
                let code =
                    object.args.positional.iter().skip(1).find(|value| value.as_map().is_none() && !is_pairs(value));
                let inner = object.args.positional.first().and_then(Value::as_object);
                match (code, inner) {
                    (Some(code), _) => raised::status(code),
                    (None, Some(inner)) => self.status_of_object(inner),
                    (None, None) => Some(200),
                }
            }
            "jsonify()" | "render_template()" | "render_template_string()" | "dumps()" | "str()" => Some(200),
            "redirect()" if is_response(path) => given(object.args.get(1, "code"), 302),
            "Response()" | "BaseResponse()" | "response_class()" if is_response(path) => {
                given(object.args.get(1, "status").filter(|value| !value.is_nullish()), 200)
            }
            _ => None,
        }
    }
}

/// A name of a header with its place.
type Name = crate::source::Spanned<Arc<str>>;

/// A list of pairs, as headers may be given.
fn is_pairs(value: &Value) -> bool {
    value.as_list().is_some_and(|list| {
        let pair = |value: &Value| value.as_list().is_some_and(|pair| pair.items.len() == 2);
        !list.items.is_empty() && list.items.iter().all(|item| pair(&item.value))
    })
}
