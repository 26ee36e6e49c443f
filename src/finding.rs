//! What rules give and reports print.
//!
//! In: built by `rules/`. Out: printed by `report/`. Knows only spans; a finding may carry labels in several files.

use std::fmt;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::source::{Notice, Span};

/// How bad it is. `Error`: a browser refuses it or an attacker gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a build by itself.
    Info,
    /// Very likely wrong.
    Warning,
    /// Will be refused by a browser, or lets an attacker in.
    Error,
}

impl Severity {
    /// The lower-case name used in rule files, JSON and on the terminal.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What kind of harm a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// An attacker gets in.
    Security,
    /// A browser refuses.
    Blocked,
    /// It works on localhost only.
    Deploy,
    /// It costs round trips.
    Performance,
    /// What corslint itself is told does nothing, or no longer does what it says.
    Upkeep,
}

impl Group {
    /// All groups, worst first.
    pub const ALL: [Group; 5] = [Group::Security, Group::Blocked, Group::Deploy, Group::Performance, Group::Upkeep];

    /// The lower-case name used in rule files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Group::Security => "security",
            Group::Blocked => "blocked",
            Group::Deploy => "deploy",
            Group::Performance => "performance",
            Group::Upkeep => "upkeep",
        }
    }

    /// What its rules are about, as a sentence.
    pub fn harm(self) -> &'static str {
        match self {
            Group::Security => "An attacker gets in.",
            Group::Blocked => "A browser refuses.",
            Group::Deploy => "It works on localhost only.",
            Group::Performance => "It costs round trips.",
            Group::Upkeep => "What corslint itself is told does nothing.",
        }
    }
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words.
    pub text: String,
}

/// One thing that is wrong, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: Arc<str>,
    /// After shifts by the rule and the configuration.
    pub severity: Severity,
    /// The rule's group.
    pub group: Group,
    /// A fact about this configuration.
    pub message: String,
    /// The change to make, in this platform's syntax.
    pub help: String,
    /// The place that has to change.
    pub primary: Label,
    /// Further evidence, in any file.
    pub labels: Vec<Label>,
    /// The environment it is about: `production` unless said otherwise.
    pub environment: Arc<str>,
    /// The platform whose configuration it is.
    pub platform: Arc<str>,
    /// An origin that gets through, where the fault is an acceptance.
    pub witness: Option<String>,
    /// Where to read on.
    pub see: Vec<String>,
}

/// A finding that somebody decided to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Who leaves it out.
    pub by: SuppressedBy,
    /// Why, in the words of whoever did.
    pub reason: Option<String>,
}

/// Who leaves a finding out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuppressedBy {
    /// A comment in the source.
    Comment,
    /// An entry of the configuration.
    Configuration,
    /// The baseline.
    Baseline,
}

/// Everything one run has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// In order of path, offset, rule id.
    pub findings: Vec<Finding>,
    /// Left out of `findings`, and why; in the same order.
    pub suppressed: Vec<Suppressed>,
    /// What could not be read or understood.
    pub notices: Vec<Notice>,
    /// Counts for the summary line.
    pub summary: Summary,
    /// Where nothing was found: a package that may set CORS up and is not read.
    pub unread: Option<UnreadPackage>,
}

/// A package that is not read, and the manifest that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPackage {
    /// Its name.
    pub name: String,
    /// The manifest.
    pub path: Utf8PathBuf,
}

/// What was looked at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Files looked at.
    pub files: usize,
    /// Servers found.
    pub servers: usize,
    /// CORS policies found.
    pub policies: usize,
    /// Findings left out because a comment says so.
    pub suppressed: usize,
    /// Findings left out because the baseline holds them.
    pub baselined: usize,
    /// Findings that the baseline holds and that are no longer there.
    pub fixed: usize,
    /// Findings left out because nothing changed where they are.
    pub unchanged: usize,
}
