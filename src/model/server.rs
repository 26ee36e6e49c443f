//! A server: something that answers, and its handlers in the order in which a request meets them.
//!
//! In: built by `platforms/`. Out: run by `fetch/` and asked by `rules/`. Knows no platform's syntax.

use std::sync::Arc;

use super::condition::Formula;
use super::term::Term;
use crate::source::{Span, Spanned};

/// One thing that answers: an Express app, a Django project, an nginx location.
#[derive(Debug, Clone)]
pub struct Server {
    /// `express`, `django` …
    pub platform: &'static str,
    /// Its name for messages.
    pub name: String,
    /// Where it is made.
    pub span: Span,
    /// Handlers, outermost or first first.
    pub handlers: Vec<Handler>,
    /// The list is all there is: nothing unknown was registered in between.
    pub complete: bool,
    /// What a request gets that no handler answers.
    pub unanswered: Unanswered,
    /// Effects after `Next` are applied to the answer on its way out.
    pub onion: bool,
    /// Who turns an exception into an answer.
    pub failing: Failing,
    /// What a last slash of the path means to its routes.
    pub slashes: Slashes,
    /// The requests that are given to it, where other servers share its address (the locations of nginx).
    pub takes: Formula,
    /// The server behind it, where it passes requests on.
    pub upstream: Option<Upstream>,
    /// Ports it listens on, as far as they are written somewhere.
    pub ports: Vec<u16>,
    /// These are defaults: an environment may say another port.
    pub open_port: bool,
    /// The directory of the package it belongs to.
    pub package: Arc<str>,
}

/// A server that requests are passed on to (`Effect::Forward`).
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// Its URL, as far as it is known: `http://api:4000`.
    pub url: Spanned<Arc<str>>,
    /// A path that begins with the first text is passed on with the second in its place.
    pub rewrites: Option<(Arc<str>, Arc<str>)>,
    /// Request headers that are set on the way; an empty value takes the header away.
    pub headers: Vec<(Arc<str>, HeaderValue)>,
}

impl Server {
    /// A server of which nothing is known but its handlers. Platforms say how they differ from it.
    pub fn new(platform: &'static str, name: impl Into<String>, span: Span, handlers: Vec<Handler>) -> Server {
        Server {
            platform,
            name: name.into(),
            span,
            handlers,
            complete: false,
            unanswered: Unanswered::Unknown,
            onion: false,
            failing: Failing::Unknown,
            slashes: Slashes::Ignored,
            takes: Formula::True,
            upstream: None,
            ports: Vec::new(),
            open_port: false,
            package: "".into(),
        }
    }
}

/// What a last slash of the path means to routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashes {
    /// Nothing (Express).
    Ignored,
    /// `/items` and `/items/` are two paths (Django).
    Counted,
    /// The same, and a path that no route has is redirected with this status to its twin where a route has that (Starlette).
    Redirected(u16),
    /// The same, but only a missing slash is added, and only where the route has the method as well (Flask).
    Added(u16),
}

/// Who turns an exception (`Effect::Fail`) into an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// The next handler of errors, else the framework, which keeps the headers that were set (Express).
    ErrorHandlers,
    /// The framework, right around what failed: the handlers outside of it see an answer with status 500 (Django).
    Inside,
    /// The framework, outside of all handlers: a 500 without any header that they set (Starlette).
    Outside,
    /// Nobody knows.
    Unknown,
}

/// What a framework itself answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// OPTIONS gets 200 and `Allow` where a route has the path, everything else 404 (Express).
    OptionsForRoutes,
    /// 405 where a route has the path (Starlette).
    MethodNotAllowed,
    /// 404.
    NotFound,
    /// Nobody knows.
    Unknown,
}

/// What a handler is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Grants cross-origin access: the policy's index in `Project::policies`.
    Cors(usize),
    /// Lets nobody through who has not proven who they are.
    Auth,
    /// Refuses requests above a rate.
    Limiter,
    /// Answers for a path.
    Route,
    /// Serves files.
    Static,
    /// Turns errors into answers.
    Error,
    /// Answers whatever is left.
    CatchAll,
    /// Passes to another server.
    Proxy,
    /// Parsers, loggers and the like.
    Other,
}

/// One handler.
#[derive(Debug, Clone)]
pub struct Handler {
    /// What it is for.
    pub role: Role,
    /// What it is called, for messages: `authMiddleware`, `GET /items`.
    pub name: String,
    /// Where it is registered.
    pub span: Span,
    /// When it is registered.
    pub when: Formula,
    /// The requests it sees.
    pub scope: Scope,
    /// What it does, in order.
    pub effects: Vec<GuardedEffect>,
    /// Its effects are all it does; false when parts of it are unknown.
    pub understood: bool,
}

impl Handler {
    /// Does it answer for a path, perhaps with CORS headers of its own?
    pub fn is_route(&self) -> bool {
        let whole = self.scope.path.is_some() && !self.scope.prefix && !self.scope.methods.is_empty();
        self.role == Role::Route || (matches!(self.role, Role::Cors(_)) && whole && !self.effects.is_empty())
    }

    /// The policies that it applies, by index into `Project::policies`.
    pub fn policies(&self) -> Vec<usize> {
        let by_role = match self.role {
            Role::Cors(policy) => Some(policy),
            _ => None,
        };
        let by_effect = self.effects.iter().filter_map(|guarded| match guarded.effect {
            Effect::Cors(policy) => Some(policy),
            _ => None,
        });
        let mut all: Vec<usize> = by_role.into_iter().chain(by_effect).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The requests a handler sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// These methods only; empty means all.
    pub methods: Vec<Arc<str>>,
    /// Path as the platform writes it, full from the server's root; `None` means all.
    pub path: Option<Spanned<Arc<str>>>,
    /// The path is a prefix (`app.use`), not the whole (`app.get`).
    pub prefix: bool,
}

impl Scope {
    /// Every request.
    pub fn everything() -> Scope {
        Scope { methods: Vec::new(), path: None, prefix: true }
    }

