//! The `cors` package for Express and Node: every option, its real default and what it does with odd values.
//!
//! In: objects made by `cors(options)`. Out: a policy each. Source: <https://github.com/expressjs/cors> 2.8, whose answers
//! are recorded in `truth/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::{
    env_uses, flag, in_production, list_arms, names, option, origin_matches, seconds, true_when,
};
use crate::eval::value::{Args, Closure, EnvShape, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, Fault, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy, Setting};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::term::{Anchor, Term};
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// The options that the package reads.
const OPTIONS: [&str; 8] = [
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
const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"];

/// Which policy (index in the project) each `cors(…)` object is.
pub(super) type CorsObjects = BTreeMap<ObjectId, usize>;

/// Is this the canonical name of a `cors(…)` object?
pub(super) fn is_cors_path(path: &str) -> bool {
    matches!(path, "npm:cors()" | "npm:cors.default()")
}

/// Makes a policy of every `cors(…)` object.
pub(super) fn policies(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) -> CorsObjects {
    let ids: Vec<ObjectId> =
        (0..run.objects.len()).map(ObjectId).filter(|&id| is_cors_path(&run.object(id).path)).collect();
    let mut objects = CorsObjects::new();
    for id in ids {
        let (args, span) = (run.object(id).args.clone(), run.object(id).span);
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

fn policy(run: &mut Interp<'_>, args: &Args, span: Span) -> Policy {
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
    let allow_origin = decision(run, origin.as_ref(), span);
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
        settings: settings(&options),
        env_reads: origin
            .map(|origin| env_uses(&origin, "the cors package then switches itself off: no header is sent"))
            .unwrap_or_default(),
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

/// Who is allowed by the `origin` option.
fn decision(run: &mut Interp<'_>, origin: Option<&Value>, call: Span) -> OriginDecision {
    let Some(origin) = origin else { return OriginDecision::constant(OriginAnswer::Wildcard, call) };
    let mut arms = Vec::new();
    for (when, value) in origin.alternatives() {
        for arm in arms_of(run, &value) {
            arms.push(Arm { when: when.clone().and(arm.when), ..arm });
        }
        // An alternative that applies and lets nobody through ends the search.
        arms.push(Arm { when, answer: OriginAnswer::Nothing, span: value.span });
    }
    let span = match origin.kind {
        // The place that decides is the option, not the several places its values come from.
        Kind::OneOf(_) => origin.trace.spans().first().copied().unwrap_or(origin.span),
        _ => origin.span,
    };
    OriginDecision { arms, span }
}

fn arms_of(run: &mut Interp<'_>, value: &Value) -> Vec<Arm> {
    let span = value.span;
    let always = |answer: OriginAnswer| vec![Arm { when: Formula::True, answer, span }];
    match &value.kind {
        Kind::Str(text) => match &**text {
            "*" => always(OriginAnswer::Wildcard),
            "" => always(OriginAnswer::Nothing),
            _ => always(OriginAnswer::Fixed(text.clone())),
        },
        Kind::Bool(true) => always(OriginAnswer::Echo),
        Kind::Bool(false) | Kind::Undefined | Kind::Null => always(OriginAnswer::Nothing),
        Kind::Regex { pattern, flags } => {
            let when = origin_matches(pattern, flags.contains('i'), Anchor::Search, span);
            vec![Arm { when, answer: OriginAnswer::Echo, span }]
        }
        Kind::List(list) => list_arms(&list.items, list.open, span, &|_| None),
        Kind::Function(closure) => callback_arms(run, &closure.clone()),
        Kind::Condition(formula) => vec![Arm { when: formula.clone(), answer: OriginAnswer::Echo, span }],
        // The text is sent as it is; a list is compared item by item, and there `*` is nothing special.
        Kind::Env(read) if read.shape == EnvShape::Text => {
            let star = Test::EnvEquals { variable: read.name.clone(), value: "*".into() };
            let mut arms = vec![Arm { when: Formula::test(star, span), answer: OriginAnswer::Wildcard, span }];
            arms.extend(always(OriginAnswer::Unknown));
            arms
        }
        _ => always(OriginAnswer::Unknown),
    }
}

/// `origin: (origin, callback) => …`, run with a symbolic origin: every call of the callback is an arm.
fn callback_arms(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Vec<Arm> {
    let span = closure.function.span;
    let origin = Value::new(Kind::Term(Term::origin()), span);
    let callback = Value::new(Kind::External("cors:callback".into()), span);
    let args = Args { positional: vec![origin, callback], ..Args::default() };
    let (events, _) = run.run_function(closure, &args);
    let mut arms = Vec::new();
    for event in &events {
        match &*event.target.path {
            "cors:callback" => arms.extend(answers(event)),
            "throw" => {
                arms.push(Arm { when: event.when.clone(), answer: OriginAnswer::Fails, span: event.span });
            }
            _ => {}
        }
    }
    if arms.is_empty() {
        // The callback went somewhere that cannot be followed.
        arms.push(Arm { when: Formula::True, answer: OriginAnswer::Unknown, span });
    }
    arms
}

/// What one call of the callback answers: `(error, allowed)`.
fn answers(event: &Event) -> Vec<Arm> {
    let mut arms = Vec::new();
    let arm =
        |when: Formula, answer: OriginAnswer| Arm { when: event.when.clone().and(when), answer, span: event.span };
    let mut no_error = Formula::True;
    for (when, error) in event.args.positional.first().map(Value::alternatives).unwrap_or_default() {
        match &error.kind {
            Kind::Null | Kind::Undefined | Kind::Bool(false) => {}
            Kind::Object(_) | Kind::Str(_) | Kind::Map(_) => {
                no_error = no_error.and(when.clone().negated());
                arms.push(arm(when, OriginAnswer::Fails));
            }
            _ => {
                no_error = no_error.and(when.clone().negated());
                arms.push(arm(when, OriginAnswer::Unknown));
            }
        }
    }
    let Some(allowed) = event.args.positional.get(1) else {
        arms.push(arm(no_error, OriginAnswer::Nothing));
        return arms;
    };
    for (when, value) in allowed.alternatives() {
        let when = when.and(no_error.clone());
        match &value.kind {
            Kind::Bool(true) => arms.push(arm(when, OriginAnswer::Echo)),
            Kind::Term(term) if term.is_origin() => {
                // Without an Origin header the package sends nothing.
                arms.push(arm(when, OriginAnswer::Echo));
            }
            Kind::Condition(formula) => {
                arms.push(arm(when.clone().and(formula.clone()), OriginAnswer::Echo));
                arms.push(arm(when, OriginAnswer::Nothing));
            }
            Kind::Bool(false) | Kind::Null | Kind::Undefined => arms.push(arm(when, OriginAnswer::Nothing)),
            Kind::Str(text) if &**text == "*" => arms.push(arm(when, OriginAnswer::Wildcard)),
            Kind::Str(text) => arms.push(arm(when, OriginAnswer::Fixed(text.clone()))),
            Kind::List(list) => {
                for inner in list_arms(&list.items, list.open, value.span, &|_| None) {
                    arms.push(Arm { when: event.when.clone().and(when.clone()).and(inner.when.clone()), ..inner });
                }
                arms.push(arm(when, OriginAnswer::Nothing));
            }
            _ => arms.push(arm(when, OriginAnswer::Unknown)),
        }
    }
    arms
}

/// Options that nobody reads.
fn settings(options: &Value) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (_, value) in options.alternatives() {
        let Some(map) = value.as_map() else { continue };
        for (key, entry) in &map.entries {
            if OPTIONS.contains(&&**key) {
                continue;
            }
            let meant =
                FOREIGN.iter().find(|(foreign, _)| *foreign == &**key).map(|(_, own)| *own).or_else(|| closest(key));
            let nested =
                entry.value.as_map().is_some_and(|inner| inner.entries.keys().any(|key| OPTIONS.contains(&&**key)));
            let reason = match nested {
                true => "its options stand one level too deep: the cors package reads them at the top",
                false => "the cors package does not read it",
            };
            let fault = Fault::Unread { meant: meant.map(Arc::from), reason: reason.to_owned() };
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
fn closest(name: &str) -> Option<&'static str> {
    OPTIONS
        .iter()
        .map(|option| (strsim::damerau_levenshtein(&name.to_lowercase(), &option.to_lowercase()), *option))
        .filter(|(distance, option)| *distance <= 2 && option.len() > 5)
        .min()
        .map(|(_, option)| option)
}

/// Does a decision let a request without `Origin` end in an error, at the latest where a variable lists origins?
pub(super) fn refuses_missing_origin(decision: &OriginDecision) -> Option<Span> {
    let request = Request::new("GET", "/");
    let assume = Assume::Stated(starred(decision).map(|name| (name.to_string(), "https://listed.example".into())).collect());
    let tests_origin = decision.arms.iter().any(|arm| {
        arm.when.tests().iter().any(|(test, _)| matches!(test, Test::Request { term, .. } if term.is_origin()))
    });
    match decision.ask(&Situation::with(&assume, &request)) {
        (OriginAnswer::Fails, span) if tests_origin => Some(span),
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
