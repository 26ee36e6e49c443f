//! The request, responses, the configuration and `current_app` as symbols.
//!
//! In: members and calls the evaluator meets on them. Out: request parts, or names that `handlers` and `config` read in the
//! log.

use std::sync::Arc;

use super::super::values::object_named;
use super::{config, is_app, is_app_path, is_ours, last};
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Interp, Target};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Part, Term, TermOp};
use crate::source::Span;

/// The path of the response that a hook is given.
pub(super) const INNER_RESPONSE: &str = "flask:response()";
/// The headers of a response; its object's number follows.
const HEADERS: &str = "flask:headers#";
/// What is named in `Vary`; the response's number follows.
const VARY: &str = "flask:vary#";
/// The request that is being answered.
const REQUEST: &str = "py:flask.request";
/// The application that answers.
const CURRENT_APP: &str = "py:flask.current_app";

/// Is this an object a response?
pub(super) fn is_response(path: &str) -> bool {
    const MAKERS: [&str; 8] = [
        "Response()",
        "BaseResponse()",
        "make_response()",
        "jsonify()",
        "response_class()",
        "redirect()",
        "send_file()",
        "send_from_directory()",
    ];
    path == INNER_RESPONSE || (is_ours(path) && MAKERS.contains(&last(path)))
}

/// The response whose headers a name means, and what follows the name.
pub(super) fn headers_of(path: &str) -> Option<(ObjectId, String)> {
    object_named(path, HEADERS)
}

/// The response whose `Vary` a name means, and what follows the name.
pub(super) fn vary_of(path: &str) -> Option<(ObjectId, String)> {
    object_named(path, VARY)
}

fn external(name: &str, span: Span) -> Value {
    Value::new(Kind::External(Arc::from(name)), span)
}

fn term(term: Term, span: Span) -> Option<Value> {
    Some(Value::new(Kind::Term(term), span))
}

fn header(name: &str, span: Span) -> Option<Value> {
    term(Term::header(name), span)
}

/// A CORS-preflight request never carries credentials, so nobody is signed in there.
fn authenticated(span: Span) -> Option<Value> {
    Some(Value::condition(Formula::test(Test::Authenticated, span), span))
}

/// A key of the WSGI environment: `HTTP_ORIGIN` is the header `origin`.
fn environ(key: &str, span: Span) -> Option<Value> {
    match key {
        "REQUEST_METHOD" => term(Term::of(Part::Method), span),
        "PATH_INFO" => term(Term::of(Part::Path), span),
        _ => header(&key.strip_prefix("HTTP_")?.replace('_', "-"), span),
    }
}

pub(super) fn member(run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
    let path = &*target.path;
    if let Some(id) = target.object
        && is_response(path)
    {
        return match name {
            "headers" => Some(external(&format!("{HEADERS}{}", id.0), span)),
            "vary" => Some(external(&format!("{VARY}{}", id.0), span)),
            "status_code" if path == INNER_RESPONSE => term(Term::of(Part::Status), span),
            _ => None,
        };
    }
    if name == "config" {
        let app = target.object.filter(|&id| is_app(run, id)).or_else(|| only_app(run).filter(|_| path == CURRENT_APP));
        return app.map(|id| external(&config::name_of(id), span));
    }
    if let Some((app, tail)) = config::of(path)
        && tail.is_empty()
        && !config::is_method(name)
    {
        return config::value(run, &run.log, app, name);
    }
    match path {
        REQUEST => match name {
            "method" => term(Term::of(Part::Method), span),
            "path" => term(Term::of(Part::Path), span),
            "full_path" => term(Term::of(Part::Target), span),
            "scheme" => term(Term::of(Part::Scheme), span),
            "origin" => header("origin", span),
            "host" => header("host", span),
            "authorization" => header("authorization", span),
            "referrer" => header("referer", span),
            "headers" | "cookies" | "environ" => Some(external(&format!("{REQUEST}.{name}"), span)),
            "access_control_request_headers" => header("access-control-request-headers", span),
            "access_control_request_method" => header("access-control-request-method", span),
            "args" | "form" | "json" | "data" | "values" | "files" | "remote_addr" | "url" | "base_url"
            | "endpoint" | "url_rule" | "blueprint" | "view_args" => term(Term::of(Part::Other(name.into())), span),
            _ => None,
        },
        "py:flask.request.headers" if !is_table_method(name) => header(name, span),
        "py:flask.request.environ" if !is_table_method(name) => environ(name, span),
        "py:flask.request.cookies" if !is_table_method(name) => header("cookie", span),
        "py:flask_login.current_user" if name == "is_authenticated" => authenticated(span),
        _ => None,
    }
}

