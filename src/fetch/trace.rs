//! One request of a page, followed from the browser through the servers and back.
//!
//! In: a project and a request as a page makes it. Out: why a preflight comes first, what each request meets and is answered,
//! the verdict, and the place that decides it. What cannot be known ends the way with its reason.

use super::answer::Answer;
use super::browser::{Browser, Reader};
use super::cause::Cause;
use super::exchange::{Event, Outcome};
use super::preflight;
use super::request::{Credentials, Reason, Request};
use super::route::{Asked, Routed, route};
use super::verdict::{Stage, Verdict, judge};
use crate::model::origin::Url;
use crate::model::project::Project;
use crate::model::world;
use crate::source::Span;

/// A request that was sent, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The method.
    pub method: String,
    /// The headers that matter here, in order.
    pub headers: Vec<(String, String)>,
    /// Where it went, and what it was answered.
    pub routed: Routed,
    /// The answer, or why there is none to be read.
    pub answer: Result<Answer, String>,
}

/// The whole way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What the page asks for.
    pub request: Request,
    /// Why a CORS-preflight request comes first.
    pub reasons: Vec<Reason>,
    /// The CORS-preflight request.
    pub preflight: Option<Leg>,
    /// The request itself, when it is sent.
    pub actual: Option<Leg>,
    /// What becomes of it, or why nobody knows.
    pub verdict: Result<Verdict, String>,
    /// The line that decides, as far as there is one.
    pub decides: Option<Span>,
}

/// Follows a request.
pub fn trace(project: &Project, request: &Request, asked: Asked<'_>) -> Trace {
    let mut trace = Trace {
        request: request.clone(),
        reasons: request.preflight_reasons(),
        preflight: None,
        actual: None,
        verdict: Err(String::new()),
        decides: None,
    };
    // What a browser refuses by itself is never sent.
    let early = judge(request, None, None, READER);
    if matches!(&early, Verdict::Blocked(blocked) if blocked.stage == Stage::Before) {
        trace.verdict = Ok(early);
        return trace;
    }
    if !trace.reasons.is_empty() {
        let headers = preflight::headers(request).into_iter().filter(|(name, _)| name != "Accept").collect();
        let leg = send(project, request, "OPTIONS", headers, asked);
        let verdict = match &leg.answer {
            Ok(answer) => Some(judge(request, Some(answer), None, READER)),
            Err(why) => {
                return Trace { verdict: Err(why.clone()), decides: place(&leg, None), preflight: Some(leg), ..trace };
            }
        };
        if let Some(Verdict::Blocked(blocked)) = &verdict
            && blocked.stage == Stage::Preflight
        {
            trace.decides = place(&leg, Some(blocked.refusal.cause));
            trace.preflight = Some(leg);
            trace.verdict = verdict.map_or_else(|| Err(String::new()), Ok);
            return trace;
        }
        trace.preflight = Some(leg);
    }
    let leg = send(project, request, &request.method, actual_headers(request), asked);
    let preflighted = trace.preflight.as_ref().and_then(|leg| leg.answer.as_ref().ok());
    trace.verdict = match &leg.answer {
        Ok(answer) => Ok(judge(request, preflighted, Some(answer), READER)),
        Err(why) => Err(why.clone()),
    };
    trace.decides = match &trace.verdict {
        Ok(Verdict::Blocked(blocked)) => place(&leg, Some(blocked.refusal.cause)),
        Ok(_) => leg.routed.outcome.line("access-control-allow-origin").map(|line| line.span),
        Err(_) => place(&leg, None),
    };
    trace.actual = Some(leg);
    trace
}

/// Who judges: the browser that most people use.
const READER: Reader = Reader::Browser(Browser::Chromium);

fn actual_headers(request: &Request) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        request.origin_header().into_iter().map(|origin| ("Origin".to_owned(), origin)).collect();
    headers.extend(request.headers.iter().cloned());
    if request.credentials == Credentials::Include && !headers.iter().any(|(name, _)| name == "Cookie") {
        headers.push(("Cookie".to_owned(), "…".to_owned()));
    }
    headers
}

fn send(project: &Project, request: &Request, method: &str, headers: Vec<(String, String)>, asked: Asked<'_>) -> Leg {
    let url = Url::parse(&request.url);
    let path = url.as_ref().map_or("/", |url| url.path.as_str());
    let mut sent = world::Request::new(method, path);
    for (name, value) in &headers {
        sent = sent.with(name, value);
    }
    if let Some(url) = &url {
        sent = sent.with("host", &url.host).sent_with(&url.scheme);
    }
    let routed = route(project, &sent, asked);
    let answer = routed.outcome.answer();
    Leg { method: method.to_owned(), headers, routed, answer }
}

/// The line of an answer that a cause speaks of, else where the answer was given, else what could not be known.
fn place(leg: &Leg, cause: Option<Cause>) -> Option<Span> {
    let header = match cause {
        Some(Cause::CredentialsNotAllowed) => "access-control-allow-credentials",
        Some(Cause::MethodNotAllowed | Cause::MethodsUnreadable) => "access-control-allow-methods",
        Some(Cause::HeaderNotAllowed | Cause::HeadersUnreadable) => "access-control-allow-headers",
        Some(Cause::PreflightStatus | Cause::PreflightRedirect) => "",
        _ => "access-control-allow-origin",
    };
    match &leg.routed.outcome {
        Outcome::Answered { steps, .. } => leg.routed.outcome.line(header).map(|line| line.span).or_else(|| {
            let answered = |step: &&super::exchange::Step| matches!(step.event, Event::Answered(_));
            steps.iter().rev().find(answered).map(|step| step.span)
        }),
        Outcome::Hangs(span) => Some(*span),
        Outcome::Unknown { span, .. } => *span,
    }
}
