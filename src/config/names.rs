//! The names of rules in the configuration, held against the rules there are.
//!
//! In: a configuration and all rules, those of its own directories included. Out: nothing, or an error at the first name
//! that nobody has. A misspelt name would check more or less than was meant, without a word.

use super::{Configuration, Placed};
use crate::error::Error;
use crate::rules::{Rule, UnknownRule, did_you_mean, known};

impl Configuration {
    /// Is every rule that the file names one of these?
    pub fn check_names(&self, rules: &[Rule]) -> Result<(), Error> {
        let lists = [self.select.as_ref(), self.ignore.as_ref()].into_iter().flatten();
        let overridden = self.overrides.iter().map(|one| &one.ignore);
        for name in lists.chain(overridden).flatten() {
            known(&name.value, rules).map_err(|unknown| self.unknown(name, unknown))?;
        }
        let severities = self.severities.iter().chain(self.overrides.iter().flat_map(|one| &one.severities));
        let entries = self.entries.iter().flat_map(|entry| &entry.rules);
        for name in severities.map(|(name, _)| name).chain(entries) {
            self.check_id(name, rules)?;
        }
        Ok(())
    }

    fn check_id(&self, name: &Placed, rules: &[Rule]) -> Result<(), Error> {
        if rules.iter().any(|rule| rule.id == name.value) {
            return Ok(());
        }
        match known(&name.value, rules) {
            Ok(()) => Err(self
                .error(name.span, format!("`{}` is a group, not a rule", name.value), "a rule is wanted here")
                .with_help("name single rules; `corslint rules` lists them")),
            Err(unknown) => {
                let help = did_you_mean(&name.value, rules.iter().map(|rule| &*rule.id));
                Err(self.unknown(name, UnknownRule { help, ..unknown }))
            }
        }
    }

    fn unknown(&self, name: &Placed, unknown: UnknownRule) -> Error {
        self.error(name.span, format!("there is no rule `{}`", name.value), "no rule has this name")
            .with_help(unknown.help.unwrap_or_else(|| "`corslint rules` lists them all".to_owned()))
    }
}
