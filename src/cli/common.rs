//! What every verb takes: where rules and the configuration lie, and whether colours are wanted.
//!
//! In: flags and `CORSLINT_*`. Out: the configuration that is meant, and the directories of rules, its own included.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::FalseyValueParser;

use super::Color;
use super::engine::Engine;
use super::judging::working_directory;
use crate::config::{self, Configuration};
use crate::error::Error;
use crate::rules::Rule;

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Read further rules from this directory (repeatable)
    #[arg(long = "rules", value_name = "DIR", env = "CORSLINT_RULES", value_delimiter = ',')]
    directories: Vec<Utf8PathBuf>,

    #[command(flatten)]
    configured: Configured,

    /// Use colours
    #[arg(long, value_name = "WHEN", env = "CORSLINT_COLOR", default_value = "auto")]
    pub(super) color: Color,
}

/// Which configuration is meant.
#[derive(Debug, Args)]
pub(super) struct Configured {
    /// Read this configuration instead of the nearest corslint.toml
    #[arg(long, value_name = "FILE", env = "CORSLINT_CONFIG")]
    config: Option<Utf8PathBuf>,

    /// Read no configuration
    #[arg(long, env = "CORSLINT_ISOLATED", value_parser = FalseyValueParser::new())]
    isolated: bool,
}

impl Configured {
    /// The configuration that is named, or the nearest one at or above `start`.
    pub(super) fn configuration(&self, start: &Utf8Path, root: &Utf8Path) -> Result<Option<Configuration>, Error> {
        if self.isolated {
            return Ok(None);
        }
        let named = self.config.clone().filter(|path| !path.as_str().is_empty());
        let path = match named {
            Some(path) => Some(path),
            None => config::find(start, root)?,
        };
        path.map(|path| Configuration::read(&path, root)).transpose()
    }
}

impl Common {
    /// The configuration that is named, or the nearest one at or above `start`.
    pub(super) fn configuration(&self, start: &Utf8Path, root: &Utf8Path) -> Result<Option<Configuration>, Error> {
        self.configured.configuration(start, root)
    }

    /// Where further rules lie: those of flags, or else those of the configuration.
    pub(super) fn rule_directories(&self, configuration: Option<&Configuration>) -> Vec<Utf8PathBuf> {
        let said: Vec<Utf8PathBuf> =
            self.directories.iter().filter(|path| !path.as_str().is_empty()).cloned().collect();
        match configuration {
            Some(configuration) if said.is_empty() => configuration.rule_directories.clone(),
            _ => said,
        }
    }

    /// All rules that a user of the working directory has.
    pub(super) fn rules(&self, engine: &dyn Engine) -> Result<Vec<Rule>, Error> {
        let configuration = self.configuration(Utf8Path::new("."), &working_directory()?)?;
        engine.rules(&self.rule_directories(configuration.as_ref()))
    }
}
