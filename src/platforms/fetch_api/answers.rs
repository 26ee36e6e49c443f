//! A function from a request to a response, run with a symbolic request: every answer it gives, and when.
//!
//! In: a closure, its arguments, and how it hands its answer back. Out: answers with their status and header lines, and what
//! the function was seen to read of the request. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lines;
use super::response::{self, RESPONSE};
use super::symbols::{CONTEXT, REQUEST};
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Event, Interp, THROW};
use crate::model::condition::{Formula, Test};
use crate::model::policy::EnvUse;
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// One answer of a function.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Answer {
    /// When it is given.
    pub(in crate::platforms) when: Formula,
    /// What it is.
    pub(in crate::platforms) what: What,
    /// Its header lines; their conditions are further ones.
    pub(in crate::platforms) lines: Vec<GuardedEffect>,
    /// It may have more header lines.
    pub(in crate::platforms) open: bool,
    /// The line that decides for it: where it is made, or where the helper that makes it is called.
    pub(in crate::platforms) span: Span,
    /// Where it is made.
    pub(in crate::platforms) made: Span,
    /// The calls through which it came, the last one of them first.
    calls: Vec<Span>,
    /// It hands on the body of an answer that somebody else gave.
    pub(in crate::platforms) passes_body: bool,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platforms) enum What {
    /// The function itself, with a status where it is known.
    Own(Option<u16>),
    /// Another server: its answer is handed on.
    Upstream,
    /// Whatever stands behind this function.
    Next,
    /// Something is thrown.
    Fails,
    /// Nobody knows.
    Unknown,
}

/// What a function does.
#[derive(Debug, Clone, Default)]
pub(in crate::platforms) struct Handled {
    /// Its answers, in the order in which they are met.
    pub(in crate::platforms) answers: Vec<Answer>,
    /// These are all its answers, and every one is known.
    pub(in crate::platforms) understood: bool,
    /// These are all its answers, though not every one may be known.
    pub(in crate::platforms) whole: bool,
    /// It reads a body that pages can only send after a preflight: JSON.
    pub(in crate::platforms) reads_json: Option<Span>,
    /// A preflight, which has no body, comes to where it parses one.
    pub(in crate::platforms) parses_preflights: bool,
    /// It reads a request header that needs a preflight.
    pub(in crate::platforms) reads_authorization: Option<Span>,
    /// Methods it compares with.
    pub(in crate::platforms) methods: BTreeMap<Arc<str>, Span>,
    /// It hands the request that came in to another server.
    pub(in crate::platforms) forwards: bool,
    /// Calls that are given the request's origin: what they say may be about it.
    pub(in crate::platforms) about_origin: Vec<Span>,
    /// Calls that have nothing to do with the origin.
    pub(in crate::platforms) unrelated: Vec<Span>,
    /// Environment variables in the lines that say who is allowed.
    pub(in crate::platforms) env: Vec<EnvUse>,
    /// `NextResponse.next()` as an answer.
    pub(in crate::platforms) goes_on: Vec<Span>,
    /// It answers through an object that it was given (`res.json(…)`).
    pub(in crate::platforms) uses_res: bool,
    /// Where it says who is allowed in a way that no answer shows.
    pub(in crate::platforms) meant: Option<Span>,
    /// Header lines written through an interface that has no such thing: where, and what is written.
    pub(in crate::platforms) ignored: Vec<(Span, String)>,
}

impl Handled {
    /// Takes over what another function does that is called for some methods only.
    pub(in crate::platforms) fn join(&mut self, other: Handled, methods: &[Arc<str>], span: Span) {
        let is = |method: &Arc<str>| {
            let test = Test::Request { term: Term::of(Part::Method), relation: Relation::Equals(method.clone()) };
            Formula::test(test, span)
        };
        let asked = match methods {
            [] => Formula::True,
            methods => Formula::any(methods.iter().map(is)),
        };
        self.answers
            .extend(other.answers.into_iter().map(|answer| Answer { when: asked.clone().and(answer.when), ..answer }));
        self.understood &= other.understood;
        self.whole &= other.whole;
        self.reads_json = self.reads_json.or(other.reads_json);
        self.parses_preflights |= other.parses_preflights && super::grants::possible(&asked, "OPTIONS") != Some(false);
        self.reads_authorization = self.reads_authorization.or(other.reads_authorization);
        self.methods.extend(other.methods);
        self.methods.extend(methods.iter().map(|method| (method.clone(), span)));
        self.forwards |= other.forwards;
        self.about_origin.extend(other.about_origin);
        self.unrelated.extend(other.unrelated);
        self.env.extend(other.env);
        self.goes_on.extend(other.goes_on);
        self.uses_res |= other.uses_res;
        self.meant = self.meant.or(other.meant);
        self.ignored.extend(other.ignored);
    }
}

