//! The request, the response and `call_next` as symbols.
//!
//! In: members and calls the evaluator meets on them. Out: request parts, or names that `handlers` reads in the log.

use std::sync::Arc;

use super::super::values::object_named;
use super::{is_ours, last};
use crate::eval::value::{Args, Kind, ObjectId, Reason, Value};
use crate::eval::{Interp, Target};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Part, Term, TermOp};
use crate::source::Span;

/// A request that a handler is given.
pub(super) const REQUEST: &str = "starlette:request";
/// The rest of the application, as a middleware is given it.
pub(super) const CALL_NEXT: &str = "starlette:call_next";
/// The path of the object that the rest of the application answers with.
pub(super) const INNER_RESPONSE: &str = "starlette:response()";
/// The headers of a response; its object's number follows.
const HEADERS: &str = "starlette:headers#";

/// Is this an object a request?
fn is_request(path: &str) -> bool {
    path == REQUEST || (is_ours(path) && last(path) == "Request()")
}

/// Is this an object a response?
pub(super) fn is_response(path: &str) -> bool {
    path == INNER_RESPONSE || (is_ours(path) && last(path).ends_with("Response()"))
}

/// The response whose headers a name means, and what follows the name.
pub(super) fn headers_of(path: &str) -> Option<(ObjectId, String)> {
    object_named(path, HEADERS)
}

fn external(name: &str, span: Span) -> Value {
    Value::new(Kind::External(Arc::from(name)), span)
}

fn header(name: &str, span: Span) -> Value {
    Value::new(Kind::Term(Term::header(name)), span)
}

/// A CORS-preflight request never carries credentials, so nobody is signed in there.
fn authenticated(span: Span) -> Value {
    Value::condition(Formula::test(Test::Authenticated, span), span)
}

pub(super) fn member(target: &Target, name: &str, span: Span) -> Option<Value> {
    let path = &*target.path;
    let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
    if is_request(path) {
        return match name {
            "method" => term(Part::Method),
            "headers" => Some(external("starlette:request.headers", span)),
            "url" => Some(external("starlette:request.url", span)),
            "cookies" => Some(external("starlette:request.cookies", span)),
            "session" | "state" => Some(external("starlette:request.session", span)),
            "user" | "auth" => Some(external("starlette:request.user", span)),
            "client" | "query_params" | "path_params" | "scope" | "app" => term(Part::Other(name.into())),
            _ => None,
        };
    }
    if is_response(path) && name == "headers" {
        return target.object.map(|id| external(&format!("{HEADERS}{}", id.0), span));
    }
    match path {
        INNER_RESPONSE if name == "status_code" => term(Part::Status),
        "starlette:request.headers" if !matches!(name, "get" | "getlist" | "items" | "keys" | "values") => {
            Some(header(name, span))
        }
        "starlette:request.url" => match name {
            "path" => term(Part::Path),
            "hostname" | "netloc" => Some(header("host", span)),
            _ => term(Part::Other("url".into())),
        },
        "starlette:request.cookies" if name != "get" => Some(header("cookie", span)),
        "starlette:request.session" if name != "get" => match name {
            "user" | "user_id" | "current_user" | "auth" => Some(authenticated(span)),
            _ => Some(Value::unknown(Reason::NotModelled, span)),
        },
        "starlette:request.user" if name == "is_authenticated" => Some(authenticated(span)),
        _ => None,
    }
}

pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let key = || args.positional.first().and_then(Value::as_str);
    match &*target.path {
        "starlette:request.headers.get" => {
            let term = Term::header(key()?);
            let term = match args.get(1, "default").and_then(Value::as_str) {
                Some(default) => term.then(TermOp::Default(default.clone())),
                None => term,
            };
            Some(Value::new(Kind::Term(term), span))
        }
        "starlette:request.cookies.get" => Some(header("cookie", span)),
        "starlette:request.session.get" => Some(authenticated(span)),
        CALL_NEXT => {
            let id = run.make_object(INNER_RESPONSE, Args::default(), None, span);
            Some(Value::new(Kind::Object(id), span))
        }
        path if headers_of(path).is_some() => Some(Value::undefined(span)),
        _ => None,
    }
}
