//! What django-cors-headers does with a request: its header lines, and whether it answers or goes on.
//!
//! In: the settings. Out: guarded effects, as `check_preflight` and `add_response_headers` of
//! <https://github.com/adamchainz/django-cors-headers/blob/main/src/corsheaders/middleware.py> have them, in the version that is
//! pinned. Recorded answers stand in `tests/truth/`.

use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::{in_production, origin_is};
use super::origins::{OriginSettings, decision};
use super::settings::Settings;
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Known, OriginAnswer};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::source::Span;

/// What is read from the settings by others already.
pub(super) struct Given<'g> {
    /// The settings module.
    pub(super) settings: &'g Settings,
    /// The three origin settings.
    pub(super) origins: &'g OriginSettings,
    /// `CORS_ALLOW_CREDENTIALS`.
    pub(super) credentials: Known,
    /// Header names that are allowed by default.
    pub(super) headers: &'g [&'g str],
    /// Method names that are allowed by default.
    pub(super) methods: &'g [&'g str],
    /// The version that is installed; `None` is the newest.
    pub(super) version: Option<(u32, u32)>,
    /// The place that stands for the library.
    pub(super) span: Span,
}

/// The effects of the middleware.
pub(super) fn effects(run: &Interp<'_>, given: &Given<'_>) -> Vec<GuardedEffect> {
    let span = given.span;
    let signal = signal(run);
    let enabled = enabled(given.settings.get(run, "CORS_URLS_REGEX").as_ref(), span).or(signal.clone());
    let is_options = request(Term::of(Part::Method), Relation::Equals("OPTIONS".into()), span);
    let asks = request(Term::header("access-control-request-method"), Relation::Contains("".into()), span);
    let preflight = Formula::all([enabled.clone(), is_options.clone(), asks]);
    let (all, listed) = allowed(given.origins, span);
    let listed = listed.or(signal);
    let credentials = match given.credentials {
        Known::Yes => Formula::True,
        Known::No => Formula::False,
        Known::Unknown => Formula::unknown(span),
    };
    let since = |version: (u32, u32)| given.version.is_none_or(|own| own >= version);
    let mut grant = Grant { span, effects: Vec::new() };
    grant.push(preflight.clone().negated(), Effect::Next);
    let vary = if since((4, 0)) { "origin" } else { "Origin" };
    let vary = Effect::Merge(header_name("Vary", span), HeaderValue::text(vary, span));
    grant.push(enabled.clone(), vary);
    let asked = enabled.and(request(Term::origin(), Relation::Present, span));
    let granted = Formula::all([asked.clone(), all.clone().or(listed)]);
    // Before 4.3 credentials were allowed before the origin was looked at.
    let told = if since((4, 3)) { granted.clone() } else { asked };
    grant.text(told.and(credentials.clone()), "Access-Control-Allow-Credentials", "true");
    let star = all.and(credentials.negated());
    grant.text(granted.clone().and(star.clone()), "Access-Control-Allow-Origin", "*");
    let own = HeaderPiece::Term(Term::origin());
    grant.set(granted.clone().and(star.negated()), "Access-Control-Allow-Origin", own);
    let get = |name: &str| given.settings.get(run, name).map(|value| in_production(&value));
    if let Some(piece) = get("CORS_EXPOSE_HEADERS").and_then(|value| joined(Some(&value), &[])) {
        grant.set(granted.clone(), "Access-Control-Expose-Headers", piece);
    }
    let options = granted.clone().and(is_options);
    let lists = [
        ("Access-Control-Allow-Headers", "CORS_ALLOW_HEADERS", given.headers),
        ("Access-Control-Allow-Methods", "CORS_ALLOW_METHODS", given.methods),
    ];
    for (name, setting, default) in lists {
        let piece = joined(get(setting).as_ref(), default).unwrap_or(HeaderPiece::Text("".into()));
        grant.set(options.clone(), name, piece);
    }
    if let Some(piece) = max_age(get("CORS_PREFLIGHT_MAX_AGE").as_ref()) {
        grant.set(options, "Access-Control-Max-Age", piece);
    }
    if since((4, 0)) {
        let private = match get("CORS_ALLOW_PRIVATE_NETWORK").map(|value| value.kind) {
            None | Some(Kind::Bool(false) | Kind::Null) => Formula::False,
            Some(Kind::Bool(true)) => Formula::True,
            Some(_) => Formula::unknown(span),
        };
        let asks = Term::header("access-control-request-private-network");
        let asks = request(asks, Relation::Equals("true".into()), span);
        grant.text(Formula::all([granted, private, asks]), "Access-Control-Allow-Private-Network", "true");
    }
    grant.push(preflight, Effect::Answer(Some(200)));
    grant.effects.retain(|guarded| guarded.when != Formula::False);
    grant.effects
}

fn request(term: Term, relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term, relation }, span)
}

/// Receivers of `check_request_enabled` may allow anybody, whatever the settings say.
fn signal(run: &Interp<'_>) -> Formula {
    const SIGNAL: &str = "py:corsheaders.signals.check_request_enabled";
    let is_signal = |value: &Value| matches!(&value.kind, Kind::External(path) if &**path == SIGNAL);
    let connects =
        run.log.iter().find(|event| event.target.path.starts_with(SIGNAL) || event.args.all().any(is_signal));
    connects.map_or(Formula::False, |event| Formula::unknown(event.span))
}

