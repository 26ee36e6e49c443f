//! Calls that send a request: `fetch` and the packages that are called like it.
//!
//! In: the evaluator's log. Out: requests. Sources: <https://fetch.spec.whatwg.org/#fetch-method>,
//! <https://github.com/sindresorhus/ky>, <https://github.com/unjs/ofetch>, <https://api.jquery.com/jQuery.ajax/>,
//! <https://www.apollographql.com/docs/react/api/link/apollo-link-http>,
//! <https://redux-toolkit.js.org/rtk-query/api/fetchBaseQuery>,
//! <https://supabase.com/docs/reference/javascript/functions-invoke>.

use std::sync::Arc;

use super::super::values::option;
use super::{angular, axios, live, options, superagent, text};
use crate::eval::value::{Kind, Value};
use crate::eval::{Event, Interp};
use crate::model::client::{Base, BodyType, ClientHeader, ClientRequest, ClientUrl, Credentials};
use crate::model::condition::Formula;
use crate::source::Spanned;

/// A library that is called like `fetch`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Fetch,
    Ofetch,
    Ky,
    JQuery,
    Graphql,
    BaseQuery,
    EventSource,
    Supabase,
    Live(live::Live),
}

const KY: [&str; 3] = ["npm:ky", "npm:ky.create()", "npm:ky.extend()"];

/// The library of a canonical name, and the method that the name itself says.
fn sender(path: &str) -> Option<(Sender, Option<&'static str>)> {
    match path {
        "js:fetch"
        | "npm:cross-fetch"
        | "npm:cross-fetch.fetch"
        | "npm:isomorphic-fetch"
        | "npm:whatwg-fetch.fetch"
        | "npm:unfetch"
        | "npm:@tauri-apps/api/http.fetch" => return Some((Sender::Fetch, None)),
        "js:$fetch"
        | "npm:ofetch.$fetch"
        | "npm:ofetch.ofetch"
        | "npm:ofetch"
        | "npm:ofetch.$fetch.create()()"
        | "npm:ofetch.ofetch.create()()"
        | "js:$fetch.create()()"
        | "js:useFetch"
        | "npm:#app.useFetch" => {
            return Some((Sender::Ofetch, None));
        }
        "js:EventSource"
        | "npm:eventsource"
        | "npm:eventsource.EventSource"
        | "npm:event-source-polyfill.EventSourcePolyfill" => {
            return Some((Sender::EventSource, Some("GET")));
        }
        "npm:@apollo/client.HttpLink"
        | "npm:@apollo/client.createHttpLink"
        | "npm:@apollo/client.ApolloClient"
        | "npm:@apollo/client/core.HttpLink"
        | "npm:@apollo/client/core.createHttpLink"
        | "npm:@apollo/client/link/http.HttpLink"
        | "npm:apollo-link-http.HttpLink"
        | "npm:apollo-link-http.createHttpLink"
        | "npm:@apollo/client/link/http/HttpLink.HttpLink"
        | "npm:@apollo/client/link/batch-http.BatchHttpLink"
        | "npm:apollo-link-batch-http.BatchHttpLink"
        | "npm:apollo-upload-client.createUploadLink"
        | "npm:apollo-upload-client/createUploadLink.mjs"
        | "npm:apollo-upload-client/UploadHttpLink.mjs"
        | "npm:apollo-boost"
        | "npm:graphql-request.GraphQLClient"
        | "npm:urql.createClient"
        | "npm:@urql/core.createClient" => return Some((Sender::Graphql, Some("POST"))),
        "npm:@reduxjs/toolkit/query/react.fetchBaseQuery" | "npm:@reduxjs/toolkit/query.fetchBaseQuery" => {
            return Some((Sender::BaseQuery, None));
        }
        "client:supabase.functions.invoke" => return Some((Sender::Supabase, Some("POST"))),
        _ => {}
    }
    if let Some(live) = live::opened(path) {
        return Some((Sender::Live(live), Some("GET")));
    }
    let (holder, verb) = path.rsplit_once('.').unwrap_or((path, ""));
    let ky = KY.contains(&path) || KY.iter().any(|name| path.strip_suffix("()") == Some(name));
    let method = match verb {
        "get" | "getJSON" => Some("GET"),
        "post" => Some("POST"),
        "put" => Some("PUT"),
        "patch" => Some("PATCH"),
        "delete" => Some("DELETE"),
        "head" => Some("HEAD"),
        _ => None,
    };
    if ky || (KY.contains(&holder) && method.is_some()) {
        return Some((Sender::Ky, method.filter(|_| !ky)));
    }
    let jquery = matches!(holder, "js:$" | "js:jQuery" | "npm:jquery" | "npm:jquery.default");
    if jquery && (verb == "ajax" || matches!(verb, "get" | "post" | "getJSON")) {
        return Some((Sender::JQuery, method));
    }
    None
}

