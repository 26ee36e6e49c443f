//! `corslint init [PATH]`
//!
//! In: a repository. Out: its first `corslint.toml`, with the origins that its servers allow. An existing file is left as
//! it is unless `--force` says otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::FalseyValueParser;

use super::engine::{Engine, FoundOrigin, Settings};
use super::judging::working_directory;
use super::{Common, print, today};
use crate::config::template;
use crate::error::Error;
use crate::report::visible;

/// Write a first corslint.toml with the origins that are allowed now
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The directory to look through and to write into
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,

    /// Overwrite an existing file
    #[arg(long, env = "CORSLINT_FORCE", value_parser = FalseyValueParser::new())]
    force: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

impl Init {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let root = working_directory()?;
        let file = if self.path == "." { Utf8PathBuf::from("corslint.toml") } else { self.path.join("corslint.toml") };
        let existing = [file.clone(), file.with_file_name(".corslint.toml")];
        if let Some(existing) = existing.iter().find(|path| root.join(path).exists()).filter(|_| !self.force) {
            return Err(refused(existing));
        }
        let found = engine.origins(&Settings {
            root: root.clone(),
            paths: vec![self.path.clone()],
            rule_directories: Vec::new(),
            rules: BTreeSet::new(),
            environment: BTreeMap::new(),
            configuration: None,
            text: None,
            today: today::today()?,
            show_model: false,
        })?;
        let place = |one: &FoundOrigin| (one.text.clone(), format!("{}:{}", visible(one.path.as_str()), one.line));
        let found: Vec<(String, String)> = found.iter().map(place).collect();
        self.write(&root.join(&file), &template(&found)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refused(&file),
            _ => Error::new(format!("cannot write `{file}`: {error}")),
        })?;
        print(format!("wrote `{file}`; read the origins in it: they are what is allowed now\n").as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    fn write(&self, place: &Utf8Path, text: &str) -> io::Result<()> {
        if self.force {
            return fs::write(place, text);
        }
        // Whoever was quicker since the first look keeps their file.
        OpenOptions::new().write(true).create_new(true).open(place)?.write_all(text.as_bytes())
    }
}

fn refused(file: &Utf8Path) -> Error {
    Error::new(format!("`{file}` already exists")).with_help("`corslint init --force` overwrites it")
}