/// `re.match(CORS_URLS_REGEX, path)`.
fn enabled(value: Option<&Value>, span: Span) -> Formula {
    let Some(value) = value.map(in_production) else { return Formula::True };
    let source = match &value.kind {
        Kind::Str(text) if &**text == "^.*$" => return Formula::True,
        Kind::Str(text) => text.clone(),
        Kind::Regex { pattern, .. } => pattern.clone(),
        _ => return Formula::unknown(span),
    };
    let pattern = Pattern { source, ignore_case: false, anchor: Anchor::Prefix };
    request(Term::of(Part::Path), Relation::Matches(pattern), value.span)
}

/// When everybody is allowed, and when the origin that asks is.
fn allowed(origins: &OriginSettings, span: Span) -> (Formula, Formula) {
    let rest = OriginSettings { all: origins.all.clone(), list: None, regexes: origins.regexes.clone() };
    let (mut all, mut listed) = (Formula::False, Formula::False);
    for arm in decision(&rest, span).0.arms {
        match arm.answer {
            OriginAnswer::Wildcard => all = all.or(arm.when),
            OriginAnswer::Echo => listed = listed.or(arm.when),
            _ => listed = listed.or(arm.when.and(Formula::unknown(arm.span))),
        }
    }
    for (when, value) in origins.list.as_ref().map(Value::alternatives).unwrap_or_default() {
        listed = listed.or(when.and(by_list(&value)));
    }
    (all, listed)
}

/// `CORS_ALLOWED_ORIGINS`: scheme and host of each item are compared, whatever else it holds.
fn by_list(value: &Value) -> Formula {
    let span = value.span;
    match &value.kind {
        Kind::List(list) => {
            let open = if list.open { Formula::unknown(span) } else { Formula::False };
            let items = list.items.iter().flat_map(|item| {
                let alternatives = item.value.alternatives().into_iter();
                alternatives.map(|(when, value)| Formula::all([item.when.clone(), when, by_item(&value)]))
            });
            Formula::any(items.chain([open]))
        }
        // Every letter is an item without scheme and host.
        Kind::Str(text) if text.is_empty() => Formula::False,
        Kind::Str(_) => origin_is(&Arc::from("null"), span),
        Kind::Null | Kind::Undefined => Formula::False,
        _ => Formula::unknown(span),
    }
}

fn by_item(value: &Value) -> Formula {
    let Some(text) = value.as_str() else { return Formula::unknown(value.span) };
    let text: String = text.trim_start().chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_lowercase(), rest),
        _ => (String::new(), text.as_str()),
    };
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    match (scheme.as_str(), host.unwrap_or("")) {
        // Like the origin `null`, which has neither.
        ("", "") => origin_is(&Arc::from("null"), value.span),
        (scheme, host) => origin_is(&Arc::from(format!("{scheme}://{host}")), value.span),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// `", ".join(names)`; nothing for an empty collection.
fn joined(value: Option<&Value>, default: &[&str]) -> Option<HeaderPiece> {
    let Some(value) = value else {
        return (!default.is_empty()).then(|| HeaderPiece::Text(default.join(", ").into()));
    };
    match &value.kind {
        Kind::List(list) if !list.open => {
            let certain = |item: &crate::eval::value::Item| {
                item.value.as_str().filter(|_| item.when == Formula::True).map(|text| text.to_string())
            };
            match list.items.iter().map(certain).collect::<Option<Vec<String>>>() {
                Some(names) if names.is_empty() => None,
                Some(names) => Some(HeaderPiece::Text(names.join(", ").into())),
                None => Some(HeaderPiece::Unknown),
            }
        }
        Kind::Str(text) if text.is_empty() => None,
        Kind::Str(text) => {
            let letters: Vec<String> = text.chars().map(String::from).collect();
            Some(HeaderPiece::Text(letters.join(", ").into()))
        }
        _ => Some(HeaderPiece::Unknown),
    }
}

/// What is not zero is sent.
fn max_age(value: Option<&Value>) -> Option<HeaderPiece> {
    match value.map(|value| &value.kind) {
        None => Some(HeaderPiece::Text("86400".into())),
        Some(Kind::Num(number)) if *number == 0.0 => None,
        Some(Kind::Num(number)) => Some(HeaderPiece::Text(number.to_string().into())),
        Some(Kind::Str(text)) => (!text.is_empty()).then(|| HeaderPiece::Text(text.clone())),
        Some(Kind::Null | Kind::Bool(false)) => None,
        Some(_) => Some(HeaderPiece::Unknown),
    }
}

struct Grant {
    span: Span,
    effects: Vec<GuardedEffect>,
}

impl Grant {
    fn push(&mut self, when: Formula, effect: Effect) {
        self.effects.push(GuardedEffect { when, effect, span: self.span });
    }

    fn set(&mut self, when: Formula, name: &str, piece: HeaderPiece) {
        let value = HeaderValue { pieces: vec![piece], span: self.span };
        self.push(when, Effect::Set(header_name(name, self.span), value));
    }

    fn text(&mut self, when: Formula, name: &str, text: &str) {
        self.set(when, name, HeaderPiece::Text(text.into()));
    }
}
