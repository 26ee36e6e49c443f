//! Functions that are asked about an origin and give back the text that is sent: itty-router's, Hono's and Koa's `origin`.
//!
//! In: the function and what it is given, among that the symbolic origin. Out: who is told what. Knows no package.

use std::sync::Arc;

use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Interp, THROW};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, OriginAnswer};
use crate::model::term::Relation;

/// What the function gives back, and when; what it throws comes first.
pub(super) fn arms(run: &mut Interp<'_>, closure: &Arc<Closure>, positional: Vec<Value>) -> Vec<Arm> {
    let (events, told) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut arms = Vec::new();
    for event in events.iter().filter(|event| &*event.target.path == THROW) {
        arms.push(Arm { when: event.when.clone(), answer: OriginAnswer::Fails, span: event.span });
    }
    for (when, value) in told.alternatives() {
        let arm = |when: Formula, answer: OriginAnswer| Arm { when, answer, span: value.span };
        match &value.kind {
            Kind::Str(text) if &**text == "*" => arms.push(arm(when, OriginAnswer::Wildcard)),
            Kind::Str(text) if !text.is_empty() => arms.push(arm(when, OriginAnswer::Fixed(text.clone()))),
            // Whatever is sent is made a text: `true`.
            Kind::Bool(true) => arms.push(arm(when, OriginAnswer::Fixed("true".into()))),
            Kind::Str(_) | Kind::Undefined | Kind::Null | Kind::Bool(false) => {
                arms.push(arm(when, OriginAnswer::Nothing));
            }
            Kind::Term(term) if term.is_origin() => {
                let there = Test::Request { term: term.clone(), relation: Relation::Present };
                let there = Formula::test(there, value.span);
                arms.push(arm(when.clone().and(there.clone()), OriginAnswer::Echo));
                arms.push(arm(when.and(there.negated()), OriginAnswer::Nothing));
            }
            Kind::Condition(formula) => {
                arms.push(arm(when.clone().and(formula.clone()), OriginAnswer::Fixed("true".into())));
                arms.push(arm(when, OriginAnswer::Nothing));
            }
            _ => arms.push(arm(when, OriginAnswer::Unknown)),
        }
    }
    arms
}
