//! The `origin` option of the `cors` package: what it tells whom, in every form that it takes.
//!
//! In: the option's value; callbacks are run with a symbolic origin. Out: cases, each under its condition, and the decision
//! they amount to. Source: `isOriginAllowed` and `middlewareWrapper` of <https://github.com/expressjs/cors>.

use std::sync::Arc;

use super::super::values::{in_variable, list_arms, origin_matches};
use crate::eval::value::{Args, Closure, EnvShape, Kind, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, OriginAnswer, OriginDecision};
use crate::model::term::{Anchor, Relation, Term};
use crate::source::Span;

/// What a request is told.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::platforms) enum Told {
    /// Nothing at all: the package goes on as if it were not there.
    Off,
    /// `*`.
    Everybody,
    /// This text, whoever asks.
    Text(Arc<str>),
    /// Its own origin, when one of the arms holds.
    Compared(Vec<Arm>),
    /// The request fails.
    Fails,
    /// The text of a variable, whoever asks; the condition says for whom it is their own origin.
    Variable(Formula),
    /// Nobody knows.
    Unknown,
}

/// What a request is told under a condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::platforms) struct Case {
    /// When.
    pub(in crate::platforms) when: Formula,
    /// What.
    pub(in crate::platforms) told: Told,
    /// Where that is written.
    pub(in crate::platforms) span: Span,
}

/// The cases of the option, in the order in which they are asked.
pub(in crate::platforms) fn told(run: &mut Interp<'_>, origin: Option<&Value>, call: Span) -> Vec<Case> {
    let Some(origin) = origin else { return vec![Case { when: Formula::True, told: Told::Everybody, span: call }] };
    let mut cases = Vec::new();
    for (when, value) in origin.alternatives() {
        let inner = match &value.kind {
            Kind::Function(closure) => called_back(run, &closure.clone(), false),
            _ => by_value(&value, value.span),
        };
        cases.extend(inner.into_iter().map(|case| Case { when: when.clone().and(case.when), ..case }));
    }
    cases
}

/// Who is allowed by these cases.
pub(in crate::platforms) fn decision(cases: &[Case], origin: Option<&Value>, call: Span) -> OriginDecision {
    let mut arms = Vec::new();
    for case in cases {
        let arm = |answer: OriginAnswer| Arm { when: case.when.clone(), answer, span: case.span };
        match &case.told {
            Told::Off => arms.push(arm(OriginAnswer::Nothing)),
            Told::Everybody => arms.push(arm(OriginAnswer::Wildcard)),
            Told::Text(text) => arms.push(arm(OriginAnswer::Fixed(text.clone()))),
            Told::Fails => arms.push(arm(OriginAnswer::Fails)),
            Told::Variable(own) => {
                arms.push(Arm { when: case.when.clone().and(own.clone()), ..arm(OriginAnswer::Echo) });
                arms.push(arm(OriginAnswer::Nothing));
            }
            Told::Unknown => arms.push(arm(OriginAnswer::Unknown)),
            Told::Compared(inner) => {
                let inner = inner.iter().cloned();
                arms.extend(inner.map(|one| Arm { when: case.when.clone().and(one.when), ..one }));
                // A case that applies and lets nobody through ends the search.
                arms.push(arm(OriginAnswer::Nothing));
            }
        }
    }
    let span = match origin {
        None => call,
        // The place that decides is the option, not the several places its values come from.
        Some(origin) if matches!(origin.kind, Kind::OneOf(_)) => {
            origin.trace.spans().first().copied().unwrap_or(origin.span)
        }
        Some(origin) => origin.span,
    };
    OriginDecision { arms, span }
}

