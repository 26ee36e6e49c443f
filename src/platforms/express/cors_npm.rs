//! The `cors` package for Express and Node: every option, its real default and what it does with odd values.
//!
//! In: objects made by `cors(options)`. Out: a policy each. Source: <https://github.com/expressjs/cors> 2.8, whose answers
//! are recorded in `truth/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::{env_uses, flag, in_production, names, option, seconds, true_when};
use super::{effects, origin_option};
use crate::eval::Interp;
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::model::condition::Test;
use crate::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy, Setting};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// The options that the package reads.
pub(in crate::platforms) const OPTIONS: [&str; 8] = [
    "origin",
    "methods",
    "allowedHeaders",
    "exposedHeaders",
    "credentials",
    "maxAge",
    "preflightContinue",
    "optionsSuccessStatus",
];

/// Names of other libraries' options, and what they are called here.
const FOREIGN: [(&str, &str); 16] = [
    ("origins", "origin"),
    ("allowedOrigins", "origin"),
    ("allowOrigins", "origin"),
    ("allowOrigin", "origin"),
    ("allow_origins", "origin"),
    ("allowHeaders", "allowedHeaders"),
    ("headers", "allowedHeaders"),
    ("allow_headers", "allowedHeaders"),
    ("exposeHeaders", "exposedHeaders"),
    ("expose_headers", "exposedHeaders"),
    ("allowMethods", "methods"),
    ("allowedMethods", "methods"),
    ("allowCredentials", "credentials"),
    ("withCredentials", "credentials"),
    ("allow_credentials", "credentials"),
    ("max_age", "maxAge"),
];

/// The methods the package allows by default.
pub(super) const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"];

/// Which policy (index in the project) each `cors(…)` object is.
pub(in crate::platforms) type CorsObjects = BTreeMap<ObjectId, usize>;

/// Is this the canonical name of a `cors(…)` object?
pub(super) fn is_cors_path(path: &str) -> bool {
    matches!(path, "npm:cors()" | "npm:cors.default()")
}

/// Is it what `NextCors(req, res, options)` gives, which makes a `cors(options)` and calls it?
fn is_wrapped(path: &str) -> bool {
    matches!(path, "npm:nextjs-cors()" | "npm:nextjs-cors.default()")
}

/// The policy of an object, also where the same call was evaluated once more since the policies were made.
pub(in crate::platforms) fn policy_of(run: &Interp<'_>, cors: &CorsObjects, id: ObjectId) -> Option<usize> {
    let object = run.object(id);
    if !is_cors_path(&object.path) && !is_wrapped(&object.path) {
        return None;
    }
    cors.get(&id)
        .or_else(|| cors.iter().find(|(known, _)| run.object(**known).span == object.span).map(|(_, policy)| policy))
        .copied()
}

/// Makes a policy of every `cors(…)` object.
pub(super) fn policies(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) -> CorsObjects {
    let ids: Vec<ObjectId> = (0..run.objects.len())
        .map(ObjectId)
        .filter(|&id| is_cors_path(&run.object(id).path) || is_wrapped(&run.object(id).path))
        .collect();
    let mut objects = CorsObjects::new();
    for id in ids {
        let (mut args, span) = (run.object(id).args.clone(), run.object(id).span);
        if is_wrapped(&run.object(id).path) {
            args.positional.drain(..args.positional.len().min(2));
        }
        // `cors(req, res, next)` makes no middleware: it is the factory used as one.
        if args
            .positional
            .iter()
            .any(|value| matches!(&value.kind, Kind::External(path) if path.starts_with("express:")))
        {
            project.faults.push(HandlerFault::new(FaultKind::NotCalled, "express", span, "cors"));
            continue;
        }
        let when = run.object(id).when.clone();
        let file = run.path_of_span(span);
        let mut policy = policy(run, &args, span);
        policy.version = packages.version("cors", &file);
        policy.when = when.and(super::super::development(&file, span));
        objects.insert(id, project.policies.len());
        project.policies.push(policy);
    }
    objects
}