/// Does a call of this name give an answer that may be read?
pub(super) fn sends(path: &str) -> bool {
    matches!(sender(path), Some((Sender::Fetch | Sender::Ofetch | Sender::Ky, _)))
}

/// The request that a call sends.
pub(super) fn request(run: &Interp<'_>, event: &Event, shared: &axios::Shared) -> Option<ClientRequest> {
    let Some((sender, method)) = sender(&event.target.path) else {
        return axios::request(run, event, shared)
            .or_else(|| superagent::request(run, event))
            .or_else(|| angular::request(run, event));
    };
    let args = &event.args.positional;
    let first = args.first()?;
    let library = match sender {
        Sender::Fetch => "fetch",
        Sender::Ofetch => "ofetch",
        Sender::Ky => "ky",
        Sender::JQuery => "jQuery",
        Sender::Graphql => "GraphQL",
        Sender::EventSource => "EventSource",
        Sender::BaseQuery => "RTK Query",
        Sender::Live(live) => live.library,
        Sender::Supabase => "supabase-js",
    };
    let mut request = ClientRequest::new(library, event.span);
    if let Some(method) = method {
        request.method = Spanned::new(Some(method.into()), event.span);
    }
    match sender {
        Sender::Fetch => fetch(run, first, args.get(1), &mut request),
        Sender::Ofetch => ofetch(run, event, first, args.get(1), &mut request),
        Sender::Ky => ky(run, event, first, args.get(1), &mut request),
        Sender::JQuery => jquery(run, event, &mut request)?,
        Sender::Graphql => graphql(run, first, args.get(1), &mut request)?,
        Sender::Supabase => supabase(run, event, args, &mut request)?,
        Sender::BaseQuery => base_query(run, first, &mut request)?,
        Sender::Live(live) => live::open(run, live, args, &mut request)?,
        Sender::EventSource => {
            request.urls = text::urls(run, first);
            options::apply_with_credentials(args.get(1), &mut request);
        }
    }
    Some(request)
}

fn fetch(run: &Interp<'_>, input: &Value, init: Option<&Value>, request: &mut ClientRequest) {
    let inner = input.as_object().map(|id| run.object(id)).filter(|object| &*object.path == "js:Request()");
    match inner {
        Some(inner) => {
            if let Some(url) = inner.args.positional.first() {
                request.urls = text::urls(run, url);
            }
            if let Some(options) = inner.args.positional.get(1) {
                options::apply_fetch(run, options, request);
            }
        }
        None => request.urls = text::urls(run, input),
    }
    for options in init.map(|init| options::merged(init, None)).unwrap_or_default() {
        options::apply_fetch(run, &options, request);
    }
}

fn bases(run: &Interp<'_>, options: Option<&Value>, name: &str) -> Vec<ClientUrl> {
    let base = options.and_then(|options| option(options, name)).filter(|value| !value.is_nullish());
    base.map(|base| text::urls(run, &base)).unwrap_or_default()
}

/// The options that an instance was made with.
fn made_with(run: &Interp<'_>, event: &Event) -> Option<Value> {
    let object = run.object(event.target.object?);
    object.args.positional.first().cloned()
}

fn ofetch(run: &Interp<'_>, event: &Event, url: &Value, init: Option<&Value>, request: &mut ClientRequest) {
    let made = made_with(run, event);
    let mut all = bases(run, made.as_ref(), "baseURL");
    for options in [made.as_ref(), init].into_iter().flatten() {
        options::apply_fetch(run, options, request);
        if request.method.value.is_some() {
            request.method = Spanned { value: request.method.value.as_ref().map(|text| upper(text)), ..request.method };
        }
        if let Some(body) = option(options, "body") {
            options::json_body(run, Some(&body), request);
        }
    }
    let own = bases(run, init, "baseURL");
    if !own.is_empty() {
        all = own;
    }
    request.urls = text::joined(&all, &text::urls(run, url));
}

fn upper(text: &str) -> Arc<str> {
    text.to_ascii_uppercase().into()
}

fn ky(run: &Interp<'_>, event: &Event, url: &Value, init: Option<&Value>, request: &mut ClientRequest) {
    let made = made_with(run, event);
    let fixed = request.method.clone();
    let named = event.target.path.ends_with(|c: char| c.is_ascii_lowercase()) && !event.target.path.ends_with("ky");
    let mut all = bases(run, made.as_ref(), "prefixUrl");
    for options in [made.as_ref(), init].into_iter().flatten() {
        options::apply_fetch(run, options, request);
        if option(options, "json").is_some_and(|json| !json.is_nullish()) {
            let span = option(options, "json").map_or(request.span, |json| json.span);
            request.content_type = Spanned::new(BodyType::Other("application/json".into()), span);
        }
    }
    if named {
        request.method = fixed;
    }
    let own = bases(run, init, "prefixUrl");
    if !own.is_empty() {
        all = own;
    }
    request.urls = text::joined(&all, &text::urls(run, url));
}

