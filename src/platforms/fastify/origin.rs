//! The `origin` option of `@fastify/cors`: what it tells whom, in every form that it takes.
//!
//! In: the option's value; callbacks are run with a symbolic origin. Out: cases, each with whether `Vary: Origin` goes with it.
//! Source: `addCorsHeadersHandler` and `resolveOriginWrapper` of <https://github.com/fastify/fastify-cors>.

use std::sync::Arc;

use super::super::express::origin_option::{Case, Told, by_value, called};
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Interp, THROW};
use crate::model::condition::Formula;
use crate::model::term::Term;
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
            Kind::Function(closure) => (called_back(run, &closure.clone()), true),
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

/// `(origin, callback) => …`, or a function that promises an answer.
fn called_back(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Vec<Case> {
    let span = closure.function.span;
    let positional =
        vec![Value::new(Kind::Term(Term::origin()), span), Value::new(Kind::External("cors:callback".into()), span)];
    let (events, promised) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut cases = Vec::new();
    for event in &events {
        match &*event.target.path {
            "cors:callback" => cases.extend(called(event)),
            THROW => cases.push(Case { when: event.when.clone(), told: Told::Fails, span: event.span }),
            _ => {}
        }
    }
    if cases.is_empty() && closure.function.is_async {
        for (when, value) in promised.alternatives() {
            let inner = by_value(&value, value.span).into_iter();
            cases.extend(inner.map(|case| Case { when: when.clone().and(case.when), ..case }));
        }
    }
    if cases.is_empty() {
        cases.push(Case { when: Formula::True, told: Told::Unknown, span });
    }
    cases
}
