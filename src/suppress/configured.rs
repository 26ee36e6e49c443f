//! What the configuration leaves out or weighs differently.
//!
//! In: rules, groups, patterns of paths. Out: the severity of a finding at a path, and who leaves it out.

use std::sync::Arc;

use camino::Utf8Path;

use super::Date;
use crate::finding::{Finding, Severity};
use crate::globs::Globs;
use crate::source::Span;

/// A rule's severity; nothing for `off`.
type Levels = Vec<(Arc<str>, Option<Severity>)>;

/// Everything the configuration says about findings.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// Severities of rules. `off` is not looked at here: such a rule does not run.
    pub severities: Levels,
    /// Other settings for some files; of several that fit the last counts.
    pub exceptions: Vec<Exception>,
    /// Findings left out for a reason.
    pub entries: Vec<Entry>,
}

/// Other settings for some files.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The files.
    pub paths: Globs,
    /// Rules and groups left out in them.
    pub ignore: Vec<Arc<str>>,
    /// Severities in them.
    pub severities: Levels,
}

/// Findings of some rules in some files, left out for a reason.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The files.
    pub paths: Globs,
    /// The ids of the rules.
    pub rules: Vec<Arc<str>>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Its place in the configuration.
    pub span: Span,
}

impl Configured {
    /// How bad a finding is here; nothing when it is left out in this file.
    pub(super) fn severity(&self, finding: &Finding, path: &Utf8Path) -> Option<Severity> {
        let level = |levels: &Levels| levels.iter().find(|(rule, _)| *rule == finding.rule).map(|(_, level)| *level);
        for exception in self.exceptions.iter().rev().filter(|exception| exception.paths.contains(path)) {
            let named = |name: &Arc<str>| **name == *finding.rule || **name == *finding.group.name();
            if exception.ignore.iter().any(named) {
                return None;
            }
            if let Some(level) = level(&exception.severities) {
                return level;
            }
        }
        Some(level(&self.severities).flatten().unwrap_or(finding.severity))
    }
}

impl Entry {
    /// Does it speak of this finding?
    pub(super) fn fits(&self, finding: &Finding, path: &Utf8Path) -> bool {
        self.rules.contains(&finding.rule) && self.paths.contains(path)
    }
}
