//! Which rules run, as the command line says it.
//!
//! In: what flags and configuration select, and all rules. Out: the ids of those that run. An id nobody knows is an
//! error with the nearest one: a typo in `--ignore` must not silently check more, nor one in `--select` check nothing.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::rules::{self, Rule, Selection, UnknownRule};

/// The ids that run.
pub(super) fn selected(all: Vec<Rule>, selection: &Selection) -> Result<BTreeSet<String>, Error> {
    let chosen = rules::select(all, selection).map_err(unknown)?;
    Ok(chosen.into_iter().map(|rule| rule.id.to_string()).collect())
}

/// The rule of this id, or an error that names the nearest.
pub(super) fn rule<'a>(all: &'a [Rule], id: &str) -> Result<&'a Rule, Error> {
    if let Some(rule) = all.iter().find(|rule| *rule.id == *id) {
        return Ok(rule);
    }
    let group = || unknown(UnknownRule { name: id.to_owned(), help: None });
    Err(rules::known(id, all).err().map_or_else(group, unknown))
}

fn unknown(error: UnknownRule) -> Error {
    let help = error.help.unwrap_or_else(|| "`corslint rules` lists them all".to_owned());
    Error::new(format!("there is no rule `{}`", error.name)).with_help(help)
}
