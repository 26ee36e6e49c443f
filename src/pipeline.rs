//! The way of the data, in one place: files → trees → values → servers and policies → facts → findings.
//!
//! In: scanned files, rules and what the user states of the environment. Out: a `Report`. Each step is a call into the
//! part that owns it; nothing is decided here but the order and which files are programs worth evaluating.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use rayon::prelude::*;

use crate::eval::Interp;
use crate::eval::environment::{Deployment, EnvFile, Environment};
use crate::facts;
use crate::finding::{Report, Summary};
use crate::model::project::Project;
use crate::platforms::{self, packages::Packages};
use crate::rules::Rule;
use crate::scan::{Kind, Needles, Scan};
use crate::source::{FileId, Notice};
use crate::syntax::{dotenv, json, nginx, requirements, toml, yaml};
use crate::workspace::{Workspace, notices};

/// What a repository was found to hold.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Servers, policies and faults.
    pub project: Project,
    /// What its env files say.
    pub environment: Environment,
    /// What could not be understood.
    pub notices: Vec<Notice>,
}

/// Files to findings.
pub fn check(scan: &mut Scan, rules: &[Rule], stated: &BTreeMap<String, String>) -> (Report, Analysis) {
    let analysis = analyse(scan, stated);
    let facts = facts::gather(&analysis.project, &analysis.environment, &scan.sources);
    let outcome = crate::rules::run(rules, &facts, &scan.sources);
    let mut notices = scan.notices.clone();
    notices.extend(analysis.notices.iter().cloned());
    notices.extend(outcome.notices);
    notices.sort_by(|a, b| (a.path.as_str(), a.line, &a.message).cmp(&(b.path.as_str(), b.line, &b.message)));
    notices.dedup();
    let summary = Summary {
        files: scan.looked_at,
        servers: analysis.project.servers.len(),
        policies: analysis.project.policies.len(),
        ..Summary::default()
    };
    (Report { findings: outcome.findings, suppressed: Vec::new(), notices, summary }, analysis)
}

/// What the evaluator's bound on nesting needs in a build without optimisation; only pages that are touched are ever mapped.
const STACK: usize = 128 << 20;

/// Files to the model.
pub fn analyse(scan: &mut Scan, stated: &BTreeMap<String, String>) -> Analysis {
    // Programs call as deeply as their authors like: the evaluator does not depend on the stack its caller happens to have.
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("analysis".to_owned()).stack_size(STACK);
        match builder.spawn_scoped(scope, || evaluate(scan, stated)) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                let message = format!("programs are not evaluated: no thread with a large stack ({error})");
                let notices = vec![Notice { path: Utf8PathBuf::new(), line: 0, message }];
                Analysis { notices, ..Analysis::default() }
            }
        }
    })
}

fn evaluate(scan: &mut Scan, stated: &BTreeMap<String, String>) -> Analysis {
    let speaks =
        |file: &crate::scan::Found| file.needles.contains(Needles::CORS) || file.needles.contains(Needles::FUNCTION);
    if !scan.files.iter().any(speaks) {
        // Without a word of CORS in any file, or a function that pages call by its name, there is nothing to be understood.
        return Analysis::default();
    }
    let kept: Vec<(FileId, Kind, Needles)> =
        scan.files.iter().filter_map(|file| file.id.map(|id| (id, file.kind, file.needles))).collect();
    let mut notices = Vec::new();
    let environment = read_environment(scan, &kept, stated, &mut notices);
    let packages = read_packages(scan, &kept);
    let mut project = nginx_project(scan, &kept, &mut notices);

    let roots: Vec<FileId> = kept
        .iter()
        .filter(|(id, kind, needles)| {
            let relevant = [Needles::CORS, Needles::SERVER, Needles::FUNCTION].iter().any(|one| needles.contains(*one));
            kind.is_code() && relevant && !platforms::is_test_path(scan.below(*id))
        })
        .map(|(id, ..)| *id)
        .collect();
    let mut workspace = Workspace::new(scan);
    workspace.parse_all(&roots);
    let paths: Vec<Utf8PathBuf> = roots.iter().map(|id| workspace.scan.sources.path(*id).to_owned()).collect();
    let libraries = platforms::libraries();
    let mut run = Interp::new(&mut workspace, &libraries, &environment);
    for path in &paths {
        run.run_file(path);
    }
    run.run_uncalled();
    let programs = platforms::recognise(&mut run, &packages);
    drop(run);
    notices.append(&mut workspace.notices);
    project.absorb(programs);
    Analysis { project, environment, notices }
}

fn read_environment(
    scan: &Scan,
    kept: &[(FileId, Kind, Needles)],
    stated: &BTreeMap<String, String>,
    all_notices: &mut Vec<Notice>,
) -> Environment {
    let mut environment = Environment { stated: stated.clone(), ..Environment::default() };
    for &(id, kind, _) in kept {
        let path = scan.sources.path(id).to_owned();
        let name = path.file_name().unwrap_or("");
        let text = scan.sources.text(id);
        match kind {
            Kind::Env => {
                let (entries, problems) = dotenv::parse(id, text);
                all_notices.extend(notices(&scan.sources, id, &problems));
                let mut variables = indexmap::IndexMap::new();
                for entry in entries.into_iter().filter(|entry| !entry.commented) {
                    variables.insert(entry.name.value, entry.value);
                }
                let passed = std::collections::BTreeSet::new();
                environment.files.push(EnvFile { deployment: Deployment::of_file_name(name), path, variables, passed });
            }
            Kind::Yaml if platforms::compose::is_compose(name) => {
                let (documents, _) = yaml::parse(id, text);
                let variables = platforms::compose::variables(&documents);
                let passed = platforms::compose::passed(&documents);
                if !variables.is_empty() || !passed.is_empty() {
                    environment.files.push(EnvFile {
                        deployment: Deployment::of_file_name(name),
                        path,
                        variables,
                        passed,
                    });
                }
            }
            _ => {}
        }
    }
    environment
}

fn read_packages(scan: &Scan, kept: &[(FileId, Kind, Needles)]) -> Packages {
    let mut packages = Packages::default();
    for &(id, kind, _) in kept {
        let (path, text) = (scan.sources.path(id), scan.sources.text(id));
        match kind {
            Kind::Json if path.file_name() == Some("package.json") => {
                packages.add_package_json(path, &json::parse(id, text).0);
            }
            Kind::Json if matches!(path.file_name(), Some("appwrite.json" | "appwrite.config.json")) => {
                packages.add_appwrite_json(path, &json::parse(id, text).0);
            }
            Kind::Requirements => packages.add_requirements(path, &requirements::parse(text)),
            Kind::Toml => packages.add_python_toml(path, &toml::parse(id, text).0),
            _ => {}
        }
    }
    packages
}

fn nginx_project(scan: &Scan, kept: &[(FileId, Kind, Needles)], all_notices: &mut Vec<Notice>) -> Project {
    let ids: Vec<FileId> = kept
        .iter()
        .filter(|(id, kind, _)| *kind == Kind::Nginx && !platforms::is_test_path(scan.below(*id)))
        .map(|(id, ..)| *id)
        .collect();
    let parsed: Vec<_> = ids.par_iter().map(|&id| (id, nginx::parse(id, scan.sources.text(id)))).collect();
    let mut files = Vec::new();
    for (id, (directives, problems)) in parsed {
        all_notices.extend(notices(&scan.sources, id, &problems));
        files.push((id, scan.sources.path(id).to_owned(), directives));
    }
    platforms::nginx::recognise(&files)
}
