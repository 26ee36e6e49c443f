//! `CORSMiddleware`: every argument, its real default and what it does with odd values.
//!
//! In: the arguments it is made with. Out: a policy. Source: <https://github.com/Kludex/starlette/blob/main/starlette/middleware/cors.py>.

use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::{env_uses, in_production, names, origin_matches, origin_relation, seconds, true_when};
use super::effects::{self, ALWAYS, Given, Version};
use crate::eval::value::{Args, EnvShape, Kind, List, Reason, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, EnvUse, Fault, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy, Setting};
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Anchor, Relation};
use crate::source::{Span, Spanned};

/// The arguments that the class takes.
const ARGUMENTS: [&str; 9] = [
    "app",
    "allow_origins",
    "allow_methods",
    "allow_headers",
    "allow_credentials",
    "allow_origin_regex",
    "allow_private_network",
    "expose_headers",
    "max_age",
];

/// Names of other libraries' options, and what they are called here.
const FOREIGN: [(&str, &str); 16] = [
    ("origins", "allow_origins"),
    ("origin", "allow_origins"),
    ("allowed_origins", "allow_origins"),
    ("cors_allowed_origins", "allow_origins"),
    ("origin_regex", "allow_origin_regex"),
    ("allowed_origin_regex", "allow_origin_regex"),
    ("methods", "allow_methods"),
    ("allowed_methods", "allow_methods"),
    ("headers", "allow_headers"),
    ("allowed_headers", "allow_headers"),
    ("exposed_headers", "expose_headers"),
    ("expose_header", "expose_headers"),
    ("credentials", "allow_credentials"),
    ("supports_credentials", "allow_credentials"),
    ("allowed_credentials", "allow_credentials"),
    ("maxage", "max_age"),
];

/// Where and how the middleware is made.
pub(super) struct Made<'a> {
    /// Its arguments.
    pub(super) args: &'a Args,
    /// The call.
    pub(super) span: Span,
    /// When.
    pub(super) when: Formula,
    /// `fastapi` or `starlette`.
    pub(super) platform: &'static str,
    /// For messages: `app.add_middleware`.
    pub(super) place: &'a str,
    /// The program's own subclass decides about origins itself.
    pub(super) decides_itself: bool,
}

/// The policy of one `CORSMiddleware`.
pub(super) fn policy(made: &Made<'_>, packages: &Packages, file: &camino::Utf8Path) -> Policy {
    let (args, span) = (made.args, made.span);
    let argument = |name: &str| match args.named(name) {
        Some(value) => Some(value.clone()),
        None if args.open => Some(Value::unknown(Reason::NotModelled, span)),
        None => None,
    };
    let origins = argument("allow_origins");
    let regex = argument("allow_origin_regex");
    let mut allow_origin = decision(origins.as_ref(), regex.as_ref(), span);
    if made.decides_itself {
        allow_origin = OriginDecision::constant(OriginAnswer::Unknown, span);
    }
    let pinned = packages.version("starlette", file).or_else(|| packages.version("fastapi", file));
    let version = Version::of(packages, file);
    let credentials = truth(argument("allow_credentials").as_ref(), span);
    let given = Given {
        allow_origin: &allow_origin,
        credentials: credentials.value,
        methods: argument("allow_methods"),
        headers: argument("allow_headers"),
        expose: argument("expose_headers"),
        max_age: argument("max_age"),
        private_network: truth(argument("allow_private_network").as_ref(), span).value,
        version,
        span,
    };
    let effects = match (made.decides_itself, args.named.iter().any(|(name, _)| !ARGUMENTS.contains(&&**name))) {
        (true, _) => Vec::new(),
        // An argument that it does not take throws when the first request makes the middleware.
        (false, true) => vec![GuardedEffect { when: Formula::True, effect: Effect::Fail, span }],
        (false, false) => effects::effects(&given),
    };
    Policy {
        version: pinned,
        effects,
        place: made.place.to_owned(),
        allow_credentials: credentials,
        allow_methods: methods(argument("allow_methods").as_ref(), version, span),
        credentials_when: argument("allow_credentials").map(|value| true_when(&value)),
        allow_headers: headers(argument("allow_headers").as_ref(), span),
        expose_headers: listed(argument("expose_headers").as_ref(), Names::Missing, span),
        max_age: seconds(argument("max_age").as_ref(), MaxAge::Seconds(600.0), span),
        vary_origin: Spanned::new(Known::Yes, span),
        star_reflects_with_credentials: true,
        // Methods and request headers are expanded above; what is exposed is sent as it is.
        when: made.when.clone(),
        settings: settings(args, origins.as_ref(), regex.as_ref()),
        env_reads: origins.as_ref().map(reads).unwrap_or_default(),
        ..Policy::new(made.platform, "CORSMiddleware", span, allow_origin)
    }
}