/// What a value tells that is no function.
pub(in crate::platforms) fn by_value(value: &Value, span: Span) -> Vec<Case> {
    let one = |told: Told| vec![Case { when: Formula::True, told, span }];
    let echo = |when: Formula| Told::Compared(vec![Arm { when, answer: OriginAnswer::Echo, span }]);
    match &value.kind {
        Kind::Str(text) => match &**text {
            "*" => one(Told::Everybody),
            "" => one(Told::Off),
            _ => one(Told::Text(text.clone())),
        },
        Kind::Bool(true) => one(echo(Formula::True)),
        Kind::Bool(false) | Kind::Undefined | Kind::Null => one(Told::Off),
        Kind::Regex { pattern, flags } => {
            one(echo(origin_matches(pattern, flags.contains('i'), Anchor::Search, value.span)))
        }
        Kind::List(list) => one(Told::Compared(list_arms(&list.items, list.open, value.span, &|_| None))),
        // The request's own origin is a text, unless there is none.
        Kind::Term(term) if term.is_origin() => {
            let there = Formula::test(Test::Request { term: term.clone(), relation: Relation::Present }, span);
            vec![
                Case { when: there.clone(), told: echo(Formula::True), span },
                Case { when: there.negated(), told: Told::Off, span },
            ]
        }
        Kind::Condition(formula) => vec![
            Case { when: formula.clone(), told: echo(Formula::True), span },
            Case { when: formula.clone().negated(), told: Told::Off, span },
        ],
        // The text is sent as it is; a list is compared item by item, and there `*` is nothing special.
        Kind::Env(read) if read.shape == EnvShape::Text => {
            let star = Test::EnvEquals { variable: read.name.clone(), value: "*".into() };
            let star = Formula::test(star, span);
            vec![
                Case { when: star.clone(), told: Told::Everybody, span },
                Case { when: star.negated(), told: in_variable(read).map_or(Told::Unknown, Told::Variable), span },
            ]
        }
        Kind::Env(read) if matches!(read.shape, EnvShape::List { .. }) => {
            one(in_variable(read).map_or(Told::Unknown, echo))
        }
        _ => one(Told::Unknown),
    }
}

/// `origin: (origin, callback) => …`, run with a symbolic origin: every call of the callback tells something, or what a function
/// promises, where the package waits for that.
pub(in crate::platforms) fn called_back(run: &mut Interp<'_>, closure: &Arc<Closure>, promises: bool) -> Vec<Case> {
    let span = closure.function.span;
    let origin = Value::new(Kind::Term(Term::origin()), span);
    let callback = Value::new(Kind::External("cors:callback".into()), span);
    let args = Args { positional: vec![origin, callback], ..Args::default() };
    let (events, promised) = run.run_function(closure, &args);
    let mut cases = Vec::new();
    for event in &events {
        match &*event.target.path {
            "cors:callback" => cases.extend(called(event)),
            THROW => cases.push(Case { when: event.when.clone(), told: Told::Fails, span: event.span }),
            _ => {}
        }
    }
    if cases.is_empty() && promises && closure.function.is_async {
        for (when, value) in promised.alternatives() {
            let inner = by_value(&value, value.span).into_iter();
            cases.extend(inner.map(|case| Case { when: when.clone().and(case.when), ..case }));
        }
    }
    if cases.is_empty() {
        // The callback went somewhere that cannot be followed.
        cases.push(Case { when: Formula::True, told: Told::Unknown, span });
    }
    cases
}

/// What one call of the callback tells: `(error, allowed)`.
pub(in crate::platforms) fn called(event: &Event) -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |when: Formula, told: Told| Case { when: event.when.clone().and(when), told, span: event.span };
    let mut no_error = Formula::True;
    for (when, error) in event.args.positional.first().map(Value::alternatives).unwrap_or_default() {
        let told = match &error.kind {
            Kind::Null | Kind::Undefined | Kind::Bool(false) => continue,
            Kind::Object(_) | Kind::Str(_) | Kind::Map(_) => Told::Fails,
            _ => Told::Unknown,
        };
        no_error = no_error.and(when.clone().negated());
        cases.push(case(when, told));
    }
    let Some(allowed) = event.args.positional.get(1) else {
        cases.push(case(no_error, Told::Off));
        return cases;
    };
    for (when, value) in allowed.alternatives() {
        let when = when.and(no_error.clone());
        for inner in by_value(&value, event.span) {
            cases.push(case(when.clone().and(inner.when), inner.told));
        }
    }
    cases
}
