//! One request through one server: what it answers, and which lines of its code made the answer.
//!
//! In: a server of the model, its policies, a request and what is assumed of the environment. Out: an answer with the
//! place of every header line, or why there is none. Effects are applied in the order in which the request meets
//! them; a condition nobody can decide is tried both ways, and only what both ways have in common is said. Knows no
//! platform: what frameworks do by themselves stands in the model (`Unanswered`, `Failing`).

mod framework;
mod lines;
mod others;

use crate::model::condition::{Formula, Test, World};
use crate::model::policy::Policy;
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, Role, Scope, Server, Slashes};
use crate::model::world::{Assume, Request, Situation};
use crate::source::Span;

pub use super::outcome::{Event, Line, Outcome, Step};

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
    match Walk::new(running, request, assumed).whole() {
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
            // Who asks as a page may be told of the answer in which nothing was done under the condition.
            if both[0].says_the_same(&both[1], running.routes_answer.is_none()) {
                return std::mem::replace(&mut both[1], Outcome::Hangs(span));
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
    /// The `try` blocks in which something was thrown.
    thrown: Vec<Span>,
    /// How many servers this one is mounted in.
    depth: usize,
    /// How much of the path belongs to the servers around this one.
    base: usize,
}

/// The request and the environment, with what is assumed of conditions that are open.
struct Assumed<'w> {
    situation: Situation<'w>,
    assumed: &'w [(Test, bool)],
    thrown: &'w [Span],
    lines: &'w [Line],
}

impl World for Assumed<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        let assumed = self.assumed.iter().find(|(known, _)| known == test).map(|(_, truth)| *truth);
        assumed.or_else(|| match (test, self.situation.request) {
            // Whoever sends something that may be a proof may be signed in.
            (Test::Authenticated, Some(request)) if proves(request) => None,
            (Test::Thrown(body), _) => Some(self.thrown.contains(body)),
            (Test::Sent(name), _) => self.sent(name),
            _ => self.situation.test(test),
        })
    }
}

impl Assumed<'_> {
    /// Does a header of the answer have a value that is not empty?
    fn sent(&self, name: &str) -> Option<bool> {
        let mut lines = self.lines.iter().filter(|line| line.name.eq_ignore_ascii_case(name));
        lines.next().map_or(Some(false), |first| first.value.as_ref().map(|value| !value.is_empty()))
    }
}

fn proves(request: &Request) -> bool {
    ["authorization", "cookie", "x-api-key"].iter().any(|name| request.headers.contains_key(*name))
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(running: Running<'a>, request: &'a Request, assumed: &'w [(Test, bool)]) -> Walk<'a, 'w> {
        Walk {
            running,
            request,
            assumed,
            lines: Vec::new(),
            steps: Vec::new(),
            pending: None,
            status: None,
            thrown: Vec::new(),
            depth: 0,
            base: 0,
        }
    }

    fn holds(&self, formula: &Formula) -> Result<bool, Stop> {
        let situation = Situation {
            assume: self.running.assume,
            request: Some(self.request),
            status: self.status.or(self.pending),
        };
        let world = Assumed { situation, assumed: self.assumed, thrown: &self.thrown, lines: &self.lines };
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

    /// The path as this server sees it.
    fn path(&self) -> &str {
        self.request.path.get(self.base..).unwrap_or("")
    }

    /// Does a scope see a path, as this server compares them?
    fn sees(&self, scope: &Scope, path: &str) -> Option<bool> {
        match self.running.server.slashes {
            Slashes::Ignored => scope.sees_path(path),
            Slashes::Counted | Slashes::Redirected(_) | Slashes::Added(_) => scope.sees_path_exactly(path),
        }
    }

    /// Does the request meet this handler?
    fn meets(&self, handler: &Handler) -> Result<bool, Stop> {
        if !handler.scope.has_method(&self.request.method) {
            return Ok(false);
        }
        match self.sees(&handler.scope, self.path()) {
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
                && self.sees(&later.scope, self.path()) == Some(true)
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
                Effect::Next | Effect::Rescue if onion => {
                    wrapped = true;
                    match self.inside(index)? {
                        Some(Flow::Failed(span)) if guarded.effect == Effect::Rescue => {
                            if let Flow::Hangs(span) = self.rescued(span)? {
                                return Ok(Ended::By(Flow::Hangs(span)));
                            }
                        }
                        Some(Flow::Failed(_)) if self.catches(effects, guarded.span) => self.lines.clear(),
                        Some(flow) => return Ok(Ended::By(flow)),
                        None => {}
                    }
                }
                Effect::Mounted(server) => return self.mounted(index, *server, guarded.span).map(Ended::By),
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

    /// Is what lies inside called within a `try` of the same code? The tests on it hold from here on.
    fn catches(&mut self, effects: &[GuardedEffect], call: Span) -> bool {
        let tests = effects.iter().flat_map(|guarded| guarded.when.tests());
        let around = tests.filter_map(|(test, _)| match test {
            Test::Thrown(body) if body.contains(call) => Some(*body),
            _ => None,
        });
        let before = self.thrown.len();
        self.thrown.extend(around);
        self.thrown.len() > before
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
            Effect::Merge(name, value) => self.merge(index, &name.value, value, false),
            Effect::Extend(name, value) => self.merge(index, &name.value, value, true),
            Effect::Replace => self.lines.clear(),
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
            Effect::Answer(None) => match self.pending.or_else(|| self.taken_for_granted(index)) {
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
            Effect::Next | Effect::Rescue | Effect::Mounted(_) | Effect::Cors(_) => {}
        }
        Ok(None)
    }

    /// The status of a route whose own is not known, where routes are taken to answer.
    fn taken_for_granted(&self, index: usize) -> Option<u16> {
        let handler = &self.running.server.handlers[index];
        self.running.routes_answer.filter(|_| handler.is_route())
    }

    fn answered(&mut self, handler: Option<usize>, status: u16, span: Span) {
        self.status = Some(status);
        self.steps.push(Step { handler, span, event: Event::Answered(status) });
    }
}
