//! What one call may cost while a platform asks a function for its answers.
//!
//! In: calls as they begin and end. Out: a call that costs too much ends, what it gives back is unknown, and its callers go
//! on: the answers of a handler stand behind its storage, its queries and its billing, none of which say who is allowed.
//! Must not know what any function is for.

use std::collections::HashSet;

use super::Interp;
use super::value::ModuleId;
use crate::source::Span;

/// A call into a file that holds none of the words a check searches for gets this part of what one entry point may cost.
const ASIDE: usize = 64;
/// Who did not get by with this part of it is not entered again.
const FAIR: usize = 100;
/// Any other call leaves this part of what is left to those who wait for it.
const KEPT: usize = 8;

/// What calls were given, and which of them did not get by.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// A platform asks a function for its answers.
    pub(super) answering: bool,
    /// Functions aside that were seen to cost too much; they are not entered again.
    costly: HashSet<Span>,
    /// A call that may matter was ended.
    pub(super) cut: bool,
}

/// What a call in progress got.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Steps that it may use.
    given: usize,
    /// Steps that its callers keep.
    kept: usize,
    /// It is a call into a file that says nothing by itself.
    aside: bool,
}

impl Interp<'_> {
    /// Takes away what a call may not use; `None` when it would not get by with the rest.
    pub(super) fn allow(&mut self, function: Span, module: ModuleId) -> Option<Allowance> {
        if !self.budget.answering {
            return Some(Allowance { given: self.entry_steps_left, kept: 0, aside: false });
        }
        if self.budget.costly.contains(&function) {
            return None;
        }
        let aside = !self.loader.matters(self.module_path(module));
        let left = self.entry_steps_left;
        let given = if aside { (left / 2).min(self.bounds.entry_steps / ASIDE) } else { left - left / KEPT };
        self.entry_steps_left = given;
        Some(Allowance { given, kept: left - given, aside })
    }

    /// Gives back what was taken away; says whether the call got to its end.
    pub(super) fn settle(&mut self, allowance: Allowance, function: Span) -> bool {
        let ended = self.entry_steps_left > 0 || allowance.kept == 0;
        self.entry_steps_left += allowance.kept;
        match (ended, allowance.aside) {
            (true, _) => {}
            (false, true) => {
                if allowance.given >= self.bounds.entry_steps / FAIR {
                    self.budget.costly.insert(function);
                }
            }
            (false, false) => self.budget.cut = true,
        }
        ended
    }
}
