//! The subject `stated`: one origin that the configuration states.

use super::declare::facts;
use super::{Flag, Text};

facts! {
    /// An origin that `corslint.toml` states for production.
    subject StatedFacts = "stated" {
        /// The origin.
        origin: Text,
        /// No policy that was found allows it, and none leaves that open.
        blocked: Flag,
        /// The decision that would have to allow it, where there is only one.
        decision: Text,
    }
}
