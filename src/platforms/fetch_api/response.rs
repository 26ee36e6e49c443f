//! `Response` objects: how they are made, copied and asked.
//!
//! In: calls of `new Response(…)`, `Response.json(…)`, `NextResponse.next(…)` and their kin. Out: objects that know their
//! status, their header list and what kind of answer they are. Knows no platform.

use std::sync::Arc;

use super::super::values::option;
use super::lines;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, Map, ObjectId, Reason, Value};
use crate::model::condition::Formula;
use crate::model::server::GuardedEffect;
use crate::source::Span;

/// What a response made by the program is called on the heap.
pub(super) const RESPONSE: &str = "fetch:response";
/// The body of some response, to be told from other values.
const BODY: &str = "fetch:body";

/// How a response comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    /// `new Response(body, init)`.
    New,
    /// `Response.json(data, init)`.
    Json,
    /// `Response.redirect(url, status)`.
    Redirect,
    /// `Response.error()`.
    Error,
    /// `NextResponse.next(init)`: the request goes on.
    Next,
    /// `NextResponse.rewrite(url, init)`: the request goes on elsewhere.
    Rewrite,
}

impl Make {
    /// The constructor or static method of a canonical name: `js:Response`, `npm:next/server.NextResponse.json`.
    pub(super) fn of(path: &str) -> Option<Make> {
        let rest = path.strip_prefix("js:").or_else(|| path.strip_prefix("npm:"))?;
        let (holder, last) = rest.rsplit_once('.').unwrap_or(("", rest));
        if is_class(last) {
            return Some(Make::New);
        }
        if !is_class(holder.rsplit('.').next().unwrap_or(holder)) {
            return None;
        }
        Some(match last {
            "json" => Make::Json,
            "redirect" => Make::Redirect,
            "error" => Make::Error,
            "next" => Make::Next,
            "rewrite" => Make::Rewrite,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Make::New => "new",
            Make::Json => "json",
            Make::Redirect => "redirect",
            Make::Error => "error",
            Make::Next => "next",
            Make::Rewrite => "rewrite",
        }
    }
}

fn is_class(name: &str) -> bool {
    matches!(name, "Response" | "NextResponse" | "ImageResponse")
}

/// Makes the response of a call.
pub(super) fn make(run: &mut Interp<'_>, make: Make, path: &str, args: &Args, span: Span) -> Value {
    let first = args.positional.first();
    let second = args.positional.get(1);
    let (body, init) = match make {
        Make::New | Make::Json | Make::Rewrite => (first.cloned(), second.cloned()),
        Make::Next => (None, first.cloned()),
        Make::Redirect | Make::Error => (None, second.cloned()),
    };
    let default = match make {
        Make::Redirect if path.contains("NextResponse") => 307.0,
        Make::Redirect => 302.0,
        _ => 200.0,
    };
    let default = Value::new(Kind::Num(default), span);
    let status = match &init {
        Some(init) if make == Make::Redirect && init.as_map().is_none() => init.clone(),
        Some(init) => status_of_init(run, init, default),
        None if args.open => Value::unknown(Reason::NotModelled, span),
        None => default,
    };
    let mut headers = match &init {
        Some(init) => lines_of_init(run, init),
        None => Map::opened(args.open),
    };
    if make == Make::New && path.ends_with("ImageResponse") {
        lines::add(&mut headers, "Content-Type", Value::text("image/png", span));
    }
    // `NextResponse.next({ request })` changes the request that goes on, not the answer.
    headers.open &= !matches!(make, Make::Next | Make::Rewrite);
    new_response(run, make.word(), body, status, headers, span)
}

/// An answer whose status and headers are given apart, as other interfaces than the Fetch API do.
pub(in crate::platforms) fn answered(
    run: &mut Interp<'_>,
    status: Option<&Value>,
    default: f64,
    headers: Option<&Value>,
    span: Span,
) -> Value {
    let status = status.filter(|status| !status.is_nullish()).cloned();
    let status = status.unwrap_or_else(|| Value::new(Kind::Num(default), span));
    let headers = headers.map(|headers| lines::init(run, headers)).unwrap_or_default();
    new_response(run, Make::New.word(), None, status, headers, span)
}

fn new_response(
    run: &mut Interp<'_>,
    kind: &'static str,
    body: Option<Value>,
    status: Value,
    headers: Map,
    span: Span,
) -> Value {
    let headers = lines::make(run, headers, span);
    let named: Vec<(Arc<str>, Value)> = vec![
        ("kind".into(), Value::text(kind, span)),
        ("status".into(), status),
        ("headers".into(), Value::new(Kind::Object(headers), span)),
    ];
    let args = Args { positional: body.into_iter().collect(), named, ..Args::default() };
    let id = run.make_object(RESPONSE, args, None, span);
    run.objects[id.0].exists = true;
    Value::new(Kind::Object(id), span)
}

/// A copy that may be changed on its own.
pub(super) fn cloned(run: &mut Interp<'_>, id: ObjectId, span: Span) -> Value {
    let object = run.object(id);
    let (args, span_made) = (object.args.clone(), object.span);
    let headers = headers_of(run, id).map(|headers| lines::of(run, headers)).unwrap_or_default();
    let status = args.named("status").cloned().unwrap_or_else(|| Value::unknown(Reason::NotModelled, span));
    let kind = match args.named("kind").and_then(Value::as_str).map(|kind| &**kind) {
        Some("next") => "next",
        Some("rewrite") => "rewrite",
        Some("error") => "error",
        _ => "new",
    };
    new_response(run, kind, args.positional.first().cloned(), status, headers, span_made)
}

fn own(run: &Interp<'_>, value: &Value) -> Option<ObjectId> {
    value.as_object().filter(|id| &*run.object(*id).path == RESPONSE)
}

fn status_of_init(run: &Interp<'_>, init: &Value, default: Value) -> Value {
    let span = default.span;
    let parts = init.alternatives().into_iter().map(|(when, init)| {
        let status = match (own(run, &init), &init.kind) {
            (Some(id), _) => run.object(id).args.named("status").cloned(),
            (None, Kind::Undefined | Kind::Null) => None,
            (None, Kind::Map(_)) => option(&init, "status").filter(|status| !matches!(status.kind, Kind::Undefined)),
            _ => Some(Value::unknown(Reason::NotModelled, span)),
        };
        (when, status.unwrap_or_else(|| default.clone()))
    });
    Value::one_of(parts, span)
}

fn lines_of_init(run: &Interp<'_>, init: &Value) -> Map {
    let span = init.span;
    let parts = init.alternatives().into_iter().map(|(when, init)| {
        let headers = match (own(run, &init), &init.kind) {
            (Some(id), _) => run.object(id).args.named("headers").cloned(),
            (None, Kind::Undefined | Kind::Null) => None,
            (None, Kind::Map(_)) => option(&init, "headers"),
            _ => Some(Value::unknown(Reason::NotModelled, span)),
        };
        (when, headers.unwrap_or_else(|| Value::undefined(span)))
    });
    lines::init(run, &Value::one_of(parts, span))
}

/// The header list of a response that the program made.
pub(super) fn headers_of(run: &Interp<'_>, id: ObjectId) -> Option<ObjectId> {
    run.object(id).args.named("headers").and_then(Value::as_object)
}

/// The header lines and the status of a response that the program made, for whoever sends it under a condition.
pub(in crate::platforms) fn made(
    run: &Interp<'_>,
    id: ObjectId,
    when: &Formula,
) -> Option<(Vec<GuardedEffect>, Option<u16>)> {
    let object = run.object(id);
    if &*object.path != RESPONSE {
        return None;
    }
    let headers = headers_of(run, id).map(|headers| lines::of(run, headers)).unwrap_or_default();
    let lines = lines::effects(&headers, &when.conjuncts());
    let guarded = lines.into_iter().map(|line| GuardedEffect { when: when.clone().and(line.when), ..line });
    let status = object.args.named("status").and_then(super::super::manual::status);
    (!headers.open).then(|| (guarded.collect(), status))
}

/// The header list of an answer that somebody else gave: everything may be in it.
pub(super) fn foreign_headers(run: &mut Interp<'_>, id: ObjectId, span: Span) -> Value {
    if let Some(known) = run.object(id).fields.get("headers") {
        return known.clone();
    }
    let headers = lines::make(run, Map::opened(true), span);
    run.objects[headers.0].parent = Some(id);
    run.objects[headers.0].when = run.object(id).when.clone();
    let value = Value::new(Kind::Object(headers), span);
    run.objects[id.0].fields.insert("headers".into(), value.clone());
    value
}

/// `response.name`.
pub(super) fn member(run: &mut Interp<'_>, id: ObjectId, name: &str, span: Span) -> Option<Value> {
    match name {
        "headers" | "status" => run.object(id).args.named(name).cloned().map(|value| value.through(span)),
        "body" => Some(body(run, id, span)),
        _ => None,
    }
}

/// The body of a response, which knows whose it is.
pub(super) fn body(run: &mut Interp<'_>, id: ObjectId, span: Span) -> Value {
    Value::new(Kind::Object(run.make_object(BODY, Args::default(), Some(id), span)), span)
}

/// Whose body is passed on, when it is somebody's.
pub(super) fn body_of(run: &Interp<'_>, value: &Value) -> Option<ObjectId> {
    let object = run.object(value.as_object()?);
    let reads = [".text()", ".arrayBuffer()", ".blob()"].iter().any(|read| object.path.ends_with(read));
    object.parent.filter(|_| &*object.path == BODY || reads)
}
