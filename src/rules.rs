//! Facts to findings, by rules written in YAML.
//!
//! In: facts about a run, and rules. Out: findings in a stable order. Knows no platform's syntax and no file format but
//! its own; rules are data, and what is wrong with one is an error with a place in the rule file.

pub mod docs;
mod engine;
pub mod examples;
mod expr;
pub mod facts;
mod form;
mod load;
mod load_error;
mod load_examples;
mod path;
mod place;
mod problem;
mod rule;
mod select;
mod template;

pub use engine::{Outcome, order, run, sort};
pub use load::{embedded_files, embedded_ids, load};
pub use problem::{RuleError, did_you_mean};
pub use rule::{ByPlatform, Example, Persona, Rule, Verdict};
pub use select::{Selection, UnknownRule, known, select};
