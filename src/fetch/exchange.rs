//! One request through one server: what it answers, and which lines of its code made the answer.
//!
//! In: a server of the model, its policies, a request and what is assumed of the environment. Out: an answer with the
//! place of every header line, or why there is none. Effects are applied in the order in which the request meets
//! them; a condition nobody can decide is tried both ways, and only what both ways have in common is said. Knows no
//! platform: what frameworks do by themselves stands in the model (`Unanswered`, `Failing`).

use std::sync::Arc;

use super::answer::Answer;
use super::route::{Asked, behind};
use crate::model::condition::{Formula, Test, World};
use crate::model::policy::Policy;
use crate::model::project::Project;
use crate::model::server::{
    Effect, Failing, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role, Server, Unanswered,
};
use crate::model::term::TermValue;
use crate::model::world::{Assume, Request, Situation};
use crate::source::Span;

/// A response header line and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name, as written.
    pub name: Arc<str>,
    /// Its value; `None` when nobody knows it.
    pub value: Option<String>,
    /// Where.
    pub span: Span,
}

/// Something that happened to the request or to the answer, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The handler, by its place in the server; `None` for the framework itself.
    pub handler: Option<usize>,
    /// Where it is written.
    pub span: Span,
    /// What it did.
    pub event: Event,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Wrote a header line.
    Wrote(Line),
    /// Took a header away.
    Removed(Arc<str>),
    /// Answered with a status.
    Answered(u16),
    /// Threw.
    Failed,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered.
    Answered {
        /// The status.
        status: u16,
        /// The header lines, in the order in which they leave.
        lines: Vec<Line>,
        /// The way to it.
        steps: Vec<Step>,
    },
    /// It is never answered: somebody keeps it.
    Hangs(Span),
    /// Nobody knows, and why.
    Unknown {
        /// Why, as a sentence without its full stop.
        why: String,
        /// The place that cannot be decided.
        span: Option<Span>,
    },
}

impl Outcome {
    /// Nobody knows.
    fn unknown(why: impl Into<String>, span: impl Into<Option<Span>>) -> Outcome {
        Outcome::Unknown { why: why.into(), span: span.into() }
    }

    /// The answer as the algorithms of the standard read it; the reason when there is none or when the value of a header
    /// that matters to CORS is not known.
    pub fn answer(&self) -> Result<Answer, String> {
        match self {
            Outcome::Answered { status, lines, .. } => {
                let mut answer = Answer::new(*status);
                for line in lines {
                    match &line.value {
                        Some(value) => answer.append(&line.name, value),
                        None if matters(&line.name) => {
                            return Err(format!("the value of `{}` is not known", line.name));
                        }
                        None => {}
                    }
                }
                Ok(answer)
            }
            Outcome::Hangs(_) => Err("the request is never answered".to_owned()),
            Outcome::Unknown { why, .. } => Err(why.clone()),
        }
    }

    /// The last line of this name that an answer carries.
    pub fn line(&self, name: &str) -> Option<&Line> {
        match self {
            Outcome::Answered { lines, .. } => lines.iter().rev().find(|line| line.name.eq_ignore_ascii_case(name)),
            _ => None,
        }
    }

    /// Would a browser see the same?
    fn says_the_same(&self, other: &Outcome) -> bool {
        let seen = |outcome: &Outcome| match outcome {
            Outcome::Answered { status, lines, .. } => {
                let lines = lines.iter().filter(|line| matters(&line.name));
                Some((*status, lines.map(|line| (line.name.to_lowercase(), line.value.clone())).collect::<Vec<_>>()))
            }
            _ => None,
        };
        match (self, other) {
            (Outcome::Hangs(_), Outcome::Hangs(_)) => true,
            _ => seen(self).is_some() && seen(self) == seen(other),
        }
    }
}

/// Headers that the algorithms of the standard read.
fn matters(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("access-control-") || lower == "vary"
}

/// A server and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub struct Running<'a> {
    /// The server.
    pub server: &'a Server,
    /// The project it is of.
    pub project: &'a Project,
    /// Servers in front of it that passed the request on.
    pub depth: usize,
    /// What is assumed of the environment.
    pub assume: &'a Assume,
    /// The status that a route is taken to answer with, and nothing else, when its code is not understood; without one such an
    /// answer is unknown.
    pub routes_answer: Option<u16>,
}

/// Conditions that are tried both ways, at most: each doubles the work.
const MOST_FORKS: usize = 8;

