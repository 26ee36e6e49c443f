//! The `origin` option of `@fastify/cors`: what it tells whom, in every form that it takes.
//!
//! In: the option's value; callbacks are run with a symbolic origin. Out: cases, each with whether `Vary: Origin` goes with it.
//! Source: `addCorsHeadersHandler` and `resolveOriginWrapper` of <https://github.com/fastify/fastify-cors>.

use super::super::express::origin_option::{Case, Told, by_value, called_back};
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::condition::Formula;
use crate::source::Span;

/// A case, and whether its answers vary.
pub(super) struct Asked {
    pub(super) case: Case,
    pub(super) vary: bool,
}

/// The cases of the option.
pub(super) fn asked(run: &mut Interp<'_>, origin: Option<&Value>, call: Span) -> Vec<Asked> {
    let everybody = |span: Span| Case { when: Formula::True, told: Told::Everybody, span };
    let Some(origin) = origin else { return vec![Asked { case: everybody(call), vary: false }] };
    let mut found = Vec::new();
    for (when, value) in origin.alternatives() {
        let fails = || vec![Case { when: Formula::True, told: Told::Fails, span: value.span }];
        let (cases, vary) = match &value.kind {
            Kind::Function(closure) => (called_back(run, &closure.clone(), true), true),
            Kind::Str(text) if text.is_empty() => (fails(), false),
            Kind::Undefined | Kind::Null => (fails(), true),
            Kind::List(list)
                if list.items.iter().any(|item| item.value.as_str().is_some_and(|text| &**text == "*")) =>
            {
                (vec![everybody(value.span)], false)
            }
            Kind::Str(_) | Kind::Bool(false) => (by_value(&value, value.span), false),
            Kind::Env(_) => (by_value(&value, value.span), !is_text(&value)),
            _ => (by_value(&value, value.span), true),
        };
        let under = |case: Case| Case { when: when.clone().and(case.when), ..case };
        found.extend(cases.into_iter().map(|case| Asked { case: under(case), vary }));
    }
    found
}

fn is_text(value: &Value) -> bool {
    matches!(&value.kind, Kind::Env(read) if read.shape == crate::eval::value::EnvShape::Text)
}
