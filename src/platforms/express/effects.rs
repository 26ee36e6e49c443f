//! What the `cors` package does with a request: its header lines, and whether it answers or goes on.
//!
//! In: the options and what the `origin` option tells. Out: guarded effects, in the order of the package's own code
//! (`cors`, `configure*`, `applyHeaders` in <https://github.com/expressjs/cors/blob/master/lib/index.js>), whose answers are
//! recorded in `tests/truth/`.

use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::{in_production, option};
use super::cors_npm::METHODS;
use super::origin_option::{Case, Told};
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Part, Relation, Term};
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
                let mut grant = Grant { options, span, when: case.when.clone(), effects: Vec::new() };
                grant.origin(told, case.span);
                grant.rest();
                effects.append(&mut grant.effects);
            }
        }
    }
    effects
}

struct Grant<'o> {
    options: &'o Value,
    span: Span,
    when: Formula,
    effects: Vec<GuardedEffect>,
}

impl Grant<'_> {
    fn push(&mut self, also: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when: self.when.clone().and(also), effect, span });
    }

    fn set(&mut self, also: Formula, name: &str, piece: HeaderPiece, span: Span) {
        let value = HeaderValue { pieces: vec![piece], span };
        self.push(also, Effect::Set(header_name(name, span), value), span);
    }

    fn vary(&mut self, also: Formula, name: &str) {
        let value = HeaderValue::text(name, self.span);
        self.push(also, Effect::Merge(header_name("Vary", self.span), value), self.span);
    }

    fn option(&self, name: &str) -> Option<Value> {
        option(self.options, name).map(|value| in_production(&value))
    }

    fn origin(&mut self, told: &Told, span: Span) {
        let name = "Access-Control-Allow-Origin";
        let own = || HeaderPiece::Term(Term::origin());
        match told {
            Told::Everybody => return self.set(Formula::True, name, HeaderPiece::Text("*".into()), span),
            Told::Text(text) => self.set(Formula::True, name, HeaderPiece::Text(text.clone()), span),
            Told::Compared(arms) => {
                for arm in arms {
                    self.set(arm.when.clone(), name, own(), arm.span);
                }
            }
            Told::Off | Told::Fails => {}
            Told::Variable(_) | Told::Unknown => self.set(Formula::True, name, HeaderPiece::Unknown, span),
        }
        self.vary(Formula::True, "Origin");
    }

    fn rest(&mut self) {
        let preflight = is_options(self.span);
        match self.option("credentials") {
            Some(Value { kind: Kind::Bool(true), span, .. }) => {
                self.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Text("true".into()), span);
            }
            Some(value) if undecided(&value) => {
                self.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Unknown, value.span);
            }
            _ => {}
        }
        self.list(
            "Access-Control-Allow-Methods",
            "methods",
            &preflight,
            Some(HeaderPiece::Text(METHODS.join(",").into())),
        );
        let mirrored = HeaderPiece::Term(Term::header("access-control-request-headers"));
        if !self.list("Access-Control-Allow-Headers", "allowedHeaders", &preflight, Some(mirrored)) {
            self.vary(preflight.clone(), "Access-Control-Request-Headers");
        }
        match self.option("maxAge") {
            Some(Value { kind: Kind::Num(number), span, .. }) => {
                let text = HeaderPiece::Text(number.to_string().into());
                self.set(preflight.clone(), "Access-Control-Max-Age", text, span);
            }
            Some(Value { kind: Kind::Str(text), span, .. }) if !text.is_empty() => {
                self.set(preflight.clone(), "Access-Control-Max-Age", HeaderPiece::Text(text), span);
            }
            Some(value) if undecided(&value) => {
                self.set(preflight.clone(), "Access-Control-Max-Age", HeaderPiece::Unknown, value.span);
            }
            _ => {}
        }
        self.list("Access-Control-Expose-Headers", "exposedHeaders", &Formula::True, None);
        let goes_on = matches!(self.option("preflightContinue"), Some(Value { kind: Kind::Bool(true), .. }));
        let answer = match self.option("optionsSuccessStatus").map(|value| value.kind) {
            _ if goes_on => Effect::Next,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
            Some(Kind::Num(status)) if (100.0..1000.0).contains(&status) => Effect::Answer(Some(status as u16)),
            None | Some(Kind::Undefined) => Effect::Answer(Some(204)),
            Some(_) => Effect::Answer(None),
        };
        self.push(preflight.clone(), answer, self.span);
        self.push(preflight.negated(), Effect::Next, self.span);
    }

    /// A list option as it is sent; whether the option, and not the default, decided.
    fn list(&mut self, name: &str, option: &str, when: &Formula, default: Option<HeaderPiece>) -> bool {
        let value = self.option(option).filter(|value| !value.is_nullish());
        let own = value.is_some();
        let span = value.as_ref().map_or(self.span, |value| value.span);
        let piece = value.map_or(default, |value| match &value.kind {
            // An empty list is an empty text, and that is not sent.
            Kind::Str(text) => (!text.is_empty()).then(|| HeaderPiece::Text(text.clone())),
            Kind::List(list) if !list.open => {
                let texts: Option<Vec<&Arc<str>>> =
                    list.items.iter().map(|item| item.value.as_str().filter(|_| item.when == Formula::True)).collect();
                let joined = texts.map(|texts| texts.iter().map(|text| &***text).collect::<Vec<_>>().join(","));
                match joined {
                    Some(text) if text.is_empty() => None,
                    Some(text) => Some(HeaderPiece::Text(text.into())),
                    None => Some(HeaderPiece::Unknown),
                }
            }
            Kind::Bool(false) => None,
            _ => Some(HeaderPiece::Unknown),
        });
        if let Some(piece) = piece {
            self.set(when.clone(), name, piece, span);
        }
        own
    }
}

fn undecided(value: &Value) -> bool {
    !matches!(value.kind, Kind::Bool(_) | Kind::Str(_) | Kind::Num(_) | Kind::Undefined | Kind::Null)
}

fn is_options(span: Span) -> Formula {
    let term = Term::of(Part::Method);
    Formula::test(Test::Request { term, relation: Relation::Equals("OPTIONS".into()) }, span)
}
