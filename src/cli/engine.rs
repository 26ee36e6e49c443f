//! What the verbs need from the program behind them.
//!
//! In: [`Settings`], resolved from the command line. Out: an [`Outcome`]. The only door between the command line and
//! the pipeline, so that neither knows the other's types.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::config::Configuration;
use crate::error::Error;
use crate::finding::Report;
use crate::model::project::Project;
use crate::rules::Rule;
use crate::scan::Scan;
use crate::suppress::Date;

/// Knows the rules and runs the pipeline.
pub trait Engine {
    /// All rules in order of their ids: the built-in ones and those of `directories`.
    fn rules(&self, directories: &[Utf8PathBuf]) -> Result<Vec<Rule>, Error>;

    /// Scans, evaluates and judges.
    fn check(&self, settings: &Settings) -> Result<Outcome, Error>;

    /// Scans and evaluates, for verbs that ask the model themselves.
    fn model(&self, deployment: &Deployment) -> Result<Model, Error>;

    /// The origins that production allows, for a first configuration, in order of their place.
    fn origins(&self, settings: &Settings) -> Result<Vec<FoundOrigin>, Error>;
}

/// The code and environment that a model is made of.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Where paths start from and are relative to.
    pub root: Utf8PathBuf,
    /// Where the code lies.
    pub paths: Vec<Utf8PathBuf>,
    /// What the deployment sets, by name.
    pub environment: BTreeMap<String, String>,
    /// Nothing else is set but what files of the repository set.
    pub closed: bool,
    /// The configuration, if there is one.
    pub configuration: Option<Configuration>,
}

/// What a repository was found to hold.
#[derive(Debug)]
pub struct Model {
    /// Servers, policies, clients.
    pub project: Project,
    /// The files, and the texts that the spans of the project point into.
    pub scan: Scan,
}

/// What a check is to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where paths start from and are relative to.
    pub root: Utf8PathBuf,
    /// What to check.
    pub paths: Vec<Utf8PathBuf>,
    /// Where further rules lie.
    pub rule_directories: Vec<Utf8PathBuf>,
    /// The ids of the rules that run.
    pub rules: BTreeSet<String>,
    /// What the deployment sets, by name.
    pub environment: BTreeMap<String, String>,
    /// The configuration, if there is one.
    pub configuration: Option<Configuration>,
    /// A text to check as if it were this file, instead of `paths`.
    pub text: Option<(Utf8PathBuf, Vec<u8>)>,
    /// The day of the run.
    pub today: Date,
    /// Is [`Outcome::model`] wanted?
    pub show_model: bool,
}

/// An origin that some policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOrigin {
    /// As written.
    pub text: String,
    /// Where.
    pub path: Utf8PathBuf,
    /// Line, from 1.
    pub line: usize,
}

/// What a check brought to light.
#[derive(Debug)]
pub struct Outcome {
    /// Findings, notices and counts.
    pub report: Report,
    /// The files, and the texts that the spans of the report point into.
    pub scan: Scan,
    /// The servers, policies and clients found, as text; empty unless asked for.
    pub model: String,
    /// The same as they are.
    pub project: Project,
}
