//! Middleware of the project's own, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a dotted name of the middleware list. Out: guarded effects: header lines in order, `Next` where the rest of the
//! project is called, and the answers that are given back.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;

use super::super::manual::header_name;
use super::super::values::{header_values, object_named};
use super::symbols::{GET_RESPONSE, HEADERS, INNER_RESPONSE, REQUEST, external, is_response};
use crate::eval::value::{Args, Closure, Kind, ModuleId, ObjectId, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect, HeaderValue};
use crate::source::Span;

/// What a middleware does.
#[derive(Debug, Default)]
pub(super) struct Handled {
    /// Its effects in order.
    pub(super) effects: Vec<GuardedEffect>,
    /// What it gives back is known.
    pub(super) understood: bool,
    /// It extends the library's middleware.
    pub(super) extends_library: bool,
}

/// The class or function that a dotted name means.
fn named(run: &mut Interp<'_>, dotted: &str, from: &Utf8Path) -> Option<Value> {
    let (module, name) = dotted.rsplit_once('.')?;
    let module = module_of(run, module, from)?;
    run.top_level(module, name)
}

/// The module that a dotted name means, looked up from the settings as Python does from the project's root.
pub(super) fn module_of(run: &mut Interp<'_>, module: &str, from: &Utf8Path) -> Option<ModuleId> {
    let stem = module.replace('.', "/");
    let files = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let homes = from.ancestors().skip(1).flat_map(|base| files.iter().map(move |file| base.join(file)));
    for path in homes {
        // Nothing in the file itself needs to speak of CORS, so it may not have been read yet.
        run.run_file(&path);
        let found = run.modules().find(|(_, known, _)| **known == path).map(|(id, ..)| id);
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Runs the middleware of a dotted name; `None` when it is not the project's own.
pub(super) fn handle(run: &mut Interp<'_>, dotted: &str, from: &Utf8Path) -> Option<Handled> {
    let value = named(run, dotted, from)?;
    let span = value.span;
    let given = Args { positional: vec![external(GET_RESPONSE, span)], ..Args::default() };
    match &value.kind {
        Kind::Function(outer) => {
            let (_, inner) = run.run_function(outer, &given);
            let inner = inner.as_function()?.clone();
            let mut reader = Reader::new(run, Purpose::Middleware);
            reader.run_hook(&inner, None, &[external(REQUEST, span)]);
            Some(reader.done())
        }
        Kind::Class(class) => {
            if run.external_bases(&value).iter().any(|base| base.starts_with("py:corsheaders.")) {
                return Some(Handled { extends_library: true, ..Handled::default() });
            }
            // A base that is neither Django's mixin nor the project's own may do anything.
            let known = class.bases.iter().all(|base| match &base.kind {
                Kind::External(path) => path.ends_with(".MiddlewareMixin") || &**path == "py:object",
                Kind::Class(_) => true,
                _ => false,
            });
            let more = ["process_exception", "process_view", "process_template_response"];
            let known = known && !more.iter().any(|name| run.method_of(&value, name).is_some());
            let hooks = ["__call__", "process_request", "process_response"].map(|name| run.method_of(&value, name));
            let instance = run.instance(&value, &given)?;
            let request = external(REQUEST, span);
            let mut reader = Reader::new(run, Purpose::Middleware);
            match hooks {
                [Some(call), ..] => reader.run_hook(&call, Some(&instance), &[request]),
                [None, ask, answer] => {
                    if let Some(ask) = ask {
                        reader.run_hook(&ask, Some(&instance), std::slice::from_ref(&request));
                    }
                    let Some(answer) = answer else {
                        reader.push(Formula::True, Effect::Next, span);
                        return Some(reader.finished(known));
                    };
                    // What `process_request` answers is given to `process_response` in place of the project's answer.
                    let early = reader.hold_answers();
                    let none = Formula::any(early.iter().map(|one| one.when.clone())).negated();
                    reader.push(none, Effect::Next, span);
                    let id = reader.run.make_object(INNER_RESPONSE, Args::default(), None, span);
                    let response = Value::new(Kind::Object(id), span);
                    reader.run_hook(&answer, Some(&instance), &[request, response]);
                    reader.handled.effects.extend(early);
                }
            }
            Some(reader.finished(known))
        }
        _ => None,
    }
}

/// What a function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It goes on to the rest of the project.
    Middleware,
    /// It answers.
    View,
    /// It answers, and exceptions of Django REST framework become answers with these statuses: refused for want of a proof.
    RestView(u16),
}

/// Reads what functions of the project do with a symbolic request.
pub(super) struct Reader<'r, 'i> {
    run: &'r mut Interp<'i>,
    purpose: Purpose,
    handled: Handled,
    /// `response.status_code = …`.
    statuses: BTreeMap<ObjectId, Option<u16>>,
}

impl<'r, 'i> Reader<'r, 'i> {
    pub(super) fn new(run: &'r mut Interp<'i>, purpose: Purpose) -> Reader<'r, 'i> {
        let handled = Handled { understood: true, ..Handled::default() };
        Reader { run, purpose, handled, statuses: BTreeMap::new() }
    }

    pub(super) fn done(self) -> Handled {
        self.handled
    }

    fn finished(mut self, known: bool) -> Handled {
        self.handled.understood &= known;
        self.handled
    }

    /// Turns answers into statuses of an answer that is still to come; the answers themselves.
    fn hold_answers(&mut self) -> Vec<GuardedEffect> {
        let mut held = Vec::new();
        for guarded in &mut self.handled.effects {
            if let Effect::Answer(status) = guarded.effect {
                held.push(guarded.clone());
                match status {
                    Some(status) => guarded.effect = Effect::Status(status),
                    None => self.handled.understood = false,
                }
            }
        }
        held
    }

    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.handled.effects.push(GuardedEffect { when, effect, span });
    }

    /// Runs one function, and reads what it did.
    pub(super) fn run_hook(&mut self, closure: &Arc<Closure>, instance: Option<&Value>, args: &[Value]) {
        let positional = instance.into_iter().chain(args).cloned().collect();
        let open = self.purpose != Purpose::Middleware;
        let (events, result) = self.run.run_function(closure, &Args { positional, open, ..Args::default() });
        let answers = result.alternatives();
        let mut answered: BTreeMap<ObjectId, Formula> = BTreeMap::new();
        for (when, value) in &answers {
            if let Some(id) = value.as_object() {
                let known = answered.remove(&id).unwrap_or(Formula::False);
                answered.insert(id, known.or(when.clone()));
            }
        }
        for event in &events {
            self.event(event, &answered);
        }
        for (when, value) in answers {
            self.answer(when, &value);
        }
    }

    fn event(&mut self, event: &Event, answered: &BTreeMap<ObjectId, Formula>) {
        let path = &*event.target.path;
        if let Some(id) = event.result {
            if &*self.run.object(id).path == INNER_RESPONSE {
                self.push(event.when.clone(), Effect::Next, event.span);
                return;
            }
            if let Some(when) = answered.get(&id).filter(|_| is_response(&self.run.object(id).path)) {
                // It takes the place of whatever the rest of the project answered before.
                if self.purpose == Purpose::Middleware {
                    self.push(event.when.clone().and(when.clone()), Effect::Replace, event.span);
                }
                if let Some(headers) = event.args.named("headers") {
                    self.map_lines(headers, event);
                }
            }
        }
        if path == THROW {
            self.thrown(event);
            return;
        }
        if matches!(path, "py:django.shortcuts.get_object_or_404" | "py:django.shortcuts.get_list_or_404") {
            let when = event.when.clone().and(Formula::unknown(event.span));
            self.push(when, Effect::Answer(Some(404)), event.span);
            return;
        }
        let mut parts = event.args.positional.iter();
        let (first, second) = (parts.next(), parts.next());
        if path == "py:django.utils.cache.patch_vary_headers" {
            let names = second.and_then(Value::as_list).map(|list| list.items.clone()).unwrap_or_default();
            for name in names.iter().filter_map(|item| item.value.as_str()) {
                let value = HeaderValue::text(name.clone(), event.span);
                self.push(event.when.clone(), Effect::Merge(header_name("Vary", event.span), value), event.span);
            }
            return;
        }
        let by_headers = object_named(path, HEADERS).map(|(id, _)| id);
        let Some(id) = event.target.object.or(by_headers) else { return };
        let inner = &*self.run.object(id).path == INNER_RESPONSE;
        if !(inner || is_response(&self.run.object(id).path) && answered.contains_key(&id)) {
            return;
        }
        let (Some(key), Some(value)) = (first.and_then(Value::as_str), second) else { return };
        if path.ends_with("[]=") || path.ends_with(".setdefault") || path.ends_with(".__setitem__") {
            if &**key == "status_code" {
                let certain = event.when == Formula::True;
                self.statuses.insert(id, if certain { status_code(value) } else { None });
                return;
            }
            let name_span = first.map_or(event.span, |first| first.span);
            for (when, mut value) in header_values(value) {
                // What is not written as text points at the line that sends it.
                if value.as_text().is_none() {
                    value.span = event.span;
                }
                let effect = Effect::Set(header_name(key, name_span), value);
                self.push(event.when.clone().and(when), effect, event.span);
            }
        }
    }

    /// `headers={…}`.
    fn map_lines(&mut self, map: &Value, event: &Event) {
        let Some(map) = map.as_map().cloned() else {
            self.handled.understood &= map.is_nullish();
            return;
        };
        self.handled.understood &= !map.open;
        for (key, entry) in &map.entries {
            for (when, value) in header_values(&entry.value) {
                let when = Formula::all([event.when.clone(), entry.when.clone(), when]);
                self.push(when, Effect::Set(header_name(key, entry.key), value), event.span);
            }
        }
    }

    /// `raise`: a few exceptions become answers of their own, every other one a 500.
    fn thrown(&mut self, event: &Event) {
        let raised = event.args.positional.first();
        let names: Vec<Arc<str>> = match raised.map(|value| &value.kind) {
            Some(Kind::Object(id)) => match &self.run.object(*id).class {
                Some(class) => self.run.external_bases(class),
                None => vec![self.run.object(*id).path.trim_end_matches("()").into()],
            },
            Some(Kind::External(path)) => vec![path.clone()],
            Some(Kind::Class(_)) => raised.map(|class| self.run.external_bases(class)).unwrap_or_default(),
            _ => Vec::new(),
        };
        let known = |name: &Arc<str>| name.strip_prefix("py:").is_some_and(|rest| !rest.contains('.'));
        let named = names.iter().find_map(|name| raised_status(name, self.purpose));
        let (when, span) = (event.when.clone(), event.span);
        match named {
            Some(status) => {
                // Django REST framework writes its own headers on answers to exceptions as well.
                if !matches!(self.purpose, Purpose::RestView(_)) {
                    self.push(when.clone(), Effect::Replace, span);
                }
                self.push(when, Effect::Answer(status), span);
            }
            None if !names.is_empty() && names.iter().all(known) => self.push(when, Effect::Fail, span),
            // A bare `raise`, and middleware: what is thrown there was no answer to begin with.
            None if self.purpose == Purpose::Middleware => self.push(when, Effect::Fail, span),
            None => self.push(when, Effect::Answer(None), span),
        }
    }

    /// What is given back: the rest of the project's answer, or one of its own.
    fn answer(&mut self, when: Formula, value: &Value) {
        let Some(id) = value.as_object() else {
            match (value.is_nullish(), self.purpose) {
                // `process_request` gives back nothing to go on.
                (true, Purpose::Middleware) => {}
                // Django throws where a view gives back nothing.
                (true, _) => self.push(when, Effect::Fail, value.span),
                (false, _) => self.handled.understood = false,
            }
            return;
        };
        let object = self.run.object(id);
        if &*object.path == INNER_RESPONSE {
            return;
        }
        if !is_response(&object.path) {
            self.handled.understood = false;
            return;
        }
        let name = object.path.rsplit('.').next().unwrap_or("").trim_end_matches("()");
        let second = object.args.positional.get(1).filter(|_| object.path.starts_with("py:rest_framework."));
        let third = object.args.positional.get(2).filter(|_| name == "HttpResponse");
        let given = object.args.named("status").or(second).or(third).filter(|value| !value.is_nullish());
        let status = self.statuses.get(&id).copied().or(given.map(status_code)).unwrap_or(default_status(name));
        let (span, when) = (object.span, object.when.clone().and(when));
        let lines = object.args.named("headers").and_then(Value::as_map).cloned();
        for (key, entry) in lines.iter().flat_map(|map| &map.entries) {
            for (guard, value) in header_values(&entry.value) {
                let when = Formula::all([when.clone(), entry.when.clone(), guard]);
                self.push(when, Effect::Set(header_name(key, entry.key), value), entry.key.to(entry.value.span));
            }
        }
        self.push(when, Effect::Answer(status), span);
    }
}

