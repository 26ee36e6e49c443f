//! Which rules run.
//!
//! In: `--select`, `--ignore` and the persona, and all rules. Out: the ids of those that run. An id nobody knows is an
//! error with the nearest one: a typo in `--ignore` must not silently check more, nor one in `--select` check nothing.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::report::docs::RuleCard;

/// The ids that run. Selected ids run whatever their persona; groups follow it.
pub(super) fn selected(
    rules: &[RuleCard],
    select: &[String],
    ignore: &[String],
    pedantic: bool,
) -> Result<BTreeSet<String>, Error> {
    let mut chosen = BTreeSet::new();
    let usual = |rule: &&RuleCard| pedantic || !rule.pedantic;
    // An empty variable, as CI systems set for an input that was not given, selects nothing in particular.
    let said = |names: &[String]| names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>();
    let (select, ignore) = (said(select), said(ignore));
    if select.is_empty() {
        chosen.extend(rules.iter().filter(usual).map(|rule| rule.id.clone()));
    }
    for name in &select {
        let hits = matching(rules, name)?.into_iter().filter(|rule| rule.id == *name || usual(rule));
        chosen.extend(hits.map(|rule| rule.id.clone()));
    }
    for name in &ignore {
        for rule in matching(rules, name)? {
            chosen.remove(&rule.id);
        }
    }
    Ok(chosen)
}

/// The rule of this id, or an error that names the nearest.
pub(super) fn rule<'a>(rules: &'a [RuleCard], id: &str) -> Result<&'a RuleCard, Error> {
    rules.iter().find(|rule| rule.id == id).ok_or_else(|| unknown(rules, id))
}

/// The rule of this id, or those of this group.
fn matching<'a>(rules: &'a [RuleCard], name: &str) -> Result<Vec<&'a RuleCard>, Error> {
    let hits: Vec<_> = rules.iter().filter(|rule| rule.id == name || rule.group.name() == name).collect();
    if hits.is_empty() { Err(unknown(rules, name)) } else { Ok(hits) }
}

fn unknown(rules: &[RuleCard], name: &str) -> Error {
    let names = rules.iter().flat_map(|rule| [rule.id.as_str(), rule.group.name()]);
    let near = names.map(|known| (strsim::jaro_winkler(known, name), known));
    let near = near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    let error = Error::new(format!("there is no rule `{name}`"));
    match near {
        Some((_, known)) => error.with_help(format!("did you mean `{known}`?")),
        None => error.with_help("`corslint rules` lists them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Group, Severity};

    fn card(id: &str, group: Group, pedantic: bool) -> RuleCard {
        RuleCard { id: id.into(), group, pedantic, severity: Severity::Warning, ..RuleCard::default() }
    }

    fn run(select: &[&str], ignore: &[&str], pedantic: bool) -> Result<Vec<String>, Error> {
        let rules = [
            card("null-origin", Group::Security, false),
            card("missing-vary", Group::Security, true),
            card("short-max-age", Group::Performance, false),
        ];
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        selected(&rules, &owned(select), &owned(ignore), pedantic).map(|ids| ids.into_iter().collect())
    }

    #[test]
    fn personas_groups_and_ids() {
        assert_eq!(run(&[], &[], false).unwrap_or_default(), ["null-origin", "short-max-age"]);
        assert_eq!(run(&["security"], &[], false).unwrap_or_default(), ["null-origin"]);
        assert_eq!(run(&["missing-vary"], &[], false).unwrap_or_default(), ["missing-vary"]);
        assert_eq!(run(&[], &["security"], true).unwrap_or_default(), ["short-max-age"]);
    }

    #[test]
    fn a_typo_is_an_error_with_the_nearest_id() {
        let help = |name: &str| run(&[name], &[], false).err().and_then(|error| error.help);
        assert_eq!(help("null-orign").as_deref(), Some("did you mean `null-origin`?"));
        assert_eq!(help("qqq").as_deref(), Some("`corslint rules` lists them all"));
    }
}