/// Picks the values that a function answers with out of what it does and what it gives back.
pub(in crate::platforms) type Answered = fn(&[Event], Value) -> Vec<(Formula, Value)>;

/// Runs a function symbolically. `answered` picks the values it answers with out of what it does and what it gives back.
pub(in crate::platforms) fn handle(
    run: &mut Interp<'_>,
    closure: &Arc<Closure>,
    args: &Args,
    answered: Answered,
) -> Handled {
    let first_object = run.objects.len();
    let (events, result) = run.run_function(closure, args);
    let values = answered(&events, result);
    let whole = !run.is_exhausted();
    let mut handled = Handled { understood: whole, whole, ..Handled::default() };
    for event in &events {
        notice(event, &mut handled);
        if &*event.target.path == THROW {
            handled.answers.push(Answer {
                when: event.when.clone(),
                what: What::Fails,
                lines: Vec::new(),
                open: false,
                span: event.span,
                made: event.span,
                calls: Vec::new(),
                passes_body: false,
            });
        }
    }
    let home = closure.function.span;
    for (when, value) in values {
        if matches!(value.kind, Kind::Unknown(crate::eval::value::Reason::Bound)) {
            // Too many ways to answer: what is known is that these answers are among them.
            handled.understood = false;
            handled.whole = false;
            let made = run.returned_objects().filter(|id| id.0 >= first_object).collect::<BTreeSet<_>>();
            let first = handled.answers.len();
            for id in made.into_iter().filter(|id| &*run.object(*id).path == RESPONSE) {
                let value = Value::new(Kind::Object(id), run.object(id).span);
                answer(run, run.object(id).when.clone(), &value, home, &events, &mut handled);
            }
            // Lines that are put on the unknown one are lines of each of them.
            let later = events.iter().any(puts_line_on_unknown);
            handled.answers.iter_mut().skip(first).for_each(|answer| answer.open |= later);
            continue;
        }
        answer(run, when, &value, home, &events, &mut handled);
    }
    place(&mut handled.answers);
    for one in &handled.answers {
        for (test, span) in one.when.tests() {
            let Test::Request { term, relation } = test else { continue };
            match relation {
                Relation::Equals(method) if term.part == Part::Method => {
                    handled.methods.entry(method.to_uppercase().into()).or_insert(span);
                }
                _ if is_body_part(&term.part) => {
                    handled.reads_json.get_or_insert(one.span);
                }
                _ => {}
            }
        }
    }
    handled
}

/// `response.headers.set('Access-Control-…', …)` on a response that nobody knows.
fn puts_line_on_unknown(event: &Event) -> bool {
    let path = &*event.target.path;
    let name = event.args.positional.first().and_then(Value::as_str);
    path.starts_with('?')
        && [".set", ".append", "[]="].iter().any(|end| path.ends_with(end))
        && name.is_some_and(|name| super::super::manual::is_cors_header(name))
}

/// What an event says about the function.
fn notice(event: &Event, handled: &mut Handled) {
    let path = &*event.target.path;
    match path {
        "fetch:request.json" | "js:JSON.parse" => {
            handled.parses_preflights |= super::grants::possible(&event.when, "OPTIONS") != Some(false);
            handled.reads_json.get_or_insert(event.span);
        }
        "fetch:request.headers.get" => {
            let name = event.args.positional.first().and_then(Value::as_str);
            if name.is_some_and(|name| name.eq_ignore_ascii_case("authorization")) {
                handled.reads_authorization.get_or_insert(event.span);
            }
        }
        _ => {}
    }
    if super::misuse::ignored(event).is_some_and(|name| name.eq_ignore_ascii_case("access-control-allow-origin")) {
        handled.meant.get_or_insert(event.span);
    }
    if path.ends_with("fetch") {
        handled.forwards |= event.args.all().any(super::symbols::is_request);
    }
    handled.uses_res |= path.starts_with("appwrite:res.");
    handled.ignored.extend(super::super::appwrite::ignored_header(event).map(|written| (event.span, written)));
    if handled.reads_json.is_none() && event.args.all().any(|value| is_body_field(value, 0)) {
        handled.reads_json = Some(event.span);
    }
    let origin = event.args.all().any(|value| mentions_origin(value, 0));
    let list = if origin { &mut handled.about_origin } else { &mut handled.unrelated };
    list.push(event.span);
}

