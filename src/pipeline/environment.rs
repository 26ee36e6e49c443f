//! What the repository says of variables: env files, compose files, Dockerfiles, manifests.
//!
//! In: scanned files and what the user states. Out: an `Environment` with its files in path order. What a file means is
//! read by its platform; here it is only decided for which deployment and for which programs it speaks.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Stated;
use crate::eval::environment::{Deployment, EnvFile, EnvSource, Environment};
use crate::platforms::{builds, compose, homes, image, is_test_path, manifests, wrangler};
use crate::scan::{Kind, Needles, Scan};
use crate::source::{FileId, Notice};
use crate::syntax::document::Node;
use crate::syntax::{dockerfile, dotenv, json, toml, yaml};
use crate::workspace::notices;

/// A run's files, read for the variables that they give.
struct Reading<'s> {
    scan: &'s Scan,
    stated: &'s Stated,
    directories: BTreeSet<&'s Utf8Path>,
    files: Vec<EnvFile>,
    manifests: Vec<(Utf8PathBuf, Vec<Node>)>,
    builds: builds::Names,
}

pub(super) fn read(
    scan: &Scan,
    kept: &[(FileId, Kind, Needles)],
    stated: &Stated,
    all_notices: &mut Vec<Notice>,
) -> Environment {
    let code = scan.files.iter().filter(|file| file.kind.is_code());
    let directories = homes::directories(code.map(|file| &*file.path));
    let mut reading =
        Reading { scan, stated, directories, files: Vec::new(), manifests: Vec::new(), builds: builds::Names::new() };
    for &(id, kind, needles) in kept {
        let path = scan.sources.path(id);
        let name = path.file_name().unwrap_or("");
        match kind {
            Kind::Env => reading.env(id, all_notices),
            Kind::Yaml if compose::is_compose(name) => reading.compose(id),
            Kind::Yaml if builds::is_workflow(path) => {
                reading.built(path, builds::of_workflow(&yaml::parse(id, scan.sources.text(id)).0));
            }
            Kind::Toml if name == "netlify.toml" => {
                reading.built(path, builds::of_netlify(&toml::parse(id, scan.sources.text(id)).0));
            }
            Kind::Yaml if needles.contains(Needles::DEPLOYS) && !is_test_path(scan.below(id)) => {
                reading.manifests.push((path.to_owned(), yaml::parse(id, scan.sources.text(id)).0));
            }
            Kind::Toml if name.starts_with("fly.") => {
                reading.manifests.push((path.to_owned(), vec![toml::parse(id, scan.sources.text(id)).0]));
            }
            Kind::Json | Kind::Toml if wrangler::is_wrangler(path) => reading.wrangler(id, kind),
            Kind::Dockerfile if !is_test_path(scan.below(id)) => reading.image(id),
            _ => {}
        }
    }
    reading.programs();
    let mut files = reading.files;
    files.sort_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
    Environment {
        stated: stated.variables.clone(),
        files,
        builds: reading.builds,
        development: stated.development.clone(),
        closed: stated.closed,
        trust_local: stated.closed,
    }
}

impl Reading<'_> {
    fn env(&mut self, id: FileId, all_notices: &mut Vec<Notice>) {
        let (path, text) = (self.scan.sources.path(id), self.scan.sources.text(id));
        let (entries, problems) = dotenv::parse(id, text);
        all_notices.extend(notices(&self.scan.sources, id, &problems));
        let mut file = EnvFile::new(path, EnvSource::File, self.by_name(path));
        file.samples = dotenv::samples(id, text, &entries);
        let entries = entries.into_iter().filter(|entry| !entry.commented);
        file.variables = entries.map(|entry| (entry.name.value, entry.value)).collect();
        self.files.push(file);
    }

    fn compose(&mut self, id: FileId) {
        let path = self.scan.sources.path(id);
        let (documents, _) = yaml::parse(id, self.scan.sources.text(id));
        self.built(path, compose::built(&documents));
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        let others: Vec<Utf8PathBuf> =
            compose::env_files(&documents).iter().map(|named| folder.join(named.trim_start_matches("./"))).collect();
        for service in compose::services(&documents) {
            let mut file = EnvFile::new(path, EnvSource::File, self.by_name(path));
            let context = service.context.as_deref();
            if let Some(home) = context.and_then(|context| homes::given(path, context, &self.directories)) {
                file.home = home;
            }
            file.variables = service.variables;
            file.passed = service.passed;
            file.others.clone_from(&others);
            self.files.push(file);
        }
    }

    fn wrangler(&mut self, id: FileId, kind: Kind) {
        let (path, text) = (self.scan.sources.path(id), self.scan.sources.text(id));
        let document = if kind == Kind::Json { json::parse(id, text).0 } else { toml::parse(id, text).0 };
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        let development = self.stated.development.contains(path);
        for (deployment, variables) in wrangler::variables(&document) {
            let deployment = if development { Deployment::Development } else { deployment };
            let mut file = EnvFile::new(path, EnvSource::Manifest, deployment);
            folder.clone_into(&mut file.home);
            file.variables = variables;
            file.others = vec![folder.join(wrangler::DEVELOPERS_FILE)];
            self.files.push(file);
        }
    }

    /// What a build is given counts unless it is a build for developers.
    fn built(&mut self, path: &Utf8Path, names: builds::Names) {
        if !matches!(self.by_name(path), Deployment::Development | Deployment::Test) {
            self.builds.extend(names);
        }
    }

    fn image(&mut self, id: FileId) {
        let path = self.scan.sources.path(id);
        let instructions = dockerfile::parse(id, self.scan.sources.text(id));
        self.built(path, builds::of_image(&instructions));
        let image = image::read(&instructions);
        if image.variables.is_empty() && image.passed.is_empty() {
            return;
        }
        let mut file = EnvFile::new(path, EnvSource::Image, self.by_path(path));
        let names: Vec<&str> = image::words(path.file_name().unwrap_or("")).collect();
        file.home = homes::home(path, &names, &self.directories);
        file.variables = image.variables;
        file.passed = image.passed;
        self.files.push(file);
    }

    fn programs(&mut self) {
        for program in manifests::programs(&std::mem::take(&mut self.manifests)) {
            let path = &program.path;
            let deployment = match self.by_path(path) {
                Deployment::Any if program.hosted => Deployment::Production,
                other => other,
            };
            let mut file = EnvFile::new(path, EnvSource::Manifest, deployment);
            let given = program.folder.as_deref();
            let given = given.and_then(|folder| homes::given(path, folder, &self.directories));
            let names: Vec<&str> = program.names.iter().map(|name| &**name).collect();
            file.home = given.unwrap_or_else(|| homes::home(path, &names, &self.directories));
            file.variables = program.variables;
            file.passed = program.passed;
            self.files.push(file);
        }
    }

    /// The deployment that a file's name is about.
    fn by_name(&self, path: &Utf8Path) -> Deployment {
        match self.stated.development.contains(path) {
            true => Deployment::Development,
            false => Deployment::of_file_name(path.file_name().unwrap_or("")),
        }
    }

    /// The deployment that a file's name or one of its folders is about: `overlays/staging/api.yaml`.
    fn by_path(&self, path: &Utf8Path) -> Deployment {
        match self.by_name(path) {
            Deployment::Any => {
                let folders = path.parent().into_iter().flat_map(Utf8Path::iter).map(Deployment::of_file_name);
                folders.rev().find(|found| *found != Deployment::Any).unwrap_or(Deployment::Any)
            }
            own => own,
        }
    }
}
