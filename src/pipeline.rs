//! The way of the data, in one place: files → trees → values → servers and policies → facts → findings.
//!
//! In: scanned files, rules and what the user states of the environment. Out: a `Report`. Each step is a call into the
//! part that owns it; nothing is decided here but the order and which files are programs worth evaluating.

mod clients;
mod environment;

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::eval::Interp;
use crate::eval::environment::Environment;
use crate::facts;
use crate::finding::{Finding, Report, Summary, Suppressed, UnreadPackage};
use crate::globs::Globs;
use crate::model::intent::Intent;
use crate::model::project::Project;
use crate::platforms::{self, packages::Packages};
use crate::rules::Rule;
use crate::rules::facts::Facts;
use crate::scan::{Kind, Needles, Scan};
use crate::source::{FileId, Notice, Spanned};
use crate::suppress::{self, Configured, Date, Told};
use crate::syntax::{json, nginx, requirements, toml};
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

/// What the user says about a run.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    /// What the deployment sets, by name.
    pub variables: BTreeMap<String, String>,
    /// These and those of the repository's files are all that it sets.
    pub closed: bool,
    /// What is meant.
    pub intent: Intent,
    /// Files that are for developers' machines, whatever they are called.
    pub development: Globs,
    /// What is left out or weighed differently.
    pub configured: Configured,
    /// Ids of rules that exist, though they need not run.
    pub known: Vec<Arc<str>>,
    /// The day of the run; suppressions end.
    pub today: Option<Date>,
}

/// Files to findings.
pub fn check(scan: &mut Scan, rules: &[Rule], stated: &Stated) -> (Report, Analysis) {
    let analysis = analyse(scan, stated);
    let facts = facts::gather(&analysis.project, &analysis.environment, &scan.sources);
    let outcome = crate::rules::run(rules, &facts, &scan.sources);
    let judged = suppressed(outcome.findings, scan, rules, stated);
    let mut notices = scan.notices.clone();
    notices.extend(analysis.notices.iter().cloned());
    notices.extend(outcome.notices);
    notices.extend(judged.notices);
    notices.sort_by(|a, b| (a.path.as_str(), a.line, &a.message).cmp(&(b.path.as_str(), b.line, &b.message)));
    notices.dedup();
    let summary = Summary {
        files: scan.looked_at,
        servers: analysis.project.servers.len(),
        policies: analysis.project.policies.len(),
        suppressed: judged.suppressed.len(),
        ..Summary::default()
    };
    let unread = (summary.policies == 0).then(|| unread(scan)).flatten();
    (Report { findings: judged.findings, suppressed: judged.suppressed, notices, summary, unread }, analysis)
}

/// A package that may set CORS up and that no platform reads.
fn unread(scan: &Scan) -> Option<UnreadPackage> {
    let texts = scan.files.iter().filter_map(|file| Some((&*file.path, file.id?)));
    let texts = texts.filter(|(_, id)| !platforms::is_test_path(scan.below(*id)));
    let found = platforms::unread::most_telling(texts.map(|(path, id)| (path, &**scan.sources.text(id))))?;
    Some(UnreadPackage { name: found.name.to_owned(), path: found.path })
}

/// Findings after suppression, with those about the suppressions themselves.
struct Judged {
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    notices: Vec<Notice>,
}

fn suppressed(findings: Vec<Finding>, scan: &Scan, rules: &[Rule], stated: &Stated) -> Judged {
    let ran: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
    let mut known = stated.known.clone();
    known.extend(crate::rules::embedded_ids());
    known.extend(rules.iter().map(|rule| rule.id.clone()));
    let told = Told { configured: &stated.configured, ran: &ran, known: &known, today: stated.today };
    let mut judged = suppress::apply(findings, scan, &told);
    let facts = Facts { suppressions: std::mem::take(&mut judged.facts), ..Facts::default() };
    let outcome = crate::rules::run(rules, &facts, &scan.sources);
    let about = suppress::configured_only(outcome.findings, scan, &told);
    judged.findings.extend(about.findings);
    judged.suppressed.extend(about.suppressed);
    crate::rules::sort(&mut judged.findings, &scan.sources);
    judged.suppressed.sort_by(|a, b| crate::rules::order(&a.finding, &b.finding, &scan.sources));
    Judged { findings: judged.findings, suppressed: judged.suppressed, notices: outcome.notices }
}

/// What the evaluator's bound on nesting needs in a build without optimisation; only pages that are touched are ever mapped.
const STACK: usize = 128 << 20;

