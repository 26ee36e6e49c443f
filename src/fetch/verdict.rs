//! The verdict: what becomes of a request, given what the server answers.
//!
//! In: a request, the answer to its preflight if it has one, the answer to itself, and who reads them. Out: allowed,
//! followed elsewhere, or blocked at a step of the standard. The texts that a console shows are in `console`.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::browser::Reader;
use super::cause::{Cause, Refusal};
use super::preflight::Grant;
use super::request::{Mode, RedirectMode, Request};
use super::step::Step;
use super::{cors_check, mixed_content, preflight, redirect, response};
use crate::model::origin::Url;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The page can read the answer.
    Allowed(Allowed),
    /// The answer is a redirect that may be followed: this request comes next.
    Redirected(Box<Request>),
    /// The page gets an error.
    Blocked(Blocked),
}

/// An answer that the page can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// What the preflight's answer grants, if there was one.
    pub grant: Option<Grant>,
    /// The header names, lower-case, that scripts see.
    pub exposed: BTreeSet<String>,
    /// It is opaque after all (`no-cors`, redirect mode `manual`): neither status nor body can be read.
    pub opaque: bool,
}

/// When a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before anything was sent.
    Before,
    /// At the answer to its preflight; the request was never sent.
    Preflight,
    /// At the answer to the request, which the server has carried out.
    Response,
}

/// A request that the page cannot make, or whose answer it cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// When.
    pub stage: Stage,
    /// Why.
    pub refusal: Refusal,
    /// The status of the answer that was refused, if there was one.
    pub status: Option<u16>,
}

impl Blocked {
    /// The step of the standard that failed.
    pub fn step(&self) -> Step {
        self.refusal.cause.step()
    }
}

/// What becomes of a request. `None` for an answer means that none came; the preflight's is read only if one is needed.
pub fn judge(request: &Request, preflight: Option<&Answer>, answer: Option<&Answer>, reader: Reader) -> Verdict {
    let blocked = |stage, refusal, answer: Option<&Answer>| {
        Verdict::Blocked(Blocked { stage, refusal, status: answer.map(|answer| answer.status) })
    };
    if let Some(refusal) = before(request) {
        return blocked(Stage::Before, refusal, None);
    }
    let failed = || Refusal::new(Cause::RequestFailed);
    let mut grant = None;
    if !request.preflight_reasons().is_empty() {
        let checked = preflight.ok_or_else(failed).and_then(|answer| preflight::check(request, answer, reader));
        match checked {
            Ok(given) => grant = Some(given),
            Err(refusal) => return blocked(Stage::Preflight, refusal, preflight),
        }
    }
    let Some(answer) = answer else { return blocked(Stage::Response, failed(), None) };
    let cors = request.mode == Mode::Cors && request.is_cross_origin();
    if cors && let Err(refusal) = cors_check::check(request, answer) {
        return blocked(Stage::Response, refusal, Some(answer));
    }
    if answer.is_redirect()
        && request.redirect != RedirectMode::Manual
        && let Some(location) = answer.get("Location")
    {
        return match redirect::follow(request, answer.status, &location) {
            Ok(next) => Verdict::Redirected(Box::new(next)),
            Err(refusal) => blocked(Stage::Response, refusal, Some(answer)),
        };
    }
    let foreign = request.is_cross_origin() && request.mode == Mode::NoCors;
    let opaque = foreign || (answer.is_redirect() && request.redirect == RedirectMode::Manual);
    let exposed = if opaque { BTreeSet::new() } else { response::exposed(request, answer) };
    Verdict::Allowed(Allowed { grant, exposed, opaque })
}

/// What ends a request before anything is sent (<https://fetch.spec.whatwg.org/#main-fetch>).
fn before(request: &Request) -> Option<Refusal> {
    if mixed_content::is_blocked(&request.origin, &request.url) {
        return Some(Refusal::new(Cause::MixedContent));
    }
    if !request.is_cross_origin() {
        return None;
    }
    if request.mode == Mode::SameOrigin {
        return Some(Refusal::new(Cause::SameOriginMode));
    }
    let scheme = Url::parse(&request.url).map(|url| url.scheme);
    let supported = matches!(scheme.as_deref(), Some("http" | "https"));
    (!supported).then(|| Refusal::new(Cause::SchemeNotSupported).with_value(scheme.unwrap_or_default()))
}