/// Python's truth of a flag; a text that is not empty is true.
fn truth(value: Option<&Value>, span: Span) -> Spanned<Known> {
    let Some(value) = value.map(in_production) else { return Spanned::new(Known::No, span) };
    let known = match &value.kind {
        Kind::Bool(flag) => Known::from(*flag),
        Kind::Num(number) => Known::from(*number != 0.0),
        Kind::Str(text) => Known::from(!text.is_empty()),
        Kind::Null | Kind::Undefined => Known::No,
        _ => Known::Unknown,
    };
    Spanned::new(known, value.span)
}

/// A list of names; one text is joined letter by letter, so nothing sensible can be said of it.
fn listed(value: Option<&Value>, default: Names, span: Span) -> Spanned<Names> {
    match value.map(in_production) {
        Some(text) if text.as_str().is_some_and(|text| &**text != "*") => Spanned::new(Names::Unknown, text.span),
        Some(list) if list.as_list().is_some_and(|list| list.items.is_empty() && !list.open) => {
            Spanned::new(default, list.span)
        }
        _ => names(value, default, span),
    }
}

fn has_star(names: &Spanned<Names>) -> bool {
    matches!(&names.value, Names::Listed { names, .. } if names.iter().any(|name| &*name.value == "*"))
}

fn methods(value: Option<&Value>, version: Version, span: Span) -> Spanned<Names> {
    let names = listed(value, Names::fixed(&["GET"], span), span);
    if has_star(&names) {
        return Spanned::new(Names::fixed(version.methods(), names.span), names.span);
    }
    names
}

fn headers(value: Option<&Value>, span: Span) -> Spanned<Names> {
    let found = listed(value, Names::Listed { names: Vec::new(), open: false }, span);
    if has_star(&found) {
        return Spanned::new(Names::Mirrored, found.span);
    }
    match found.value {
        Names::Listed { mut names, open } => {
            names.extend(ALWAYS.iter().map(|name| Spanned::new(Arc::from(*name), found.span)));
            Spanned::new(Names::Listed { names, open }, found.span)
        }
        other => Spanned::new(other, found.span),
    }
}

/// Who is allowed: everybody when `"*" in allow_origins`, else who matches the pattern or is in the list.
fn decision(origins: Option<&Value>, regex: Option<&Value>, call: Span) -> OriginDecision {
    let mut arms = Vec::new();
    for (when, value) in origins.map(Value::alternatives).unwrap_or_default() {
        star_arms(&when, &value, &mut arms);
    }
    for (when, value) in regex.map(Value::alternatives).unwrap_or_default() {
        let span = value.span;
        let (matches, answer) = match &value.kind {
            Kind::Null | Kind::Undefined => continue,
            Kind::Str(text) if text.is_empty() => continue,
            Kind::Str(text) => (origin_matches(text, false, Anchor::Full, span), OriginAnswer::Echo),
            Kind::Regex { pattern, flags } => {
                (origin_matches(pattern, flags.contains('i'), Anchor::Full, span), OriginAnswer::Echo)
            }
            _ => (Formula::unknown(span), OriginAnswer::Unknown),
        };
        arms.push(Arm { when: when.and(matches), answer, span });
    }
    for (when, value) in origins.map(Value::alternatives).unwrap_or_default() {
        list_arms(&when, &value, &mut arms);
    }
    let span = [origins, regex].into_iter().flatten().map(place).next().unwrap_or(call);
    OriginDecision { arms, span }
}

/// The argument that decides, not the several places its values come from.
fn place(value: &Value) -> Span {
    match value.kind {
        Kind::OneOf(_) => value.trace.spans().first().copied().unwrap_or(value.span),
        _ => value.span,
    }
}

/// Where the argument stands in the call, wherever its value was written.
fn site(value: &Value) -> Span {
    value.trace.spans().first().copied().unwrap_or(value.span)
}

/// The arms of `"*" in allow_origins`, which come before everything else.
fn star_arms(when: &Formula, value: &Value, arms: &mut Vec<Arm>) {
    let span = value.span;
    match &value.kind {
        // In a text the star is looked for anywhere.
        Kind::Str(text) if text.contains('*') => {
            arms.push(Arm { when: when.clone(), answer: OriginAnswer::Wildcard, span });
        }
        Kind::List(list) => {
            for item in &list.items {
                for (inner, one) in item.value.alternatives() {
                    if one.as_str().is_some_and(|text| &**text == "*") {
                        let when = Formula::all([when.clone(), item.when.clone(), inner]);
                        arms.push(Arm { when, answer: OriginAnswer::Wildcard, span: one.span });
                    }
                }
            }
        }
        Kind::Env(read) if read.shape != EnvShape::Text => {
            let star = Test::EnvEquals { variable: read.name.clone(), value: "*".into() };
            let when = when.clone().and(Formula::test(star, span));
            arms.push(Arm { when, answer: OriginAnswer::Wildcard, span });
        }
        // `"*" in None` throws when the first request builds the middleware.
        Kind::Null => arms.push(Arm { when: when.clone(), answer: OriginAnswer::Fails, span }),
        _ => {}
    }
}

