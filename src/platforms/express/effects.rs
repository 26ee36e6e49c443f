//! What the `cors` package does with a request: its header lines, and whether it answers or goes on.
//!
//! In: the options and what the `origin` option tells. Out: guarded effects, in the order of the package's own code
//! (`cors`, `configure*`, `applyHeaders` in <https://github.com/expressjs/cors/blob/master/lib/index.js>), whose answers are
//! recorded in `tests/truth/`.

use super::super::granting::{Grant, joined};
use super::super::values::method_is;
use super::cors_npm::METHODS;
use super::origin_option::{Case, Told};
use crate::eval::value::{Kind, Value};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect, HeaderPiece};
use crate::model::term::Term;
use crate::source::Span;

/// The effects of `cors(options)`.
pub(super) fn effects(options: &Value, told: &[Case], span: Span) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for case in told {
        let goes = |effect: Effect| GuardedEffect { when: case.when.clone(), effect, span: case.span };
        match &case.told {
            Told::Off => effects.push(goes(Effect::Next)),
            Told::Fails => effects.push(goes(Effect::Fail)),
            told => {
                let mut grant = Grant::new(options, span, case.when.clone());
                grant.origin(told, case.span);
                if *told != Told::Everybody {
                    grant.vary(Formula::True, "Origin");
                }
                rest(&mut grant);
                effects.append(&mut grant.effects);
            }
        }
    }
    effects
}

fn rest(grant: &mut Grant<'_>) {
    let preflight = method_is("OPTIONS", grant.span);
    match grant.option("credentials") {
        Some(Value { kind: Kind::Bool(true), span, .. }) => {
            grant.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Text("true".into()), span);
        }
        Some(value) if undecided(&value) => {
            grant.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Unknown, value.span);
        }
        _ => {}
    }
    grant.list(
        "Access-Control-Allow-Methods",
        "methods",
        &preflight,
        Some(HeaderPiece::Text(METHODS.join(",").into())),
        &sent,
    );
    let mirrored = HeaderPiece::Term(Term::header("access-control-request-headers"));
    if !grant.list("Access-Control-Allow-Headers", "allowedHeaders", &preflight, Some(mirrored), &sent) {
        grant.vary(preflight.clone(), "Access-Control-Request-Headers");
    }
    match grant.option("maxAge") {
        Some(Value { kind: Kind::Num(number), span, .. }) => {
            let text = HeaderPiece::Text(number.to_string().into());
            grant.set(preflight.clone(), "Access-Control-Max-Age", text, span);
        }
        Some(Value { kind: Kind::Str(text), span, .. }) if !text.is_empty() => {
            grant.set(preflight.clone(), "Access-Control-Max-Age", HeaderPiece::Text(text), span);
        }
        Some(value) if undecided(&value) => {
            grant.set(preflight.clone(), "Access-Control-Max-Age", HeaderPiece::Unknown, value.span);
        }
        _ => {}
    }
    grant.list("Access-Control-Expose-Headers", "exposedHeaders", &Formula::True, None, &sent);
    let goes_on = matches!(grant.option("preflightContinue"), Some(Value { kind: Kind::Bool(true), .. }));
    let answer = match grant.option("optionsSuccessStatus").map(|value| value.kind) {
        _ if goes_on => Effect::Next,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
        Some(Kind::Num(status)) if (100.0..1000.0).contains(&status) => Effect::Answer(Some(status as u16)),
        None | Some(Kind::Undefined) => Effect::Answer(Some(204)),
        Some(_) => Effect::Answer(None),
    };
    grant.push(preflight.clone(), answer, grant.span);
    grant.push(preflight.negated(), Effect::Next, grant.span);
}

/// A list as it is sent: an empty one is an empty text, and that is not.
fn sent(value: &Value) -> Option<HeaderPiece> {
    match &value.kind {
        Kind::Str(text) => (!text.is_empty()).then(|| HeaderPiece::Text(text.clone())),
        Kind::List(list) => Some(joined(list, ",")).filter(|piece| *piece != HeaderPiece::Text("".into())),
        Kind::Bool(false) => None,
        _ => Some(HeaderPiece::Unknown),
    }
}

fn undecided(value: &Value) -> bool {
    !matches!(value.kind, Kind::Bool(_) | Kind::Str(_) | Kind::Num(_) | Kind::Undefined | Kind::Null)
}
