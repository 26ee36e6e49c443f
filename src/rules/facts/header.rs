//! The subject `header`: a header or method name as the user wrote it.

use super::declare::facts;
use super::{Flag, Text, Word};

facts! {
    /// A header or method name as the user wrote it.
    subject HeaderFacts = "header" {
        /// The name as written.
        name: Text,
        /// The value it is given, if any.
        value: Text,
        /// The well-known name it is close to.
        suggestion: Text,
        /// What it is: `response header`, `allowed header`, `allowed method`.
        kind: Word,
        /// It is close to a well-known name and equal to none.
        misspelled: Flag,
        /// It stands in a list of allowed headers and allows nothing there; `reason` says why.
        idle: Flag,
        /// Why it allows nothing.
        reason: Text,
    }
}
