//! The places a value came through on its way.
//!
//! In: the evaluator's steps. Out: asked by `platforms/` and reports. Knows nothing of what a value is.

use std::sync::Arc;

use crate::source::Span;

/// The places a value came through, latest first; shared, and never longer than [`Trace::LONGEST`].
#[derive(Debug, Clone, Default)]
pub struct Trace(Option<Arc<(Span, Trace, usize)>>);

impl Trace {
    /// Longest trace that is kept.
    pub const LONGEST: usize = 8;

    /// The trace with one more place.
    pub fn through(&self, span: Span) -> Trace {
        match &self.0 {
            Some(node) if node.0 == span || node.2 >= Trace::LONGEST => self.clone(),
            Some(node) => Trace(Some(Arc::new((span, self.clone(), node.2 + 1)))),
            None => Trace(Some(Arc::new((span, Trace::default(), 1)))),
        }
    }

    /// The places, latest first.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = self;
        while let Some(node) = &at.0 {
            spans.push(node.0);
            at = &node.1;
        }
        spans
    }
}
