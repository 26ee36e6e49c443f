//! The few things worth saying about one file that could not be read.
//!
//! In: what a parser stumbled over. Out: at most [`FEW`] problems, the first ones, because a binary file would
//! otherwise report every line. Knows no format.

use super::Problem;

/// How many problems of one file are kept.
const FEW: usize = 8;

/// Collects the first [`FEW`] problems of a file.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem, unless there are enough already.
    pub(super) fn add(&mut self, offset: usize, message: impl Into<String>) {
        if self.0.len() < FEW {
            self.0.push(Problem { offset, message: message.into() });
        }
    }

    /// The problems in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| problem.offset);
        self.0
    }
}
