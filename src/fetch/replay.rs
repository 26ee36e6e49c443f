//! The request of a console message, run through the model once more.
//!
//! In: a decoded message and the model. Out: the line at which the same message comes out. A message does not tell
//! everything about its request, so the likely ones are tried; one that ends otherwise proves nothing and is left out.

use super::browser::Reader;
use super::cause::Cause;
use super::decode::Message;
use super::evidence::{Evidence, Strength, environment, page, url};
use super::exchange::{Event, Outcome, Running, run};
use super::request::{Credentials, Request};
use super::route::{Asked, is_frameworks_404, route};
use super::step::Step;
use super::{cors_check, preflight};
use crate::model::origin::{Url, is_loopback, malformation};
use crate::model::probe::{Standing, named_origins};
use crate::model::project::Project;
use crate::model::server::Server;
use crate::model::world;
use crate::source::Span;

/// The places at which the request of a message ends as the message says; at most one.
pub fn replay(message: &Message, project: &Project) -> Vec<Evidence> {
    let Some(url) = url(message) else { return Vec::new() };
    let mut requests = Vec::new();
    for origin in origins(message, project) {
        if !message.preflight {
            requests.push(Request::new(&origin, "GET", &address(message)));
        }
        requests.extend(likely_preflighted(message, &origin));
    }
    requests.iter().find_map(|request| end(message, project, request, &url)).into_iter().collect()
}

/// The page's origin. Where the message does not name it, but its cause is found only after the origin was accepted, those
/// that are.
fn origins(message: &Message, project: &Project) -> Vec<String> {
    const FEW: usize = 3;
    let accepted = |cause: &Cause| !matches!(cause.step(), Step::CorsCheckMissing | Step::CorsCheckOrigin);
    match page(message) {
        Some(origin) => vec![origin.to_owned()],
        None if message.causes.iter().all(accepted) => {
            let named = project.policies.iter().flat_map(|policy| named_origins(&policy.allow_origin));
            let named = named.filter(|one| one.standing == Standing::Production && malformation(&one.text).is_none());
            named.map(|one| one.text).take(FEW).collect()
        }
        None => Vec::new(),
    }
}

fn address(message: &Message) -> String {
    message.word("url").unwrap_or_default().to_owned()
}

/// Requests that need a preflight and fit what the message says.
fn likely_preflighted(message: &Message, origin: &str) -> Vec<Request> {
    let methods = message.word("method").map_or(vec!["PUT", "POST", "DELETE", "PATCH", "GET"], |method| vec![method]);
    let headers = message.word("header").map_or(vec!["content-type", "authorization"], |header| vec![header]);
    let request = |method: &str, header: &str| {
        let value = if header.eq_ignore_ascii_case("content-type") { "application/json" } else { "1" };
        Request::new(origin, method, &address(message)).with_header(header, value)
    };
    methods.iter().flat_map(|method| headers.iter().map(move |header| request(method, header))).collect()
}

/// Where a request ends, if it ends with one of the causes of the message.
fn end(message: &Message, project: &Project, request: &Request, url: &Url) -> Option<Evidence> {
    let reader = Reader::Browser(message.browser);
    [Credentials::Omit, Credentials::Include].into_iter().find_map(|credentials| {
        let request = request.clone().with_credentials(credentials);
        let asks_first = !request.preflight_reasons().is_empty();
        answers(message, project, &request, url, asks_first).into_iter().find_map(|(server, outcome)| {
            let answer = outcome.answer().ok()?;
            let refusal = if asks_first {
                preflight::check(&request, &answer, reader).err()?
            } else {
                cors_check::check(&request, &answer).err()?
            };
            let same_value = message.word("value").is_none_or(|value| value == refusal.value);
            if !message.causes.contains(&refusal.cause) || !same_value {
                return None;
            }
            let method = if asks_first { "OPTIONS" } else { &request.method };
            let asked = format!("`{method} {}`", url.path);
            let (span, says) = (place(&outcome, refusal.cause)?, says(&outcome, refusal.cause, &asked));
            let missing = refusal.cause == Cause::AllowOriginMissing;
            let strength = if missing { Strength::EndsHere } else { Strength::Replayed };
            Some(Evidence { span, says, handler: server.and_then(|server| handler_at(server, &outcome)), strength })
        })
    })
}

