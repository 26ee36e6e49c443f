//! Which places of a repository explain a console message.
//!
//! In: a decoded message and the model. Out: places with what is to be said about each, and whether a place has to do with
//! the URL of the message. Findings of rules come from elsewhere; this is what the model itself says.

use super::decode::Message;
use super::{grants, replay};
use crate::model::origin::{Url, is_loopback};
use crate::model::project::Project;
use crate::model::server::Scope;
use crate::model::world::{self, Assume, Situation};
use crate::source::{Span, Spanned};

/// A place that explains a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where.
    pub span: Span,
    /// What happens there, as a sentence without its full stop.
    pub says: String,
    /// The handler that it is a part of.
    pub handler: Option<Span>,
    /// How much it proves.
    pub strength: Strength,
}

/// How much a place proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It decides in a way that cannot be known.
    Decides,
    /// It does not grant what the message asks for.
    Lacks,
    /// Running the request through the model ends here, without the header; what leaves it out may stand elsewhere.
    EndsHere,
    /// Running the request through the model ends here with this very message.
    Replayed,
}

/// Has a place to do with the request of a message?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// It is for other paths.
    Elsewhere,
    /// Nothing says so, and nothing says otherwise.
    Open,
    /// It is for paths of which the URL's is one.
    Meant,
}

/// The places that explain a message: first those that a replay of the request leads to, then grants that lack something.
pub fn evidence(message: &Message, project: &Project) -> Vec<Evidence> {
    let mut found = replay::replay(message, project);
    let mut lacking = grants::lacking(message, project);
    // Libraries write their headers in one place; the setting that is at fault is known better where only one can be.
    let mut candidates = lacking.iter_mut().filter(|lacks| {
        lacks.strength == Strength::Lacks && bearing(message, project, lacks.span) != Bearing::Elsewhere
    });
    if let (Some(only), None) = (candidates.next(), candidates.next())
        && found.first().is_some_and(|replayed| replayed.strength == Strength::Replayed)
    {
        only.strength = Strength::Replayed;
        found.clear();
    }
    for more in lacking {
        if !found.iter().any(|known| known.span.contains(more.span) || more.span.contains(known.span)) {
            found.push(more);
        }
    }
    found
}

/// Has a place to do with the URL of a message, by the paths of the policies and handlers that hold it?
pub fn bearing(message: &Message, project: &Project, span: Span) -> Bearing {
    let Some(url) = url(message) else { return Bearing::Open };
    let asked = scope(&url.path, span, false);
    let policies = project.policies.iter().filter(|policy| policy.span.contains(span));
    let policies =
        policies.flat_map(|policy| &policy.paths).map(|path| scope(&path.value, path.span, true).overlaps(&asked));
    let handlers = project.servers.iter().flat_map(|server| &server.handlers);
    let handlers = handlers.filter(|handler| handler.span.contains(span) && handler.scope.path.is_some());
    let handlers = handlers.map(|handler| handler.scope.overlaps(&asked));
    let answers: Vec<bool> = policies.chain(handlers).collect();
    match (answers.contains(&true), answers.is_empty()) {
        _ if is_of_another_server(&url, message, project, span) => Bearing::Elsewhere,
        (true, _) => Bearing::Meant,
        (false, true) => Bearing::Open,
        (false, false) => Bearing::Elsewhere,
    }
}

/// Is it a server, such as a location of nginx, that says itself that it does not take the URL?
fn is_of_another_server(url: &Url, message: &Message, project: &Project, span: Span) -> bool {
    let mut request = world::Request::new("GET", &url.path);
    request.open.extend(["origin", "host", "cookie", "authorization"].map(str::to_owned));
    let assume = environment(message);
    let situation = Situation::with(&assume, &request);
    let servers = project.servers.iter().filter(|server| server.span.contains(span));
    let mut taken = servers.map(|server| server.takes.eval(&situation)).peekable();
    taken.peek().is_some() && taken.all(|taken| taken == Some(false))
}

/// The URL that a message is about.
pub(super) fn url(message: &Message) -> Option<Url> {
    Url::parse(message.word("url")?)
}

/// The page's origin, where the message names it.
pub(super) fn page(message: &Message) -> Option<&str> {
    message.word("origin").filter(|origin| *origin == "null" || Url::parse(origin).is_some())
}

/// The environment that the message was met in: a page on localhost is a developer's.
pub(super) fn environment(message: &Message) -> Assume {
    let local = page(message).and_then(Url::parse).is_some_and(|page| is_loopback(&page.host));
    if local { Assume::Development } else { Assume::Production }
}

fn scope(path: &str, span: Span, prefix: bool) -> Scope {
    Scope { methods: Vec::new(), path: Some(Spanned::new(path.into(), span)), prefix }
}
