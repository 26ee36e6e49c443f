//! Hooks and route handlers of Fastify: what each does with a request, as far as its code says.
//!
//! In: functions. Out: guarded effects. `reply` is asked like a response of Express, whose names Fastify shares. What is thrown is
//! answered by Fastify with the headers that were set.

use std::sync::Arc;

use super::instances::Stage;
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Part, Term};
use crate::platforms::express::cors_npm::CorsObjects;
use crate::platforms::node_handlers::{Handled, read};

/// What a hook does.
pub(super) struct Hooked {
    pub(super) handled: Handled,
    /// It lets nobody through who has not proven who they are.
    pub(super) authenticates: bool,
}

/// Runs a hook; `rescued` when the program answers to errors itself.
pub(super) fn hook(
    run: &mut Interp<'_>,
    closure: &Arc<Closure>,
    stage: Stage,
    rescued: bool,
    cors: &CorsObjects,
) -> Hooked {
    let span = closure.function.span;
    let external = |name: &str| Value::new(Kind::External(name.into()), span);
    let mut positional = vec![external("express:req"), external("express:res")];
    if matches!(stage, Stage::OnSend | Stage::PreParsing) {
        positional.push(Value::new(Kind::Term(Term::of(Part::Other("payload".into()))), span));
    }
    positional.push(external("express:next"));
    let calls_back = closure.function.params.len() >= positional.len();
    let (events, _) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut handled = read(run, closure, &events, cors);
    let proof = events.iter().find(|event| &*event.target.path == "express:req.jwtVerify");
    let authenticates = proof.is_some_and(|event| event.when == Formula::True);
    handled.understood &= events.iter().all(is_plain) && proof.is_none();
    answer_errors(run, &events, rescued, &mut handled);
    if let Some(proof) = proof.filter(|_| authenticates) {
        handled.effects =
            vec![GuardedEffect { when: Formula::True, effect: Effect::RequireAuth(401), span: proof.span }];
        handled.understood = !rescued;
    }
    let goes_on = GuardedEffect { when: Formula::True, effect: Effect::Next, span };
    if stage == Stage::OnSend {
        // The answer is there before the hook runs.
        handled.effects.retain(|guarded| guarded.effect != Effect::Next);
        handled.effects.insert(0, goes_on);
    } else if !calls_back || authenticates {
        handled.effects.push(goes_on);
    }
    Hooked { handled, authenticates }
}

/// Runs the handler of a route.
pub(super) fn route(run: &mut Interp<'_>, closure: &Arc<Closure>, rescued: bool, cors: &CorsObjects) -> Handled {
    let span = closure.function.span;
    let external = |name: &str| Value::new(Kind::External(name.into()), span);
    let positional = vec![external("express:req"), external("express:res")];
    let (events, _) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut handled = read(run, closure, &events, cors);
    handled.understood &= events.iter().all(is_plain);
    answer_errors(run, &events, rescued, &mut handled);
    let named = |name: &str| events.iter().filter(|event| *event.target.path == *format!("express:res.{name}")).count();
    // What is returned is sent with the status that was set.
    let set = named("code") + named("status") > named("send");
    let status = if set { None } else { Some(200) };
    handled.effects.push(GuardedEffect { when: Formula::True, effect: Effect::Answer(status), span });
    handled
}

/// Exceptions become answers: with 500 where it is an error of the language.
fn answer_errors(run: &Interp<'_>, events: &[Event], rescued: bool, handled: &mut Handled) {
    for guarded in handled.effects.iter_mut().filter(|guarded| guarded.effect == Effect::Fail) {
        let thrown = events.iter().find(|event| event.span == guarded.span);
        let thrown = thrown.and_then(|event| event.args.positional.first()).and_then(Value::as_object);
        let plain = thrown.is_some_and(|id| run.object(id).class.is_none() && run.object(id).path.starts_with("js:"));
        guarded.effect = Effect::Answer((plain && !rescued).then_some(500));
    }
}

/// Does an event say all it does?
fn is_plain(event: &Event) -> bool {
    let path = &*event.target.path;
    matches!(path, THROW | "express:next" | "?.info" | "?.debug" | "?.trace" | "?.warn")
        || ["js:", "express:res.", "express:req.log."].iter().any(|start| path.starts_with(start))
}