/// The arms of `origin in allow_origins`.
fn list_arms(when: &Formula, value: &Value, arms: &mut Vec<Arm>) {
    let span = value.span;
    let unknown = |when: Formula| Arm { when, answer: OriginAnswer::Unknown, span };
    match &value.kind {
        Kind::Str(text) if text.is_empty() || text.contains('*') => {}
        // Python's `in` on a text: every substring passes.
        Kind::Str(text) => {
            let within = origin_relation(Relation::Within(text.clone()), span);
            arms.push(Arm { when: when.clone().and(within), answer: OriginAnswer::Echo, span });
        }
        Kind::List(list) => {
            // The star is asked for before, and no Origin header ever equals it.
            let star = |value: &Value| value.as_str().filter(|text| &***text == "*").map(|_| Formula::False);
            for arm in super::super::values::list_arms(&list.items, list.open, span, &star) {
                arms.push(Arm { when: when.clone().and(arm.when), ..arm });
            }
        }
        Kind::Null | Kind::Undefined => {}
        Kind::Env(read) if matches!(read.shape, EnvShape::List { .. }) => {
            let listed = super::super::values::in_variable(read).unwrap_or_else(|| Formula::unknown(span));
            arms.push(Arm { when: when.clone().and(listed), answer: OriginAnswer::Echo, span });
        }
        _ => arms.push(unknown(when.clone())),
    }
}

/// Variables that decide, with what happens when they are missing.
fn reads(origins: &Value) -> Vec<EnvUse> {
    let alternatives = origins.alternatives();
    let whole = alternatives.iter().any(|(_, value)| matches!(&value.kind, Kind::Env(_)));
    let none = alternatives.iter().any(|(_, value)| matches!(value.kind, Kind::Null));
    let effect = match (whole, none) {
        (true, true) => "allow_origins is then None, and every request ends in a 500",
        (true, false) => "the application then does not start",
        _ => "nobody is then allowed by it",
    };
    env_uses(origins, effect)
}

/// Arguments with something to be said about each.
fn settings(args: &Args, origins: Option<&Value>, regex: Option<&Value>) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut push = |name: &str, value: &Value, fault: Fault| {
        let span = site(value);
        settings.push(Setting { name: Spanned::new(name.into(), span), span, fault });
    };
    for (name, value) in &args.named {
        if ARGUMENTS.contains(&&**name) {
            continue;
        }
        let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == &**name).map(|(_, own)| *own);
        let meant = foreign.or_else(|| closest(name)).map(Arc::from);
        let reason = "CORSMiddleware takes no such argument, so the application ends with a TypeError".to_owned();
        push(name, value, Fault::Unread { meant, reason });
    }
    let texts = [
        ("allow_origins", "every part of that text passes as an origin"),
        ("allow_methods", "every part of that text passes as a method, and its letters are sent one by one"),
        ("allow_headers", "it is taken apart into letters"),
        ("expose_headers", "its letters are sent one by one"),
    ];
    for (name, effect) in texts {
        if let Some(value) = args.named(name).filter(|value| is_text(value)) {
            push(name, value, Fault::TextForList { effect: effect.to_owned() });
        }
    }
    if let Some((star, other)) = origins.and_then(star_and_other) {
        if let Some(other) = other {
            let effect = "\"*\" in the list allows everybody, so the other origins change nothing".to_owned();
            push("allow_origins", &other, Fault::Disabled { by: Spanned::new("*".into(), star), effect });
        }
        if let Some(regex) = regex.filter(|regex| regex.as_str().is_some()) {
            let effect = "\"*\" in allow_origins allows everybody, so the pattern is never asked".to_owned();
            push("allow_origin_regex", regex, Fault::Disabled { by: Spanned::new("*".into(), star), effect });
        }
    }
    settings
}

/// Is one text given where a list is read, whatever the environment says? `"*"` alone works by accident.
fn is_text(value: &Value) -> bool {
    let alternatives = in_production(value).alternatives();
    let text = |value: &Value| match &value.kind {
        Kind::Str(text) => !text.is_empty() && &**text != "*",
        Kind::Env(read) => read.shape == EnvShape::Text,
        _ => false,
    };
    let passes =
        |value: &Value| text(value) || matches!(&value.kind, Kind::Null | Kind::Undefined) || value.as_str().is_some();
    alternatives.iter().any(|(_, value)| text(value)) && alternatives.iter().all(|(_, value)| passes(value))
}

/// The star that is certainly in a list, and another origin that is as well.
fn star_and_other(origins: &Value) -> Option<(Span, Option<Value>)> {
    let value = in_production(origins);
    let list: &Arc<List> = value.as_list()?;
    let sure = || list.items.iter().filter(|item| item.when == Formula::True);
    let star = sure().find(|item| item.value.as_str().is_some_and(|text| &**text == "*"))?;
    let other = sure().find(|item| item.value.as_str().is_some_and(|text| &**text != "*"));
    Some((star.value.span, other.map(|item| item.value.clone())))
}

/// The argument a misspelt name was probably meant to be.
fn closest(name: &str) -> Option<&'static str> {
    ARGUMENTS
        .iter()
        .map(|own| (strsim::damerau_levenshtein(&name.to_lowercase(), own), *own))
        .filter(|(distance, own)| *distance <= 2 && own.len() > 5)
        .min()
        .map(|(_, own)| own)
}