/// Runs a request through a server.
pub fn run(running: Running<'_>, request: &Request) -> Outcome {
    forked(running, request, &mut Vec::new())
}

/// Runs it, and where a condition is open once for each truth of it.
fn forked(running: Running<'_>, request: &Request, assumed: &mut Vec<(Test, bool)>) -> Outcome {
    let mut walk =
        Walk { running, request, assumed, lines: Vec::new(), steps: Vec::new(), pending: None, status: None };
    match walk.whole() {
        Ok(outcome) => outcome,
        Err(Stop::Unknown(outcome)) => outcome,
        Err(Stop::Open(test, span)) => {
            if assumed.len() >= MOST_FORKS {
                return Outcome::unknown("it depends on too many conditions that cannot be known", span);
            }
            let mut both = [true, false].map(|truth| {
                assumed.push((test.clone(), truth));
                let outcome = forked(running, request, assumed);
                assumed.pop();
                outcome
            });
            if let Some(unknown) = both.iter().find(|outcome| matches!(outcome, Outcome::Unknown { .. })) {
                return unknown.clone();
            }
            if both[0].says_the_same(&both[1]) {
                return std::mem::replace(&mut both[0], Outcome::Hangs(span));
            }
            Outcome::unknown("it depends on a condition that cannot be known", span)
        }
    }
}

/// What ends a walk before its end.
enum Stop {
    /// A condition is open.
    Open(Test, Span),
    /// Nobody knows.
    Unknown(Outcome),
}

/// What became of the request so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Somebody answered.
    Answered,
    /// Nobody did.
    Unanswered,
    /// Somebody threw, at this place.
    Failed(Span),
    /// Somebody keeps it.
    Hangs(Span),
}

/// How a handler's effects end.
enum Ended {
    /// With this.
    By(Flow),
    /// It called for the next handler.
    WentOn,
    /// No effect ended it.
    Fell,
}

struct Walk<'a, 'w> {
    running: Running<'a>,
    request: &'a Request,
    assumed: &'w [(Test, bool)],
    lines: Vec<Line>,
    steps: Vec<Step>,
    /// The status that was set for an answer that is still to come.
    pending: Option<u16>,
    /// The status of the answer, once there is one.
    status: Option<u16>,
}

/// The request and the environment, with what is assumed of conditions that are open.
struct Assumed<'w> {
    situation: Situation<'w>,
    assumed: &'w [(Test, bool)],
}

impl World for Assumed<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        let assumed = self.assumed.iter().find(|(known, _)| known == test).map(|(_, truth)| *truth);
        assumed.or_else(|| match (test, self.situation.request) {
            // Whoever sends something that may be a proof may be signed in.
            (Test::Authenticated, Some(request)) if proves(request) => None,
            _ => self.situation.test(test),
        })
    }
}

fn proves(request: &Request) -> bool {
    ["authorization", "cookie", "x-api-key"].iter().any(|name| request.headers.contains_key(*name))
}

