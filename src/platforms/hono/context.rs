//! The context that a handler is given, as the evaluator sees it: `c.req`, `c.env`, `c.json()`.
//!
//! In: members and calls of it. Out: parts of the symbolic request; what is done to the answer stays in the log. Source:
//! <https://hono.dev/docs/api/context>, <https://hono.dev/docs/api/request>.

use crate::eval::value::{Args, Kind, Reason, Value};
use crate::model::term::{Part, Term};
use crate::source::Span;

/// The context.
pub(super) const CONTEXT: &str = "hono:c";
/// What calls the rest of the application.
pub(super) const NEXT: &str = "hono:next";
/// An answer that the context made.
pub(super) const ANSWER: &str = "hono:answer";

/// Methods of the context that make an answer.
pub(super) const ANSWERS: [&str; 8] = ["json", "text", "html", "body", "newResponse", "redirect", "notFound", "render"];

/// A member of the context or of its request.
pub(super) fn member(path: &str, name: &str, span: Span) -> Option<Value> {
    let external = |path: &str| Some(Value::new(Kind::External(path.into()), span));
    let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
    match (path, name) {
        (CONTEXT, "env") => external("js:process.env"),
        ("hono:c.req", "method") => term(Part::Method),
        ("hono:c.req", "path") => term(Part::Path),
        ("hono:c.req", "url") => term(Part::Target),
        ("hono:c.req", "raw") => external("fetch:request"),
        _ => None,
    }
}

/// A call of something that came with the context.
pub(super) fn call(path: &str, args: &Args, span: Span) -> Option<Value> {
    let first = args.positional.first();
    if path == NEXT {
        return Some(Value::undefined(span));
    }
    // The wrapper only says what type its argument has.
    if matches!(path, "npm:hono/factory.createMiddleware" | "npm:hono/factory.createHandlers") {
        return first.cloned();
    }
    if path == "npm:hono/adapter.env" && first.is_some_and(is_context) {
        return Some(Value::new(Kind::External("js:process.env".into()), span));
    }
    let method = path.strip_prefix(CONTEXT)?.strip_prefix('.')?;
    if let Some(asked) = method.strip_prefix("req.") {
        return Some(match (asked, first.and_then(Value::as_str)) {
            ("header", Some(name)) => Value::new(Kind::Term(Term::header(name)), span),
            ("header", None) => Value::unknown(Reason::NotModelled, span),
            (part, _) => Value::new(Kind::Term(Term::of(Part::Other(part.into()))), span),
        });
    }
    if ANSWERS.contains(&method) {
        return Some(Value::new(Kind::External(ANSWER.into()), span));
    }
    Some(match method {
        "header" | "status" | "set" => Value::undefined(span),
        _ => Value::unknown(Reason::NotModelled, span),
    })
}

/// Is it the context itself?
pub(super) fn is_context(value: &Value) -> bool {
    matches!(&value.kind, Kind::External(path) if path.starts_with(CONTEXT))
}
