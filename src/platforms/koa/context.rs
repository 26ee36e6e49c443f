//! The context that a middleware is given, as the evaluator sees it: `ctx.get()`, `ctx.method`, `ctx.request.headers`.
//!
//! In: members and calls of it. Out: parts of the symbolic request; what is done to the answer stays in the log. Source:
//! <https://github.com/koajs/koa/blob/master/docs/api/request.md>.

use crate::eval::value::{Args, Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Part, Term};
use crate::source::Span;

/// The context.
pub(super) const CONTEXT: &str = "koa:ctx";
/// What calls the rest of the application.
pub(super) const NEXT: &str = "koa:next";

/// A member of the context or of its request.
pub(super) fn member(path: &str, name: &str, span: Span) -> Option<Value> {
    let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
    let external = |path: &str| Some(Value::new(Kind::External(path.into()), span));
    match (path, name) {
        (CONTEXT | "koa:ctx.request" | "koa:ctx.req", "method") => term(Part::Method),
        (CONTEXT | "koa:ctx.request", "path") => term(Part::Path),
        (CONTEXT | "koa:ctx.request" | "koa:ctx.req", "url" | "originalUrl") => term(Part::Target),
        (CONTEXT | "koa:ctx.request", "host" | "hostname") => Some(Value::new(Kind::Term(Term::header("host")), span)),
        (CONTEXT | "koa:ctx.request" | "koa:ctx.req", "headers" | "header") => external("koa:ctx.request.header"),
        ("koa:ctx.request.header", name) => Some(Value::new(Kind::Term(Term::header(name)), span)),
        (CONTEXT, "response") => external("koa:ctx"),
        ("koa:ctx.state", "user") => Some(Value::condition(Formula::test(Test::Authenticated, span), span)),
        (CONTEXT | "koa:ctx.request", "params" | "query" | "ip" | "querystring" | "protocol" | "secure") => {
            term(Part::Other(name.into()))
        }
        ("koa:ctx.request", "body") => term(Part::Other("body".into())),
        _ => None,
    }
}

/// A call of something that came with the context.
pub(super) fn call(path: &str, args: &Args, span: Span) -> Option<Value> {
    if path == NEXT {
        return Some(Value::undefined(span));
    }
    match path.strip_prefix(CONTEXT)?.strip_prefix('.')? {
        "get" | "request.get" => {
            let name = args.positional.first()?.as_str()?;
            Some(Value::new(Kind::Term(Term::header(name)), span))
        }
        "set" | "append" | "remove" | "vary" | "redirect" | "throw" => Some(Value::undefined(span)),
        "isAuthenticated" => Some(Value::condition(Formula::test(Test::Authenticated, span), span)),
        _ => None,
    }
}

/// Is it the context itself?
pub(super) fn is_context(value: &Value) -> bool {
    matches!(&value.kind, Kind::External(path) if path.starts_with(CONTEXT))
}
