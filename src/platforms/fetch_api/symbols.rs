//! What the names of the Fetch API mean to the evaluator: requests, responses, header lists, URLs.
//!
//! In: members and calls of things that come from outside. Out: parts of the symbolic request, and objects whose answers and
//! header lines can be read off later. Source: <https://fetch.spec.whatwg.org/#fetch-api>. Knows no platform but for the
//! names of what hands a request to a function.

use super::netlify::LAMBDA;
use super::response::{self, Make, RESPONSE};
use super::{lines, serve};
use crate::eval::value::{Args, Kind, ObjectId, Reason, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// What the Fetch API means to the evaluator.
pub struct FetchApi;

/// The request that a function is given.
pub(super) const REQUEST: &str = "fetch:request";
/// Its headers.
const REQUEST_HEADERS: &str = "fetch:request.headers";
/// Its URL, parsed.
const URL: &str = "fetch:url";
/// What holds the request: the event of a service worker, the context of a Pages Function.
pub(super) const EVENT: &str = "fetch:event";
/// What a Pages Function is given.
pub(super) const CONTEXT: &str = "fetch:context";
/// Variables of the environment that are handed in rather than read.
pub(super) const BINDINGS: &str = "js:process.env";

/// The methods that read the body of a request.
pub(super) const READS: [&str; 5] = ["json", "text", "formData", "arrayBuffer", "blob"];

impl Library for FetchApi {
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        let external = |path: &str| Some(Value::new(Kind::External(path.into()), span));
        let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
        match &*target.path {
            REQUEST => match name {
                "method" => term(Part::Method),
                "url" => term(Part::Target),
                "nextUrl" => external(URL),
                "cf" | "cookies" | "geo" | "ip" | "body" | "signal" | "params" | "query" | "mode" | "referrer" => {
                    term(Part::Other(name.into()))
                }
                _ => None,
            },
            URL => match name {
                "pathname" => term(Part::Path),
                "href" => term(Part::Target),
                "host" | "hostname" => Some(Value::new(Kind::Term(Term::header("host")), span)),
                "searchParams" | "search" | "hash" | "port" | "protocol" | "origin" => term(Part::Other(name.into())),
                _ => None,
            },
            EVENT | CONTEXT => match name {
                "request" => external(REQUEST),
                "env" => external(BINDINGS),
                "params" | "data" => term(Part::Other(name.into())),
                _ => None,
            },
            LAMBDA => match name {
                "httpMethod" => term(Part::Method),
                "path" | "rawPath" => term(Part::Path),
                "body" | "queryStringParameters" | "isBase64Encoded" | "rawQuery" | "multiValueHeaders" => {
                    term(Part::Other(name.into()))
                }
                _ => None,
            },
            "fetch:lambda.requestContext.http" => match name {
                "method" => term(Part::Method),
                "path" => term(Part::Path),
                _ => None,
            },
            "fetch:lambda.headers" => Some(Value::new(Kind::Term(Term::header(name)), span)),
            RESPONSE => response::member(run, target.object?, name, span),
            path if name == "headers" && is_foreign(path) => Some(response::foreign_headers(run, target.object?, span)),
            path if name == "body" && is_foreign(path) => Some(response::body(run, target.object?, span)),
            _ => None,
        }
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        if let Some(make) = Make::of(path) {
            return Some(response::make(run, make, path, args, span));
        }
        if let Some(value) = serve::call(run, target, args, span) {
            return Some(value);
        }
        let unknown = || Value::unknown(Reason::NotModelled, span);
        match path {
            "js:Headers" => {
                let lines = args.positional.first().map(|init| lines::init(run, init)).unwrap_or_default();
                Some(Value::new(Kind::Object(lines::make(run, lines, span)), span))
            }
            "js:URL" => takes_request_url(args).then(|| Value::new(Kind::External(URL.into()), span)),
            // A request made from the one that came in keeps its method and headers.
            "js:Request" => args.all().any(is_request).then(|| Value::new(Kind::External(REQUEST.into()), span)),
            "js:JSON.parse" => {
                let body =
                    matches!(&args.positional.first()?.kind, Kind::Term(term) if matches!(term.part, Part::Other(_)));
                body.then(|| Value::new(Kind::Term(Term::of(Part::Other("json".into()))), span))
            }
            _ => match path.rsplit_once('.')? {
                (REQUEST_HEADERS, method) => Some(request_header(method, args, span)),
                (REQUEST, "clone") => Some(Value::new(Kind::External(REQUEST.into()), span)),
                (REQUEST, method) if READS.contains(&method) => {
                    Some(Value::new(Kind::Term(Term::of(Part::Other("body".into()))), span))
                }
                (URL, "toString") => Some(Value::new(Kind::Term(Term::of(Part::Target)), span)),
                (URL, "clone") => Some(Value::new(Kind::External(URL.into()), span)),
                (lines::HEADERS, method) => headers_call(run, target.object?, method, args, span),
                (RESPONSE, "clone") => Some(response::cloned(run, target.object?, span)),
                (RESPONSE, method) if READS.contains(&method) => Some(unknown()),
                (EVENT, "respondWith" | "waitUntil" | "passThroughOnException") => Some(Value::undefined(span)),
                (holder, "then") if holder == RESPONSE || is_foreign(holder) => {
                    let receiver = Value::new(Kind::Object(target.object?), span);
                    let callback = args.positional.first()?;
                    let given = Args { positional: vec![receiver], open: true, ..Args::default() };
                    Some(run.call_value(callback, &given, span))
                }
                (holder, "catch") if holder == RESPONSE || is_foreign(holder) => {
                    Some(caught(run, target.object?, args, span))
                }
                (holder, "finally") if holder == RESPONSE || is_foreign(holder) => {
                    Some(Value::new(Kind::Object(target.object?), span))
                }
                _ => None,
            },
        }
    }
}

