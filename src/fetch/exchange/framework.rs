//! What a framework answers itself: to exceptions, to methods that no route takes, to paths that no route has.

use std::sync::Arc;

use super::super::outcome::{Line, Outcome};
use super::{Ended, Flow, Stop, Walk};
use crate::model::server::{Failing, Role, Scope, Slashes, Unanswered};
use crate::source::Span;

impl Walk<'_, '_> {
    /// An exception that no middleware turned into an answer.
    pub(super) fn failed(&mut self, span: Span) -> Result<Flow, Stop> {
        let server = self.running.server;
        match server.failing {
            Failing::Unknown => {
                return Err(Stop::Unknown(Outcome::unknown("how errors are answered is not known", span)));
            }
            Failing::Inside => self.lines.clear(),
            Failing::Outside => return self.rescued(span),
            Failing::ErrorHandlers => {
                let from = self.steps.iter().rev().find_map(|step| step.handler).map_or(0, |index| index + 1);
                if let Some(flow) = self.error_handlers(from)? {
                    return Ok(flow);
                }
            }
        }
        self.answered(None, 500, span);
        Ok(Flow::Answered)
    }

    /// An exception becomes an answer here: nothing that was written before is kept.
    pub(super) fn rescued(&mut self, span: Span) -> Result<Flow, Stop> {
        self.lines.clear();
        if let Some(flow) = self.error_handlers(0)? {
            return Ok(flow);
        }
        self.answered(None, 500, span);
        Ok(Flow::Answered)
    }

    /// The handlers of errors from a place on, until one answers.
    fn error_handlers(&mut self, from: usize) -> Result<Option<Flow>, Stop> {
        for (index, handler) in self.running.server.handlers.iter().enumerate().skip(from) {
            if handler.role != Role::Error || !self.meets(handler)? {
                continue;
            }
            if !handler.understood {
                return self.not_understood(index, handler).map(Some);
            }
            if let Ended::By(flow @ (Flow::Answered | Flow::Hangs(_))) = self.effects(index, &handler.effects, true)? {
                return Ok(Some(flow));
            }
        }
        Ok(None)
    }

    /// What the framework answers when no handler does.
    pub(super) fn by_framework(&mut self) -> Result<(), Stop> {
        let server = self.running.server;
        if !server.complete {
            return Err(Stop::Unknown(Outcome::unknown("not everything that is registered is known", server.span)));
        }
        let mut methods: Option<&[Arc<str>]> = None;
        for handler in server.handlers.iter().filter(|handler| !handler.scope.methods.is_empty()) {
            let seen = handler.scope.path.is_some() && self.sees(&handler.scope, self.path()) == Some(true);
            if methods.is_none() && seen && self.holds(&handler.when)? {
                methods = Some(&handler.scope.methods);
            }
        }
        let routed = methods.is_some();
        let status = match (server.unanswered, routed) {
            (Unanswered::OptionsForRoutes, true) if self.request.method == "OPTIONS" => 200,
            (Unanswered::MethodNotAllowed, true) => 405,
            (unanswered, _) => match (self.redirected()?, unanswered) {
                (Some(status), _) => status,
                (None, Unanswered::Unknown) => {
                    return Err(Stop::Unknown(Outcome::unknown("what nobody answers is not known", server.span)));
                }
                (None, _) => 404,
            },
        };
        if let (405, Some(methods)) = (status, methods) {
            // Several methods stand in no certain order.
            let value = if let [only] = methods { Some(only.to_string()) } else { None };
            self.lines.push(Line { name: "Allow".into(), value, span: server.span });
        }
        self.answered(None, status, server.span);
        Ok(())
    }

    /// The status of a redirect to the path with, or without, a last slash, where a route has that.
    fn redirected(&self) -> Result<Option<u16>, Stop> {
        let path = self.path();
        let (status, twin) = match (self.running.server.slashes, path.strip_suffix('/')) {
            (Slashes::Ignored | Slashes::Counted, _) | (Slashes::Redirected(_), Some("")) => return Ok(None),
            (Slashes::Added(_), Some(_)) => return Ok(None),
            (Slashes::Redirected(status), Some(_)) => (status, path.trim_end_matches('/').to_owned()),
            (Slashes::Redirected(status) | Slashes::Added(status), None) => (status, format!("{path}/")),
        };
        let fits = |scope: &Scope| {
            let asked = matches!(self.running.server.slashes, Slashes::Redirected(_))
                || (!scope.methods.is_empty() && scope.has_method(&self.request.method));
            scope.path.is_some() && asked
        };
        for handler in self.running.server.handlers.iter().filter(|handler| fits(&handler.scope)) {
            match self.sees(&handler.scope, &twin) {
                Some(true) if self.holds(&handler.when)? => return Ok(Some(status)),
                Some(_) => {}
                None => {
                    return Err(Stop::Unknown(Outcome::unknown("whether it is redirected is not known", handler.span)));
                }
            }
        }
        Ok(None)
    }
}
