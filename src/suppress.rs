//! Findings that somebody decided to leave out: by a comment beside the code, or by an entry of the configuration.
//!
//! In: findings, the texts of the run, and what the configuration says. Out: the findings that remain, those left out
//! with their reasons, and facts about suppressions that do nothing, which rules turn into findings of their own. Nothing
//! is dropped: what does not remain is counted.

mod apply;
mod configured;
mod date;
mod directive;
mod source;

pub use apply::{Judged, Told, apply, configured_only};
pub use configured::{Configured, Entry, Exception};
pub use date::Date;
