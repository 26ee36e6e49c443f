//! Code for browsers: the requests that `fetch`, axios and their kin send.
//!
//! In: programs that were evaluated with this library's knowledge. Out: `ClientRequest`s. Only code that can run in a page is
//! meant: `browser` leaves out what belongs to servers. Never judges.

mod angular;
mod axios;
pub mod browser;
mod calls;
mod live;
mod options;
mod superagent;
mod text;
mod xhr;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::client::ClientRequest;
use crate::source::{Span, Spanned};

/// What browsers and the packages that send requests mean to the evaluator.
pub struct Client;

/// An answer that somebody may read.
const RESPONSE: &str = "client:response";
/// The headers of an answer.
const HEADERS: &str = "client:response.headers";
/// The functions of a Supabase client, whose parent it is.
const FUNCTIONS: &str = "client:supabase.functions";
/// The mark of a response header that is read; its argument is the name.
const HEADER_READ: &str = "client:header-read";
/// The mark of an answer that is read.
const ANSWER_READ: &str = "client:answer-read";

impl Library for Client {
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        match &*target.path {
            "js:window" | "js:globalThis" | "js:self" => {
                Some(Value::new(Kind::External(format!("js:{name}").into()), span))
            }
            RESPONSE => match name {
                "headers" => Some(child(run, HEADERS, target.object, span)),
                "status" | "ok" | "statusText" | "data" | "body" | "_data" => {
                    child(run, ANSWER_READ, target.object, span);
                    Some(Value::unknown(crate::eval::value::Reason::NotModelled, span))
                }
                _ => None,
            },
            HEADERS if !is_headers_method(name) => {
                header_read(run, target.object, Value::text(name, span), span);
                Some(Value::unknown(crate::eval::value::Reason::NotModelled, span))
            }
            path if name == "functions" && path.starts_with("npm:@supabase/") => {
                Some(child(run, FUNCTIONS, target.object, span))
            }
            path => axios::member(run, path, target.object, name, span),
        }
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        if let Some(method) = path.strip_prefix("client:response.headers.") {
            if let (true, Some(name)) = (is_headers_method(method), args.positional.first()) {
                header_read(run, target.object, name.clone(), span);
            }
            return Some(Value::unknown(crate::eval::value::Reason::NotModelled, span));
        }
        if let Some(method) = path.strip_prefix("client:response.") {
            return Some(answer_method(run, target, method, args, span));
        }
        if let Some(method) = path.strip_prefix("client:text.") {
            // What trims or replaces an end of an address leaves where it goes as it is.
            return matches!(method, "replace" | "replaceAll" | "trim" | "trimEnd" | "toString" | "concat")
                .then(|| target.object.map(|id| Value::new(Kind::Object(id), span)))
                .flatten();
        }
        if path == "js:URL" {
            return url_object(run, args, span);
        }
        let own = axios::call(run, target, args, span)
            .or_else(|| superagent::call(run, target, args, span))
            .or_else(|| angular::call(run, target, args, span));
        if own.is_some() {
            return own;
        }
        calls::sends(path).then(|| child(run, RESPONSE, target.object, span))
    }

    fn concat(&self, run: &mut Interp<'_>, left: &Value, right: &Value, span: Span) -> Option<Value> {
        text::concat(run, left, right, span)
    }
}

fn is_headers_method(name: &str) -> bool {
    matches!(name, "get" | "has" | "entries" | "keys" | "values" | "forEach" | "getSetCookie" | "toJSON")
}

fn child(run: &mut Interp<'_>, path: &str, parent: Option<ObjectId>, span: Span) -> Value {
    let id = run.make_object(path, Args::default(), parent, span);
    Value::new(Kind::Object(id), span)
}

fn header_read(run: &mut Interp<'_>, parent: Option<ObjectId>, name: Value, span: Span) {
    run.make_object(HEADER_READ, Args { positional: vec![name], ..Args::default() }, parent, span);
}

