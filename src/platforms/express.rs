//! Express: applications and routers, their handlers in order, the `cors` package and headers written by hand.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order and registration. Source: <https://expressjs.com/en/api.html>.
//! Never judges.

mod apollo;
mod contexts;
pub(super) mod cors_npm;
mod effects;
pub(super) mod order;
pub(super) mod origin_option;
pub(super) mod overwritten;
pub(super) mod preflight;
pub(super) mod registration;
mod socket_io;

use super::packages::Packages;
use crate::eval::value::{Args, Kind, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::condition::{Formula, Test};
use crate::model::project::Project;
use crate::model::term::{Part, Term};
use crate::source::Span;
use cors_npm::CorsObjects;

/// What Express and the packages around it mean to the evaluator.
pub struct Express;

/// Methods of an application or router that register something.
pub(super) const VERBS: [&str; 9] = ["use", "get", "post", "put", "patch", "delete", "options", "head", "all"];

/// Does this canonical name make an application or router?
pub(super) fn is_app_path(path: &str) -> bool {
    let path = path.replace(".default", "");
    matches!(
        path.as_str(),
        "npm:express()" | "npm:express.Router()" | "npm:express.application()" | "npm:express.express()"
    )
}

impl Library for Express {
    fn member(&self, _run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        let term = |part: Part| Some(Value::new(Kind::Term(Term::of(part)), span));
        match &*target.path {
            "express:req" => match name {
                "method" => term(Part::Method),
                "path" | "baseUrl" => term(Part::Path),
                "url" | "originalUrl" => term(Part::Target),
                "hostname" | "host" => Some(Value::new(Kind::Term(Term::header("host")), span)),
                // A CORS-preflight request never carries credentials, so nobody is signed in there.
                "user" | "auth" | "userId" | "currentUser" => Some(authenticated(span)),
                "body" | "query" | "params" | "ip" | "files" | "file" | "protocol" | "secure" | "xhr" | "app"
                | "log" => term(Part::Other(name.into())),
                _ => None,
            },
            "express:req.address" => match name {
                "pathname" => term(Part::Path),
                "href" | "path" => term(Part::Target),
                _ => term(Part::Other("address".into())),
            },
            "express:req.headers" => Some(Value::new(Kind::Term(Term::header(name)), span)),
            "express:req.cookies" | "express:req.signedCookies" => {
                Some(Value::new(Kind::Term(Term::header("cookie")), span))
            }
            "express:req.session" => Some(authenticated(span)),
            _ => None,
        }
    }

    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = &*target.path;
        let whole = |value: &Value| matches!(&value.kind, Kind::Term(term) if *term == Term::of(Part::Target));
        match path {
            // `new URL(req.url, base)`, `url.parse(req.url)`: an address whose path is the request's.
            "js:URL" | "npm:url.URL" | "npm:url.parse" if args.positional.first().is_some_and(whole) => {
                return Some(Value::new(Kind::External("express:req.address".into()), span));
            }
            "express:req.get" | "express:req.header" => {
                let name = args.positional.first()?.as_str()?;
                return Some(Value::new(Kind::Term(Term::header(name)), span));
            }
            "express:req.isAuthenticated" => return Some(authenticated(span)),
            "express:next" | "cors:callback" | "cors:delegate" => return Some(Value::undefined(span)),
            "express:res.getHeader" | "express:res.get" => return None,
            _ => {}
        }
        if path.starts_with("express:res.") {
            return Some(Value::new(Kind::External("express:res".into()), span));
        }
        if path.starts_with("npm:apollo-server") {
            return apollo::call(run, target, args, span);
        }
        let (holder, method) = path.rsplit_once('.')?;
        let registers = VERBS.contains(&method) || matches!(method, "param" | "set" | "enable" | "disable" | "engine");
        if registers && (is_app_path(holder) || holder.ends_with(".route()")) {
            return target.object.map(|id| Value::new(Kind::Object(id), span));
        }
        None
    }
}

fn authenticated(span: Span) -> Value {
    Value::condition(Formula::test(Test::Authenticated, span), span)
}

/// Servers, policies and faults of all Express programs; also which policy each `cors(…)` is.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> (Project, CorsObjects) {
    let mut project = Project::default();
    let cors = cors_npm::policies(run, packages, &mut project);
    socket_io::policies(run, packages, &mut project);
    contexts::policies(run, &cors, &mut project);
    registration::servers(run, packages, &cors, &mut project);
    order::faults(run, &cors, &mut project);
    (project, cors)
}
