//! One middleware of Koa's kind, `(ctx, next)`, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: guarded effects in order. Koa sends the answer when everybody is done: what was put into the context
//! last, and 404 where nobody put anything in and nobody was called.

use std::sync::Arc;

use super::super::manual::{header_name, status as code};
use super::super::node_handlers::{Handled, StatusSoFar, header_effects};
use super::super::onion::Library;
use super::context::{CONTEXT, NEXT, is_context};
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect, HeaderValue};
use crate::source::Span;

/// Runs a middleware; `library` gives the effects of an object that is called with the context, as `cors(options)(ctx, next)` is.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, library: Library<'_>) -> Handled {
    let span = closure.function.span;
    let positional = [CONTEXT, NEXT].map(|path| Value::new(Kind::External(path.into()), span)).to_vec();
    let (events, _) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut reader = Reader {
        handled: Handled { understood: true, ..Handled::default() },
        status: StatusSoFar::default(),
        answers: Vec::new(),
        opaque: false,
        passed: Formula::False,
    };
    for event in &events {
        match library(run, event) {
            Some(effects) => {
                reader.passed = reader.passed.clone().or(event.when.clone());
                let guarded =
                    effects.into_iter().map(|one| GuardedEffect { when: event.when.clone().and(one.when), ..one });
                reader.handled.effects.extend(guarded);
            }
            None => reader.event(event),
        }
    }
    let own_calls = run.fallible.iter().filter(|call| span.contains(**call));
    reader.handled.risky.extend(own_calls);
    reader.ended(span)
}

struct Reader {
    handled: Handled,
    status: StatusSoFar,
    /// What is put into the context, and when.
    answers: Vec<(Formula, Option<u16>, Span)>,
    /// Something was called on the context of which nothing is known.
    opaque: bool,
    /// When the rest of the application was called.
    passed: Formula,
}

impl Reader {
    fn push(&mut self, when: &Formula, effect: Effect, span: Span) {
        self.handled.effects.push(GuardedEffect { when: when.clone(), effect, span });
    }

    fn event(&mut self, event: &Event) {
        let (path, when, span) = (&*event.target.path, &event.when, event.span);
        let first = event.args.positional.first();
        match path {
            NEXT => {
                self.passed = self.passed.clone().or(when.clone());
                return self.push(when, Effect::Next, span);
            }
            THROW => return self.push(when, Effect::Fail, span),
            "koa:ctx[]=" => return self.assigned(event),
            _ => {}
        }
        let Some(method) = path.strip_prefix(CONTEXT).and_then(|rest| rest.strip_prefix('.')) else {
            // Whoever is given the context may answer with it.
            self.handled.understood &= !event.args.all().any(is_context);
            self.handled.risky.push(span);
            return;
        };
        match method {
            "set" | "append" => {
                for (guard, effect) in header_effects(event, method == "append") {
                    self.push(&when.clone().and(guard), effect, span);
                }
            }
            "vary" => {
                if let Some(name) = first.and_then(Value::as_str) {
                    let value = HeaderValue::text(name.clone(), span);
                    self.push(when, Effect::Merge(header_name("Vary", span), value), span);
                }
            }
            "remove" => {
                if let Some(name) = first.and_then(Value::as_str) {
                    self.push(when, Effect::Remove(header_name(name, span)), span);
                }
            }
            // An exception with a status: nothing that was set before is sent.
            "throw" => {
                let status = event.args.positional.iter().find_map(code).or(Some(500));
                self.push(when, Effect::Replace, span);
                self.push(when, Effect::Answer(status), span);
            }
            "redirect" => self.answers.push((when.clone(), Some(302), span)),
            // `ctx.render(…)`, `ctx.fail(…)`: methods that a package or the program put there may answer.
            // `ctx.res` is the answer of Node itself.
            method => self.opaque |= !method.contains('.') || method.starts_with("res."),
        }
    }

    /// `ctx.status = 204`, `ctx.body = …`.
    fn assigned(&mut self, event: &Event) {
        let [key, value] = event.args.positional.as_slice() else { return };
        match key.as_str().map(|key| &**key) {
            Some("status") => {
                self.status.set(&event.when, code(value));
                self.answers.push((event.when.clone(), code(value), event.span));
            }
            // Koa itself answers nothing then.
            Some("respond") => self.opaque = true,
            Some("body") => {
                let empty = value.is_nullish().then_some(Some(204));
                let status = empty.unwrap_or_else(|| self.status.at(&event.when));
                self.answers.push((event.when.clone(), status, event.span));
                self.handled.bodies.push(event.span);
            }
            _ => {}
        }
    }

    /// The last word counts.
    fn ended(mut self, home: Span) -> Handled {
        for (when, status, span) in std::mem::take(&mut self.answers).into_iter().rev() {
            self.push(&when, Effect::Answer(status), span);
        }
        let nobody = self.passed.clone().negated();
        if self.handled.understood && nobody != Formula::False {
            let status = (!self.opaque).then_some(404);
            self.push(&nobody, Effect::Answer(status), home);
        }
        self.handled
    }
}
