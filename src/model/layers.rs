//! Servers in front of each other: headers that two of them add, and headers that one takes away from the other.
//!
//! In: the project. Out: faults that are certain enough to be spoken of: which server stands behind which is told by port, by the
//! name of the service, or by there being only one of each. Knows no platform's syntax.

use super::origin::{Url, default_port, is_loopback};
use super::policy::{Known, OriginAnswer, Policy};
use super::probe::probe;
use super::project::{FaultKind, HandlerFault, Project};
use super::server::{Effect, GuardedEffect, HeaderPiece, Role, Server, Upstream};
use super::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// The header that decides.
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Faults of servers that pass requests on to another server of the repository.
pub fn faults(project: &Project) -> Vec<HandlerFault> {
    let mut faults = Vec::new();
    for front in &project.servers {
        let Some(upstream) = &front.upstream else { continue };
        // Where one of several may stand behind, all of them have to send the header.
        let behind = behind(project, front, upstream);
        let policies: Vec<&Policy> = behind.iter().filter_map(|server| policy_of(project, *server)).collect();
        let Some(policy) = policies.first().filter(|_| policies.len() == behind.len()) else { continue };
        let line = Line::of(front, project);
        let told = |kind: FaultKind, span: Span| {
            let mut fault = HandlerFault::new(kind, front.platform, span, front.name.clone());
            fault.cors = Some(policy.span);
            fault.other = Some(Spanned::new(upstream.url.value.to_string(), upstream.url.span));
            fault
        };
        match line {
            Line { added: Some(span), hidden: None, .. } => faults.push(told(FaultKind::SentByBoth, span)),
            Line { added: None, set: false, hidden: Some(span) } => faults.push(told(FaultKind::HeadersHidden, span)),
            Line { added: None, set: false, hidden: None } => {
                if let Some(span) = blanked(upstream).filter(|_| asks_origin(policy)) {
                    faults.push(told(FaultKind::OriginHidden, span));
                }
            }
            _ => {}
        }
    }
    faults
}

/// What a server in front does with the header.
struct Line {
    /// It adds a line of its own.
    added: Option<Span>,
    /// It replaces what is there.
    set: bool,
    /// It takes away what the server behind sent.
    hidden: Option<Span>,
}

impl Line {
    fn of(front: &Server, project: &Project) -> Line {
        let mut line = Line { added: None, set: false, hidden: None };
        let request = Request::new("GET", "/").with_any("origin");
        let world = Situation::with(&Assume::Production, &request);
        let developing = front.handlers.iter().any(|handler| match handler.role {
            Role::Cors(index) => !project.policies.get(index).is_some_and(is_in_force),
            _ => false,
        });
        for GuardedEffect { when, effect, span } in front.handlers.iter().flat_map(|handler| &handler.effects) {
            let possible = when.eval(&world) != Some(false);
            match effect {
                Effect::Append(name, _) if is_allow_origin(&name.value) && possible && !developing => {
                    line.added.get_or_insert(*span);
                }
                Effect::Append(name, _) | Effect::Set(name, _) if is_allow_origin(&name.value) => line.set = true,
                Effect::Remove(name) if is_allow_origin(&name.value) => {
                    line.hidden.get_or_insert(*span);
                }
                _ => {}
            }
        }
        line
    }
}

fn is_allow_origin(name: &str) -> bool {
    name.eq_ignore_ascii_case(ALLOW_ORIGIN)
}

/// `Origin` is taken away on the way to the server behind.
fn blanked(upstream: &Upstream) -> Option<Span> {
    let empty =
        |pieces: &[HeaderPiece]| pieces.iter().all(|piece| matches!(piece, HeaderPiece::Text(text) if text.is_empty()));
    let mut headers = upstream.headers.iter();
    headers
        .find(|(name, value)| name.eq_ignore_ascii_case("origin") && empty(&value.pieces))
        .map(|(_, value)| value.span)
}

/// The answer depends on the request's `Origin`.
fn asks_origin(policy: &Policy) -> bool {
    probe(&policy.allow_origin).dynamic || matches!(policy.platform, "django" | "fastapi" | "flask" | "starlette")
}

/// A policy that certainly answers all requests of a server with the header.
fn policy_of(project: &Project, server: usize) -> Option<&Policy> {
    let whole = |policy: &&Policy| {
        policy.server == Some(server) && policy.paths.is_empty() && !policy.preflight_only && is_in_force(policy)
    };
    let grants = |policy: &Policy| {
        let mut answers = policy.allow_origin.arms.iter().map(|arm| &arm.answer);
        answers.any(|answer| !matches!(answer, OriginAnswer::Nothing | OriginAnswer::Fails | OriginAnswer::Unknown))
    };
    project.policies.iter().find(|policy| whole(policy) && grants(policy))
}

fn is_in_force(policy: &Policy) -> bool {
    policy.installed != Known::No && policy.when.eval(&Situation::of(&Assume::Production)) == Some(true)
}

/// The server of the repository that requests are passed on to; several when it is one of those of a package.
fn behind(project: &Project, front: &Server, upstream: &Upstream) -> Vec<usize> {
    let Some(url) = Url::parse(&upstream.url.value) else { return Vec::new() };
    let is_other = |server: &Server| server.upstream.is_none() && server.platform != front.platform;
    let others: Vec<usize> = (0..project.servers.len()).filter(|&index| is_other(&project.servers[index])).collect();
    let package = |index: usize| &project.servers[index].package;
    let one_package = |found: &Vec<usize>| match found.as_slice() {
        [] => false,
        [first, rest @ ..] => rest.iter().all(|other| package(*other) == package(*first)),
    };
    let ports = |index: usize| -> &[u16] {
        let server = &project.servers[index];
        match (server.ports.is_empty(), server.platform) {
            // What uvicorn listens on when it is told nothing.
            (true, "fastapi" | "starlette") => &[8000],
            _ => &server.ports,
        }
    };
    let Some(port) = url.port.or(default_port(&url.scheme)) else { return Vec::new() };
    let near = is_loopback(&url.host) || !url.host.contains('.') || url.host == "host.docker.internal";
    if !near {
        return Vec::new();
    }
    let called = |index: usize| {
        let home = package(index).rsplit('/').next().unwrap_or("");
        !home.is_empty() && url.host.split(['-', '_']).any(|word| word.eq_ignore_ascii_case(home))
    };
    let listening: Vec<usize> = others.iter().copied().filter(|&index| ports(index).contains(&port)).collect();
    let named: Vec<usize> = others.iter().copied().filter(|&index| called(index)).collect();
    let silent = || others.iter().copied().filter(|&index| ports(index).is_empty()).collect::<Vec<_>>();
    let fronts = project.servers.iter().filter_map(|server| server.upstream.as_ref());
    let elsewhere = fronts.filter_map(|other| Url::parse(&other.url.value)).any(|other| other.origin() != url.origin());
    let certain = [listening, named].into_iter().find(one_package);
    certain.or_else(|| Some(silent()).filter(|_| others.len() == 1 && !elsewhere)).unwrap_or_default()
}
