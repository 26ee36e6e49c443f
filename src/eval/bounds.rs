//! How much one evaluation may cost.
//!
//! In and out: numbers. Knows nothing of what they are spent on.

/// Bounds of one evaluation. Past any of them values are unknown and the run goes on.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Expressions and statements evaluated in all.
    pub steps: usize,
    /// Expressions and statements evaluated for one file or one function that nobody calls.
    pub entry_steps: usize,
    /// Calls in calls.
    pub depth: usize,
    /// Expressions and statements within each other, through all calls: what the stack has to hold.
    pub nesting: usize,
    /// Events recorded.
    pub events: usize,
    /// Items of one list, entries of one map, rounds of one loop.
    pub items: usize,
    /// Bytes of one text.
    pub text: usize,
    /// Imports in a row through files that do not matter by themselves.
    pub far: usize,
    /// Bytes of one canonical name.
    pub name: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            steps: 10_000_000,
            entry_steps: 400_000,
            depth: 40,
            nesting: 1_000,
            events: 200_000,
            items: 500,
            text: 100_000,
            far: 5,
            name: 400,
        }
    }
}