/// What the model answers to the preflight or to the request itself: on the way that the deployment takes, and from each server that
/// knows the path, since what stands in front of them is often not part of the repository.
fn answers<'p>(
    message: &Message,
    project: &'p Project,
    request: &Request,
    url: &Url,
    preflight: bool,
) -> Vec<(Option<&'p Server>, Outcome)> {
    let method = if preflight { "OPTIONS" } else { &request.method };
    let mut sent = world::Request::new(method, &url.path).with("origin", &request.serialized_origin());
    // On a developer's machine the server is asked by its port, not by its name.
    if !is_loopback(&url.host) {
        sent = sent.with("host", &url.host);
    }
    let headers = if preflight { preflight::headers(request) } else { request.headers.clone() };
    for (name, value) in &headers {
        sent = sent.with(name, value);
    }
    let status = message.word("status").and_then(|status| status.parse().ok());
    let assume = environment(message);
    let routes_answer = Some(status.unwrap_or(200));
    let way = route(project, &sent, Asked { assume: &assume, routes_answer });
    let on_the_way = (way.server.and_then(|server| project.servers.get(server)), way.outcome);
    let alone = project.servers.iter().map(|server| {
        (Some(server), run(Running { server, project, depth: 0, assume: &assume, routes_answer }, &sent))
    });
    // A path that nobody knows is a path that was not understood.
    let all = std::iter::once(on_the_way).chain(alone);
    all.filter(|(_, outcome)| answering(outcome).is_some() && !is_frameworks_404(outcome)).collect()
}

/// The line that decides: the header at fault, or else what answered.
fn place(outcome: &Outcome, cause: Cause) -> Option<Span> {
    let header = match cause {
        Cause::AllowOriginMissing | Cause::PreflightStatus | Cause::PreflightRedirect => None,
        Cause::CredentialsNotAllowed => Some("Access-Control-Allow-Credentials"),
        Cause::MethodNotAllowed | Cause::MethodsUnreadable => Some("Access-Control-Allow-Methods"),
        Cause::HeaderNotAllowed | Cause::HeadersUnreadable => Some("Access-Control-Allow-Headers"),
        _ => Some(cors_check::ALLOW_ORIGIN),
    };
    let line = header.and_then(|name| outcome.line(name).or_else(|| outcome.line(cors_check::ALLOW_ORIGIN)));
    line.map(|line| line.span).or_else(|| answering(outcome))
}

fn answering(outcome: &Outcome) -> Option<Span> {
    let Outcome::Answered { steps, .. } = outcome else { return None };
    steps.iter().rev().find(|step| matches!(step.event, Event::Answered(_) | Event::Failed)).map(|step| step.span)
}

/// The handler that answered.
fn handler_at(server: &Server, outcome: &Outcome) -> Option<Span> {
    let Outcome::Answered { steps, .. } = outcome else { return None };
    let step = steps.iter().rev().find(|step| matches!(step.event, Event::Answered(_) | Event::Failed))?;
    server.handlers.get(step.handler?).map(|handler| handler.span)
}

fn says(outcome: &Outcome, cause: Cause, asked: &str) -> String {
    let Outcome::Answered { status, .. } = outcome else { return String::new() };
    let value = |name: &str| outcome.line(name).and_then(|line| line.value.clone());
    let sent = |name: &str| match value(name) {
        Some(value) => format!("{asked} is answered with `{name}: {value}`"),
        None => format!("{asked} is answered without `{name}`"),
    };
    match cause {
        Cause::PreflightStatus | Cause::PreflightRedirect => format!("{asked} is answered with {status} here"),
        Cause::AllowOriginMissing => {
            format!("{asked} is answered here, with {status} and without `{}`", cors_check::ALLOW_ORIGIN)
        }
        Cause::CredentialsNotAllowed => sent("Access-Control-Allow-Credentials"),
        Cause::MethodNotAllowed | Cause::MethodsUnreadable => sent("Access-Control-Allow-Methods"),
        Cause::HeaderNotAllowed | Cause::HeadersUnreadable => sent("Access-Control-Allow-Headers"),
        _ => sent(cors_check::ALLOW_ORIGIN),
    }
}
