//! What a CORS package sends, put together line by line: from its options, or from the policy that they amount to.
//!
//! In: options as they hold in production, names and seconds of a policy. Out: guarded effects and pieces of header values. Shared
//! by the packages of several frameworks; each says itself what it sends, when, and in which order.

use super::express::origin_option::Told;
use super::manual::header_name;
use super::values::{in_production, option};
use crate::eval::value::{List, Value};
use crate::model::condition::Formula;
use crate::model::policy::{Known, MaxAge, Names};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::Term;
use crate::source::Span;

/// The lines of one case of the `origin` option.
pub(super) struct Grant<'o> {
    options: &'o Value,
    /// The call.
    pub(super) span: Span,
    when: Formula,
    /// What has been put together.
    pub(super) effects: Vec<GuardedEffect>,
}

impl<'o> Grant<'o> {
    pub(super) fn new(options: &'o Value, span: Span, when: Formula) -> Grant<'o> {
        Grant { options, span, when, effects: Vec::new() }
    }

    pub(super) fn push(&mut self, also: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when: self.when.clone().and(also), effect, span });
    }

    pub(super) fn set(&mut self, also: Formula, name: &str, piece: HeaderPiece, span: Span) {
        let value = HeaderValue { pieces: vec![piece], span };
        self.push(also, Effect::Set(header_name(name, span), value), span);
    }

    pub(super) fn vary(&mut self, also: Formula, name: &str) {
        let value = HeaderValue::text(name, self.span);
        self.push(also, Effect::Merge(header_name("Vary", self.span), value), self.span);
    }

    /// An option as it holds in production.
    pub(super) fn option(&self, name: &str) -> Option<Value> {
        option(self.options, name).map(|value| in_production(&value))
    }

    /// The line that says who is allowed.
    pub(super) fn origin(&mut self, told: &Told, span: Span) {
        let name = "Access-Control-Allow-Origin";
        match told {
            Told::Everybody => self.set(Formula::True, name, HeaderPiece::Text("*".into()), span),
            Told::Text(text) => self.set(Formula::True, name, HeaderPiece::Text(text.clone()), span),
            Told::Compared(arms) => {
                for arm in arms {
                    self.set(arm.when.clone(), name, HeaderPiece::Term(Term::origin()), arm.span);
                }
            }
            Told::Off | Told::Fails => {}
            Told::Variable(_) | Told::Unknown => self.set(Formula::True, name, HeaderPiece::Unknown, span),
        }
    }

    /// A list option as `sent` makes a text of it; whether the option, and not the default, decided.
    pub(super) fn list(
        &mut self,
        name: &str,
        option: &str,
        when: &Formula,
        default: Option<HeaderPiece>,
        sent: &dyn Fn(&Value) -> Option<HeaderPiece>,
    ) -> bool {
        let value = self.option(option).filter(|value| !value.is_nullish());
        let own = value.is_some();
        let span = value.as_ref().map_or(self.span, |value| value.span);
        if let Some(piece) = value.map_or(default, |value| sent(&value)) {
            self.set(when.clone(), name, piece, span);
        }
        own
    }
}

/// The texts of a list in one; unknown where one of them is.
pub(super) fn joined(list: &List, separator: &str) -> HeaderPiece {
    let texts =
        list.items.iter().map(|item| item.value.as_str().filter(|_| item.when == Formula::True).map(|text| &**text));
    match texts.collect::<Option<Vec<&str>>>().filter(|_| !list.open) {
        Some(texts) => HeaderPiece::Text(texts.join(separator).into()),
        None => HeaderPiece::Unknown,
    }
}

/// A list as it is sent; nothing for an empty one.
pub(super) fn list(names: &Names) -> Option<HeaderPiece> {
    match names {
        Names::Listed { names, open: false } => {
            let texts: Vec<&str> = names.iter().map(|name| &*name.value).collect();
            (!texts.is_empty()).then(|| HeaderPiece::Text(texts.join(",").into()))
        }
        Names::Missing => None,
        Names::Listed { .. } | Names::Mirrored | Names::Unknown => Some(HeaderPiece::Unknown),
    }
}

/// `true`, or nothing.
pub(super) fn flag(known: Known) -> Option<HeaderPiece> {
    match known {
        Known::Yes => Some(HeaderPiece::Text("true".into())),
        Known::No => None,
        Known::Unknown => Some(HeaderPiece::Unknown),
    }
}

/// Seconds as they are sent.
pub(super) fn seconds(age: MaxAge) -> Option<HeaderPiece> {
    match age {
        MaxAge::Missing => None,
        MaxAge::Seconds(seconds) => Some(HeaderPiece::Text(seconds.to_string().into())),
        MaxAge::Unknown => Some(HeaderPiece::Unknown),
    }
}
