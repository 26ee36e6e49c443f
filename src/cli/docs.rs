//! `corslint docs`, for those who work on corslint.
//!
//! In: the rules. Out: docs/ and the table in README.md, written anew. CI runs it and fails when
//! anything changes, so the pages cannot fall behind the rules.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::engine::Engine;
use super::{Common, schema};
use crate::config;
use crate::error::Error;
use crate::rules::docs;

/// Write docs/ and the rule table of README.md from the rules
#[derive(Debug, Args)]
pub(super) struct Docs {
    /// The root of corslint's own repository
    #[arg(long, value_name = "DIR", env = "CORSLINT_DOCS_INTO", default_value = ".")]
    into: Utf8PathBuf,

    #[command(flatten)]
    pub(super) common: Common,
}

impl Docs {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let rules = engine.rules(&self.common.rule_directories(None))?;
        let mut pages = docs::pages(&rules);
        pages.insert("docs/configuration.md".into(), config::page());
        pages.extend(schema::pages().map(|(path, text)| (path.into(), text)));
        let folder = self.into.join("docs/rules");
        fs::create_dir_all(&folder).map_err(|error| Error::path(&folder, &error))?;
        let names: BTreeSet<String> = rules.iter().map(|rule| format!("{}.md", rule.id)).collect();
        remove_others(&folder, &names).map_err(|error| Error::path(&folder, &error))?;
        for (path, text) in &pages {
            write(&self.into.join(path), text)?;
        }
        let readme = self.into.join("README.md");
        let text = fs::read_to_string(&readme).map_err(|error| Error::path(&readme, &error))?;
        let text = docs::with_table(&text, &rules).ok_or_else(|| {
            Error::new(format!("`{readme}` has no place for the table of rules")).with_help(format!(
                "it goes between `{}` and `{}`",
                docs::TABLE_START,
                docs::TABLE_END
            ))
        })?;
        write(&readme, &text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A renamed rule must not leave its old page behind.
fn remove_others(directory: &Utf8Path, names: &BTreeSet<String>) -> io::Result<()> {
    for entry in directory.read_dir_utf8()? {
        let entry = entry?;
        if entry.path().extension() == Some("md") && !names.contains(entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write(path: &Utf8Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|error| Error::path(path, &error))
}
