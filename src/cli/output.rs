//! Where reports go: formats, files, the terminal, and the summary page of a step on GitHub.
//!
//! In: the targets of `--format` and what a check brought to light. Out: files and stdout. Every target is written even
//! when another cannot be, and then the first that could not is the error: findings are never lost in silence.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::str::FromStr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use supports_hyperlinks::Stream;

use super::engine::Outcome;
use super::{Color, print};
use crate::error::Error;
use crate::report::{Format, Options, RuleInfo};
use crate::rules::{Rule, docs};

/// What GitHub takes as the summary of one step; of more it shows nothing at all.
const STEP_SUMMARY: usize = 1024 * 1024;

/// A format and where it goes; nowhere said, and `-`, is stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    format: Format,
    file: Option<Utf8PathBuf>,
}

/// For people, on stdout.
impl Default for Target {
    fn default() -> Target {
        Target { format: Format::Full, file: None }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        match text.split_once('=') {
            Some((_, "")) => Err("the file name after `=` is missing".to_owned()),
            Some((format, "-")) => Ok(Target { format: format.parse()?, file: None }),
            Some((format, file)) => Ok(Target { format: format.parse()?, file: Some(file.into()) }),
            None => Ok(Target { format: text.parse()?, file: None }),
        }
    }
}

impl Target {
    /// Does the report tell about rules, beside what they found?
    pub(super) fn describes_rules(&self) -> bool {
        self.format == Format::Sarif
    }
}

/// What holds for every target of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) color: Color,
    pub(super) verbose: bool,
    pub(super) elapsed: Duration,
    /// The directory that paths are relative to.
    pub(super) root: &'a Utf8Path,
}

/// Refuses two reports in one place, of which one would be lost.
pub(super) fn distinct(targets: &[Target], root: &Utf8Path) -> Result<(), Error> {
    for (index, target) in targets.iter().enumerate() {
        let place = target.file.as_deref().map(|file| same_name(root, file));
        let same = |other: &&Target| other.file.as_deref().map(|file| same_name(root, file)) == place;
        let Some(first) = targets[..index].iter().find(same) else { continue };
        let message = match &target.file {
            Some(file) => format!("`{}` and `{}` would both be written to `{file}`", first.format, target.format),
            None => format!("`{}` and `{}` would both be written to stdout", first.format, target.format),
        };
        return Err(
            Error::new(message).with_help(format!("give each a file of its own: `--format {}=FILE`", target.format))
        );
    }
    Ok(())
}

/// One name for one file, also for one that does not exist yet.
fn same_name(root: &Utf8Path, file: &Utf8Path) -> Utf8PathBuf {
    let path = root.join(file);
    let parent = path.parent().filter(|parent| !parent.as_str().is_empty());
    let real = |path: &Utf8Path| path.canonicalize_utf8().ok();
    let below = || Some(real(parent?)?.join(path.file_name()?));
    real(&path).or_else(below).unwrap_or(path)
}

/// Writes the report to every target; `rules` are those that ran, where a target describes them.
pub(super) fn write(targets: &[Target], outcome: &Outcome, rules: &[Rule], manner: Manner<'_>) -> Result<(), Error> {
    let described: Vec<RuleInfo> = rules.iter().map(describe).collect();
    let within = within(manner.root);
    let options = Options {
        verbose: manner.verbose,
        elapsed: Some(manner.elapsed),
        rules: &described,
        within: &within,
        ..Options::default()
    };
    let mut result = Ok(());
    for target in targets {
        let written = bytes(target.format, outcome, on_screen(target, manner.color, options)).and_then(|bytes| {
            match &target.file {
                Some(file) => fs::write(file, &bytes).map_err(|error| unwritable(file, &error)),
                None => print(&bytes),
            }
        });
        result = result.and(written);
    }
    if targets.iter().any(|target| target.format == Format::Github)
        && let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty())
    {
        result = result.and(append_summary(&Utf8PathBuf::from(file.to_string_lossy().as_ref()), outcome, options));
    }
    result
}

fn bytes(format: Format, outcome: &Outcome, options: Options<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let written = format.write(&outcome.report, &outcome.scan.sources, options, &mut bytes);
    written.map_err(|error| Error::new(format!("cannot report: {error}")))?;
    Ok(bytes)
}

/// The options with what the terminal can do, for a report that goes there.
fn on_screen<'a>(target: &Target, color: Color, options: Options<'a>) -> Options<'a> {
    if target.file.is_some() { options } else { screen(color, options) }
}

/// The options with what the terminal can do.
pub(super) fn screen(color: Color, options: Options<'_>) -> Options<'_> {
    let color = color.on(&io::stdout());
    let links = color && supports_hyperlinks::on(Stream::Stdout);
    let size = if io::stdout().is_terminal() { terminal_size::terminal_size() } else { None };
    Options { color, links, width: size.map(|(width, _)| usize::from(width.0)), ..options }
}

/// Adds the whole list to the page that GitHub shows for the step.
fn append_summary(file: &Utf8Path, outcome: &Outcome, options: Options<'_>) -> Result<(), Error> {
    let taken = fs::metadata(file).map_or(0, |data| usize::try_from(data.len()).unwrap_or(usize::MAX));
    let most = Some(STEP_SUMMARY.saturating_sub(taken));
    let bytes = bytes(Format::Markdown, outcome, Options { most, ..options })?;
    let opened = fs::OpenOptions::new().create(true).append(true).open(file);
    opened.and_then(|mut file| file.write_all(&bytes)).map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Utf8Path, error: &io::Error) -> Error {
    Error::new(format!("cannot write `{file}`: {error}"))
}

/// Where `root` lies in its repository, or in what GitHub checked out.
fn within(root: &Utf8Path) -> String {
    let workspace = || {
        let workspace = std::env::var("GITHUB_WORKSPACE").ok()?;
        root.ancestors().find(|above| above.as_str() == workspace)
    };
    let top = root.ancestors().find(|above| above.join(".git").exists()).or_else(workspace).unwrap_or(root);
    root.strip_prefix(top).map(|below| below.as_str().replace(std::path::MAIN_SEPARATOR, "/")).unwrap_or_default()
}

fn describe(rule: &Rule) -> RuleInfo {
    RuleInfo {
        id: rule.id.to_string(),
        title: rule.title.clone(),
        group: rule.group,
        severity: rule.severity,
        pedantic: rule.persona == crate::rules::Persona::Pedantic,
        why: rule.why.clone(),
        fix: docs::fix(rule),
        see: rule.see.clone(),
    }
}