    /// May both see the same request? Parameters match anything.
    pub fn overlaps(&self, other: &Scope) -> bool {
        let (Some(a), Some(b)) = (&self.path, &other.path) else { return true };
        let (a, b) = (segments(&a.value), segments(&b.value));
        let common = a.len().min(b.len());
        let same = a.iter().zip(&b).all(|(x, y)| x == y || is_open(x) || is_open(y));
        let wild = |parts: &[&str]| parts.last().is_some_and(|part| is_rest(part));
        same && (a.len() == b.len()
            || (a.len() == common && (self.prefix || wild(&a)))
            || (b.len() == common && (other.prefix || wild(&b))))
    }

    /// Does it see every request that the other sees, as far as paths go?
    pub fn covers(&self, other: &Scope) -> bool {
        let Some(own) = &self.path else { return true };
        let own = segments(&own.value);
        if own.first().is_none_or(|part| is_rest(part)) && (self.prefix || !own.is_empty()) {
            return true;
        }
        let Some(theirs) = &other.path else { return false };
        let theirs = segments(&theirs.value);
        let open = own.last().is_some_and(|part| is_rest(part));
        let fixed = if open { &own[..own.len() - 1] } else { &own[..] };
        fixed.len() <= theirs.len()
            && fixed.iter().zip(&theirs).all(|(x, y)| x == y || is_open(x))
            && (open || self.prefix || (fixed.len() == theirs.len() && !other.prefix))
    }

    /// Does it see a request for this path? Unknown where its pattern is more than segments and parameters.
    pub fn sees_path(&self, path: &str) -> Option<bool> {
        let Some(own) = &self.path else { return Some(true) };
        let (pattern, asked) = (segments(&own.value), segments(path));
        for (at, part) in pattern.iter().enumerate() {
            if is_rest(part) {
                return Some(true);
            }
            let Some(piece) = asked.get(at) else { return Some(false) };
            if part.starts_with([':', '{', '<']) && !part.contains(['(', '*', '?']) {
                continue;
            }
            if part.contains(['(', '*', '?', '[', '+', '|', '\\', '^', '$']) {
                return None;
            }
            if part != piece {
                return Some(false);
            }
        }
        Some(self.prefix || pattern.len() == asked.len())
    }

    /// Does it see a request for this path, where a last slash counts?
    pub fn sees_path_exactly(&self, path: &str) -> Option<bool> {
        self.path.as_ref().map_or(Some(true), |own| super::path::matches(&own.value, self.prefix, path))
    }

    /// Does it see requests with this method?
    pub fn has_method(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|own| &**own == method)
    }
}

/// The segments of a path.
pub(super) fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// May the segment of a route be anything?
pub(super) fn is_open(part: &str) -> bool {
    part.starts_with([':', '{', '<']) || is_rest(part) || part.contains(['(', '*'])
}

fn is_rest(part: &str) -> bool {
    matches!(part, "*" | "(.*)" | "*splat" | "{*splat}" | ".*") || part.starts_with("{*") || part.starts_with('*')
}

/// An effect under a condition.
#[derive(Debug, Clone)]
pub struct GuardedEffect {
    /// When.
    pub when: Formula,
    /// What.
    pub effect: Effect,
    /// Where it is written.
    pub span: Span,
}

/// What a handler does to an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Sets a response header, replacing earlier values.
    Set(Spanned<Arc<str>>, HeaderValue),
    /// Sets a response header unless something outside of it did already.
    Default(Spanned<Arc<str>>, HeaderValue),
    /// Adds a value of a response header.
    Append(Spanned<Arc<str>>, HeaderValue),
    /// Adds names to a response header that is a list of names (`Vary`): to its one line, unless they are there already.
    Merge(Spanned<Arc<str>>, HeaderValue),
    /// Adds a value to the one line of a response header that is a list, whether it is there already or not.
    Extend(Spanned<Arc<str>>, HeaderValue),
    /// Removes a response header.
    Remove(Spanned<Arc<str>>),
    /// Sets the status without answering yet.
    Status(u16),
    /// Answers; `None` is a status that is not known.
    Answer(Option<u16>),
    /// Refuses with this status unless the caller has proven who they are.
    RequireAuth(u16),
    /// What the policy of this index in `Project::policies` does.
    Cors(usize),
    /// Passes to another server.
    Forward,
    /// Goes on to the next handler; what follows is done on the way back.
    Next,
    /// Goes on to the error handlers.
    Fail,
    /// Goes on like `Next`; an exception from inside becomes an answer here: that of the error handlers, else a 500.
    Rescue,
    /// Another answer takes the place of the one from inside: the header lines written so far are gone.
    Replace,
    /// Passes to another server of the project, by its index, with the path below the handler's own.
    Mounted(usize),
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderValue {
    /// Its pieces, joined.
    pub pieces: Vec<HeaderPiece>,
    /// Where it is written.
    pub span: Span,
}

/// A piece of a header's value.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderPiece {
    /// Text.
    Text(Arc<str>),
    /// A part of the request.
    Term(Term),
    /// Nobody knows.
    Unknown,
}

impl HeaderValue {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>, span: Span) -> HeaderValue {
        HeaderValue { pieces: vec![HeaderPiece::Text(text.into())], span }
    }

    /// The text, when it is known.
    pub fn as_text(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                HeaderPiece::Text(text) => Some(&**text),
                _ => None,
            })
            .collect()
    }
}
