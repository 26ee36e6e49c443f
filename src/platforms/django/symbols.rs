//! The request, the response and `get_response` as symbols.
//!
//! In: members and calls the evaluator meets on them. Out: request parts, or names that `middleware` reads in the log.

use std::sync::Arc;

use crate::eval::value::{Args, Kind, Value};
use crate::eval::{Interp, Target};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Part, Term, TermOp};
use crate::source::Span;

/// A request that a middleware is given.
pub(super) const REQUEST: &str = "django:request";
/// The rest of the project, as a middleware is given it.
pub(super) const GET_RESPONSE: &str = "django:get_response";
/// The path of the object that the rest of the project answers with.
pub(super) const INNER_RESPONSE: &str = "django:response()";

/// Is this an object a response that the program makes itself?
pub(super) fn is_response(path: &str) -> bool {
    let ours = path.starts_with("py:django.") || path.starts_with("py:rest_framework.");
    let name = path.rsplit('.').next().unwrap_or(path);
    ours && (name.contains("Response") || name == "redirect()")
}

pub(super) fn external(name: &str, span: Span) -> Value {
    Value::new(Kind::External(Arc::from(name)), span)
}

fn term(term: Term, span: Span) -> Option<Value> {
    Some(Value::new(Kind::Term(term), span))
}

/// A key of `request.META`: `HTTP_ORIGIN` is the header `origin`.
fn meta(key: &str, span: Span) -> Option<Value> {
    match key {
        "REQUEST_METHOD" => term(Term::of(Part::Method), span),
        "PATH_INFO" => term(Term::of(Part::Path), span),
        _ => term(Term::header(&key.strip_prefix("HTTP_")?.to_lowercase().replace('_', "-")), span),
    }
}

/// The headers of a response; its object's number follows.
pub(super) const HEADERS: &str = "django:headers#";
/// Objects that stand for a look at the session, under the condition of the look.
pub(super) const SESSION_READ: &str = "django:session-read";

pub(super) fn member(run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
    if is_response(&target.path) || &*target.path == INNER_RESPONSE {
        return match (name, target.object) {
            ("headers", Some(id)) => Some(external(&format!("{HEADERS}{}", id.0), span)),
            ("status_code", _) if &*target.path == INNER_RESPONSE => term(Term::of(Part::Status), span),
            _ => None,
        };
    }
    match &*target.path {
        REQUEST => match name {
            "user" | "session" | "auser" => {
                // Who asks is read from the session, and answers then depend on its cookie.
                run.make_object(SESSION_READ, Args::default(), None, span);
                Some(external(&format!("{REQUEST}.{name}"), span))
            }
            "method" => term(Term::of(Part::Method), span),
            "path" | "path_info" => term(Term::of(Part::Path), span),
            "headers" | "META" | "COOKIES" => Some(external(&format!("{REQUEST}.{name}"), span)),
            "GET" | "POST" | "body" => term(Term::of(Part::Other(name.into())), span),
            _ => None,
        },
        "django:request.headers" if name != "get" => term(Term::header(&name.to_lowercase()), span),
        "django:request.META" if name != "get" => meta(name, span),
        "django:request.COOKIES" if name != "get" => term(Term::header("cookie"), span),
        // A CORS-preflight request never carries credentials, so nobody is signed in there.
        "django:request.user" if name == "is_authenticated" => {
            Some(Value::condition(Formula::test(Test::Authenticated, span), span))
        }
        _ => None,
    }
}

pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let path = &*target.path;
    let key = || args.positional.first().and_then(Value::as_str);
    let found = match path {
        "django:request.headers.get" => term(Term::header(&key()?.to_lowercase()), span),
        "django:request.META.get" => meta(key()?, span),
        "django:request.COOKIES.get" => term(Term::header("cookie"), span),
        // The mixin of Django keeps `get_response` for the class.
        // They serve files on developers' machines and are empty elsewhere.
        "py:django.conf.urls.static.static" | "py:django.contrib.staticfiles.urls.staticfiles_urlpatterns" => {
            return Some(Value::list(std::iter::empty(), span));
        }
        _ if path == GET_RESPONSE || (path.starts_with("class:") && path.ends_with(".get_response")) => {
            let id = run.make_object(INNER_RESPONSE, Args::default(), None, span);
            return Some(Value::new(Kind::Object(id), span));
        }
        _ => return None,
    }?;
    let Kind::Term(asked) = &found.kind else { return Some(found) };
    match args.get(1, "default").and_then(Value::as_str) {
        Some(default) => term(asked.clone().then(TermOp::Default(default.clone())), span),
        None => Some(found),
    }
}
