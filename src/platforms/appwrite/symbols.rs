//! What `context`, `req` and `res` of an Appwrite Function mean to the evaluator.
//!
//! In: members and calls. Out: parts of the symbolic request, and answers like those of the Fetch API.

use super::super::fetch_api::answered;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::eval::{Event, Interp, Library, Target};
use crate::model::term::{Part, Term, TermOp};
use crate::source::Span;

/// What the functions of Appwrite's runtimes are given.
pub struct Appwrite;

pub(super) const CONTEXT: &str = "appwrite:context";
pub(super) const REQ: &str = "appwrite:req";
pub(super) const RES: &str = "appwrite:res";
const HEADERS: &str = "appwrite:req.headers";

impl Library for Appwrite {
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        let external = |path: &str| Some(Value::new(Kind::External(path.into()), span));
        let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
        match &*target.path {
            CONTEXT => match name {
                "req" => external(REQ),
                "res" => external(RES),
                _ => None,
            },
            REQ => match name {
                "method" => term(Part::Method),
                "path" => term(Part::Path),
                "url" => term(Part::Target),
                "headers" => external(HEADERS),
                "variables" => external("js:process.env"),
                "bodyJson" | "body_json" => {
                    note(run, "fetch:request.json", Vec::new(), span);
                    term(Part::Other("body".into()))
                }
                "host" => Some(Value::new(Kind::Term(Term::header("host")), span)),
                "log" => None,
                _ => term(Part::Other(if name.starts_with("body") { "body".into() } else { name.into() })),
            },
            HEADERS if !matches!(name, "get" | "items" | "keys" | "values") => {
                let read = vec![Value::text(name, span)];
                note(run, "fetch:request.headers.get", read, span);
                Some(Value::new(Kind::Term(Term::header(name)), span))
            }
            _ => None,
        }
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        if path == "appwrite:req.headers.get" {
            let name = args.positional.first()?.as_str()?;
            note(run, "fetch:request.headers.get", vec![Value::text(name.clone(), span)], span);
            let term = Term::header(name);
            let term = match args.positional.get(1).and_then(Value::as_str) {
                Some(default) => term.then(TermOp::Default(default.clone())),
                None => term,
            };
            return Some(Value::new(Kind::Term(term), span));
        }
        if path == "py:json.loads" {
            let body =
                matches!(&args.positional.first()?.kind, Kind::Term(term) if term.part == Part::Other("body".into()));
            return body.then(|| {
                note(run, "fetch:request.json", Vec::new(), span);
                Value::new(Kind::Term(Term::of(Part::Other("body".into()))), span)
            });
        }
        let method = path.strip_prefix("appwrite:res.")?;
        let status = args.named("status_code").or_else(|| args.named("statusCode")).or_else(|| args.get(1, "status"));
        let headers = args.get(2, "headers");
        let default = match method {
            "json" | "send" | "text" | "binary" => 200.0,
            "redirect" => 301.0,
            "empty" => return Some(answered(run, None, 204.0, None, span)),
            _ => return Some(Value::new(Kind::External(RES.into()), span)),
        };
        Some(answered(run, status, default, headers, span))
    }
}

/// Writes down that a part of the request is read.
fn note(run: &mut Interp<'_>, path: &str, positional: Vec<Value>, span: Span) {
    let target = Target { path: path.into(), object: None };
    let args = Args { positional, ..Args::default() };
    let when = run.condition();
    run.log.push(Event { target, args, when, span, module: ModuleId(0), result: None });
}
