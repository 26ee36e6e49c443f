//! A rule that was read and checked.
//!
//! In: built by `load` from a rule file. Out: what the engine applies and what the documentation prints. A `Rule` that
//! exists is sound: its expressions, paths and messages fit the facts it is given.

use std::sync::Arc;

use indexmap::IndexMap;

use super::expr::Expr;
use super::facts::Given;
use super::path::Path;
use super::template::Template;
use crate::finding::{Group, Severity};

/// A checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, which is also the name of its file.
    pub id: Arc<str>,
    /// The harm it is about.
    pub group: Group,
    /// How bad it is, before shifts.
    pub severity: Severity,
    /// Who wants to hear it.
    pub persona: Persona,
    /// The problem in a few words.
    pub title: String,
    /// What the browser does, and what an attacker gains or a user loses.
    pub why: String,
    /// What to change.
    pub fix: ByPlatform<String>,
    /// Where to read on.
    pub see: Vec<String>,
    /// What it looks at.
    pub given: Given,
    /// Projects it must find something in, or nothing.
    pub examples: Vec<Example>,
    pub(super) when: Expr,
    pub(super) message: Template,
    pub(super) at: Path,
    pub(super) text: Template,
    pub(super) labels: Vec<RuleLabel>,
    pub(super) shifts: Vec<Shift>,
    pub(super) help: Option<ByPlatform<Template>>,
    pub(super) witness: Option<Path>,
    pub(super) once: Option<Once>,
    pub(super) apart: Option<Path>,
}

/// Who wants to hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Persona {
    /// Everyone.
    Regular,
    /// Who asks for it.
    Pedantic,
}

impl Persona {
    /// The lower-case name used in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Persona::Regular => "regular",
            Persona::Pedantic => "pedantic",
        }
    }
}

/// What follows a platform's name where a text is for headers written by hand: `express by hand`.
const BY_HAND: &str = " by hand";

/// One thing for every platform, with others for some.
#[derive(Debug, Clone)]
pub struct ByPlatform<T> {
    /// For every platform that has none of its own.
    pub default: T,
    /// In the order of the rule file.
    pub each: IndexMap<String, T>,
}

impl<T> ByPlatform<T> {
    /// What holds for a platform; `by_hand` where headers are written without the library that is usual there.
    pub fn of(&self, platform: &str, by_hand: bool) -> &T {
        let own = by_hand.then(|| self.each.get(&format!("{platform}{BY_HAND}"))).flatten();
        let usual = self.each.get(platform).or_else(|| self.each.get(built_on(platform)?));
        own.or(usual).unwrap_or(&self.default)
    }
}

/// The platform whose texts hold for another one, which hands its options to the same package.
fn built_on(platform: &str) -> Option<&'static str> {
    (platform == "socket.io").then_some("express")
}

/// A further place to show, perhaps only sometimes.
#[derive(Debug, Clone)]
pub(super) struct RuleLabel {
    pub(super) at: Path,
    pub(super) text: Template,
    pub(super) when: Option<Expr>,
}

/// Another severity under a condition; the first that holds counts.
#[derive(Debug, Clone)]
pub(super) struct Shift {
    pub(super) severity: Severity,
    pub(super) when: Expr,
}

/// Say it only once, at the first place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Once {
    /// Per server.
    Server,
    /// Per file.
    File,
}

/// A small project that shows the rule at work.
#[derive(Debug, Clone)]
pub struct Example {
    /// Is something found in it?
    pub verdict: Verdict,
    /// The platform it is for.
    pub platform: String,
    /// What is special about it.
    pub name: Option<String>,
    /// What a finding must point at.
    pub marks: Option<String>,
    /// Why the rule gets this one wrong; the example then records what it does today.
    pub limit: Option<String>,
    /// Its files by path.
    pub files: IndexMap<String, String>,
}

/// What an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The rule finds exactly one thing.
    Bad,
    /// The rule finds nothing.
    Good,
}

impl Verdict {
    /// The word used in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Bad => "bad",
            Verdict::Good => "good",
        }
    }
}

impl Rule {
    /// All platforms the rule speaks of, in its texts or examples. The registry of platforms can be held against them.
    pub fn platforms(&self) -> Vec<&str> {
        let fixes = self.fix.each.keys().map(String::as_str);
        let helps = self.help.iter().flat_map(|help| help.each.keys().map(String::as_str));
        let examples = self.examples.iter().map(|example| example.platform.as_str());
        let all = fixes.chain(helps).chain(examples);
        let mut all: Vec<&str> = all.map(|platform| platform.trim_end_matches(BY_HAND)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