impl<'a> Walk<'a, '_> {
    fn holds(&self, formula: &Formula) -> Result<bool, Stop> {
        let situation = Situation { assume: self.running.assume, request: Some(self.request), status: self.status };
        let world = Assumed { situation, assumed: self.assumed };
        match formula.eval(&world) {
            Some(truth) => Ok(truth),
            None => {
                let open = formula.tests().into_iter().find(|(test, _)| world.test(test).is_none());
                // A formula is open only where one of its tests is.
                Err(open.map_or_else(
                    || Stop::Unknown(Outcome::unknown("a condition cannot be decided", formula.place())),
                    |(test, span)| Stop::Open(test.clone(), span),
                ))
            }
        }
    }

    fn whole(&mut self) -> Result<Outcome, Stop> {
        let server = self.running.server;
        let flow = match self.from(0)? {
            Flow::Failed(span) => self.failed(span)?,
            flow => flow,
        };
        if let Flow::Hangs(span) = flow {
            return Ok(Outcome::Hangs(span));
        }
        if flow == Flow::Unanswered {
            self.by_framework()?;
        }
        match self.status {
            Some(status) => Ok(Outcome::Answered {
                status,
                lines: std::mem::take(&mut self.lines),
                steps: std::mem::take(&mut self.steps),
            }),
            None => Ok(Outcome::unknown("the status of the answer is not known", server.span)),
        }
    }

    /// The handlers from a place on.
    fn from(&mut self, start: usize) -> Result<Flow, Stop> {
        let server = self.running.server;
        for (index, handler) in server.handlers.iter().enumerate().skip(start) {
            if handler.role == Role::Error || !self.meets(handler)? {
                continue;
            }
            if handler.role == Role::Static
                && matches!(&*self.request.method, "GET" | "HEAD")
                && handler.effects.is_empty()
            {
                self.past_files(index, handler)?;
            }
            if let Some(flow) = self.handler(index, handler)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Unanswered)
    }

    /// Does the request meet this handler?
    fn meets(&self, handler: &Handler) -> Result<bool, Stop> {
        if !handler.scope.has_method(&self.request.method) {
            return Ok(false);
        }
        match handler.scope.sees_path(&self.request.path) {
            Some(false) => Ok(false),
            Some(true) => self.holds(&handler.when),
            None => {
                let span = handler.scope.path.as_ref().map_or(handler.span, |path| path.span);
                let why = format!("whether `{}` sees this path is not known", handler.name);
                Err(Stop::Unknown(Outcome::unknown(why, span)))
            }
        }
    }

    /// A file of that name would be served; a later route that is made for the path says that there is none.
    fn past_files(&self, index: usize, handler: &Handler) -> Result<(), Stop> {
        let routed = self.running.server.handlers.iter().skip(index + 1).any(|later| {
            later.role != Role::CatchAll
                && !later.scope.methods.is_empty()
                && later.scope.path.is_some()
                && later.scope.sees_path(&self.request.path) == Some(true)
        });
        if routed || handler.scope.path.is_some() && !handler.scope.prefix {
            return Ok(());
        }
        Err(Stop::Unknown(Outcome::unknown("a file may be served here", handler.span)))
    }

    /// One handler: `None` when the request goes on to the next.
    fn handler(&mut self, index: usize, handler: &'a Handler) -> Result<Option<Flow>, Stop> {
        let effects = match handler.role {
            Role::Cors(policy) if handler.effects.is_empty() => self.library(policy, handler.span)?,
            _ => &handler.effects,
        };
        if !handler.understood {
            return self.not_understood(index, handler).map(Some);
        }
        match self.effects(index, effects, false)? {
            Ended::By(flow) => Ok(Some(flow)),
            Ended::WentOn => Ok(None),
            Ended::Fell if self.running.server.onion => Ok(None),
            Ended::Fell => {
                let ends = |guarded: &GuardedEffect| {
                    matches!(guarded.effect, Effect::Next | Effect::Answer(_) | Effect::Fail | Effect::Cors(_))
                };
                Ok(effects.iter().any(ends).then_some(Flow::Hangs(handler.span)))
            }
        }
    }

    /// A route of which only that it answers can be said.
    fn not_understood(&mut self, index: usize, handler: &Handler) -> Result<Flow, Stop> {
        match self.running.routes_answer.filter(|_| handler.role == Role::Route) {
            Some(status) => {
                self.answered(Some(index), status, handler.span);
                Ok(Flow::Answered)
            }
            None => {
                let why = format!("what `{}` does is not known", handler.name);
                Err(Stop::Unknown(Outcome::unknown(why, handler.span)))
            }
        }
    }

    /// What a policy's library does with a request.
    fn library(&self, policy: usize, span: Span) -> Result<&'a [GuardedEffect], Stop> {
        let policy: &'a Policy = self
            .running
            .project
            .policies
            .get(policy)
            .ok_or_else(|| Stop::Unknown(Outcome::unknown("the policy is not known", span)))?;
        if policy.effects.is_empty() {
            let why = format!("what `{}` does with a request is not known", policy.library);
            return Err(Stop::Unknown(Outcome::unknown(why, span)));
        }
        Ok(&policy.effects)
    }

    /// Effects in order. Those of a library that code calls itself (`called`) go on behind the call.
    fn effects(&mut self, index: usize, effects: &'a [GuardedEffect], called: bool) -> Result<Ended, Stop> {
        let onion = self.running.server.onion && !called;
        let mut wrapped = false;
        for guarded in effects {
            if !self.holds(&guarded.when)? {
                continue;
            }
            match &guarded.effect {
                Effect::Next if onion => {
                    wrapped = true;
                    if let Some(flow) = self.inside(index)? {
                        return Ok(Ended::By(flow));
                    }
                }
                Effect::Next => return Ok(Ended::WentOn),
                Effect::Cors(policy) => {
                    let library = self.library(*policy, guarded.span)?;
                    if let Ended::By(flow) = self.effects(index, library, true)? {
                        return Ok(Ended::By(flow));
                    }
                }
                _ => {
                    if let Some(flow) = self.apply(index, guarded)? {
                        return Ok(Ended::By(flow));
                    }
                }
            }
        }
        Ok(if wrapped { Ended::By(Flow::Answered) } else { Ended::Fell })
    }

    /// What lies inside of a middleware: everything after it, and the framework's own answer.
    fn inside(&mut self, index: usize) -> Result<Option<Flow>, Stop> {
        match self.from(index + 1)? {
            Flow::Answered => Ok(None),
            Flow::Unanswered => {
                self.by_framework()?;
                Ok(None)
            }
            Flow::Failed(span) if self.running.server.failing == Failing::Inside => {
                self.lines.clear();
                self.answered(None, 500, span);
                Ok(None)
            }
            flow => Ok(Some(flow)),
        }
    }

    /// An effect other than going on.
    fn apply(&mut self, index: usize, guarded: &GuardedEffect) -> Result<Option<Flow>, Stop> {
        match &guarded.effect {
            Effect::Set(name, value) => {
                if let Some(text) = self.text(value) {
                    self.remove(&name.value);
                    self.write(index, &name.value, text, value.span);
                }
            }
            Effect::Default(name, _) if self.lines.iter().any(|line| line.name.eq_ignore_ascii_case(&name.value)) => {}
            Effect::Append(name, value) | Effect::Default(name, value) => {
                if let Some(text) = self.text(value) {
                    self.write(index, &name.value, text, value.span);
                }
            }
            Effect::Merge(name, value) => self.merge(index, &name.value, value),
            Effect::Remove(name) => {
                self.remove(&name.value);
                self.steps.push(Step {
                    handler: Some(index),
                    span: guarded.span,
                    event: Event::Removed(name.value.clone()),
                });
            }
            Effect::Status(status) => self.pending = Some(*status),
            Effect::Answer(Some(status)) | Effect::RequireAuth(status) => {
                if matches!(guarded.effect, Effect::RequireAuth(_)) {
                    let open = Formula::test(Test::Authenticated, guarded.span);
                    if self.holds(&open)? {
                        return Ok(None);
                    }
                }
                self.answered(Some(index), *status, guarded.span);
                return Ok(Some(Flow::Answered));
            }
            Effect::Answer(None) => match self.pending {
                Some(status) => {
                    self.answered(Some(index), status, guarded.span);
                    return Ok(Some(Flow::Answered));
                }
                None => {
                    return Err(Stop::Unknown(Outcome::unknown("the status of the answer is not known", guarded.span)));
                }
            },
            Effect::Forward => {
                self.forwarded(index, guarded.span)?;
                return Ok(Some(Flow::Answered));
            }
            Effect::Fail => {
                self.steps.push(Step { handler: Some(index), span: guarded.span, event: Event::Failed });
                return Ok(Some(Flow::Failed(guarded.span)));
            }
            Effect::Next | Effect::Cors(_) => {}
        }
        Ok(None)
    }

    /// What the server behind this one answers to the request as it is passed on.
    fn forwarded(&mut self, index: usize, span: Span) -> Result<(), Stop> {
        let running = self.running;
        let why = "what the server behind it answers is not known";
        let Some(upstream) = &running.server.upstream else { return Err(Stop::Unknown(Outcome::unknown(why, span))) };
        let mut request = self.request.clone();
        if let Some((from, to)) = &upstream.rewrites
            && let Some(rest) = request.path.strip_prefix(&**from)
        {
            request.path = format!("{to}{rest}");
        }
        for (name, value) in &upstream.headers {
            match self.text(value) {
                Some(Some(text)) if !text.is_empty() => request = request.with(name, &text),
                Some(Some(_)) | None => drop(request.headers.remove(&name.to_ascii_lowercase())),
                Some(None) => request = request.with_any(name),
            }
        }
        let asked = Asked { assume: running.assume, routes_answer: running.routes_answer };
        match behind(running.project, running.server, &request, asked, running.depth + 1) {
            Outcome::Answered { status, lines, steps } => {
                self.lines.extend(lines);
                self.steps.extend(steps.into_iter().map(|step| Step { handler: None, ..step }));
                self.answered(Some(index), status, span);
                Ok(())
            }
            Outcome::Hangs(at) => Err(Stop::Unknown(Outcome::Hangs(at))),
            unknown => Err(Stop::Unknown(unknown)),
        }
    }

    fn answered(&mut self, handler: Option<usize>, status: u16, span: Span) {
        self.status = Some(status);
        self.steps.push(Step { handler, span, event: Event::Answered(status) });
    }

    /// The text of a header value for this request: `None` when it is made of parts that the request does not have.
    fn text(&self, value: &HeaderValue) -> Option<Text> {
        let mut text = Some(String::new());
        for piece in &value.pieces {
            let part = match piece {
                HeaderPiece::Text(part) => Some(part.to_string()),
                HeaderPiece::Unknown => None,
                HeaderPiece::Term(term) => match term.apply(self.request.part(&term.part)) {
                    TermValue::Text(part) => Some(part),
                    TermValue::Absent if value.pieces.len() == 1 => return None,
                    TermValue::Absent => Some(String::new()),
                    TermValue::Pieces(_) | TermValue::Unknown => None,
                },
            };
            text = text.zip(part).map(|(text, part)| text + &part);
        }
        Some(text)
    }

    fn write(&mut self, index: usize, name: &Arc<str>, value: Text, span: Span) {
        let line = Line { name: name.clone(), value, span };
        self.steps.push(Step { handler: Some(index), span, event: Event::Wrote(line.clone()) });
        self.lines.push(line);
    }

    fn merge(&mut self, index: usize, name: &Arc<str>, value: &HeaderValue) {
        let Some(added) = self.text(value) else { return };
        let Some(line) = self.lines.iter_mut().find(|line| line.name.eq_ignore_ascii_case(name)) else {
            return self.write(index, name, added, value.span);
        };
        let listed = |list: &str, one: &str| list.split(',').any(|name| name.trim().eq_ignore_ascii_case(one));
        match (&mut line.value, added) {
            (Some(list), Some(added)) if list.trim() == "*" || listed(list, &added) => {}
            (Some(list), Some(added)) => *list = format!("{list}, {added}"),
            (list, _) => *list = None,
        }
    }

    fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !line.name.eq_ignore_ascii_case(name));
    }

    /// An exception that no middleware turned into an answer.
    fn failed(&mut self, span: Span) -> Result<Flow, Stop> {
        let server = self.running.server;
        match server.failing {
            Failing::Unknown => {
                return Err(Stop::Unknown(Outcome::unknown("how errors are answered is not known", span)));
            }
            Failing::Inside | Failing::Outside => self.lines.clear(),
            Failing::ErrorHandlers => {
                let from = self.steps.iter().rev().find_map(|step| step.handler).map_or(0, |index| index + 1);
                for (index, handler) in server.handlers.iter().enumerate().skip(from) {
                    if handler.role != Role::Error || !self.meets(handler)? {
                        continue;
                    }
                    if !handler.understood {
                        return self.not_understood(index, handler);
                    }
                    if let Ended::By(flow @ (Flow::Answered | Flow::Hangs(_))) =
                        self.effects(index, &handler.effects, false)?
                    {
                        return Ok(flow);
                    }
                }
            }
        }
        self.answered(None, 500, span);
        Ok(Flow::Answered)
    }

    /// What the framework answers when no handler does.
    fn by_framework(&mut self) -> Result<(), Stop> {
        let server = self.running.server;
        if !server.complete {
            return Err(Stop::Unknown(Outcome::unknown("not everything that is registered is known", server.span)));
        }
        let mut routed = false;
        for handler in server.handlers.iter().filter(|handler| !handler.scope.methods.is_empty()) {
            let seen = handler.scope.path.is_some() && handler.scope.sees_path(&self.request.path) == Some(true);
            routed |= seen && self.holds(&handler.when)?;
        }
        let status = match (server.unanswered, routed) {
            (Unanswered::Unknown, _) => {
                return Err(Stop::Unknown(Outcome::unknown("what nobody answers is not known", server.span)));
            }
            (Unanswered::OptionsForRoutes, true) if self.request.method == "OPTIONS" => 200,
            (Unanswered::MethodNotAllowed, true) => 405,
            _ => 404,
        };
        self.answered(None, status, server.span);
        Ok(())
    }
}

/// A header's text; `None` when nobody knows it.
type Text = Option<String>;