/// `$.ajax({ url, type, headers, contentType, xhrFields })`, `$.post(url, data)`: form-encoded unless it says otherwise.
fn jquery(run: &Interp<'_>, event: &Event, request: &mut ClientRequest) -> Option<()> {
    let args = &event.args.positional;
    let settings = args.iter().find(|value| value.as_map().is_some());
    let ajax = event.target.path.ends_with(".ajax");
    let url = args.first().filter(|value| value.as_map().is_none()).cloned();
    let url = url.or_else(|| settings.and_then(|settings| option(settings, "url")))?;
    request.urls = text::urls(run, &url);
    let Some(settings) = settings.filter(|settings| ajax || option(settings, "url").is_some()) else { return Some(()) };
    for name in ["type", "method"] {
        if let Some(method) = option(settings, name).filter(|value| !value.is_nullish()) {
            request.method = options::upper_method(&method);
        }
    }
    if let Some(kind) = option(settings, "contentType") {
        options::add_header("Content-Type", kind.span, &kind, request);
        if matches!(kind.kind, Kind::Bool(_)) {
            request.content_type.value = BodyType::Safelisted;
        }
    }
    if let Some(headers) = option(settings, "headers") {
        options::add_headers(run, &headers, request);
    }
    let credentials = option(settings, "xhrFields").and_then(|fields| option(&fields, "withCredentials"));
    if let Some(value) = credentials {
        request.credentials = options::with_credentials(&value);
        request.credentials_written = true;
    }
    Some(())
}

/// `fetchBaseQuery({ baseUrl, credentials, headers })` of Redux Toolkit: what all requests of an API have in common.
fn base_query(run: &Interp<'_>, settings: &Value, request: &mut ClientRequest) -> Option<()> {
    let base = option(settings, "baseUrl").filter(|value| !value.is_nullish())?;
    request.urls = text::urls(run, &base).into_iter().map(|url| ClientUrl { path: None, ..url }).collect();
    request.method = Spanned::new(None, request.span);
    options::apply_credentials(settings, request);
    if let Some(headers) = option(settings, "headers") {
        options::add_headers(run, &headers, request);
    }
    // What it adds may be a token in the place of cookies.
    if !request.credentials_written && option(settings, "prepareHeaders").is_some() {
        request.credentials.value = Credentials::Unknown;
    }
    Some(())
}

/// Clients of GraphQL: POST with a JSON body to one address.
fn graphql(run: &Interp<'_>, first: &Value, second: Option<&Value>, request: &mut ClientRequest) -> Option<()> {
    let (url, settings) = match first.as_map() {
        Some(_) => (option(first, "uri").or_else(|| option(first, "url"))?, Some(first)),
        None => (first.clone(), second),
    };
    request.urls = text::urls(run, &url);
    if let Some(settings) = settings {
        options::apply_credentials(settings, request);
        if let Some(headers) = option(settings, "headers") {
            options::add_headers(run, &headers, request);
        }
        if let Some(inner) = options::given(settings, "fetchOptions") {
            options::apply_credentials(&inner, request);
        }
    }
    request.content_type = Spanned::new(BodyType::Other("application/json".into()), request.span);
    Some(())
}

/// `supabase.functions.invoke('name', { body, headers, method })`: POST to a path of the project, always with the headers that the
/// client sends with everything.
fn supabase(run: &Interp<'_>, event: &Event, args: &[Value], request: &mut ClientRequest) -> Option<()> {
    const ALWAYS: [&str; 3] = ["authorization", "apikey", "x-client-info"];
    let name = args.first()?.as_str()?;
    let client = event.target.object.and_then(|id| run.object(id).parent);
    let made = client.and_then(|id| run.object(id).args.positional.first());
    let mut bases = made.map(|url| text::urls(run, url)).unwrap_or_default();
    bases.retain(|url| url.base != Base::Relative);
    if bases.is_empty() {
        let path = Some("/".to_owned());
        bases.push(ClientUrl { when: Formula::True, base: Base::Open, path, span: event.span });
    }
    let path = format!("/functions/v1/{}", name.trim_start_matches('/').split('?').next().unwrap_or(""));
    let own = ClientUrl { when: Formula::True, base: Base::Relative, path: Some(path), span: event.span };
    request.urls = text::joined(&bases, &[own]);
    for header in ALWAYS {
        request.headers.push(ClientHeader { name: Spanned::new(header.into(), event.span), value: None });
    }
    let Some(settings) = args.get(1) else { return Some(()) };
    if let Some(method) = options::given(settings, "method") {
        request.method = options::upper_method(&method);
    }
    options::json_body(run, option(settings, "body").as_ref(), request);
    if let Some(headers) = option(settings, "headers") {
        options::add_headers(run, &headers, request);
    }
    Some(())
}