/// The policy of the package's options, whoever gives them to it.
pub(in crate::platforms) fn policy(run: &mut Interp<'_>, args: &Args, span: Span) -> Policy {
    let options = match args.positional.first() {
        Some(value) => match value.as_function() {
            Some(delegate) => delegated(run, &delegate.clone(), span),
            None => value.clone(),
        },
        None if args.open => Value::unknown(crate::eval::value::Reason::NotModelled, span),
        None => Value::undefined(span),
    };
    let option = |key: &str| option(&options, key);
    let origin = option("origin");
    let told = origin_option::told(run, origin.as_ref(), span);
    let allow_origin = origin_option::decision(&told, origin.as_ref(), span);
    let methods = names(option("methods").as_ref(), Names::fixed(&METHODS, span), span);
    Policy {
        place: "cors()".to_owned(),
        allow_credentials: credentials(option("credentials").as_ref(), span),
        credentials_when: option("credentials").map(|value| true_when(&value)),
        allow_methods: methods,
        allow_headers: names(option("allowedHeaders").as_ref(), Names::Mirrored, span),
        expose_headers: names(option("exposedHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Missing, span),
        vary_origin: Spanned::new(Known::Yes, span),
        sends_text: origin.as_ref().is_some_and(|origin| in_production(origin).as_str().is_some()),
        settings: settings(&options, &OPTIONS, "the cors package"),
        env_reads: origin
            .map(|origin| env_uses(&origin, "the cors package then switches itself off: no header is sent"))
            .unwrap_or_default(),
        effects: effects::effects(&options, &told, span),
        ..Policy::new("express", "cors", span, allow_origin)
    }
}

/// The package compares with `=== true`, so any text is a no.
fn credentials(value: Option<&Value>, span: Span) -> Spanned<Known> {
    match value.map(in_production) {
        Some(text) if text.as_str().is_some() => Spanned::new(Known::No, text.span),
        _ => flag(value, false, span),
    }
}

/// `cors((req, callback) => callback(null, options))`: the options, one alternative per call of the callback.
fn delegated(run: &mut Interp<'_>, delegate: &Arc<Closure>, span: Span) -> Value {
    let external = |name: &str| Value::new(Kind::External(name.into()), span);
    let args = Args { positional: vec![external("express:req"), external("cors:delegate")], ..Args::default() };
    let (events, _) = run.run_function(delegate, &args);
    let alternatives = events
        .into_iter()
        .filter(|event| &*event.target.path == "cors:delegate")
        .filter_map(|event| event.args.positional.get(1).cloned().map(|options| (event.when, options)));
    Value::one_of(alternatives, span)
}

/// Options that a package with these does not read.
pub(in crate::platforms) fn settings(options: &Value, known: &[&'static str], package: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (_, value) in options.alternatives() {
        let Some(map) = value.as_map() else { continue };
        for (key, entry) in &map.entries {
            if known.contains(&&**key) {
                continue;
            }
            let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == &**key).map(|(_, own)| *own);
            let meant = foreign.or_else(|| closest(key, known));
            let nested =
                entry.value.as_map().is_some_and(|inner| inner.entries.keys().any(|key| OPTIONS.contains(&&**key)));
            let reason = match nested {
                true => format!("its options stand one level too deep: {package} reads them at the top"),
                false => format!("{package} does not read it"),
            };
            let fault = Fault::Unread { meant: meant.map(Arc::from), reason };
            let setting =
                Setting { name: Spanned::new(key.clone(), entry.key), span: entry.key.to(entry.value.span), fault };
            if (meant.is_some() || nested) && !settings.contains(&setting) {
                settings.push(setting);
            }
        }
    }
    settings
}

/// The option a misspelt name was probably meant to be.
fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|option| (strsim::damerau_levenshtein(&name.to_lowercase(), &option.to_lowercase()), *option))
        .filter(|(distance, option)| *distance <= 2 && option.len() > 5)
        .min()
        .map(|(_, option)| option)
}

/// Does a decision let a request without `Origin` end in an error, at the latest where a variable lists origins?
/// The variable is named where the default for want of it lets everybody through.
pub(super) fn refuses_missing_origin(decision: &OriginDecision) -> Option<(Span, Option<String>)> {
    let request = Request::new("GET", "/");
    let assume =
        Assume::Stated(starred(decision).map(|name| (name.to_string(), "https://listed.example".into())).collect());
    let tests_origin = decision.arms.iter().any(|arm| {
        arm.when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.is_origin()))
    });
    match decision.ask(&Situation::with(&assume, &request)) {
        (OriginAnswer::Fails, span) if tests_origin => {
            let variables = starred(decision).map(str::to_owned);
            let passes = |name: &String| {
                let world = Assume::Missing(name.clone());
                let (answer, _) = decision.ask(&Situation::with(&world, &request));
                matches!(answer, OriginAnswer::Wildcard | OriginAnswer::Echo)
            };
            Some((span, variables.into_iter().find(passes)))
        }
        _ => None,
    }
}

/// Variables that may open the server with `*`.
fn starred(decision: &OriginDecision) -> impl Iterator<Item = &str> {
    decision.arms.iter().flat_map(|arm| arm.when.tests()).filter_map(|(test, _)| match test {
        Test::EnvEquals { variable, value } if &**value == "*" => Some(&**variable),
        _ => None,
    })
}
