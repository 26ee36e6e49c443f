//! Facts to findings, by rules written in YAML.
//!
//! In: facts about a run, and rules. Out: findings in a stable order. Knows no platform's syntax and no file format but
//! its own; rules are data, and what is wrong with one is an error with a place in the rule file.

pub mod facts;
