//! Everything that was found in a repository.
//!
//! In: what the platforms found. Out: asked by `fetch/` and `rules/`. Knows no platform.

use std::sync::Arc;

use super::client::ClientRequest;
use super::dev_server::{DevServer, Front};
use super::intent::Intent;
use super::policy::Policy;
use super::server::Server;
use crate::source::{Span, Spanned};

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// What answers.
    pub servers: Vec<Server>,
    /// What is granted.
    pub policies: Vec<Policy>,
    /// Faults of order, registration and hand-written answers, as the platforms and `fetch/` see them.
    pub faults: Vec<HandlerFault>,
    /// Header and method names that look misspelt.
    pub names: Vec<NameUse>,
    /// Names in lists of allowed headers that allow nothing, each list once; `meant` says what they are.
    pub idle_names: Vec<NameUse>,
    /// Hosts that the project names as its own (`server_name`, `ALLOWED_HOSTS`, `CSRF_TRUSTED_ORIGINS`).
    pub hosts: Vec<Spanned<String>>,
    /// Variables with `*` as the default, each at the place of that default.
    pub open_defaults: Vec<Spanned<Arc<str>>>,
    /// Environment variables that programs read, each at the place of the read.
    pub env_reads: Vec<Spanned<Arc<str>>>,
    /// Development servers of front ends.
    pub dev_servers: Vec<DevServer>,
    /// Web servers and platforms that stand in front in production.
    pub fronts: Vec<Front>,
    /// Servers that send everybody on from http to https.
    pub redirects: Vec<Redirect>,
    /// What code for browsers asks for.
    pub clients: Vec<ClientRequest>,
    /// What the user says is meant.
    pub intent: Intent,
}

impl Project {
    /// Takes over everything of another one, indexes adjusted.
    pub fn absorb(&mut self, other: Project) {
        let (servers, policies) = (self.servers.len(), self.policies.len());
        self.servers.extend(other.servers.into_iter().map(|mut server| {
            for handler in &mut server.handlers {
                if let super::server::Role::Cors(index) = &mut handler.role {
                    *index += policies;
                }
                for guarded in &mut handler.effects {
                    match &mut guarded.effect {
                        super::server::Effect::Cors(index) => *index += policies,
                        super::server::Effect::Mounted(index) => *index += servers,
                        _ => {}
                    }
                }
            }
            server
        }));
        self.policies.extend(other.policies.into_iter().map(|mut policy| {
            policy.server = policy.server.map(|server| server + servers);
            policy
        }));
        self.faults.extend(other.faults);
        self.names.extend(other.names);
        self.idle_names.extend(other.idle_names);
        self.hosts.extend(other.hosts);
        self.open_defaults.extend(other.open_defaults);
        self.env_reads.extend(other.env_reads);
        self.dev_servers.extend(other.dev_servers);
        self.fronts.extend(other.fronts);
        self.clients.extend(other.clients);
        self.redirects.extend(other.redirects);
    }
}

/// A server that answers everything with a redirect to https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The hosts that it answers for.
    pub hosts: Vec<Arc<str>>,
    /// The line that says so.
    pub span: Span,
}

/// A fact about a handler and CORS.
#[derive(Debug, Clone, PartialEq)]
pub struct HandlerFault {
    /// What it is.
    pub kind: FaultKind,
    /// `express`, `nginx` …
    pub platform: &'static str,
    /// The handler, setting or line that has to change.
    pub span: Span,
    /// Its name for messages.
    pub name: String,
    /// The CORS configuration it concerns.
    pub cors: Option<Span>,
    /// The other handler it concerns (the route that is missed, the block that drops headers).
    pub other: Option<Spanned<String>>,
    /// The status of the answer, where one is given.
    pub status: Option<u16>,
    /// Names that are missing, or why, to be read in a message.
    pub detail: String,
}

impl HandlerFault {
    /// A fact without further evidence.
    pub fn new(kind: FaultKind, platform: &'static str, span: Span, name: impl Into<String>) -> HandlerFault {
        HandlerFault {
            kind,
            platform,
            span,
            name: name.into(),
            cors: None,
            other: None,
            status: None,
            detail: String::new(),
        }
    }
}

/// The kinds of facts about handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// It answers the CORS-preflight request before CORS can.
    AnswersPreflight,
    /// CORS is registered after what it must cover.
    CorsTooLate,
    /// Like `CorsTooLate`, of little consequence (a static file server of Django).
    CorsTooLateMinor,
    /// Configured, never in force.
    NotInstalled,
    /// In force, but without the part of the library that checks the settings.
    HalfInstalled,
    /// The middleware factory itself is registered, not what it makes.
    NotCalled,
    /// OPTIONS is answered outside 200–299.
    PreflightStatus,
    /// A hand-written preflight answer lacks headers.
    PreflightHeaders,
    /// Answers with an error status leave without the headers.
    ErrorsWithoutHeaders,
    /// An inner block drops the headers of the outer one.
    InheritanceLost,
    /// A later block that matches as well takes the place of the one with the headers.
    ReplacedBlock,
    /// It adds a CORS header that the server behind sends as well.
    SentByBoth,
    /// It takes away the CORS headers that the server behind sends.
    HeadersHidden,
    /// It takes away the `Origin` that the server behind asks for.
    OriginHidden,
    /// Options are made and given to nobody.
    UnusedOptions,
    /// It is chosen by the path, and its path names a method.
    MethodInPath,
    /// A request without an `Origin` header ends in an exception.
    MissingOriginRefused,
    /// A path pattern that the pinned version of the router refuses at start-up.
    UnsupportedPattern,
    /// A route grants CORS to requests that need a preflight, and nothing answers that preflight.
    PreflightUnhandled,
    /// The same, where nothing but a client's request can say that a preflight is needed.
    PreflightUnasked,
    /// A CORS header is sent twice.
    SentTwice,
    /// Something that comes first answers all that CORS is configured for here.
    Shadowed,
    /// Only the answer to the preflight carries the headers.
    PreflightOnly,
    /// It hands on the answer of another server without that server's CORS headers.
    StripsCors,
    /// Headers are set through an API that the platform ignores.
    ApiIgnored,
}

/// A header or method name as somebody wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct NameUse {
    /// The name.
    pub name: Spanned<Arc<str>>,
    /// The well-known name it was probably meant to be.
    pub meant: Arc<str>,
    /// `response header`, `allowed header`, `allowed method`.
    pub kind: &'static str,
    /// `express`, `nginx` …
    pub platform: &'static str,
}