/// A method of an answer or of the promise of it: the evaluator takes both for the same thing.
fn answer_method(run: &mut Interp<'_>, target: &Target, method: &str, args: &Args, span: Span) -> Value {
    let receiver = target.object.map(|id| Value::new(Kind::Object(id), span));
    let unknown = Value::unknown(crate::eval::value::Reason::NotModelled, span);
    match method {
        "then" => {
            let Some(closure) = args.positional.first().and_then(Value::as_function).cloned() else { return unknown };
            let inner = Args { positional: receiver.into_iter().collect(), ..Args::default() };
            run.apply(&closure, &inner, span)
        }
        "catch" | "finally" => {
            if let Some(closure) = args.positional.first().and_then(Value::as_function).cloned() {
                run.apply(&closure, &Args { open: true, ..Args::default() }, span);
            }
            receiver.unwrap_or(unknown)
        }
        "clone" => receiver.unwrap_or(unknown),
        "json" | "text" | "blob" | "arrayBuffer" | "formData" | "bytes" => {
            child(run, ANSWER_READ, target.object, span);
            unknown
        }
        _ => unknown,
    }
}

/// `new URL(path, base)`.
fn url_object(run: &mut Interp<'_>, args: &Args, span: Span) -> Option<Value> {
    let path = args.positional.first()?.clone();
    let Some(base) = args.positional.get(1).cloned() else { return Some(path) };
    if path.as_str().is_some_and(|text| text.contains("://")) {
        return Some(path);
    }
    let parts: Vec<_> = base
        .alternatives()
        .into_iter()
        .map(|(when, base)| {
            let slash = Value::text("/", span);
            let trimmed = |value: &Value, end: bool| match (value.as_str(), end) {
                (Some(text), true) => Value { kind: Kind::Str(text.trim_end_matches('/').into()), ..value.clone() },
                (Some(text), false) => Value { kind: Kind::Str(text.trim_start_matches('/').into()), ..value.clone() },
                (None, _) => value.clone(),
            };
            let pieces = vec![trimmed(&base, true), slash, trimmed(&path, false)];
            (when, text::of_pieces(run, pieces, span))
        })
        .collect();
    Some(Value::one_of(parts, span))
}

/// What is read of each answer.
#[derive(Default)]
struct Reads {
    headers: BTreeMap<ObjectId, Vec<Spanned<Arc<str>>>>,
    answers: BTreeMap<ObjectId, Span>,
}

fn reads(run: &Interp<'_>) -> Reads {
    let mut reads = Reads::default();
    for object in &run.objects {
        match (&*object.path, object.parent) {
            (HEADER_READ, Some(headers)) => {
                let name = object.args.positional.first().and_then(|name| name.as_str().map(|text| (text, name.span)));
                if let (Some((name, span)), Some(response)) = (name, run.object(headers).parent) {
                    let list = reads.headers.entry(response).or_default();
                    let one = Spanned::new(name.clone(), span);
                    if !list.contains(&one) {
                        list.push(one);
                    }
                }
            }
            (ANSWER_READ, Some(response)) => drop(reads.answers.entry(response).or_insert(object.span)),
            _ => {}
        }
    }
    reads
}

/// The requests of all programs that were evaluated, those of servers left out.
pub fn recognise(run: &Interp<'_>, places: &browser::Places<'_>) -> Vec<ClientRequest> {
    let reads = reads(run);
    let shared = axios::Shared::gather(run);
    let mut requests = Vec::new();
    for event in &run.log {
        let Some(mut request) = calls::request(run, event, &shared) else { continue };
        if let Some(response) = event.result {
            request.reads = reads.headers.get(&response).cloned().unwrap_or_default();
            request.reads_answer = reads.answers.get(&response).copied();
        }
        request.when = event.when.clone();
        requests.push(request);
    }
    requests.extend(xhr::requests(run));
    requests.extend(shared.instances(run));
    requests.retain_mut(|request| places.settle(run, request));
    requests
}
