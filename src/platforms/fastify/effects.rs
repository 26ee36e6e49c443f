//! What `@fastify/cors` does with a request: its header lines, and whether it answers or goes on.
//!
//! In: the options and what the `origin` option tells. Out: guarded effects, in the order of the plugin's own code
//! (`addCorsHeadersHandler`, `addCorsHeaders`, `addPreflightHeaders` in
//! <https://github.com/fastify/fastify-cors/blob/main/index.js>), whose answers are recorded in `tests/truth/`.

use super::super::express::origin_option::Told;
use super::super::granting::{Grant, joined};
use super::super::values::{in_production, method_is, option};
use super::origin::Asked;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece};
use crate::model::term::{Relation, Term};
use crate::source::Span;

/// The effects of the hook that the plugin adds.
pub(super) fn effects(options: &Value, asked: &[Asked], methods: Option<&str>, span: Span) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for one in asked {
        let mut grant = Grant::new(options, span, one.case.when.clone());
        if one.vary {
            grant.vary(Formula::True, "Origin");
        }
        match &one.case.told {
            Told::Off => grant.push(Formula::True, Effect::Next, one.case.span),
            Told::Fails => grant.push(Formula::True, Effect::Answer(Some(500)), one.case.span),
            told => {
                grant.origin(told, one.case.span);
                rest(&mut grant, methods);
            }
        }
        effects.append(&mut grant.effects);
    }
    effects
}

/// What the route `OPTIONS *` answers that the plugin adds: only what its hook has let through.
pub(super) fn of_route(options: &Value, asked: &[Asked], span: Span) -> Vec<GuardedEffect> {
    let preflights =
        !matches!(option(options, "preflight").map(|value| in_production(&value).kind), Some(Kind::Bool(false)));
    let answer = |one: &Asked| {
        let status = if one.case.told == Told::Off || !preflights { 404 } else { 200 };
        GuardedEffect { when: one.case.when.clone(), effect: Effect::Answer(Some(status)), span }
    };
    asked.iter().map(answer).collect()
}

fn rest(grant: &mut Grant<'_>, methods: Option<&str>) {
    match grant.option("credentials") {
        None => {}
        Some(value) => match truth(&value) {
            Some(true) => {
                let text = HeaderPiece::Text("true".into());
                grant.set(Formula::True, "Access-Control-Allow-Credentials", text, value.span);
            }
            Some(false) => {}
            None => {
                grant.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Unknown, value.span);
            }
        },
    }
    grant.list("Access-Control-Expose-Headers", "exposedHeaders", &Formula::True, None, &sent);
    let is_options = method_is("OPTIONS", grant.span);
    let preflight = match grant.option("preflight").map(|value| value.kind) {
        None | Some(Kind::Bool(true)) => is_options,
        Some(Kind::Bool(false)) => Formula::False,
        Some(_) => is_options.and(Formula::unknown(grant.span)),
    };
    preflight_lines(grant, methods, &preflight);
    grant.push(Formula::True, Effect::Next, grant.span);
}

fn preflight_lines(grant: &mut Grant<'_>, methods: Option<&str>, preflight: &Formula) {
    if !matches!(grant.option("strictPreflight"), Some(Value { kind: Kind::Bool(false), .. })) {
        let both = present("origin", grant.span).and(present("access-control-request-method", grant.span));
        grant.push(preflight.clone().and(both.negated()), Effect::Answer(Some(400)), grant.span);
    }
    let default = methods.map_or(HeaderPiece::Unknown, |methods| HeaderPiece::Text(methods.into()));
    grant.list("Access-Control-Allow-Methods", "methods", preflight, Some(default), &sent);
    if !grant.list("Access-Control-Allow-Headers", "allowedHeaders", preflight, None, &sent) {
        grant.vary(preflight.clone(), "Access-Control-Request-Headers");
        let mirrored = HeaderPiece::Term(Term::header("access-control-request-headers"));
        grant.set(preflight.clone(), "Access-Control-Allow-Headers", mirrored, grant.span);
    }
    if let Some(value) = grant.option("maxAge").filter(|value| !value.is_nullish()) {
        let piece = match &value.kind {
            Kind::Num(number) => HeaderPiece::Text(number.to_string().into()),
            Kind::Str(text) => HeaderPiece::Text(text.clone()),
            _ => HeaderPiece::Unknown,
        };
        grant.set(preflight.clone(), "Access-Control-Max-Age", piece, value.span);
    }
    let goes_on = grant.option("preflightContinue").map_or(Some(false), |value| truth(&value));
    let answer = match grant.option("optionsSuccessStatus").map(|value| value.kind) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
        Some(Kind::Num(status)) if (100.0..1000.0).contains(&status) => Effect::Answer(Some(status as u16)),
        None => Effect::Answer(Some(204)),
        Some(_) => Effect::Answer(None),
    };
    match goes_on {
        Some(true) => {}
        Some(false) => grant.push(preflight.clone(), answer, grant.span),
        None => grant.push(preflight.clone(), Effect::Answer(None), grant.span),
    }
}

/// A list as it is sent.
fn sent(value: &Value) -> Option<HeaderPiece> {
    Some(match &value.kind {
        Kind::Str(text) => HeaderPiece::Text(text.clone()),
        Kind::List(list) => joined(list, ", "),
        _ => HeaderPiece::Unknown,
    })
}

/// Any value counts by its truth.
fn truth(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Bool(truth) => Some(*truth),
        Kind::Str(text) => Some(!text.is_empty()),
        Kind::Undefined | Kind::Null => Some(false),
        _ => None,
    }
}

fn present(header: &str, span: Span) -> Formula {
    Formula::test(Test::Request { term: Term::header(header), relation: Relation::Present }, span)
}
