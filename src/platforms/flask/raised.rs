//! What is raised: `abort(404)`, exceptions of Werkzeug and Flask, Python's own, the program's.
//!
//! In: a value that is raised, or the call of `abort`. Out: what becomes of it: an answer with a status, or an exception that a
//! handler of errors may take.

use super::super::manual;
use super::{is_ours, last};
use crate::eval::value::{Kind, Value};
use crate::eval::{Event, Interp};
use crate::source::Span;

/// An exception, by what becomes of it.
pub(super) enum Raised {
    /// An answer, by its class and its status where they are known.
    Http(Value, Option<u16>),
    /// Anything else, with its class.
    Other(Value),
    /// A response that is sent as it is.
    Response(Value),
    /// Nobody knows.
    Unknown,
}

/// Is it the function that throws?
pub(super) fn is_abort(path: &str) -> bool {
    matches!(
        path,
        "py:flask.abort" | "py:werkzeug.exceptions.abort" | "py:flask_restful.abort" | "py:flask_restx.abort"
    ) || (path.ends_with("().abort") && (path.starts_with("py:flask_restx.") || path.starts_with("py:flask_restful.")))
}

/// Werkzeug's exceptions, by their statuses.
const CLASSES: [(&str, u16); 27] = [
    ("BadRequest", 400),
    ("BadRequestKeyError", 400),
    ("SecurityError", 400),
    ("Unauthorized", 401),
    ("Forbidden", 403),
    ("NotFound", 404),
    ("MethodNotAllowed", 405),
    ("NotAcceptable", 406),
    ("RequestTimeout", 408),
    ("Conflict", 409),
    ("Gone", 410),
    ("LengthRequired", 411),
    ("PreconditionFailed", 412),
    ("RequestEntityTooLarge", 413),
    ("RequestURITooLarge", 414),
    ("UnsupportedMediaType", 415),
    ("RequestedRangeNotSatisfiable", 416),
    ("ExpectationFailed", 417),
    ("ImATeapot", 418),
    ("UnprocessableEntity", 422),
    ("Locked", 423),
    ("TooManyRequests", 429),
    ("InternalServerError", 500),
    ("NotImplemented", 501),
    ("BadGateway", 502),
    ("ServiceUnavailable", 503),
    ("GatewayTimeout", 504),
];

/// The status of one of Werkzeug's classes.
pub(super) fn status_of_class(path: &str) -> Option<u16> {
    let name = last(path).trim_end_matches("()");
    let ours = path.starts_with("py:werkzeug.");
    CLASSES.iter().find(|(class, _)| ours && *class == name).map(|(_, status)| *status)
}

/// The class that stands for a status.
fn class_of_status(status: u16, span: Span) -> Value {
    let known = CLASSES.iter().find(|(name, code)| *code == status && *name != "BadRequestKeyError");
    let name = known.map_or("HTTPException", |(name, _)| name);
    Value::new(Kind::External(format!("py:werkzeug.exceptions.{name}").into()), span)
}

/// What `abort(…)` raises.
pub(super) fn aborted(run: &Interp<'_>, event: &Event) -> Raised {
    let args = &event.args;
    let Some(first) = args.get(0, "code").or_else(|| args.named("http_status_code")) else {
        // `api.abort()` is an error of the server.
        return Raised::Http(class_of_status(500, event.span), if args.open { None } else { Some(500) });
    };
    match &first.kind {
        Kind::Object(id) if super::symbols::is_response(&run.object(*id).path) => Raised::Response(first.clone()),
        _ => match status(first) {
            Some(code) => Raised::Http(class_of_status(code, event.span), Some(code)),
            None => {
                let any = Value::new(Kind::External("py:werkzeug.exceptions.HTTPException".into()), event.span);
                Raised::Http(any, None)
            }
        },
    }
}

/// A status as a number, as a text that begins with it, or as one of Python's names for it.
pub(super) fn status(value: &Value) -> Option<u16> {
    match &value.kind {
        Kind::Str(text) => {
            text.get(..3).and_then(|digits| digits.parse().ok()).filter(|code| (100..1000).contains(code))
        }
        Kind::External(path) if path.starts_with("py:http.HTTPStatus.") => {
            let name = path.trim_end_matches(".value").rsplit('.').next().unwrap_or("");
            by_name(name)
        }
        _ => manual::status(value),
    }
}

fn by_name(name: &str) -> Option<u16> {
    Some(match name {
        "OK" => 200,
        "CREATED" => 201,
        "ACCEPTED" => 202,
        "NO_CONTENT" => 204,
        _ => {
            let spelt: String = name.split('_').map(str::to_lowercase).collect();
            return CLASSES.iter().find(|(class, _)| class.to_lowercase() == spelt).map(|(_, status)| *status);
        }
    })
}

/// What `raise …` raises.
pub(super) fn raised(run: &Interp<'_>, value: &Value) -> Raised {
    match &value.kind {
        Kind::Object(id) => {
            let object = run.object(*id);
            match &object.class {
                Some(class) => by_class(run, class),
                None => by_path(object.path.trim_end_matches("()"), value.span),
            }
        }
        Kind::External(path) => by_path(path, value.span),
        Kind::Class(_) => by_class(run, value),
        _ => Raised::Unknown,
    }
}

fn by_path(path: &str, span: Span) -> Raised {
    let class = Value::new(Kind::External(path.into()), span);
    if let Some(status) = status_of_class(path) {
        return Raised::Http(class, Some(status));
    }
    if is_ours(path) && last(path) == "HTTPException" {
        return Raised::Http(class, None);
    }
    if is_builtin(path) { Raised::Other(class) } else { Raised::Unknown }
}

/// A class of the program: what it extends decides.
fn by_class(run: &Interp<'_>, class: &Value) -> Raised {
    let bases = run.external_bases(class);
    if let Some(base) = bases.iter().find(|base| is_ours(base)) {
        let own = match &class.kind {
            Kind::Class(inner) => run.object(inner.statics).fields.get("code").map(manual::status),
            _ => None,
        };
        return Raised::Http(class.clone(), own.unwrap_or_else(|| status_of_class(base)));
    }
    match !bases.is_empty() && bases.iter().all(|base| is_builtin(base)) {
        true => Raised::Other(class.clone()),
        false => Raised::Unknown,
    }
}

/// Is it one of Python's own exceptions?
fn is_builtin(path: &str) -> bool {
    path.strip_prefix("py:").is_some_and(|name| !name.contains('.'))
}