/// Is it, or does it hold, a field of the parsed body (`body.email`)?
fn is_body_field(value: &Value, depth: usize) -> bool {
    if depth > 2 {
        return false;
    }
    match &value.kind {
        Kind::Term(term) => is_body_part(&term.part),
        Kind::List(list) => list.items.iter().any(|item| is_body_field(&item.value, depth + 1)),
        Kind::Map(map) => map.entries.values().any(|entry| is_body_field(&entry.value, depth + 1)),
        _ => false,
    }
}

fn is_body_part(part: &Part) -> bool {
    matches!(part, Part::Other(name) if name.strip_prefix("body.").is_some_and(|field| !field.contains('@')))
}

/// Does a value hold the request's origin, or something that can get at it?
fn mentions_origin(value: &Value, depth: usize) -> bool {
    if depth > 4 {
        return true;
    }
    match &value.kind {
        Kind::Term(term) => term.part == Part::Header("origin".into()),
        // What is done with the whole request, or inside a callback, is not known.
        Kind::External(path) => path.starts_with(REQUEST),
        Kind::Function(_) => true,
        Kind::List(list) => list.items.iter().any(|item| mentions_origin(&item.value, depth + 1)),
        Kind::Map(map) => map.entries.values().any(|entry| mentions_origin(&entry.value, depth + 1)),
        Kind::OneOf(alternatives) => alternatives.iter().any(|(_, one)| mentions_origin(one, depth + 1)),
        _ => false,
    }
}

fn answer(run: &Interp<'_>, when: Formula, value: &Value, home: Span, events: &[Event], handled: &mut Handled) {
    let facts = when.conjuncts();
    let mut calls = value.trace.spans();
    calls.retain(|call| *call != home);
    let span = value.span;
    let mut one = Answer {
        when,
        what: What::Unknown,
        lines: Vec::new(),
        open: true,
        span,
        made: span,
        calls,
        passes_body: false,
    };
    if let Some(map) = value.as_map().filter(|map| map.entries.contains_key("statusCode")) {
        let headers = map.entries.get("headers").map(|entry| lines::init(run, &entry.value)).unwrap_or_default();
        super::grants::env_uses(&headers, &mut handled.env);
        one.lines = lines::effects(&headers, &facts);
        one.open = headers.open || map.open;
        let status = map.entries.get("statusCode").map(|entry| entry.value.alternatives()).unwrap_or_default();
        with_status(one, status, &facts, handled);
        return;
    }
    let Some(id) = value.as_object() else {
        // `env.ASSETS.fetch(request)`: a binding's answer, known by the place of the call.
        let call = events.iter().find(|event| event.span == value.span && event.target.path.ends_with(".fetch"));
        match (&value.kind, call) {
            (_, Some(_)) => one.what = What::Upstream,
            (Kind::Undefined | Kind::Null, None) => one.what = What::Next,
            _ => handled.understood = false,
        }
        handled.answers.push(one);
        return;
    };
    let object = run.object(id);
    let path = object.path.clone();
    if &*path != RESPONSE {
        one.what = match &*path {
            path if path.starts_with(CONTEXT) => What::Next,
            path if path.ends_with("fetch()") => What::Upstream,
            _ => {
                handled.understood = false;
                What::Unknown
            }
        };
        if let Some(headers) = object.fields.get("headers").and_then(Value::as_object) {
            one.lines = lines::effects(&lines::of(run, headers), &facts);
        } else if one.what == What::Unknown && path.starts_with("npm:") {
            // `new StreamingTextResponse(stream, { headers })`: packages make answers of their own as `Response` does.
            let given = object.args.all().filter_map(|arg| super::super::values::option(arg, "headers")).next();
            one.lines = given.map(|headers| lines::effects(&lines::init(run, &headers), &facts)).unwrap_or_default();
        }
        handled.answers.push(one);
        return;
    }
    let headers = response::headers_of(run, id).map(|headers| lines::of(run, headers)).unwrap_or_default();
    super::grants::env_uses(&headers, &mut handled.env);
    one.lines = lines::effects(&headers, &facts);
    one.open = headers.open;
    let passed = object.args.positional.first().and_then(|body| response::body_of(run, body));
    one.passes_body = passed.is_some_and(|from| run.object(from).path.ends_with("fetch()"));
    let kind = object.args.named("kind").and_then(Value::as_str).map(|kind| kind.to_string());
    match kind.as_deref() {
        Some("error") => one.what = What::Fails,
        Some("next") => {
            handled.goes_on.push(object.span);
            one.what = What::Next;
        }
        Some("rewrite") => one.what = What::Next,
        _ => {
            let status = object.args.named("status").map(Value::alternatives).unwrap_or_default();
            with_status(one, status, &facts, handled);
            return;
        }
    }
    handled.answers.push(one);
}

