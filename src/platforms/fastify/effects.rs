//! What `@fastify/cors` does with a request: its header lines, and whether it answers or goes on.
//!
//! In: the options and what the `origin` option tells. Out: guarded effects, in the order of the plugin's own code
//! (`addCorsHeadersHandler`, `addCorsHeaders`, `addPreflightHeaders` in
//! <https://github.com/fastify/fastify-cors/blob/main/index.js>), whose answers are recorded in `tests/truth/`.

use std::sync::Arc;

use super::super::express::origin_option::Told;
use super::super::manual::header_name;
use super::super::values::{in_production, option};
use super::origin::Asked;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// The effects of the hook that the plugin adds.
pub(super) fn effects(options: &Value, asked: &[Asked], methods: Option<&str>, span: Span) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for one in asked {
        let mut grant = Grant { options, methods, span, when: one.case.when.clone(), effects: Vec::new() };
        if one.vary {
            grant.vary(Formula::True, "Origin");
        }
        match &one.case.told {
            Told::Off => grant.push(Formula::True, Effect::Next, one.case.span),
            Told::Fails => grant.push(Formula::True, Effect::Answer(Some(500)), one.case.span),
            told => {
                grant.origin(told, one.case.span);
                grant.rest();
            }
        }
        effects.append(&mut grant.effects);
    }
    effects
}

/// What the route `OPTIONS *` answers that the plugin adds: only what its hook has let through.
pub(super) fn of_route(options: &Value, asked: &[Asked], span: Span) -> Vec<GuardedEffect> {
    let preflights = !matches!(given(options, "preflight"), Some(Value { kind: Kind::Bool(false), .. }));
    let answer = |one: &Asked| {
        let status = if one.case.told == Told::Off || !preflights { 404 } else { 200 };
        GuardedEffect { when: one.case.when.clone(), effect: Effect::Answer(Some(status)), span }
    };
    asked.iter().map(answer).collect()
}

fn given(options: &Value, name: &str) -> Option<Value> {
    option(options, name).map(|value| in_production(&value))
}

struct Grant<'o> {
    options: &'o Value,
    methods: Option<&'o str>,
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

    fn origin(&mut self, told: &Told, span: Span) {
        let name = "Access-Control-Allow-Origin";
        let own = || HeaderPiece::Term(Term::origin());
        match told {
            Told::Everybody => self.set(Formula::True, name, HeaderPiece::Text("*".into()), span),
            Told::Text(text) => self.set(Formula::True, name, HeaderPiece::Text(text.clone()), span),
            Told::Compared(arms) => {
                for arm in arms {
                    self.set(arm.when.clone(), name, own(), arm.span);
                }
            }
            Told::Off | Told::Fails => {}
            Told::Variable(_) | Told::Unknown => self.set(Formula::True, name, HeaderPiece::Unknown, span),
        }
    }

    fn rest(&mut self) {
        match given(self.options, "credentials") {
            None => {}
            Some(value) => match truth(&value) {
                Some(true) => {
                    let text = HeaderPiece::Text("true".into());
                    self.set(Formula::True, "Access-Control-Allow-Credentials", text, value.span);
                }
                Some(false) => {}
                None => {
                    self.set(Formula::True, "Access-Control-Allow-Credentials", HeaderPiece::Unknown, value.span);
                }
            },
        }
        self.list("Access-Control-Expose-Headers", "exposedHeaders", &Formula::True, None);
        let is_options = is_options(self.span);
        let preflight = match given(self.options, "preflight").map(|value| value.kind) {
            None | Some(Kind::Bool(true)) => is_options,
            Some(Kind::Bool(false)) => Formula::False,
            Some(_) => is_options.and(Formula::unknown(self.span)),
        };
        self.preflight(&preflight);
        self.push(Formula::True, Effect::Next, self.span);
    }

    fn preflight(&mut self, preflight: &Formula) {
        if !matches!(given(self.options, "strictPreflight"), Some(Value { kind: Kind::Bool(false), .. })) {
            let both = present("origin", self.span).and(present("access-control-request-method", self.span));
            self.push(preflight.clone().and(both.negated()), Effect::Answer(Some(400)), self.span);
        }
        let default = self.methods.map_or(HeaderPiece::Unknown, |methods| HeaderPiece::Text(methods.into()));
        self.list("Access-Control-Allow-Methods", "methods", preflight, Some(default));
        if !self.list("Access-Control-Allow-Headers", "allowedHeaders", preflight, None) {
            self.vary(preflight.clone(), "Access-Control-Request-Headers");
            let mirrored = HeaderPiece::Term(Term::header("access-control-request-headers"));
            self.set(preflight.clone(), "Access-Control-Allow-Headers", mirrored, self.span);
        }
        if let Some(value) = given(self.options, "maxAge").filter(|value| !value.is_nullish()) {
            let piece = match &value.kind {
                Kind::Num(number) => HeaderPiece::Text(number.to_string().into()),
                Kind::Str(text) => HeaderPiece::Text(text.clone()),
                _ => HeaderPiece::Unknown,
            };
            self.set(preflight.clone(), "Access-Control-Max-Age", piece, value.span);
        }
        let goes_on = given(self.options, "preflightContinue").map_or(Some(false), |value| truth(&value));
        let answer = match given(self.options, "optionsSuccessStatus").map(|value| value.kind) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
            Some(Kind::Num(status)) if (100.0..1000.0).contains(&status) => Effect::Answer(Some(status as u16)),
            None => Effect::Answer(Some(204)),
            Some(_) => Effect::Answer(None),
        };
        match goes_on {
            Some(true) => {}
            Some(false) => self.push(preflight.clone(), answer, self.span),
            None => self.push(preflight.clone(), Effect::Answer(None), self.span),
        }
    }

    /// A list option as it is sent; whether the option, and not the default, decided.
    fn list(&mut self, name: &str, option: &str, when: &Formula, default: Option<HeaderPiece>) -> bool {
        let value = given(self.options, option).filter(|value| !value.is_nullish());
        let own = value.is_some();
        let span = value.as_ref().map_or(self.span, |value| value.span);
        let piece = value.map_or(default, |value| {
            Some(match &value.kind {
                Kind::Str(text) => HeaderPiece::Text(text.clone()),
                Kind::List(list) if !list.open => {
                    let texts: Option<Vec<&Arc<str>>> = list
                        .items
                        .iter()
                        .map(|item| item.value.as_str().filter(|_| item.when == Formula::True))
                        .collect();
                    let joined = texts.map(|texts| texts.iter().map(|text| &***text).collect::<Vec<_>>().join(", "));
                    joined.map_or(HeaderPiece::Unknown, |text| HeaderPiece::Text(text.into()))
                }
                _ => HeaderPiece::Unknown,
            })
        });
        if let Some(piece) = piece {
            self.set(when.clone(), name, piece, span);
        }
        own
    }
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

fn is_options(span: Span) -> Formula {
    let term = Term::of(Part::Method);
    Formula::test(Test::Request { term, relation: Relation::Equals("OPTIONS".into()) }, span)
}
