//! What is checked and by which rules: the flags that every verb with a check shares, joined with the configuration.
//!
//! In: flags, `CORSLINT_*`, and the nearest `corslint.toml`. Out: [`Settings`]. A flag wins over its variable, that over the
//! file, and the file over what is built in.

use std::collections::BTreeMap;
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::engine::{Engine, Settings};
use super::{Common, select, today};
use crate::config::{Configuration, Placed};
use crate::error::Error;
use crate::rules::{Rule, Selection};

#[derive(Debug, Args)]
pub(super) struct Judging {
    /// What to check; `-` checks the text on stdin, see --stdin-filename
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<Utf8PathBuf>,

    /// Run only these rules or groups (repeatable)
    #[arg(long, value_name = "RULE", env = "CORSLINT_SELECT", value_delimiter = ',')]
    select: Vec<String>,

    /// Do not run these rules or groups (repeatable)
    #[arg(long, value_name = "RULE", env = "CORSLINT_IGNORE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Whom the rules are for [default: regular]
    #[arg(long, value_name = "PERSONA", env = "CORSLINT_PERSONA")]
    persona: Option<Persona>,

    /// Short for --persona pedantic
    #[arg(long, env = "CORSLINT_PEDANTIC", value_parser = FalseyValueParser::new())]
    pedantic: bool,

    /// Say what the deployment sets (repeatable; in CORSLINT_ENV one per line)
    #[arg(long, value_name = "NAME=VALUE", env = "CORSLINT_ENV", value_delimiter = '\n', value_parser = assignment, hide_env_values = true)]
    env: Vec<(String, String)>,

    /// With the path `-`: what the text on stdin is called
    #[arg(long, value_name = "PATH", env = "CORSLINT_STDIN_FILENAME")]
    stdin_filename: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Persona {
    /// Rules that are right for nearly everybody
    Regular,
    /// Further rules for those who want to know everything
    Pedantic,
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl Judging {
    pub(super) fn settings(&self, common: &Common, engine: &dyn Engine) -> Result<Settings, Error> {
        let root = working_directory()?;
        let text = self.text()?;
        let start = text.as_ref().map(|(path, _)| path).or(self.paths.first()).map_or(Utf8Path::new("."), |path| path);
        let configuration = common.configuration(start, &root)?;
        let rule_directories = common.rule_directories(configuration.as_ref());
        let rules = engine.rules(&rule_directories)?;
        if let Some(configuration) = &configuration {
            configuration.check_names(&rules)?;
        }
        let selection = self.selection(configuration.as_ref(), &rules);
        Ok(Settings {
            root,
            paths: self.paths.clone(),
            rules: select::selected(rules, &selection)?,
            rule_directories,
            environment: BTreeMap::from_iter(self.env.iter().cloned()),
            configuration,
            text,
            today: today::today()?,
            show_model: false,
        })
    }

    fn selection(&self, configuration: Option<&Configuration>, rules: &[Rule]) -> Selection {
        // An empty variable, as CI systems set for an input that was not given, selects nothing in particular.
        let said = |names: &[String]| names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>();
        let (select, ignore) = (said(&self.select), said(&self.ignore));
        let written = |names: Option<&Vec<Placed>>| -> Vec<String> {
            names.into_iter().flatten().map(|name| name.value.to_string()).collect()
        };
        let either = |flags: &[String], file: Vec<String>| if flags.is_empty() { file } else { flags.to_vec() };
        let mut selection = Selection {
            select: either(&select, written(configuration.and_then(|one| one.select.as_ref()))),
            ignore: either(&ignore, written(configuration.and_then(|one| one.ignore.as_ref()))),
            pedantic: match self.persona {
                _ if self.pedantic => true,
                Some(persona) => persona == Persona::Pedantic,
                None => configuration
                    .and_then(|one| one.persona.as_ref())
                    .is_some_and(|persona| &*persona.value == "pedantic"),
            },
            named: Vec::new(),
        };
        let levels = configuration.map_or(&[][..], |one| &one.severities);
        for (rule, level) in levels.iter().map(|(rule, level)| (rule.value.to_string(), level)) {
            match level {
                Some(_) => selection.named.push(rule),
                // A flag that names the rule itself wins over the file.
                None if select.contains(&rule) => {}
                None => selection.ignore.push(rule),
            }
        }
        // What a flag names by its id runs, whatever the file leaves out.
        if ignore.is_empty() {
            let by_id = |name: &String| select.contains(name) && rules.iter().any(|rule| *rule.id == **name);
            selection.ignore.retain(|name| !by_id(name));
        }
        selection
    }

    /// The text on stdin with its name, when it is asked for.
    fn text(&self) -> Result<Option<(Utf8PathBuf, Vec<u8>)>, Error> {
        let dash = self.paths.iter().any(|path| path == "-");
        let name = self.stdin_filename.as_ref().filter(|name| !name.as_str().is_empty());
        match (dash, name) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(Error::new("`--stdin-filename` is given, but nothing is read from stdin")
                .with_help("give `-` as the path to check the text on stdin")),
            (true, None) => Err(Error::new("the text on stdin has no name, so its language is not known")
                .with_help("say with `--stdin-filename` which file it is, as in `--stdin-filename src/server.js -`")),
            (true, Some(_)) if self.paths.len() > 1 => {
                Err(Error::new("`-` cannot be checked together with other paths").with_help("give `-` alone"))
            }
            (true, Some(name)) => {
                let mut text = Vec::new();
                // More than the scan would read of a file says all it needs: that the text is too large.
                let read = io::stdin().lock().take(1 << 24).read_to_end(&mut text);
                read.map_err(|error| Error::new(format!("cannot read stdin: {error}")))?;
                Ok(Some((name.clone(), text)))
            }
        }
    }
}

/// The working directory, as text.
pub(super) fn working_directory() -> Result<Utf8PathBuf, Error> {
    let root = std::env::current_dir().map_err(|error| Error::new(format!("no working directory: {error}")))?;
    Utf8PathBuf::from_path_buf(root)
        .map_err(|root| Error::new(format!("the name of the working directory is not UTF-8: {}", root.display())))
}
