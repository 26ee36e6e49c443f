//! The options of a call: method, headers, credentials, body.
//!
//! In: values of options. Out: the parts of a `ClientRequest`. Libraries say which option is which; what they share is here.

use std::sync::Arc;

use super::super::values::{in_production, option};
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::fetch::safelist;
use crate::model::client::{BodyType, ClientHeader, ClientRequest, Credentials};
use crate::model::condition::Formula;
use crate::source::{Span, Spanned};

/// The method as the Fetch standard sends it: six are brought to upper case, `patch` is not among them.
pub(super) fn fetch_method(value: &Value) -> Spanned<Option<Arc<str>>> {
    const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    let value = in_production(value);
    let text = value.as_str().map(|text| {
        let upper = text.to_ascii_uppercase();
        if NORMALIZED.contains(&upper.as_str()) { Arc::from(upper) } else { text.clone() }
    });
    Spanned::new(text, value.span)
}

/// The method as libraries send it that bring all of them to upper case.
pub(super) fn upper_method(value: &Value) -> Spanned<Option<Arc<str>>> {
    let value = in_production(value);
    Spanned::new(value.as_str().map(|text| text.to_ascii_uppercase().into()), value.span)
}

/// The credentials mode of `fetch`.
pub(super) fn fetch_credentials(value: &Value) -> Spanned<Credentials> {
    let value = in_production(value);
    let mode = match value.as_str().map(|text| &**text) {
        Some("include") => Credentials::Include,
        Some("omit") => Credentials::Omit,
        Some("same-origin") => Credentials::SameOrigin,
        _ => Credentials::Unknown,
    };
    Spanned::new(mode, value.span)
}

/// `withCredentials`.
pub(super) fn with_credentials(value: &Value) -> Spanned<Credentials> {
    let value = in_production(value);
    let mode = match value.kind {
        Kind::Bool(true) => Credentials::Include,
        Kind::Bool(false) | Kind::Undefined | Kind::Null => Credentials::SameOrigin,
        _ => Credentials::Unknown,
    };
    Spanned::new(mode, value.span)
}

/// The option `withCredentials` of an object that may be there.
pub(super) fn apply_with_credentials(options: Option<&Value>, request: &mut ClientRequest) {
    if let Some(value) = options.and_then(|options| option(options, "withCredentials")) {
        request.credentials = with_credentials(&value);
        request.credentials_written = true;
    }
}

/// What of an options object decides about every request alike.
pub(super) fn apply_fetch(run: &Interp<'_>, options: &Value, request: &mut ClientRequest) {
    if let Some(method) = option(options, "method").filter(|value| !value.is_nullish()) {
        request.method = fetch_method(&method);
    }
    apply_credentials(options, request);
    if let Some(mode) = option(options, "mode")
        && in_production(&mode).as_str().is_some_and(|mode| &**mode == "no-cors")
    {
        request.no_cors = Some(mode.span);
    }
    if let Some(headers) = option(options, "headers") {
        add_headers(run, &headers, request);
    }
}

/// The option `credentials`.
pub(super) fn apply_credentials(options: &Value, request: &mut ClientRequest) {
    if let Some(credentials) = option(options, "credentials").filter(|value| !value.is_nullish()) {
        request.credentials = fetch_credentials(&credentials);
        request.credentials_written = true;
    }
}

/// Headers given as an object, as pairs or as a `Headers`. Those that are sent under a condition are sent.
pub(super) fn add_headers(run: &Interp<'_>, headers: &Value, request: &mut ClientRequest) {
    for (when, value) in headers.alternatives() {
        if !super::text::in_production(&when) {
            continue;
        }
        match &value.kind {
            Kind::Map(map) => {
                for (name, entry) in &map.entries {
                    if super::text::in_production(&entry.when) && may_be_sent(&entry.value) {
                        add_header(name, entry.key, &entry.value, request);
                    }
                }
            }
            Kind::List(list) => {
                for item in &list.items {
                    let pair = item.value.as_list().map(|pair| pair.items.clone()).unwrap_or_default();
                    if let [name, value] = pair.as_slice()
                        && let Some(text) = name.value.as_str()
                    {
                        add_header(text, name.value.span, &value.value, request);
                    }
                }
            }
            Kind::Object(id) => {
                if let Some(first) = run.object(*id).args.positional.first() {
                    add_headers(run, &first.clone(), request);
                }
                for event in run.log.iter().filter(|event| event.target.object == Some(*id)) {
                    let sets = event.target.path.ends_with("Headers().set") || event.target.path.ends_with("().append");
                    if let (true, [name, value, ..]) = (sets, event.args.positional.as_slice())
                        && let Some(text) = name.as_str()
                    {
                        add_header(text, name.span, value, request);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A header whose value is `undefined` is not sent by any of the libraries that matter.
fn may_be_sent(value: &Value) -> bool {
    !in_production(value).is_nullish()
}

/// One header; a later one of the same name takes the place of an earlier one.
pub(super) fn add_header(name: &str, span: Span, value: &Value, request: &mut ClientRequest) {
    let value = in_production(value);
    if name.eq_ignore_ascii_case("content-type") {
        let body = match value.as_str() {
            Some(text) if safelist::check("Content-Type", text).is_ok() => BodyType::Safelisted,
            Some(text) => BodyType::Other(text.clone()),
            None => BodyType::Unknown,
        };
        request.content_type = Spanned::new(body, span);
        return;
    }
    request.headers.retain(|header| !header.name.value.eq_ignore_ascii_case(name));
    let name = Spanned::new(Arc::from(name), span);
    request.headers.push(ClientHeader { name, value: value.as_str().cloned() });
}

/// The type that libraries give a body that is no text: JSON, unless it is a form.
pub(super) fn json_body(run: &Interp<'_>, data: Option<&Value>, request: &mut ClientRequest) {
    let Some(data) = data.map(in_production) else { return };
    // A type that is written down stays.
    if request.content_type.value != BodyType::Safelisted || request.content_type.span != request.span {
        return;
    }
    request.content_type = Spanned::new(body_type(run, &data), data.span);
}

fn body_type(run: &Interp<'_>, data: &Value) -> BodyType {
    match &data.kind {
        Kind::Map(_) | Kind::List(_) => BodyType::Other("application/json".into()),
        Kind::Undefined | Kind::Null | Kind::Str(_) => BodyType::Safelisted,
        Kind::Object(id) => match &*run.object(*id).path {
            "js:FormData()" | "js:URLSearchParams()" => BodyType::Safelisted,
            path if path.starts_with("class:") => BodyType::Other("application/json".into()),
            _ => BodyType::Unknown,
        },
        _ => BodyType::Unknown,
    }
}

/// The option of a name that is there in production.
pub(super) fn given(options: &Value, name: &str) -> Option<Value> {
    option(options, name).filter(|value| !value.is_nullish() && !value.is_unknown())
}

/// `when` and what an entry of a map adds to it are of no concern: an option that may be there is there.
pub(super) fn merged(first: &Value, second: Option<&Value>) -> Vec<Value> {
    let maps = |value: &Value| -> Vec<Value> {
        let alternatives = value.alternatives().into_iter();
        alternatives.filter(|(when, _)| *when != Formula::False).map(|(_, value)| value).collect()
    };
    let mut all = maps(first);
    all.extend(second.map(maps).unwrap_or_default());
    all
}
