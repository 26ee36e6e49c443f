//! The subject `fallback`: an address of the developer's machine that is used for want of a variable.

use super::Text;
use super::declare::facts;

facts! {
    /// An address of the developer's machine that is used where an environment variable is missing.
    subject FallbackFacts = "fallback" {
        /// The address as written.
        written: Text,
        /// The variable. A server allows the address as an origin, or, where the platform is `client`, pages call it.
        variable: Text,
    }
}
