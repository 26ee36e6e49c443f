//! axios: instances, defaults, interceptors and calls. Source: <https://axios-http.com/docs/req_config>.
//!
//! In: what is asked of axios. Out: meanings for the evaluator, and requests with all that their instance adds. An instance
//! is an object; its defaults, the configuration its interceptors see and their headers are objects with it as parent.

use std::sync::Arc;

use super::super::values::option;
use super::{RESPONSE, child, options, text};
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Event, Interp, Object, Target};
use crate::model::client::{Base, BodyType, ClientRequest, ClientUrl, Credentials};
use crate::model::condition::Formula;
use crate::source::{Span, Spanned};

const INSTANCE: &str = "axios:instance";
const DEFAULTS: &str = "axios:defaults";
const CONFIG: &str = "axios:config";
const HEADERS: &str = "axios:headers";

/// What follows the name of axios or of an instance: `.get`, or nothing for a call of itself.
fn after_axios(path: &str) -> Option<&str> {
    let known = ["npm:axios.default", "npm:axios", "js:axios"];
    known
        .iter()
        .find_map(|name| path.strip_prefix(name))
        .or_else(|| path.strip_prefix("axios:instance()").filter(|rest| rest.is_empty()))
        .or_else(|| path.strip_prefix(INSTANCE))
        .filter(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_axios(path: &str) -> bool {
    after_axios(path) == Some("")
}

/// The meaning of a member of axios, of an instance or of their configuration.
pub(super) fn member(
    run: &mut Interp<'_>,
    path: &str,
    object: Option<ObjectId>,
    name: &str,
    span: Span,
) -> Option<Value> {
    match (path, name) {
        (_, "interceptors") if is_axios(path) => Some(child(run, "axios:interceptors", object, span)),
        (_, "defaults") if is_axios(path) => Some(child(run, DEFAULTS, object, span)),
        ("axios:interceptors", "request" | "response") => {
            let parent = object.and_then(|id| run.object(id).parent);
            Some(child(run, &format!("axios:interceptors.{name}"), parent, span))
        }
        (DEFAULTS | CONFIG, "headers") => {
            let parent = object.and_then(|id| run.object(id).parent);
            Some(child(run, HEADERS, parent, span))
        }
        (HEADERS, "common" | "post" | "put" | "patch") => object.map(|id| Value::new(Kind::Object(id), span)),
        _ => None,
    }
}

/// The meaning of a call.
pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    if &*target.path == "axios:interceptors.request.use" {
        let closure = args.positional.first().and_then(Value::as_function).cloned()?;
        let parent = target.object.and_then(|id| run.object(id).parent);
        let config = child(run, CONFIG, parent, span);
        run.apply(&closure, &Args { positional: vec![config], ..Args::default() }, span);
        return Some(Value::new(Kind::Num(0.0), span));
    }
    match after_axios(&target.path)? {
        ".create" => {
            let id = run.make_object(INSTANCE, args.clone(), target.object, span);
            Some(Value::new(Kind::Object(id), span))
        }
        "" | ".request" | ".get" | ".delete" | ".head" | ".options" | ".post" | ".put" | ".patch" | ".postForm"
        | ".putForm" | ".patchForm" => Some(child(run, RESPONSE, target.object, span)),
        _ => None,
    }
}

/// What instances and axios itself add to every request, by the instance; `None` is axios itself.
#[derive(Default)]
pub(super) struct Shared {
    layers: Vec<(Option<ObjectId>, Layer)>,
}

/// One thing that adds to requests.
#[derive(Clone)]
enum Layer {
    /// A configuration, as given to `create`.
    Config(Value),
    /// One option that was assigned.
    Option(Arc<str>, Value),
    /// One header that was assigned.
    Header(Arc<str>, Span, Value),
}

impl Shared {
    /// Everything that the programs say of instances.
    pub(super) fn gather(run: &Interp<'_>) -> Shared {
        let mut layers = Vec::new();
        for (index, object) in run.objects.iter().enumerate() {
            match &*object.path {
                INSTANCE => {
                    if let Some(config) = object.args.positional.first() {
                        layers.push((Some(ObjectId(index)), Layer::Config(config.clone())));
                    }
                }
                DEFAULTS | CONFIG => {
                    for (name, value) in &object.fields {
                        layers.push((object.parent, Layer::Option(name.clone(), value.clone())));
                    }
                }
                _ => {}
            }
        }
        for event in &run.log {
            let headers = event.target.object.map(|id| run.object(id)).filter(|object| &*object.path == HEADERS);
            let sets = matches!(&*event.target.path, "axios:headers[]=" | "axios:headers.set");
            if let (Some(headers), true, [name, value, ..]) = (headers, sets, event.args.positional.as_slice())
                && let Some(text) = name.as_str()
            {
                layers.push((headers.parent, Layer::Header(text.clone(), name.span, value.clone())));
            }
        }
        Shared { layers }
    }

    /// Adds what an instance adds; gives its base addresses.
    fn apply(&self, run: &Interp<'_>, instance: Option<ObjectId>, request: &mut ClientRequest) -> Vec<ClientUrl> {
        let mut bases = Vec::new();
        for (owner, layer) in &self.layers {
            if owner.is_some() && *owner != instance {
                continue;
            }
            match layer {
                Layer::Config(config) => apply_config(run, config, request, &mut bases),
                Layer::Option(name, value) => apply_option(run, name, value, request, &mut bases),
                Layer::Header(name, span, value) => options::add_header(name, *span, value, request),
            }
        }
        bases
    }

    /// Instances, and axios itself with its defaults, as such: what all of their requests have in common, wherever they go.
    pub(super) fn instances(&self, run: &Interp<'_>) -> Vec<ClientRequest> {
        let objects = run.objects.iter().enumerate();
        let made = objects.clone().filter(|(_, object)| &*object.path == INSTANCE);
        let mut instances: Vec<(Option<ObjectId>, &Object)> =
            made.map(|(index, object)| (Some(ObjectId(index)), object)).collect();
        let defaults = run.objects.iter().find(|object| {
            &*object.path == DEFAULTS && object.parent.is_none() && object.fields.contains_key("baseURL")
        });
        instances.extend(defaults.map(|object| (None, object)));
        instances.into_iter().map(|(instance, object)| self.instance(run, instance, object)).collect()
    }

    fn instance(&self, run: &Interp<'_>, instance: Option<ObjectId>, object: &Object) -> ClientRequest {
        let mut request = ClientRequest::new("axios", object.span);
        let bases = self.apply(run, instance, &mut request);
        request.urls = bases.into_iter().map(|base| ClientUrl { path: None, ..base }).collect();
        request.method = Spanned::new(None, object.span);
        if let BodyType::Other(_) = request.content_type.value {
            // axios drops the type of a request without a body.
            request.content_type.value = BodyType::Unknown;
        }
        request.when = object.when.clone();
        request
    }
}

fn apply_config(run: &Interp<'_>, config: &Value, request: &mut ClientRequest, bases: &mut Vec<ClientUrl>) {
    for name in ["baseURL", "withCredentials", "headers", "method"] {
        if let Some(value) = option(config, name).filter(|value| !value.is_nullish()) {
            apply_option(run, name, &value, request, bases);
        }
    }
}

fn apply_option(run: &Interp<'_>, name: &str, value: &Value, request: &mut ClientRequest, bases: &mut Vec<ClientUrl>) {
    match name {
        "baseURL" => *bases = text::urls(run, value),
        "withCredentials" => {
            request.credentials = options::with_credentials(value);
            request.credentials_written = true;
        }
        "method" => request.method = options::upper_method(value),
        "headers" => {
            options::add_headers(run, value, request);
            for group in ["common", "post", "put", "patch"] {
                if let Some(inner) = options::given(value, group) {
                    options::add_headers(run, &inner, request);
                    request.headers.retain(|header| &*header.name.value != group);
                }
            }
        }
        _ => {}
    }
}

/// The request of a call of axios or of an instance.
pub(super) fn request(run: &Interp<'_>, event: &Event, shared: &Shared) -> Option<ClientRequest> {
    let verb = after_axios(&event.target.path)?;
    let args = &event.args.positional;
    let mut request = ClientRequest::new("axios", event.span);
    let instance = event.target.object.filter(|id| &*run.object(*id).path == INSTANCE);
    let mut bases = shared.apply(run, instance, &mut request);
    let (url, data, config) = match verb {
        "" | ".request" => match args.first() {
            Some(first) if first.as_map().is_some() => (option(first, "url"), option(first, "data"), Some(first)),
            first => {
                let config = args.get(1);
                (first.cloned(), config.and_then(|config| option(config, "data")), config)
            }
        },
        ".get" | ".delete" | ".head" | ".options" => {
            let config = args.get(1);
            (args.first().cloned(), config.and_then(|config| option(config, "data")), config)
        }
        ".post" | ".put" | ".patch" => (args.first().cloned(), args.get(1).cloned(), args.get(2)),
        ".postForm" | ".putForm" | ".patchForm" => (args.first().cloned(), None, args.get(2)),
        _ => return None,
    };
    let method = verb.trim_start_matches('.').trim_end_matches("Form").to_uppercase();
    if !matches!(method.as_str(), "" | "REQUEST") {
        request.method = Spanned::new(Some(method.into()), event.span);
    }
    if let Some(config) = config {
        let fixed = request.method.clone();
        apply_config(run, config, &mut request, &mut bases);
        if !matches!(verb, "" | ".request") {
            request.method = fixed;
        }
    }
    let with_body = data.as_ref().is_some_and(|data| !data.is_nullish());
    if with_body {
        options::json_body(run, data.as_ref(), &mut request);
    } else if let BodyType::Other(_) = request.content_type.value {
        // axios drops the type of a request without a body.
        request.content_type.value = BodyType::Safelisted;
    }
    let urls = match url {
        Some(url) => text::urls(run, &url),
        None => vec![ClientUrl { when: Formula::True, base: Base::Open, path: None, span: event.span }],
    };
    request.urls = text::joined(&bases, &urls);
    if request.credentials.value == Credentials::Unknown {
        request.credentials_written = true;
    }
    Some(request)
}