/// The answer once for each status that it may have.
fn with_status(one: Answer, status: Vec<(Formula, Value)>, facts: &[Formula], handled: &mut Handled) {
    for (guard, status) in status {
        let when = one.when.clone().and(guard.given(facts));
        if when != Formula::False {
            let what = What::Own(super::super::manual::status(&status));
            // What chooses the status may choose the lines as well.
            let known = when.conjuncts();
            let lines = one.lines.iter().map(|line| GuardedEffect { when: line.when.given(&known), ..line.clone() });
            let lines = lines.filter(|line| line.when != Formula::False).collect();
            handled.answers.push(Answer { when, what, lines, ..one.clone() });
        }
    }
}

/// Finds the line that decides for each answer. What a `catch` answers is decided there; what one helper makes for several
/// callers is decided by each of them; everything else is decided where it is made.
fn place(answers: &mut [Answer]) {
    let callers = |made: Span, answers: &[Answer]| {
        let mut calls: Vec<Span> = Vec::new();
        for answer in answers.iter().filter(|answer| answer.made == made) {
            calls.extend(answer.calls.last().filter(|call| !calls.contains(call)));
        }
        calls.len()
    };
    for index in 0..answers.len() {
        let answer = &answers[index];
        let tried = answer.when.tests().into_iter().rev().find_map(|(test, _)| match test {
            Test::Thrown(tried) if caught_in(&answer.when, *tried) => Some(*tried),
            _ => None,
        });
        let places = || std::iter::once(answer.made).chain(answer.calls.iter().rev().copied());
        let span = match tried.and_then(|tried| places().find(|place| tried.contains(*place))) {
            Some(place) => place,
            None if callers(answer.made, answers) > 1 => answer.calls.last().copied().unwrap_or(answer.made),
            None => answer.made,
        };
        answers[index].span = span;
    }
}

/// Does a condition ask for something to be thrown in this `try`?
pub(super) fn caught_in(when: &Formula, tried: Span) -> bool {
    fn asks(part: &Formula, tried: Span) -> bool {
        match part {
            Formula::Test(test, _) => matches!(***test, Test::Thrown(span) if span == tried),
            Formula::All(parts) | Formula::Any(parts) => parts.iter().any(|part| asks(part, tried)),
            _ => false,
        }
    }
    asks(when, tried)
}

/// What a function gives back.
pub(in crate::platforms) fn returned(_: &[Event], result: Value) -> Vec<(Formula, Value)> {
    result.alternatives()
}

/// What `event.respondWith(…)` is given.
pub(in crate::platforms) fn responded(events: &[Event], _: Value) -> Vec<(Formula, Value)> {
    events
        .iter()
        .filter(|event| &*event.target.path == "fetch:event.respondWith")
        .filter_map(|event| Some((event, event.args.positional.first()?)))
        .flat_map(|(event, value)| {
            let given = event.when.conjuncts();
            value
                .alternatives()
                .into_iter()
                .map(move |(when, value)| (Formula::all([event.when.clone(), when.given(&given)]), value))
        })
        .collect()
}

/// The effects of all answers, in order.
pub(in crate::platforms) fn effects(answers: &[Answer]) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for answer in answers {
        let lines = answer
            .lines
            .iter()
            .map(|line| GuardedEffect { when: answer.when.clone().and(line.when.clone()), ..line.clone() });
        let last = match answer.what {
            What::Own(status) => Effect::Answer(status),
            What::Upstream => Effect::Forward,
            What::Next => Effect::Next,
            What::Fails => Effect::Fail,
            What::Unknown => Effect::Answer(None),
        };
        let last = GuardedEffect { when: answer.when.clone(), effect: last, span: answer.span };
        if answer.what == What::Next {
            // Lines are put on the answer on its way out.
            effects.push(last);
            effects.extend(lines);
        } else {
            effects.extend(lines);
            effects.push(last);
        }
    }
    effects
}
