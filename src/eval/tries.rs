//! `try`: what its body throws selects a handler, and what follows it runs unless the function was left.
//!
//! In: the statement. Out: as for every statement, effects in the log and conditions on the path.

use std::sync::Arc;

use super::run::Flow;
use super::value::{Reason, ScopeId, Value};
use super::{CAUGHT, Interp, THROW};
use crate::ir::Stmt;
use crate::model::condition::{Formula, Test};
use crate::source::Span;

/// Tests in the conditions of `throw` statements that together select a handler; larger ones would make the handler's own
/// conditions too large to be kept.
const LARGEST_SELECTION: usize = 100;

impl Interp<'_> {
    pub(super) fn run_try(
        &mut self,
        body: &[Stmt],
        handlers: &[(Option<Arc<str>>, Vec<Stmt>)],
        finally: &[Stmt],
        span: Span,
        scope: ScopeId,
    ) -> Flow {
        let depth = self.path.len();
        let inner = self.block_scope(scope);
        let (returned_before, thrown_before) = self.ways_out();
        let (events_before, objects_before) = (self.log.len(), self.objects.len());
        let body_flow = self.run_block(body, inner);
        let body_rest = self.path.split_off(depth);
        let thrown = Formula::test(Test::Thrown(span), span);
        // Only what is done to something outside can throw where nothing says so.
        let may_throw = self.log.len() > events_before || self.objects.len() > objects_before;
        if let (Some(frame), true) = (self.frames.last_mut(), may_throw && !handlers.is_empty()) {
            // What the body gives back is given back where nothing was thrown.
            for (when, _) in frame.returns.iter_mut().skip(returned_before) {
                *when = when.clone().and(thrown.clone().negated());
            }
        }
        if !handlers.is_empty() {
            self.log.iter_mut().skip(events_before).filter(|event| &*event.target.path == THROW).for_each(|event| {
                event.target.path = CAUGHT.into();
            });
        }
        let left: Vec<Formula> = self
            .frames
            .last()
            .map(|frame| frame.returns.iter().skip(returned_before).map(|(when, _)| when.clone()).collect())
            .unwrap_or_default();
        // What the body throws itself is handled here: those conditions select the handler for certain.
        let mine: Vec<(Formula, Span)> = self
            .frames
            .last_mut()
            .map(|frame| frame.throws.split_off(thrown_before.min(frame.throws.len())))
            .unwrap_or_default();
        let mut selectors = vec![thrown];
        let since = self.since_call();
        let mut room = LARGEST_SELECTION;
        for (when, _) in mine {
            let when = when.given(std::slice::from_ref(&since));
            // What has no room is left to the test that says "something was thrown": it is as undecided as they are.
            if let Some(rest) = room.checked_sub(when.size()) {
                room = rest;
                selectors.push(when);
            }
        }
        let mut all_leave = body_flow == Flow::Leaves;
        let mut some_fall = false;
        for (index, (name, block)) in handlers.iter().enumerate() {
            let inner = self.block_scope(scope);
            self.path.push(Formula::any(selectors.iter().cloned()));
            if index > 0 {
                self.path.push(Formula::unknown(block.first().map_or(span, |stmt| stmt.span)));
            }
            if let Some(name) = name {
                self.declare(inner, name.clone(), Value::unknown(Reason::NotModelled, span));
            }
            let flow = self.run_block(block, inner);
            self.path.truncate(depth);
            all_leave &= flow == Flow::Leaves;
            some_fall |= flow == Flow::Falls;
        }
        let inner = self.block_scope(scope);
        if self.run_block(finally, inner) == Flow::Leaves {
            return Flow::Leaves;
        }
        if all_leave {
            return Flow::Leaves;
        }
        match (body_flow, some_fall) {
            // Thrown or not, what follows is run unless the function was left.
            (Flow::Falls, true) => {
                self.path.push(Formula::any(left.iter().map(|when| when.given(std::slice::from_ref(&since)))).negated())
            }
            (Flow::Falls, false) => self.path.extend(body_rest),
            (Flow::Leaves, _) => {}
        }
        Flow::Falls
    }
}
