//! Files to trees: the loader the evaluator asks, with a cache of what was parsed.
//!
//! In: a `Scan`. Out: trees of programs and documents, each parsed once, and notices for what could not be read.
//! Knows no library and no CORS.

use std::collections::HashMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::eval::Loader;
use crate::ir::Module;
use crate::scan::{Kind, Needles, Scan};
use crate::source::{FileId, Notice, Sources};
use crate::syntax::document::Node;
use crate::syntax::{Problem, component, javascript, json, python};

/// Manifests that are read to find packages of the repository, at most.
const MAX_PACKAGES: usize = 500;

/// The files of a run and what was parsed of them.
#[derive(Debug)]
pub struct Workspace<'s> {
    /// The files.
    pub scan: &'s mut Scan,
    modules: HashMap<FileId, Arc<Module>>,
    documents: HashMap<FileId, Arc<Node>>,
    packages: Option<HashMap<String, Utf8PathBuf>>,
    /// What could not be parsed.
    pub notices: Vec<Notice>,
    focus: Focus,
}

/// What an evaluation is about: which files matter to it by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// Servers and what they grant.
    #[default]
    Servers,
    /// Requests of browsers.
    Clients,
}

impl<'s> Workspace<'s> {
    /// A workspace over scanned files.
    pub fn new(scan: &'s mut Scan) -> Workspace<'s> {
        Workspace {
            scan,
            modules: HashMap::new(),
            documents: HashMap::new(),
            packages: None,
            notices: Vec::new(),
            focus: Focus::Servers,
        }
    }

    /// Turns to what the next evaluation is about.
    pub fn turn_to(&mut self, focus: Focus) {
        self.focus = focus;
    }

    /// The tree of a file that was parsed.
    pub fn parsed(&self, id: FileId) -> Option<&Arc<Module>> {
        self.modules.get(&id)
    }

    /// May the tree of a file say something? Markup says nothing of where requests go, and a page imports dozens of such files.
    fn is_wanted(&self, path: &Utf8Path) -> bool {
        let markup = matches!(path.extension(), Some("tsx" | "jsx" | "vue" | "svelte" | "astro"));
        self.focus != Focus::Clients || !markup || self.matters(path)
    }

    /// Parses program files ahead of time, in parallel.
    pub fn parse_all(&mut self, files: &[FileId]) {
        let scan = &*self.scan;
        let mut files: Vec<FileId> = files.iter().copied().filter(|id| !self.modules.contains_key(id)).collect();
        files.sort_unstable();
        files.dedup();
        let parsed: Vec<(FileId, Module, Vec<Problem>)> = files
            .par_iter()
            .filter_map(|&id| parse(&scan.sources, scan.kind(id), id).map(|(module, problems)| (id, module, problems)))
            .collect();
        for (id, module, problems) in parsed {
            self.notices.extend(notices(&self.scan.sources, id, &problems));
            self.modules.insert(id, Arc::new(module));
        }
    }
}

fn parse(sources: &Sources, kind: Kind, id: FileId) -> Option<(Module, Vec<Problem>)> {
    let text = sources.text(id);
    Some(match kind {
        Kind::JavaScript => javascript::parse(id, text, javascript::Dialect::JavaScript),
        Kind::TypeScript => javascript::parse(id, text, javascript::Dialect::TypeScript),
        Kind::Tsx => javascript::parse(id, text, javascript::Dialect::Tsx),
        Kind::Component => component::parse(id, text),
        Kind::Python => python::parse(id, text),
        _ => return None,
    })
}

/// The files that Angular's builder puts in the place of one when it builds for production. Source:
/// <https://angular.dev/tools/cli/environments>.
fn replacement(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let folder = path.parent().filter(|folder| folder.file_name() == Some("environments"));
    match (folder, path.file_name()) {
        (Some(folder), Some("environment.ts")) => {
            ["environment.prod.ts", "environment.production.ts"].map(|name| folder.join(name)).into()
        }
        _ => Vec::new(),
    }
}

/// Problems of one file as notices with lines.
pub fn notices(sources: &Sources, id: FileId, problems: &[Problem]) -> Vec<Notice> {
    problems
        .iter()
        .map(|problem| {
            let offset = u32::try_from(problem.offset).unwrap_or(u32::MAX);
            let line = sources.position(id, offset).line;
            Notice { path: sources.path(id).to_owned(), line, message: problem.message.clone() }
        })
        .collect()
}

impl Loader for Workspace<'_> {
    fn exists(&self, path: &Utf8Path) -> bool {
        self.scan.exists(path)
    }

    fn module(&mut self, path: &Utf8Path) -> Option<Arc<Module>> {
        if !self.is_wanted(path) {
            return None;
        }
        let built = replacement(path).into_iter().find(|other| self.scan.exists(other));
        let id = self.scan.load(built.as_deref().unwrap_or(path))?;
        if let Some(module) = self.modules.get(&id) {
            return Some(module.clone());
        }
        let (module, problems) = parse(&self.scan.sources, self.scan.kind(id), id)?;
        self.notices.extend(notices(&self.scan.sources, id, &problems));
        let module = Arc::new(module);
        self.modules.insert(id, module.clone());
        Some(module)
    }

    fn fetch_ahead(&mut self, paths: &[Utf8PathBuf]) {
        let wanted: Vec<&Utf8PathBuf> = paths.iter().filter(|path| self.is_wanted(path)).collect();
        let ids: Vec<FileId> = wanted.into_iter().filter_map(|path| self.scan.load(path)).collect();
        self.parse_all(&ids);
    }

    fn document(&mut self, path: &Utf8Path) -> Option<Arc<Node>> {
        if !self.scan.exists(path) {
            return None;
        }
        let id = self.scan.load(path)?;
        if let Some(document) = self.documents.get(&id) {
            return Some(document.clone());
        }
        let (document, problems) = json::parse(id, self.scan.sources.text(id));
        self.notices.extend(notices(&self.scan.sources, id, &problems));
        let document = Arc::new(document);
        self.documents.insert(id, document.clone());
        Some(document)
    }

    fn package(&mut self, name: &str) -> Option<Utf8PathBuf> {
        if self.packages.is_none() {
            let manifests = self.scan.files.iter().map(|file| &file.path);
            let manifests = manifests.filter(|path| path.file_name() == Some("package.json"));
            let manifests: Vec<Utf8PathBuf> = manifests.take(MAX_PACKAGES).cloned().collect();
            let mut found = HashMap::new();
            for path in manifests {
                let name = self.document(&path).and_then(|document| Some(document.get("name")?.as_str()?.to_string()));
                if let (Some(name), Some(home)) = (name, path.parent()) {
                    found.entry(name).or_insert_with(|| home.to_owned());
                }
            }
            self.packages = Some(found);
        }
        self.packages.as_ref()?.get(name).cloned()
    }

    fn matters(&self, path: &Utf8Path) -> bool {
        let needles = self.scan.needles_at(path);
        needles.meets(match self.focus {
            Focus::Servers => Needles::CORS | Needles::SERVER | Needles::FUNCTION,
            Focus::Clients => Needles::CLIENT,
        })
    }

    fn speaks(&self, path: &Utf8Path) -> bool {
        self.scan.needles_at(path).contains(Needles::CORS)
    }

    fn path(&self, file: FileId) -> Utf8PathBuf {
        self.scan.sources.path(file).to_owned()
    }
}