/// What a call of something outside gave back may be an answer.
pub(super) fn is_foreign(path: &str) -> bool {
    let outside = path.starts_with("npm:") || path.starts_with("js:") || path.starts_with(CONTEXT);
    // What is built and kept is asked for its own members: applications, routers, clients.
    outside && path.ends_with(')') && !path.contains("()()")
}

/// Is it the request that came in?
pub(super) fn is_request(value: &Value) -> bool {
    matches!(&value.kind, Kind::External(path) if &**path == REQUEST)
}

fn takes_request_url(args: &Args) -> bool {
    args.positional.first().is_some_and(|first| match &first.kind {
        Kind::Term(term) => term.part == Part::Target && term.ops.is_empty(),
        Kind::External(path) => &**path == URL,
        _ => false,
    })
}

fn request_header(method: &str, args: &Args, span: Span) -> Value {
    let name = args.positional.first().and_then(Value::as_str);
    match (method, name) {
        ("get", Some(name)) => Value::new(Kind::Term(Term::header(name)), span),
        ("has", Some(name)) => {
            let test = Test::Request { term: Term::header(name), relation: Relation::Present };
            Value::condition(Formula::test(test, span), span)
        }
        _ => Value::unknown(Reason::NotModelled, span),
    }
}

fn headers_call(run: &mut Interp<'_>, id: ObjectId, method: &str, args: &Args, span: Span) -> Option<Value> {
    match method {
        "set" | "append" | "delete" => {
            lines::change(run, id, method, args, span);
            Some(Value::undefined(span))
        }
        "get" => Some(lines::get(run, id, args.positional.first()?.as_str()?, span)),
        "has" => {
            let value = lines::get(run, id, args.positional.first()?.as_str()?, span);
            let there = match &value.kind {
                Kind::Null => Formula::False,
                Kind::Unknown(_) => Formula::unknown(span),
                _ => Formula::True,
            };
            Some(Value::condition(there, span))
        }
        "forEach" => {
            let callback = args.positional.first()?.clone();
            let known = lines::of(run, id);
            for (name, entry) in &known.entries {
                let given = vec![entry.value.clone(), Value::text(name.clone(), entry.key)];
                run.call_value(&callback, &Args { positional: given, ..Args::default() }, span);
            }
            if known.open {
                run.call_value(&callback, &Args { open: true, ..Args::default() }, span);
            }
            Some(Value::undefined(span))
        }
        _ => None,
    }
}

/// `answer.catch(error => …)`: what the callback gives back where something was thrown.
fn caught(run: &mut Interp<'_>, id: ObjectId, args: &Args, span: Span) -> Value {
    let answer = Value::new(Kind::Object(id), span);
    let Some(callback) = args.positional.first() else { return answer };
    let thrown = Formula::test(Test::Thrown(span), span);
    let given = Args { positional: vec![Value::unknown(Reason::Parameter, span)], ..Args::default() };
    let handled = run.call_value(callback, &given, span);
    Value::one_of([(thrown.clone(), handled), (thrown.negated(), answer)], span)
}
