//! Which rules run, as the command line says it.
//!
//! In: `--select`, `--ignore` and the persona, and all rules. Out: the ids of those that run. An id nobody knows is an
//! error with the nearest one: a typo in `--ignore` must not silently check more, nor one in `--select` check nothing.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::rules::{self, Rule, Selection, UnknownRule};

/// The ids that run.
pub(super) fn selected(
    all: Vec<Rule>,
    select: &[String],
    ignore: &[String],
    pedantic: bool,
) -> Result<BTreeSet<String>, Error> {
    // An empty variable, as CI systems set for an input that was not given, selects nothing in particular.
    let said = |names: &[String]| names.iter().filter(|name| !name.is_empty()).cloned().collect();
    let selection = Selection { select: said(select), ignore: said(ignore), pedantic };
    let chosen = rules::select(all, &selection).map_err(unknown)?;
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
