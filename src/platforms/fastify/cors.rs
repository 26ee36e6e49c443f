//! `@fastify/cors`: every option, its real default and what it does with odd values.
//!
//! In: registrations of the plugin, wherever they stand. Out: a policy each. Source: <https://github.com/fastify/fastify-cors>
//! 8 to 11, whose answers are recorded in `tests/truth/`.

use super::super::express::cors_npm::settings;
use super::super::express::origin_option::decision;
use super::super::packages::Packages;
use super::super::values::{env_uses, flag, in_production, names, option, seconds, true_when};
use super::{Registered, Registration, effects, is_cors_plugin, origin};
use crate::eval::value::{Args, Kind, Reason, Value};
use crate::eval::{Event, Interp};
use crate::model::policy::{Known, MaxAge, Names, Policy};
use crate::model::project::Project;
use crate::model::server::GuardedEffect;
use crate::source::{Span, Spanned};

/// The options that the plugin and Fastify read.
const OPTIONS: [&str; 16] = [
    "origin",
    "methods",
    "allowedHeaders",
    "exposedHeaders",
    "credentials",
    "maxAge",
    "preflightContinue",
    "optionsSuccessStatus",
    "preflight",
    "strictPreflight",
    "cacheControl",
    "hook",
    "delegator",
    "hideOptionsRoute",
    "logLevel",
    "prefix",
];

/// The methods that are allowed by default before version 11.
pub(in crate::platforms) const BEFORE_11: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";
/// Those since.
pub(in crate::platforms) const SINCE_11: &str = "GET,HEAD,POST";

/// Makes a policy of every registration of the plugin.
pub(super) fn policies(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) -> Registered {
    let is_one = |event: &&Event| {
        event.target.path.ends_with(".register") && event.args.positional.first().is_some_and(is_cors_plugin)
    };
    let events: Vec<Event> = run.log.iter().filter(is_one).cloned().collect();
    let mut registered = Registered::new();
    for event in events {
        if registered.contains_key(&event.span) {
            continue;
        }
        let file = run.path_of_span(event.span);
        let old = matches!(event.args.positional.first().map(|plugin| &plugin.kind), Some(Kind::External(path)) if path.starts_with("npm:fastify-cors"));
        let package = if old { "fastify-cors" } else { "@fastify/cors" };
        let methods = match (old, packages.major(package, &file)) {
            (true, _) => Some(BEFORE_11),
            (false, Some(major)) => Some(if major >= 11 { SINCE_11 } else { BEFORE_11 }),
            (false, None) => None,
        };
        let (mut policy, route) = policy(run, event.args.positional.get(1), methods, event.span);
        policy.version = packages.version(package, &file);
        policy.when = event.when.clone().and(super::super::development(&file, event.span));
        registered.insert(event.span, Registration { policy: project.policies.len(), route });
        project.policies.push(policy);
    }
    registered
}

/// The policy of these options, and what the route answers that goes with it.
pub(in crate::platforms) fn policy(
    run: &mut Interp<'_>,
    given: Option<&Value>,
    methods: Option<&str>,
    span: Span,
) -> (Policy, Vec<GuardedEffect>) {
    let (options, delegated) = options(run, given, span);
    let option = |key: &str| option(&options, key);
    let origin = option("origin");
    let mut asked = origin::asked(run, origin.as_ref(), span);
    for one in asked.iter_mut().filter(|_| delegated) {
        one.vary = true;
    }
    let cases: Vec<_> = asked.iter().map(|one| one.case.clone()).collect();
    let allow_origin = decision(&cases, origin.as_ref(), span);
    let default = match methods {
        Some(methods) => Names::fixed(&methods.split(',').collect::<Vec<_>>(), span),
        None => Names::Unknown,
    };
    let policy = Policy {
        place: "register(cors)".to_owned(),
        allow_credentials: flag(option("credentials").as_ref(), false, span),
        credentials_when: option("credentials").map(|value| true_when(&value)),
        allow_methods: names(option("methods").as_ref(), default, span),
        allow_headers: names(option("allowedHeaders").as_ref(), Names::Mirrored, span),
        expose_headers: names(option("exposedHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Missing, span),
        vary_origin: Spanned::new(Known::Yes, span),
        sends_text: origin.as_ref().is_some_and(|origin| in_production(origin).as_str().is_some()),
        settings: settings(&options, &OPTIONS, "@fastify/cors"),
        env_reads: origin
            .map(|origin| env_uses(&origin, "@fastify/cors then answers every request with an error 500"))
            .unwrap_or_default(),
        effects: effects::effects(&options, &asked, methods, span),
        ..Policy::new("fastify", "@fastify/cors", span, allow_origin)
    };
    let route = effects::of_route(&options, &asked, span);
    (policy, route)
}

/// The options, also where a function gives them for each request; and whether one does.
fn options(run: &mut Interp<'_>, given: Option<&Value>, span: Span) -> (Value, bool) {
    let Some(given) = given else { return (Value::undefined(span), false) };
    let external = |name: &str| Value::new(Kind::External(name.into()), span);
    let mut value = given.clone();
    // Fastify itself asks a function in place of options, with the instance.
    if let Kind::Function(function) = &value.kind {
        let args = Args { positional: vec![external("fastify:parent")], ..Args::default() };
        value = run.run_function(&function.clone(), &args).1;
    }
    let delegator = match &value.kind {
        Kind::Function(delegator) => Some(delegator.clone()),
        _ => option(&value, "delegator").and_then(|delegator| delegator.as_function().cloned()),
    };
    let Some(delegator) = delegator else { return (value, false) };
    let args = Args { positional: vec![external("express:req"), external("cors:delegate")], ..Args::default() };
    let (events, promised) = run.run_function(&delegator, &args);
    let called = events.into_iter().filter(|event| &*event.target.path == "cors:delegate");
    let told: Vec<_> =
        called.filter_map(|event| event.args.positional.get(1).cloned().map(|options| (event.when, options))).collect();
    let options = match (told.is_empty(), delegator.function.is_async) {
        (false, _) => Value::one_of(told, span),
        (true, true) => promised,
        (true, false) => Value::unknown(Reason::NotModelled, span),
    };
    (options, true)
}