/// Files to the model.
pub fn analyse(scan: &mut Scan, stated: &Stated) -> Analysis {
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

fn evaluate(scan: &mut Scan, stated: &Stated) -> Analysis {
    let kept: Vec<(FileId, Kind, Needles)> =
        scan.files.iter().filter_map(|file| file.id.map(|id| (id, file.kind, file.needles))).collect();
    let mut notices = Vec::new();
    let environment = environment::read(scan, &kept, stated, &mut notices);
    let packages = read_packages(scan, &kept);
    let paths: Vec<&Utf8Path> = scan.files.iter().map(|file| &*file.path).collect();
    let entries = platforms::entries(&paths, &packages);
    let says = |needles: Needles| scan.files.iter().any(|file| file.needles.contains(needles));
    // Servers are of interest where CORS is spoken of, and where a framework, a platform or a proxy lets pages call them; whoever
    // asks for an answer gets it also where nobody grants anything.
    let about_servers = stated.closed || says(Needles::CORS) || says(Needles::FUNCTION) || !entries.is_empty();
    // A page that names an address of its own may call a server that has never heard of CORS.
    let about_servers = about_servers || says(Needles::SERVER) && says(Needles::CLIENT | Needles::ALONE);
    if !about_servers && !says(Needles::CLIENT) {
        return Analysis { environment, notices, ..Analysis::default() };
    }
    let mut project = nginx_project(scan, &kept, &environment, &mut notices);

    let mut roots: Vec<FileId> = kept
        .iter()
        .filter(|(id, kind, needles)| {
            let relevant = needles.meets(Needles::CORS | Needles::SERVER | Needles::FUNCTION);
            let code = kind.is_code() && *kind != Kind::Component;
            about_servers && code && relevant && !platforms::is_test_path(scan.below(*id))
        })
        .map(|(id, ..)| *id)
        .collect();
    let parts: Vec<&Utf8Path> = roots.iter().map(|id| scan.sources.path(*id)).collect();
    let gathering = platforms::gathering(&paths, &parts);
    for path in entries.iter().chain(&gathering) {
        let code = scan.load(path).filter(|&id| scan.kind(id).is_code() && !platforms::is_test_path(scan.below(id)));
        roots.extend(code.filter(|id| !roots.contains(id)));
    }
    roots.sort_by(|a, b| scan.sources.path(*a).as_str().cmp(scan.sources.path(*b).as_str()));
    let mut workspace = Workspace::new(scan);
    workspace.parse_all(&roots);
    let paths: Vec<Utf8PathBuf> = roots.iter().map(|id| workspace.scan.sources.path(*id).to_owned()).collect();
    let libraries = platforms::libraries();
    let mut run = Interp::new(&mut workspace, &libraries, &environment);
    for path in &paths {
        run.run_file(path);
    }
    run.run_uncalled();
    let programs = platforms::recognise(&mut run, &packages, &entries);
    discard(run);
    project.absorb(programs);
    project.hosts.extend(packages.homepages.iter().cloned());
    project.clients = clients::requests(&mut workspace, &kept, &project, &packages, &environment);
    notices.append(&mut workspace.notices);
    platforms::set_apart(&mut project, |file| stated.development.contains(scan.sources.path(file)));
    let layered = crate::model::layers::faults(&project);
    project.faults.extend(layered.into_iter().filter(|fault| {
        let path = scan.sources.path(fault.span.file);
        !stated.development.contains(path) && !platforms::is_development_path(path)
    }));
    project.hosts.extend(homepages(scan, &kept));
    project.intent = stated.intent.clone();
    Analysis { project, environment, notices }
}

/// Nobody waits for the end of an evaluation that was read.
fn discard(run: Interp<'_>) {
    let remains = run.into_remains();
    rayon::spawn(move || drop(remains));
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
            Kind::Toml if path.file_name() == Some("netlify.toml") => {
                packages.deployed.add_netlify(path, &toml::parse(id, text).0);
            }
            Kind::Toml if path.file_name() == Some("config.toml") => {
                packages.deployed.add_supabase(path, &toml::parse(id, text).0);
            }
            Kind::Toml => packages.add_python_toml(path, &toml::parse(id, text).0),
            _ => {}
        }
    }
    packages
}

/// Where packages say that their site lives.
fn homepages(scan: &Scan, kept: &[(FileId, Kind, Needles)]) -> Vec<Spanned<String>> {
    let is_manifest = |id: FileId| scan.sources.path(id).file_name() == Some("package.json");
    let manifests = kept.iter().filter(|(id, kind, _)| *kind == Kind::Json && is_manifest(*id));
    let read = |id: FileId| {
        let (document, _) = json::parse(id, scan.sources.text(id));
        let homepage = document.get("homepage")?;
        Some(Spanned::new(homepage.as_str()?.to_string(), homepage.span))
    };
    manifests.filter_map(|(id, ..)| read(*id)).collect()
}

fn nginx_project(
    scan: &Scan,
    kept: &[(FileId, Kind, Needles)],
    environment: &Environment,
    all_notices: &mut Vec<Notice>,
) -> Project {
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
    platforms::nginx::recognise(&files, environment.filling())
}
