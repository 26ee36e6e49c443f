//! Other servers that a request is passed to: one that is mounted in this one, one that stands behind it.

use super::super::outcome::{Outcome, Step};
use super::super::route::{Asked, behind};
use super::{Flow, Running, Stop, Walk};
use crate::source::Span;

/// Servers mounted in each other, at most.
const MOST_MOUNTED: usize = 8;

impl Walk<'_, '_> {
    /// A server that is mounted below this handler's path.
    pub(super) fn mounted(&mut self, index: usize, server: usize, span: Span) -> Result<Flow, Stop> {
        let handler = &self.running.server.handlers[index];
        let prefix = handler.scope.path.as_ref().map_or("", |path| path.value.trim_end_matches('/'));
        let inner = self
            .running
            .project
            .servers
            .get(server)
            .filter(|_| self.depth < MOST_MOUNTED && !prefix.contains(['{', '<']));
        let Some(inner) = inner else {
            return Err(Stop::Unknown(Outcome::unknown("what is mounted here is not known", span)));
        };
        let mut walk = Walk::new(Running { server: inner, ..self.running }, self.request, self.assumed);
        walk.depth = self.depth + 1;
        walk.base = self.base + prefix.len();
        match walk.whole()? {
            Outcome::Answered { status, lines, steps } => {
                let own = |step: Step| Step { handler: step.handler.map(|_| index), ..step };
                self.lines.extend(lines);
                self.steps.extend(steps.into_iter().map(own));
                self.status = Some(status);
                Ok(Flow::Answered)
            }
            Outcome::Hangs(span) => Ok(Flow::Hangs(span)),
            unknown @ Outcome::Unknown { .. } => Err(Stop::Unknown(unknown)),
        }
    }

    /// What the server behind this one answers to the request as it is passed on.
    pub(super) fn forwarded(&mut self, index: usize, span: Span) -> Result<(), Stop> {
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
}
