//! A trace as text that teaches: the browser, each server and handler that the request meets, what is answered, the verdict.
//!
//! In: a `Trace`, the project it went through, the texts that spans point into. Out: text. Judges nothing.

use std::fmt::Write;

use serde::Serialize;

use super::visible;
use crate::fetch::browser::Browser;
use crate::fetch::exchange::{Event, Outcome, Step};
use crate::fetch::message;
use crate::fetch::request::Credentials;
use crate::fetch::trace::{Leg, Trace};
use crate::fetch::verdict::{Blocked, Stage, Verdict};
use crate::model::project::Project;
use crate::source::{Sources, Span};

/// A trace for other programs.
#[derive(Debug, Serialize)]
pub struct Document {
    method: String,
    url: String,
    origin: String,
    /// Why a preflight comes first; empty when none does.
    preflight_reasons: Vec<String>,
    preflight: Option<Exchanged>,
    actual: Option<Exchanged>,
    /// `allowed`, `blocked`, `redirected` or `unknown`.
    verdict: &'static str,
    /// The step of the standard that failed, or why nobody knows.
    why: Option<String>,
    /// What Chromium writes into its console.
    console: Vec<String>,
    /// The line that decides.
    path: Option<String>,
    line: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Exchanged {
    method: String,
    headers: Vec<(String, String)>,
    response: Option<Response>,
    unknown: Option<String>,
}

#[derive(Debug, Serialize)]
struct Response {
    status: u16,
    headers: Vec<(String, Vec<String>)>,
}

/// The same for other programs.
pub fn json(trace: &Trace, sources: &Sources) -> Document {
    let exchanged = |leg: &Leg| Exchanged {
        method: leg.method.clone(),
        headers: leg.headers.clone(),
        response: leg
            .answer
            .as_ref()
            .ok()
            .map(|answer| Response { status: answer.status, headers: answer.headers.clone() }),
        unknown: leg.answer.as_ref().err().cloned(),
    };
    let (verdict, why, console) = match &trace.verdict {
        Ok(Verdict::Allowed(_)) => ("allowed", None, Vec::new()),
        Ok(Verdict::Redirected(next)) => ("redirected", Some(next.url.clone()), Vec::new()),
        Ok(Verdict::Blocked(blocked)) => {
            let console = message::lines(&trace.request, blocked, Browser::Chromium);
            ("blocked", Some(blocked.step().title().to_owned()), console)
        }
        Err(why) => ("unknown", Some(why.clone()), Vec::new()),
    };
    Document {
        method: trace.request.method.clone(),
        url: trace.request.url.clone(),
        origin: trace.request.origin.clone(),
        preflight_reasons: trace.reasons.iter().map(ToString::to_string).collect(),
        preflight: trace.preflight.as_ref().map(exchanged),
        actual: trace.actual.as_ref().map(exchanged),
        verdict,
        why,
        console,
        path: trace.decides.map(|span| sources.path(span.file).to_string()),
        line: trace.decides.map(|span| sources.position(span.file, span.start).line),
    }
}

/// Writes a trace.
pub fn text(trace: &Trace, project: &Project, sources: &Sources) -> String {
    let writer = Writer { project, sources };
    let mut out = String::new();
    let request = &trace.request;
    let credentials = match request.credentials {
        Credentials::Include => ", with credentials",
        Credentials::Omit => ", without credentials",
        Credentials::SameOrigin => "",
    };
    let page = visible(&request.origin);
    let _ =
        writeln!(out, "{} {} from a page of {page}{credentials}\n", visible(&request.method), visible(&request.url));
    if !request.is_cross_origin() {
        let _ = writeln!(out, "The page and the URL have the same origin: CORS plays no part.\n");
    }
    if let Some(leg) = &trace.preflight {
        let _ = writeln!(out, "1. The browser asks first, with a CORS-preflight request, because");
        for reason in &trace.reasons {
            let _ = writeln!(out, "   - {}", visible(&reason.to_string()));
        }
        writer.leg(&mut out, leg, trace);
    } else if request.is_cross_origin() && trace.actual.is_some() {
        let _ = writeln!(out, "1. No preflight is needed: the method and all headers are CORS-safelisted.\n");
    }
    if let Some(leg) = &trace.actual {
        let _ = writeln!(out, "2. The request itself");
        writer.leg(&mut out, leg, trace);
    }
    writer.verdict(&mut out, trace);
    out
}

struct Writer<'a> {
    project: &'a Project,
    sources: &'a Sources,
}

