//! superagent: a request that is put together call by call. Source: <https://forwardemail.github.io/superagent/>.
//!
//! In: what is asked of superagent. Out: meanings for the evaluator, and one request for every chain. The request is one object;
//! what is called on it gives it back.

use super::{options, text};
use crate::eval::value::{Args, Kind, Value};
use crate::eval::{Event, Interp, Target};
use crate::fetch::safelist;
use crate::model::client::{BodyType, ClientRequest, Credentials};
use crate::source::{Span, Spanned};

const REQUEST: &str = "superagent:request";

/// The method of a name of the package; nothing in it where the arguments say it.
fn verb(path: &str) -> Option<&'static str> {
    let names = ["npm:superagent.agent()", "npm:superagent.agent", "npm:superagent"];
    let rest = names.iter().find_map(|name| path.strip_prefix(name))?;
    Some(match rest {
        "" if path == "npm:superagent" => "",
        ".get" => "GET",
        ".head" => "HEAD",
        ".options" => "OPTIONS",
        ".post" => "POST",
        ".put" => "PUT",
        ".patch" => "PATCH",
        ".delete" | ".del" => "DELETE",
        _ => return None,
    })
}

/// The meaning of a call.
pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    if verb(&target.path).is_some() {
        let id = run.make_object(REQUEST, args.clone(), None, span);
        return Some(Value::new(Kind::Object(id), span));
    }
    let method = target.path.strip_prefix(REQUEST)?;
    let goes_on = [
        ".set",
        ".send",
        ".type",
        ".accept",
        ".auth",
        ".query",
        ".withCredentials",
        ".timeout",
        ".retry",
        ".attach",
        ".field",
        ".responseType",
        ".redirects",
        ".use",
        ".on",
        ".ok",
    ];
    goes_on.contains(&method).then(|| target.object.map(|id| Value::new(Kind::Object(id), span))).flatten()
}

/// The request of a chain, by its first call.
pub(super) fn request(run: &Interp<'_>, event: &Event) -> Option<ClientRequest> {
    let method = verb(&event.target.path)?;
    let id = event.result.filter(|id| &*run.object(*id).path == REQUEST)?;
    let args = &event.args.positional;
    let mut request = ClientRequest::new("superagent", event.span);
    request.method = Spanned::new(Some(method.into()), event.span);
    let url = match (method, args.as_slice()) {
        ("", [method, url, ..]) => {
            request.method = options::upper_method(method);
            url
        }
        ("", [url]) => {
            request.method = Spanned::new(Some("GET".into()), event.span);
            url
        }
        (_, [url, ..]) => url,
        _ => return None,
    };
    request.urls = text::urls(run, url);
    let calls: Vec<&Event> = run.log.iter().filter(|call| call.target.object == Some(id)).collect();
    for call in &calls {
        step(run, call, &mut request);
    }
    // A body is only sent as what it is called, wherever in the chain that stands.
    for call in calls.iter().filter(|call| call.target.path.ends_with(".send")) {
        options::json_body(run, call.args.positional.first(), &mut request);
    }
    Some(request)
}

fn step(run: &Interp<'_>, call: &Event, request: &mut ClientRequest) {
    let args = call.args.positional.as_slice();
    match (call.target.path.strip_prefix(REQUEST).unwrap_or(""), args) {
        (".set", [name, value, ..]) => {
            if let Some(text) = name.as_str() {
                options::add_header(text, name.span, value, request);
            }
        }
        (".set", [headers]) => options::add_headers(run, headers, request),
        (".auth", [first, ..]) => options::add_header("Authorization", first.span, first, request),
        (".type", [kind, ..]) => {
            let body = match kind.as_str().map(|text| &**text) {
                Some("form" | "form-data" | "urlencoded" | "text") => BodyType::Safelisted,
                Some("json") => BodyType::Other("application/json".into()),
                Some(text) if text.contains('/') && safelist::check("Content-Type", text).is_ok() => {
                    BodyType::Safelisted
                }
                Some(text) if text.contains('/') => BodyType::Other(text.into()),
                _ => BodyType::Unknown,
            };
            request.content_type = Spanned::new(body, kind.span);
        }
        (".withCredentials", given) => {
            let off = given.first().is_some_and(|value| matches!(value.kind, Kind::Bool(false)));
            let mode = if off { Credentials::SameOrigin } else { Credentials::Include };
            request.credentials = Spanned::new(mode, call.span);
            request.credentials_written = true;
        }
        _ => {}
    }
}
