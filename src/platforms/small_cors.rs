//! Small CORS packages of functions: `cors` of itty-router, and micro-cors.
//!
//! In: objects made by their calls. Out: a policy each. Both send what they are given, without `Vary`. Source:
//! <https://github.com/kwhitley/itty-router/blob/v5.x/src/cors.ts>, <https://github.com/possibilities/micro-cors> 0.1.1.
//! Knows nothing of the routes behind them.

use super::express::origin_option::{self, Told};
use super::packages::Packages;
use super::returned_origin;
use super::values::{env_uses, flag, names, option, options, seconds, true_when};
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::model::policy::{MaxAge, Names, OriginDecision, Policy};
use crate::model::project::Project;
use crate::model::term::Term;
use crate::source::Span;

const MICRO_METHODS: [&str; 6] = ["POST", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Without `Access-Control-Allow-Origin`, which is among them to no effect: nobody who uses the package wrote that.
const MICRO_HEADERS: [&str; 5] =
    ["X-Requested-With", "X-HTTP-Method-Override", "Content-Type", "Authorization", "Accept"];
/// A day.
const MICRO_MAX_AGE: f64 = 86_400.0;

pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    for index in 0..run.objects.len() {
        let object = run.object(ObjectId(index));
        let (path, args, span, when) = (object.path.clone(), object.args.clone(), object.span, object.when.clone());
        let (package, mut policy) = match &*path {
            "npm:itty-router.cors()" | "npm:itty-router/cors.cors()" => ("itty-router", itty(run, &args, span)),
            "npm:micro-cors()" | "npm:micro-cors.default()" => ("micro-cors", micro(run, &args, span)),
            _ => continue,
        };
        let file = run.path_of_span(span);
        policy.version = packages.version(package, &file);
        policy.when = when.and(super::development(&file, span));
        project.policies.push(policy);
    }
}

fn itty(run: &mut Interp<'_>, args: &Args, span: Span) -> Policy {
    let options = options(args, span);
    let option = |key: &str| option(&options, key);
    let origin = option("origin");
    let allow_origin = match origin.as_ref().map(|origin| &origin.kind) {
        Some(Kind::Function(closure)) => {
            let closure = closure.clone();
            let asked = Value::new(Kind::Term(Term::origin()), span);
            let arms = returned_origin::arms(run, &closure, vec![asked]);
            OriginDecision { arms, span: closure.function.span }
        }
        _ => origin_option::decision(&origin_option::told(run, origin.as_ref(), span), origin.as_ref(), span),
    };
    Policy {
        place: "cors()".to_owned(),
        allow_credentials: flag(option("credentials").as_ref(), false, span),
        credentials_when: option("credentials").map(|value| true_when(&value)),
        star_reflects_with_credentials: true,
        allow_methods: names(option("allowMethods").as_ref(), Names::fixed(&["*"], span), span),
        allow_headers: names(option("allowHeaders").as_ref(), Names::Mirrored, span),
        expose_headers: names(option("exposeHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Missing, span),
        sends_text: origin.as_ref().is_some_and(|origin| origin.as_str().is_some()),
        env_reads: origin.map(|origin| env_uses(&origin, "no header is sent then")).unwrap_or_default(),
        ..Policy::new("workers", "itty-router", span, allow_origin)
    }
}

fn micro(run: &mut Interp<'_>, args: &Args, span: Span) -> Policy {
    let options = options(args, span);
    let option = |key: &str| option(&options, key);
    let origin = option("origin");
    let mut cases = origin_option::told(run, origin.as_ref(), span);
    for case in cases.iter_mut().filter(|case| !matches!(case.told, Told::Everybody | Told::Text(_))) {
        // Whatever is no text is written into the header as it is.
        case.told = Told::Unknown;
    }
    let allow_origin = origin_option::decision(&cases, origin.as_ref(), span);
    Policy {
        place: "cors()".to_owned(),
        allow_credentials: flag(option("allowCredentials").as_ref(), true, span),
        credentials_when: option("allowCredentials").map(|value| true_when(&value)),
        allow_methods: names(option("allowMethods").as_ref(), Names::fixed(&MICRO_METHODS, span), span),
        allow_headers: names(option("allowHeaders").as_ref(), Names::fixed(&MICRO_HEADERS, span), span),
        expose_headers: names(option("exposeHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Seconds(MICRO_MAX_AGE), span),
        sends_text: true,
        env_reads: origin.map(|origin| env_uses(&origin, "every origin is allowed then")).unwrap_or_default(),
        ..Policy::new("nextjs", "micro-cors", span, allow_origin)
    }
}
