//! The subject `suppression`: a comment or an entry of the configuration that leaves findings out.

use super::declare::facts;
use super::{Flag, Text};

facts! {
    /// A rule that a comment or an entry of the configuration names to leave its findings out.
    subject SuppressionFacts = "suppression" {
        /// The rule it names.
        rule: Text,
        /// The rule ran and found nothing here.
        unused: Flag,
        /// Its last day is over; `until` is that day.
        expired: Flag,
        /// There is no such rule.
        unknown: Flag,
        /// It cannot be followed; `reason` says why.
        broken: Flag,
        /// The last day on which it holds.
        until: Text,
        /// What is wrong with it, to be read after "this suppression".
        reason: Text,
        /// What to write instead.
        suggestion: Text,
    }
}
