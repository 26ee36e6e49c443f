//! Middleware of the project's own, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a dotted name of the middleware list. Out: guarded effects: header lines in order, `Next` where the rest of the
//! project is called, and the answers that are given back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;

use super::super::manual::header_name;
use super::super::values::header_values;
use super::symbols::{GET_RESPONSE, INNER_RESPONSE, REQUEST, external, is_response};
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
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

/// The class or function that a dotted name means, looked up from the settings as Python does from the project's root.
fn named(run: &mut Interp<'_>, dotted: &str, from: &Utf8Path) -> Option<Value> {
    let (module, name) = dotted.rsplit_once('.')?;
    let stem = module.replace('.', "/");
    let files = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let homes = from.ancestors().skip(1).flat_map(|base| files.iter().map(move |file| base.join(file)));
    for path in homes {
        // Nothing in the file itself needs to speak of CORS, so it may not have been read yet.
        run.run_file(&path);
        let found = run.modules().find(|(_, known, _)| **known == path).map(|(id, ..)| id);
        if let Some(id) = found {
            return run.top_level(id, name);
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
            let mut reader = Reader::new(run);
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
            let hooks = ["__call__", "process_request", "process_response"].map(|name| run.method_of(&value, name));
            let instance = run.instance(&value, &given)?;
            let request = external(REQUEST, span);
            let mut reader = Reader::new(run);
            match hooks {
                [Some(call), ..] => reader.run_hook(&call, Some(&instance), &[request]),
                [None, ask, answer] => {
                    if let Some(ask) = ask {
                        reader.run_hook(&ask, Some(&instance), std::slice::from_ref(&request));
                    }
                    reader.push(Formula::True, Effect::Next, span);
                    if let Some(answer) = answer {
                        let id = reader.run.make_object(INNER_RESPONSE, Args::default(), None, span);
                        let response = Value::new(Kind::Object(id), span);
                        reader.run_hook(&answer, Some(&instance), &[request, response]);
                    }
                }
            }
            reader.handled.understood &= known;
            Some(reader.done())
        }
        _ => None,
    }
}

/// Runs a view, or one of the methods of its class.
pub(super) fn view(run: &mut Interp<'_>, closure: &Arc<Closure>, instance: Option<&Value>) -> Handled {
    let request = external(REQUEST, closure.function.span);
    let mut reader = Reader::new(run);
    reader.run_hook(closure, instance, &[request]);
    reader.done()
}

struct Reader<'r, 'i> {
    run: &'r mut Interp<'i>,
    handled: Handled,
    /// `response.status_code = …`.
    statuses: BTreeMap<ObjectId, Option<u16>>,
}

impl<'r, 'i> Reader<'r, 'i> {
    fn new(run: &'r mut Interp<'i>) -> Reader<'r, 'i> {
        let handled = Handled { understood: true, ..Handled::default() };
        Reader { run, handled, statuses: BTreeMap::new() }
    }

    fn done(self) -> Handled {
        self.handled
    }

    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.handled.effects.push(GuardedEffect { when, effect, span });
    }

    /// Runs one function of the middleware, and reads what it did.
    fn run_hook(&mut self, closure: &Arc<Closure>, instance: Option<&Value>, args: &[Value]) {
        let positional = instance.into_iter().chain(args).cloned().collect();
        let (events, result) = self.run.run_function(closure, &Args { positional, ..Args::default() });
        let answers = result.alternatives();
        let answered: BTreeSet<ObjectId> = answers.iter().filter_map(|(_, value)| value.as_object()).collect();
        for event in &events {
            self.event(event, &answered);
        }
        for (when, value) in answers {
            self.answer(when, &value);
        }
    }

    fn event(&mut self, event: &Event, answered: &BTreeSet<ObjectId>) {
        let path = &*event.target.path;
        if event.result.is_some_and(|id| &*self.run.object(id).path == INNER_RESPONSE) {
            self.push(event.when.clone(), Effect::Next, event.span);
            return;
        }
        if path == "throw" {
            self.push(event.when.clone(), Effect::Fail, event.span);
            return;
        }
        let mut parts = event.args.positional.iter();
        let (first, second) = (parts.next(), parts.next());
        if path == "py:django.utils.cache.patch_vary_headers" {
            let names = second.and_then(Value::as_list).map(|list| list.items.clone()).unwrap_or_default();
            for name in names.iter().filter_map(|item| item.value.as_str()) {
                let value = HeaderValue::text(name.clone(), event.span);
                self.push(event.when.clone(), Effect::Append(header_name("Vary", event.span), value), event.span);
            }
            return;
        }
        let Some(id) = event.target.object else { return };
        let response = is_response(&self.run.object(id).path) || &*self.run.object(id).path == INNER_RESPONSE;
        if !response || !(answered.contains(&id) || &*self.run.object(id).path == INNER_RESPONSE) {
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

    /// What is given back: the rest of the project's answer, or one of its own.
    fn answer(&mut self, when: Formula, value: &Value) {
        let Some(id) = value.as_object() else {
            // `process_request` gives back nothing to go on.
            self.handled.understood &= value.is_nullish();
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
        let given = object.args.get(2, "status").filter(|_| name == "HttpResponse").or(object.args.named("status"));
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
