//! Angular's `HttpClient`, as a parameter of a constructor or by `inject`. Source: <https://angular.dev/guide/http/making-requests>.
//!
//! In: what is asked of the client. Out: the object that `inject` gives, and requests. Interceptors may add to every request, so that
//! what a call leaves open is open.

use super::super::values::option;
use super::{options, text};
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Event, Interp, Target};
use crate::model::client::{ClientRequest, Credentials};
use crate::source::{Span, Spanned};

const CLIENT: &str = "npm:@angular/common/http.HttpClient";
const HEADERS: &str = "npm:@angular/common/http.HttpHeaders()";
/// A chain of changes to headers is followed so far.
const MOST_STEPS: usize = 16;

/// `inject(HttpClient)`.
pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let asked = args.positional.first().filter(|_| &*target.path == "npm:@angular/core.inject")?;
    let Kind::External(path) = &asked.kind else { return None };
    if &**path != CLIENT {
        return None;
    }
    let id = run.make_object(format!("{CLIENT}()"), Args::default(), None, span);
    Some(Value::new(Kind::Object(id), span))
}

/// The request of a call.
pub(super) fn request(run: &Interp<'_>, event: &Event) -> Option<ClientRequest> {
    let verb = event.target.path.strip_prefix(CLIENT)?.strip_prefix("().")?;
    let args = event.args.positional.as_slice();
    let mut request = ClientRequest::new("HttpClient", event.span);
    let (url, data, settings) = match (verb, args) {
        ("get" | "delete" | "head" | "options", [url, rest @ ..]) => (url, None, rest.first()),
        ("post" | "put" | "patch", [url, rest @ ..]) => (url, rest.first(), rest.get(1)),
        ("request", [method, url, rest @ ..]) => {
            request.method = options::upper_method(method);
            (url, None, rest.first())
        }
        _ => return None,
    };
    if verb != "request" {
        request.method = Spanned::new(Some(verb.to_ascii_uppercase().into()), event.span);
    }
    request.urls = text::urls(run, url);
    request.credentials.value = Credentials::Unknown;
    options::apply_with_credentials(settings, &mut request);
    if let Some(headers) = settings.and_then(|settings| option(settings, "headers")) {
        add_headers(run, &headers, &mut request);
    }
    let body = data.cloned().or_else(|| settings.and_then(|settings| option(settings, "body")));
    options::json_body(run, body.as_ref(), &mut request);
    Some(request)
}

/// A map, or `new HttpHeaders({ … }).set('name', 'value')`, whose every step gives a new object.
fn add_headers(run: &Interp<'_>, headers: &Value, request: &mut ClientRequest) {
    let mut steps: Vec<ObjectId> = Vec::new();
    let mut next = headers.as_object();
    while let Some(id) = next.filter(|id| run.object(*id).path.starts_with(HEADERS) && steps.len() < MOST_STEPS) {
        steps.push(id);
        next = run.object(id).parent;
    }
    if steps.is_empty() {
        options::add_headers(run, headers, request);
    }
    for id in steps.into_iter().rev() {
        let object = run.object(id);
        match (&*object.path, object.args.positional.as_slice()) {
            (HEADERS, [map, ..]) => options::add_headers(run, map, request),
            (path, [name, value, ..]) if path.ends_with(".set()") || path.ends_with(".append()") => {
                if let Some(text) = name.as_str() {
                    options::add_header(text, name.span, value, request);
                }
            }
            _ => {}
        }
    }
}
