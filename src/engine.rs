//! The program behind the command line: rules from everywhere, and the pipeline over scanned paths.
//!
//! In: `cli::Settings`. Out: `cli::Outcome`. Joins parts that do not know each other.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::{Deployment, Engine, FoundOrigin, Model, Outcome, Settings};
use crate::config::Configuration;
use crate::error::{Error, Place};
use crate::facts;
use crate::model::probe::{Standing, named_origins};
use crate::pipeline::{self, Stated};
use crate::rules::{self, Rule, RuleError};
use crate::scan::{self, Scan};

/// The way from paths to a report.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline;

impl Engine for Pipeline {
    fn rules(&self, directories: &[Utf8PathBuf]) -> Result<Vec<Rule>, Error> {
        load(directories)
    }

    fn check(&self, settings: &Settings) -> Result<Outcome, Error> {
        let all = load(&settings.rule_directories)?;
        let known = all.iter().map(|rule| rule.id.clone()).collect();
        let rules: Vec<Rule> = all.into_iter().filter(|rule| settings.rules.contains(&*rule.id)).collect();
        let (mut scan, stated) = read(settings)?;
        let (report, analysis) = pipeline::check(&mut scan, &rules, &Stated { known, ..stated });
        let model =
            if settings.show_model { crate::show::model(&analysis.project, &scan.sources) } else { String::new() };
        Ok(Outcome { report, scan, model, project: analysis.project })
    }

    fn model(&self, deployment: &Deployment) -> Result<Model, Error> {
        let configuration = deployment.configuration.as_ref();
        let mut scan = scan::scan(&deployment.paths, options(&deployment.root, configuration))?;
        let mut stated = state(&mut scan, configuration, &deployment.paths, &deployment.root);
        stated.variables.extend(deployment.environment.clone());
        stated.closed = deployment.closed;
        let analysis = pipeline::analyse(&mut scan, &stated);
        Ok(Model { project: analysis.project, scan })
    }

    fn origins(&self, settings: &Settings) -> Result<Vec<FoundOrigin>, Error> {
        let (mut scan, stated) = read(settings)?;
        let project = pipeline::analyse(&mut scan, &stated).project;
        let policies = project.policies.iter().filter(|policy| facts::in_production(policy));
        let named = policies.flat_map(|policy| named_origins(&policy.allow_origin));
        let found = named.filter(|one| one.standing == Standing::Production).map(|one| FoundOrigin {
            path: scan.sources.path(one.span.file).to_owned(),
            line: scan.sources.position(one.span.file, one.span.start).line,
            text: one.text,
        });
        let mut found: Vec<FoundOrigin> = found.collect();
        found.sort_by(|a, b| (a.path.as_str(), a.line, &a.text).cmp(&(b.path.as_str(), b.line, &b.text)));
        Ok(found)
    }
}

/// The files of a run, and what the user says about it.
fn read(settings: &Settings) -> Result<(Scan, Stated), Error> {
    let configuration = settings.configuration.as_ref();
    let options = options(&settings.root, configuration);
    let (mut scan, paths) = match &settings.text {
        // One text is never the whole that a configuration speaks of.
        Some((path, text)) => (scan::scan_text(path, text, options), &[][..]),
        None => (scan::scan(&settings.paths, options)?, &*settings.paths),
    };
    let mut stated = state(&mut scan, configuration, paths, &settings.root);
    stated.variables.extend(settings.environment.clone());
    stated.today = Some(settings.today);
    Ok((scan, stated))
}

fn options(root: &Utf8Path, configuration: Option<&Configuration>) -> scan::Options {
    let mut options = scan::Options::new(root);
    if let Some(configuration) = configuration {
        options.exclude = configuration.exclude.clone();
    }
    options
}

/// What a configuration says about what was scanned; `paths` is what was asked for.
fn state(scan: &mut Scan, configuration: Option<&Configuration>, paths: &[Utf8PathBuf], root: &Utf8Path) -> Stated {
    match configuration {
        Some(configuration) => configuration.state(scan, configuration.is_within(paths, root)),
        None => Stated::default(),
    }
}

/// The built-in rules and those of directories, in order of their ids.
fn load(directories: &[Utf8PathBuf]) -> Result<Vec<Rule>, Error> {
    let mut files = rules::embedded_files();
    for directory in directories {
        files.extend(read_directory(directory)?);
    }
    rules::load(files).map_err(|errors| match errors.into_iter().next() {
        Some(error) => rule_error(error),
        None => Error::new("a rule cannot be read"),
    })
}

fn read_directory(directory: &Utf8Path) -> Result<Vec<(Utf8PathBuf, String)>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| Error::path(directory, &error))? {
        let entry = entry.map_err(|error| Error::path(directory, &error))?;
        let Ok(path) = Utf8PathBuf::from_path_buf(entry.path()) else { continue };
        if matches!(path.extension(), Some("yaml" | "yml")) {
            let text = fs::read_to_string(&path).map_err(|error| Error::path(&path, &error))?;
            files.push((path, text));
        }
    }
    files.sort();
    Ok(files)
}

fn rule_error(error: RuleError) -> Error {
    let place = Place { path: error.file, text: error.text, range: error.span, label: error.message.clone() };
    let result = Error::new(format!("broken rule: {}", error.message)).at(place);
    match error.help {
        Some(help) => result.with_help(help),
        None => result,
    }
}