fn is_table_method(name: &str) -> bool {
    matches!(name, "get" | "getlist" | "get_all" | "items" | "keys" | "values" | "has_key" | "to_wsgi_list")
}

/// The application of a program that has one.
fn only_app(run: &Interp<'_>) -> Option<ObjectId> {
    // Asked often, so only what is made by the class itself is looked for.
    let mut apps = (0..run.objects.len()).map(ObjectId).filter(|&id| {
        let object = run.object(id);
        object.path.ends_with("Flask()") && is_app_path(&object.path) && !object.args.open
    });
    let first = apps.next()?;
    // A factory that is called twice makes one application.
    apps.all(|other| run.object(other).span == run.object(first).span).then_some(first)
}

pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let path = &*target.path;
    let key = || args.positional.first().and_then(Value::as_str);
    let found = match path {
        "py:flask.request.headers.get" => header(key()?, span)?,
        "py:flask.request.environ.get" => environ(key()?, span)?,
        "py:flask.request.cookies.get" => header("cookie", span)?,
        "py:flask.request.get_json" => return term(Term::of(Part::Other("json".into())), span),
        "py:flask.session.get" => return authenticated(span),
        // Given one response and nothing else it gives back that.
        "py:flask.make_response" => {
            let only = args.positional.first().filter(|_| args.positional.len() == 1 && args.named.is_empty())?;
            let response = only.as_object().filter(|id| is_response(&run.object(*id).path))?;
            return Some(Value::new(Kind::Object(response), span));
        }
        _ if is_app_path(path.trim_end_matches(".make_response")) && path.ends_with(".make_response") => {
            let id = run.make_object("py:flask.make_response()", args.clone(), None, span);
            return Some(Value::new(Kind::Object(id), span));
        }
        _ if path.ends_with(".response_class") && target.object.is_some_and(|id| is_app(run, id)) => {
            let id = run.make_object("py:flask.response_class()", args.clone(), None, span);
            return Some(Value::new(Kind::Object(id), span));
        }
        _ => {
            if headers_of(path).is_some() || vary_of(path).is_some() {
                return Some(Value::undefined(span));
            }
            let (app, tail) = config::of(path)?;
            return match tail.as_str() {
                ".get" => {
                    let set = config::value(run, &run.log, app, key()?);
                    set.or_else(|| args.get(1, "default").cloned())
                }
                _ => Some(Value::undefined(span)),
            };
        }
    };
    let Kind::Term(asked) = &found.kind else { return Some(found) };
    match args.get(1, "default").and_then(Value::as_str) {
        Some(default) => term(asked.clone().then(TermOp::Default(default.clone())), span),
        None => Some(found),
    }
}

/// The seconds of a `timedelta(…)` whose arguments are known.
pub(super) fn timedelta(run: &Interp<'_>, value: &Value) -> Option<f64> {
    const UNITS: [(&str, f64); 5] =
        [("days", 86_400.0), ("seconds", 1.0), ("minutes", 60.0), ("hours", 3_600.0), ("weeks", 604_800.0)];
    let object = run.object(value.as_object()?);
    if !matches!(&*object.path, "py:datetime.timedelta()") || object.args.open {
        return None;
    }
    let mut sum = 0.0;
    for (name, value) in &object.args.named {
        let (_, unit) = UNITS.iter().find(|(known, _)| *known == &**name)?;
        sum += value.as_num()? * unit;
    }
    for (value, unit) in object.args.positional.iter().zip([86_400.0, 1.0]) {
        sum += value.as_num()? * unit;
    }
    Some(sum)
}
