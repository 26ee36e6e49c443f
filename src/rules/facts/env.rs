//! The subject `env`: an environment variable that origins come from.

use super::declare::facts;
use super::{Flag, Text};

facts! {
    /// An environment variable that allowed origins come from.
    subject EnvFacts = "env" {
        /// Its name.
        name: Text,
        /// What the library does with the missing value: `npm cors switches itself off`.
        effect: Text,
        /// The env or compose file that defines its siblings.
        file: Text,
        /// It is missing from a file that defines its siblings.
        undefined: Flag,
    }
}
