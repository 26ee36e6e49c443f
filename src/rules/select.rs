//! Which rules run.
//!
//! In: all rules, and the ids, groups and persona a user asked for. Out: the rules to run, or the word that names
//! nothing. A rule that is named by its id runs whatever its persona.

use std::fmt;

use super::problem::did_you_mean;
use super::rule::{Persona, Rule};
use crate::finding::Group;

/// What a user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids and groups to run; empty means all.
    pub select: Vec<String>,
    /// Ids and groups to leave out; wins over `select`, and an id wins over a group.
    pub ignore: Vec<String>,
    /// Run pedantic rules too.
    pub pedantic: bool,
    /// Ids of rules that run whatever their persona, as far as they are selected.
    pub named: Vec<String>,
}

/// A word that is neither a rule nor a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule {
    /// The word.
    pub name: String,
    /// What was perhaps meant.
    pub help: Option<String>,
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no rule or group `{}`", self.name)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for UnknownRule {}

/// Keeps the rules that were asked for, in their order.
pub fn select(rules: Vec<Rule>, selection: &Selection) -> Result<Vec<Rule>, UnknownRule> {
    for name in selection.select.iter().chain(&selection.ignore) {
        known(name, &rules)?;
    }
    Ok(rules.into_iter().filter(|rule| runs(rule, selection)).collect())
}

/// Is this the id of a rule or the name of a group?
pub fn known(name: &str, rules: &[Rule]) -> Result<(), UnknownRule> {
    let names = || rules.iter().map(|rule| &*rule.id).chain(Group::ALL.iter().map(|group| group.name()));
    if names().any(|known| known == name) {
        return Ok(());
    }
    Err(UnknownRule { name: name.to_owned(), help: did_you_mean(name, names()) })
}

fn runs(rule: &Rule, selection: &Selection) -> bool {
    let by_id = |names: &[String]| names.iter().any(|name| *name == *rule.id);
    let by_group = |names: &[String]| names.iter().any(|name| name == rule.group.name());
    if by_id(&selection.ignore) {
        return false;
    }
    if by_id(&selection.select) {
        return true;
    }
    let wanted = selection.select.is_empty() || by_group(&selection.select);
    let fits = selection.pedantic || rule.persona == Persona::Regular || by_id(&selection.named);
    wanted && fits && !by_group(&selection.ignore)
}
