//! One handler of Hono's kind, `(c)` or `(c, next)`, run with a symbolic request: what it does to the answer, and when.
//!
//! In: a closure. Out: what `node_handlers` knows of such a function: guarded effects in order, and whether they are all it does.

use std::sync::Arc;

use super::super::fetch_api::made;
use super::super::manual::{header_name, status as code};
use super::super::node_handlers::{Handled, StatusSoFar};
use super::super::onion::Library;
use super::super::values::{header_lines, option};
use super::context::{ANSWER, ANSWERS, CONTEXT, NEXT, is_context};
use crate::eval::value::{Args, Closure, Kind, Reason, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect};
use crate::source::{Span, Spanned};

/// Runs a handler; `library` gives the effects of an object that is called with the context, as `cors(options)(c, next)` is.
pub(super) fn handle(run: &mut Interp<'_>, closure: &Arc<Closure>, library: Library<'_>) -> Handled {
    let given = [CONTEXT, NEXT].map(|path| Value::new(Kind::External(path.into()), closure.function.span));
    read(run, closure, given.to_vec(), library)
}

/// Runs what turns exceptions into answers, `(error, c)`.
pub(super) fn handle_error(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Handled {
    let span = closure.function.span;
    let given = vec![Value::unknown(Reason::Parameter, span), Value::new(Kind::External(CONTEXT.into()), span)];
    read(run, closure, given, &mut |_, _| None)
}

fn read(run: &mut Interp<'_>, closure: &Arc<Closure>, positional: Vec<Value>, library: Library<'_>) -> Handled {
    let span = closure.function.span;
    let (events, result) = run.run_function(closure, &Args { positional, ..Args::default() });
    let mut reader =
        Reader { handled: Handled { understood: true, ..Handled::default() }, status: StatusSoFar::default() };
    for event in &events {
        match library(run, event) {
            Some(effects) => {
                let guarded =
                    effects.into_iter().map(|one| GuardedEffect { when: event.when.clone().and(one.when), ..one });
                reader.handled.effects.extend(guarded);
            }
            None => reader.event(run, event),
        }
    }
    for (when, value) in result.alternatives() {
        reader.result(run, when, &value);
    }
    let own_calls = run.fallible.iter().filter(|call| span.contains(**call));
    reader.handled.risky.extend(own_calls);
    reader.handled
}

struct Reader {
    handled: Handled,
    status: StatusSoFar,
}

impl Reader {
    fn push(&mut self, when: &Formula, effect: Effect, span: Span) {
        self.handled.effects.push(GuardedEffect { when: when.clone(), effect, span });
    }

    fn event(&mut self, run: &Interp<'_>, event: &Event) {
        let (path, when, span) = (&*event.target.path, &event.when, event.span);
        let first = event.args.positional.first();
        if path == NEXT {
            return self.push(when, Effect::Next, span);
        }
        if path == THROW {
            let effect = first.and_then(|thrown| exception(run, thrown)).unwrap_or(Effect::Fail);
            return self.push(when, effect, span);
        }
        let Some(method) = path.strip_prefix(CONTEXT).and_then(|rest| rest.strip_prefix('.')) else {
            // Whoever is given the context may answer with it.
            self.handled.understood &= !event.args.all().any(is_context);
            self.handled.risky.push(span);
            return;
        };
        match method {
            "header" | "res.headers.set" | "res.headers.append" => {
                let appends = method.ends_with("append")
                    || event.args.positional.get(2).is_some_and(|options| option(options, "append").is_some());
                self.lines(event, appends);
            }
            "res.headers.delete" => {
                if let Some(name) = first.and_then(Value::as_str) {
                    self.push(when, Effect::Remove(header_name(name, span)), span);
                }
            }
            "status" => self.status.set(when, first.and_then(code)),
            "redirect" => {
                let status = event.args.positional.get(1).map_or(Some(302), code);
                self.push(when, Effect::Answer(status), span);
            }
            "notFound" => self.push(when, Effect::Answer(Some(404)), span),
            _ if ANSWERS.contains(&method) => self.answer(event),
            _ => {}
        }
    }

    /// `c.header(name, value)`; without a value the header is taken away.
    fn lines(&mut self, event: &Event, appends: bool) {
        let Some(name) = event.args.positional.first().and_then(Value::as_str) else { return };
        let name = header_name(name, event.args.positional[0].span);
        let Some(value) = event.args.positional.get(1).filter(|value| !value.is_nullish()) else {
            return self.push(&event.when, Effect::Remove(name), event.span);
        };
        self.values(&event.when, &name, value, appends, event.span);
    }

    fn values(&mut self, when: &Formula, name: &Spanned<Arc<str>>, value: &Value, appends: bool, at: Span) {
        for (guard, lines) in header_lines(value) {
            for mut line in lines {
                if line.as_text().is_none() {
                    line.span = at;
                }
                let effect = if appends { Effect::Append(name.clone(), line) } else { Effect::Set(name.clone(), line) };
                self.push(&when.clone().and(guard.clone()), effect, at);
            }
        }
    }

    /// `c.json(body, status, headers)`, or an object of both in the place of the status.
    fn answer(&mut self, event: &Event) {
        let mut status = self.status.at(&event.when);
        for given in event.args.positional.iter().skip(1).take(2) {
            let init = given
                .as_map()
                .is_some_and(|map| map.entries.contains_key("status") || map.entries.contains_key("headers"));
            let headers = if init { option(given, "headers") } else { given.as_map().is_some().then(|| given.clone()) };
            let chosen = if init { option(given, "status") } else { given.as_map().is_none().then(|| given.clone()) };
            if let Some(chosen) = chosen.filter(|chosen| !chosen.is_nullish()) {
                status = code(&chosen);
            }
            for (name, entry) in headers.iter().filter_map(Value::as_map).flat_map(|map| &map.entries) {
                let name = header_name(name, entry.key);
                self.values(&event.when.clone().and(entry.when.clone()), &name, &entry.value, false, event.span);
            }
        }
        self.push(&event.when, Effect::Answer(status), event.span);
        self.handled.bodies.push(event.span);
    }

    /// What the function gives back.
    fn result(&mut self, run: &Interp<'_>, when: Formula, value: &Value) {
        match &value.kind {
            Kind::External(path) if &**path == ANSWER => {}
            Kind::Undefined | Kind::Null => {}
            Kind::Object(id) => match made(run, *id, &when) {
                Some((lines, status)) => {
                    self.handled.effects.extend(lines);
                    self.push(&when, Effect::Answer(status), value.span);
                }
                None => self.handled.understood = false,
            },
            _ => self.handled.understood = false,
        }
    }
}

/// `throw new HTTPException(401)`: an answer with that status.
pub(super) fn exception(run: &Interp<'_>, thrown: &Value) -> Option<Effect> {
    let object = run.object(thrown.as_object()?);
    (&*object.path == "npm:hono/http-exception.HTTPException()")
        .then(|| Effect::Answer(object.args.positional.first().map_or(Some(500), code)))
}
