//! Flask-CORS as policies: one per resource of `CORS(app, …)`, one per `@cross_origin(…)`.
//!
//! In: options, the call. Out: what they grant, in the words of the model. Defaults and odd values as the package has them.

use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::{in_production, seconds, true_when};
use super::effects::{Given, METHODS, Version, header_entries, lines};
use super::options::{Joined, Options, site};
use super::origins::{self, decision, is_pattern};
use super::{PLATFORM, symbols};
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, Value};
use crate::model::condition::Formula;
use crate::model::origin::Malformation;
use crate::model::policy::{Fault, Known, MaxAge, Names, Policy, Setting};
use crate::model::server::{Effect, GuardedEffect};
use crate::source::{Span, Spanned};

/// The name of the package in the model.
pub(super) const LIBRARY: &str = "flask-cors";

/// Where and how a set of options is given.
pub(super) struct Made<'a> {
    /// The options.
    pub(super) options: &'a Options,
    /// The call.
    pub(super) span: Span,
    /// When.
    pub(super) when: Formula,
    /// For messages: `CORS(app)`.
    pub(super) place: &'a str,
    /// The requests it is for, as a condition on their paths.
    pub(super) covers: Formula,
}

/// The policy of a set of options. Its effects are those of a handler around all others.
pub(super) fn policy(made: &Made<'_>, run: &Interp<'_>, packages: &Packages) -> Policy {
    let (options, span) = (made.options, made.span);
    let file = run.path_of_span(span);
    let origins = options.get("origins", span);
    let allow_origin = decision(origins.as_ref(), span);
    let version = Version::of(packages, &file);
    let headers = options.get("allow_headers", span);
    let credentials = options.get("supports_credentials", span);
    let guard = made.covers.clone().and(super::effects::unless_sent(span));
    let max_age = options.get("max_age", span);
    let delta = max_age.as_ref().and_then(|value| symbols::timedelta(run, value));
    let given = Given { options, decision: &allow_origin, when: guard, version, delta, span };
    let mut effects = vec![GuardedEffect { when: Formula::True, effect: Effect::Next, span }];
    effects.extend(lines(&given));
    let vary = options.truth("vary_header", true, span);
    let mut settings = options.unknown_names();
    settings.extend(headers.as_ref().and_then(text_for_list));
    Policy {
        version: packages.version("flask-cors", &file),
        place: made.place.to_owned(),
        allow_credentials: options.truth("supports_credentials", false, span),
        credentials_when: credentials.as_ref().map(true_when),
        allow_methods: methods(options.get("methods", span).as_ref(), span),
        allow_headers: header_names(headers.as_ref(), span),
        expose_headers: exposed(options.get("expose_headers", span).as_ref(), span),
        max_age: age(max_age.as_ref(), delta, span),
        vary_origin: Spanned::new(if vary.value == Known::No { Known::No } else { Known::Yes }, vary.span),
        star_reflects_with_credentials: true,
        forgives: &[Malformation::UpperCase],
        when: made.when.clone().and(super::super::development(&file, span)),
        settings,
        env_reads: origins.as_ref().map(origins::reads).unwrap_or_default(),
        effects,
        ..Policy::new(PLATFORM, LIBRARY, span, allow_origin)
    }
}

/// The lines of a decorator, which adds them whatever the view has written.
pub(super) fn decorator_lines(made: &Made<'_>, run: &Interp<'_>, packages: &Packages) -> Vec<GuardedEffect> {
    let (options, span) = (made.options, made.span);
    let decision = decision(options.get("origins", span).as_ref(), span);
    let version = Version::of(packages, &run.path_of_span(span));
    let delta = options.get("max_age", span).and_then(|value| symbols::timedelta(run, &value));
    lines(&Given { options, decision: &decision, when: Formula::True, version, delta, span })
}

fn methods(value: Option<&Value>, span: Span) -> Spanned<Names> {
    let place = value.map_or(span, |value| value.span);
    let names = match Joined::of(value) {
        None => Names::fixed(&METHODS, span),
        Some(Joined::Missing) => Names::Missing,
        Some(Joined::Unknown(_)) => Names::Unknown,
        Some(Joined::Text(_, names)) => {
            // The package looks for the method that is asked for in the text; `*` is a text like any other.
            let upper = |name: &Spanned<Arc<str>>| Spanned::new(Arc::from(name.value.to_uppercase()), name.span);
            let names = names.iter().filter(|name| &*name.value != "*").map(upper).collect();
            Names::Listed { names, open: false }
        }
    };
    Spanned::new(names, place)
}

fn header_names(value: Option<&Value>, span: Span) -> Spanned<Names> {
    let Some(value) = value.map(in_production) else { return Spanned::new(Names::Mirrored, span) };
    let Some(entries) = header_entries(&value) else { return Spanned::new(Names::Unknown, value.span) };
    let mut names = Vec::new();
    let mut open = false;
    for entry in &entries {
        match &entry.kind {
            Kind::Str(text) if matches!(&**text, "*" | ".*") => return Spanned::new(Names::Mirrored, value.span),
            Kind::Str(text) if !is_pattern(text) => names.push(Spanned::new(text.clone(), entry.span)),
            Kind::Null | Kind::Undefined => {}
            _ => open = true,
        }
    }
    Spanned::new(Names::Listed { names, open }, value.span)
}

fn exposed(value: Option<&Value>, span: Span) -> Spanned<Names> {
    let place = value.map_or(span, |value| value.span);
    let names = match Joined::of(value) {
        None | Some(Joined::Missing) => Names::Missing,
        Some(Joined::Unknown(_)) => Names::Unknown,
        Some(Joined::Text(_, names)) if names.is_empty() => Names::Missing,
        Some(Joined::Text(_, names)) => Names::Listed { names, open: false },
    };
    Spanned::new(names, place)
}

/// Seconds, also of a `timedelta`. 0 is not sent.
fn age(value: Option<&Value>, delta: Option<f64>, span: Span) -> Spanned<MaxAge> {
    if let (Some(seconds), Some(value)) = (delta, value) {
        return Spanned::new(MaxAge::Seconds(seconds), value.span);
    }
    let found = seconds(value, MaxAge::Missing, span);
    match found.value {
        MaxAge::Seconds(0.0) => Spanned::new(MaxAge::Missing, found.span),
        _ => found,
    }
}

/// Several names in one text are one name, which no header has.
fn text_for_list(headers: &Value) -> Option<Setting> {
    let value = in_production(headers);
    let text = value.as_str().filter(|text| text.contains(',') && !is_pattern(text))?;
    let count = text.split(',').count();
    let effect = format!("Flask-CORS then compares headers with the whole text, and none of the {count} is allowed");
    let span = site(headers);
    Some(Setting { name: Spanned::new("allow_headers".into(), span), span, fault: Fault::TextForList { effect } })
}

/// `CORS_…` of a configuration, by option.
pub(super) fn configured(read: impl Fn(&str) -> Option<Value>) -> Options {
    let values = super::options::OPTIONS.iter().filter_map(|option| {
        let value = read(&format!("CORS_{}", option.to_uppercase()))?;
        (!value.is_nullish()).then_some((*option, value))
    });
    Options::configured(values.collect())
}

/// The options of `CORS(app, …)` and `init_app(app, …)`: the later is the stronger.
pub(super) fn layered(configured: Options, constructor: Option<&Args>, call: &Args) -> Options {
    match constructor {
        Some(args) => configured.under(args).under(call),
        None => configured.under(call),
    }
}