impl Writer<'_> {
    fn place(&self, span: Span) -> String {
        let position = self.sources.position(span.file, span.start);
        format!("{}:{}", visible(self.sources.path(span.file).as_str()), position.line)
    }

    fn leg(&self, out: &mut String, leg: &Leg, trace: &Trace) {
        let path = trace.request.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let _ = writeln!(out, "\n   > {} {}", visible(&leg.method), visible(path.unwrap_or("/")));
        for (name, value) in &leg.headers {
            let _ = writeln!(out, "   > {}: {}", visible(name), visible(value));
        }
        let _ = writeln!(out);
        if let Some(server) = leg.routed.server.and_then(|server| self.project.servers.get(server)) {
            let _ = writeln!(out, "   {} {} ({})", server.platform, visible(&server.name), self.place(server.span));
        }
        match &leg.routed.outcome {
            Outcome::Answered { status, lines, steps } => {
                for step in steps {
                    let _ = writeln!(out, "     {:<28} {}", self.place(step.span), self.step(step, leg));
                }
                let _ = writeln!(out, "\n   < {status}");
                for line in lines {
                    let value = line.value.as_deref().unwrap_or("(not known)");
                    let _ = writeln!(out, "   < {}: {}", visible(&line.name), visible(value));
                }
                let _ = writeln!(out);
            }
            Outcome::Hangs(span) => {
                let _ = writeln!(out, "     {:<28} keeps the request: it is never answered\n", self.place(*span));
            }
            Outcome::Unknown { why, span } => {
                let place = span.map(|span| self.place(span)).unwrap_or_default();
                let _ = writeln!(out, "     {place:<28} not known: {}\n", visible(why));
            }
        }
    }

    fn step(&self, step: &Step, leg: &Leg) -> String {
        let server = leg.routed.server.and_then(|server| self.project.servers.get(server));
        let handler = step.handler.and_then(|index| server?.handlers.get(index));
        let name = handler.map_or("the framework", |handler| &*handler.name);
        let did = match &step.event {
            Event::Wrote(line) => match &line.value {
                Some(value) => format!("sets {}: {value}", line.name),
                None => format!("sets {}", line.name),
            },
            Event::Removed(header) => format!("removes {header}"),
            Event::Answered(status) => format!("answers {status}"),
            Event::Failed => "throws".to_owned(),
        };
        visible(&format!("{name} {did}")).into_owned()
    }

    fn verdict(&self, out: &mut String, trace: &Trace) {
        match &trace.verdict {
            Ok(Verdict::Allowed(allowed)) => {
                let _ = writeln!(out, "Allowed: the page can read the answer.");
                let exposed: Vec<&str> = allowed.exposed.iter().map(String::as_str).collect();
                if !exposed.is_empty() && trace.request.is_cross_origin() {
                    let _ = writeln!(out, "  Scripts see these headers of it: {}", visible(&exposed.join(", ")));
                }
            }
            Ok(Verdict::Redirected(next)) => {
                let _ = writeln!(out, "Redirected to {}: trace that URL next.", visible(&next.url));
            }
            Ok(Verdict::Blocked(blocked)) => self.blocked(out, blocked, trace),
            Err(why) => {
                let _ = writeln!(out, "Not known: {}.", visible(why));
            }
        }
        if let Some(span) = trace.decides {
            let line = self.sources.line(span.file, self.sources.position(span.file, span.start).line);
            let _ = writeln!(out, "  {}", self.place(span));
            let _ = writeln!(out, "    {}", visible(line.trim()));
        }
    }

    fn blocked(&self, out: &mut String, blocked: &Blocked, trace: &Trace) {
        let stage = match blocked.stage {
            Stage::Before => "before anything is sent",
            Stage::Preflight => "at the preflight: the request itself is never sent",
            Stage::Response => "at the answer: the server has carried the request out, the page cannot read it",
        };
        let _ = writeln!(out, "Blocked {stage}.");
        let step = blocked.step();
        let _ = writeln!(out, "  {} ({})", step.title(), step.anchor());
        for line in message::lines(&trace.request, blocked, Browser::Chromium) {
            let _ = writeln!(out, "  In the console of Chrome: {}", visible(&line));
        }
    }
}
