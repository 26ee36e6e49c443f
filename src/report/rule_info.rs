//! What formats tell about rules.
//!
//! In: filled by whoever knows the rules. Out: the descriptions in SARIF and the links of the others. Plain texts: a
//! report must not know how rules are written.

use crate::finding::{Group, Severity};

/// One rule, described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// The problem in a few words.
    pub title: String,
    /// The harm it is about.
    pub group: Group,
    /// How bad it is unless said otherwise.
    pub severity: Severity,
    /// Does it run on request only?
    pub pedantic: bool,
    /// What goes wrong, in Markdown.
    pub why: String,
    /// What to change, in Markdown.
    pub fix: String,
    /// Where to read on.
    pub see: Vec<String>,
}