/// The status of an exception that becomes an answer; `None` inside when nobody knows it.
fn raised_status(path: &str, purpose: Purpose) -> Option<Option<u16>> {
    let name = path.rsplit('.').next().unwrap_or(path);
    if path.starts_with("py:django.") {
        return match name {
            "Http404" => Some(Some(404)),
            "PermissionDenied" => Some(Some(403)),
            "BadRequest" | "SuspiciousOperation" => Some(Some(400)),
            _ => None,
        };
    }
    let Purpose::RestView(refused) = purpose else { return None };
    if !path.starts_with("py:rest_framework.") {
        return None;
    }
    Some(Some(match name {
        "ValidationError" | "ParseError" => 400,
        "AuthenticationFailed" | "NotAuthenticated" => refused,
        "PermissionDenied" => 403,
        "NotFound" => 404,
        "MethodNotAllowed" => 405,
        "NotAcceptable" => 406,
        "UnsupportedMediaType" => 415,
        "Throttled" => 429,
        _ => return Some(None),
    }))
}

/// The status that a class of response has by itself.
fn default_status(name: &str) -> Option<u16> {
    Some(match name {
        "HttpResponse" | "JsonResponse" | "Response" | "StreamingHttpResponse" | "FileResponse" => 200,
        "HttpResponseRedirect" | "redirect" => 302,
        "HttpResponsePermanentRedirect" => 301,
        "HttpResponseBadRequest" => 400,
        "HttpResponseForbidden" => 403,
        "HttpResponseNotFound" => 404,
        "HttpResponseNotAllowed" => 405,
        "HttpResponseServerError" => 500,
        _ => return None,
    })
}

/// A status as a number or as one of the names for it: `status.HTTP_401_UNAUTHORIZED`.
fn status_code(value: &Value) -> Option<u16> {
    match &value.kind {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
        Kind::Num(number) if (100.0..1000.0).contains(number) => Some(*number as u16),
        Kind::External(path) => {
            path.rsplit('.').next()?.strip_prefix("HTTP_").and_then(|rest| rest.get(..3)?.parse().ok())
        }
        _ => None,
    }
}
