//! What manifests say: versions that the repository pins, and the files in which functions begin.
//!
//! In: trees of manifests with their paths. Out: the version text of a package for code at a path, the name of the function
//! that a file begins. Reads nothing itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployed::Deployed;
use crate::model::origin::Url;
use crate::source::Spanned;
use crate::syntax::document::Node;
use crate::syntax::requirements::Requirement;

/// All manifests, by their directory.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    directories: BTreeMap<Utf8PathBuf, BTreeMap<String, Arc<str>>>,
    homes: BTreeSet<Utf8PathBuf>,
    /// Where the packages' pages are served, by their own word.
    pub homepages: Vec<Spanned<String>>,
    proxied: BTreeSet<Utf8PathBuf>,
    entrypoints: BTreeMap<Utf8PathBuf, String>,
    /// Which files hosting platforms run.
    pub deployed: Deployed,
    function_ids: BTreeMap<String, String>,
}

impl Packages {
    /// Takes in a package.json.
    pub fn add_package_json(&mut self, path: &Utf8Path, document: &Node) {
        if document.get("proxy").is_some() {
            self.proxied.insert(path.to_owned());
        }
        self.homes.insert(path.parent().unwrap_or(Utf8Path::new("")).to_owned());
        self.homepages.extend(homepage(document));
        for section in ["dependencies", "devDependencies", "peerDependencies"] {
            for (name, version) in document.get(section).map(Node::entries).unwrap_or_default() {
                if let Some(version) = version.as_str() {
                    self.insert(path, name.value.to_string(), version);
                }
            }
        }
    }

    /// Takes in an appwrite.json: where the code of each function begins.
    pub fn add_appwrite_json(&mut self, path: &Utf8Path, document: &Node) {
        let home = path.parent().unwrap_or(Utf8Path::new(""));
        for function in document.get("functions").map(Node::items).unwrap_or_default() {
            let text = |key: &str| function.get(key).and_then(Node::as_str);
            let (Some(folder), Some(entrypoint)) = (text("path"), text("entrypoint")) else { continue };
            let name = text("name").or_else(|| text("$id")).unwrap_or(folder);
            let file = home.join(folder).join(entrypoint);
            let parts = file.components().filter(|part| !matches!(part, camino::Utf8Component::CurDir));
            self.entrypoints.insert(parts.collect(), name.to_owned());
            self.function_ids.extend(text("$id").map(|id| (name.to_owned(), id.to_owned())));
        }
    }

    /// What a function of this name is called by where it is started.
    pub fn function_id(&self, name: &str) -> Option<&str> {
        self.function_ids.get(name).map(String::as_str)
    }

    /// The name of the function whose code begins in a file.
    pub fn entrypoint(&self, file: &Utf8Path) -> Option<String> {
        self.entrypoints.get(file).cloned()
    }

    /// Takes in requirements of Python.
    pub fn add_requirements(&mut self, path: &Utf8Path, requirements: &[Requirement]) {
        for requirement in requirements {
            self.insert(path, requirement.name.clone(), &requirement.spec);
        }
    }

    /// Takes in a pyproject.toml or Pipfile.
    pub fn add_python_toml(&mut self, path: &Utf8Path, document: &Node) {
        let lists = [document.get("project").and_then(|project| project.get("dependencies"))];
        for item in lists.into_iter().flatten().flat_map(Node::items) {
            for requirement in item.as_str().map(crate::syntax::requirements::parse).unwrap_or_default() {
                self.insert(path, requirement.name.clone(), &requirement.spec);
            }
        }
        let poetry =
            document.get("tool").and_then(|tool| tool.get("poetry")).and_then(|poetry| poetry.get("dependencies"));
        for (name, version) in [poetry, document.get("packages")].into_iter().flatten().flat_map(Node::entries) {
            let text = version.as_str().or_else(|| version.get("version").and_then(Node::as_str));
            if let Some(text) = text {
                self.insert(path, name.value.to_lowercase().replace('_', "-"), text);
            }
        }
    }

    /// The directory of the package.json that code at a path belongs to.
    pub fn home(&self, from: &Utf8Path) -> Option<&Utf8Path> {
        from.ancestors().skip(1).find_map(|directory| self.homes.get(directory)).map(Utf8PathBuf::as_path)
    }

    /// Does the package.json that code at a path belongs to name a package?
    pub fn depends(&self, package: &str, from: &Utf8Path) -> bool {
        self.home(from).and_then(|home| self.directories.get(home)).is_some_and(|names| names.contains_key(package))
    }

    /// Does the package.json that code at a path belongs to name any package?
    pub fn depends_on_any(&self, from: &Utf8Path) -> bool {
        self.home(from).is_some_and(|home| self.directories.contains_key(home))
    }

    fn insert(&mut self, path: &Utf8Path, name: String, version: &str) {
        let mut home = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        // `requirements/base.txt` speaks for the directory above it.
        if home.file_name() == Some("requirements") {
            home = home.parent().unwrap_or(Utf8Path::new("")).to_owned();
        }
        self.directories
            .entry(home)
            .or_default()
            .entry(name)
            .and_modify(|known| {
                if known.is_empty() {
                    *known = version.into();
                }
            })
            .or_insert_with(|| version.into());
    }

    /// The version text of a package for code at a path: the nearest manifest above that names it, else the only one that the
    /// repository names at all (`pip/requirements.txt`).
    pub fn version(&self, package: &str, from: &Utf8Path) -> Option<Arc<str>> {
        let above =
            from.ancestors().skip(1).find_map(|directory| self.directories.get(directory)?.get(package).cloned());
        above.or_else(|| {
            let mut all =
                self.directories.values().filter_map(|names| names.get(package)).filter(|text| !text.is_empty());
            let first = all.next()?;
            all.all(|other| other == first).then(|| first.clone())
        })
    }

    /// Does this package.json configure the proxy of a development server?
    pub fn is_proxied(&self, manifest: &Utf8Path) -> bool {
        self.proxied.contains(manifest)
    }

    /// The directories whose own manifest names a package.
    pub fn directories(&self, package: &str) -> BTreeSet<Utf8PathBuf> {
        let named = self.directories.iter().filter(|(_, names)| names.contains_key(package));
        named.map(|(directory, _)| directory.clone()).collect()
    }

    /// The lowest major version a text admits: `^4.18.2` → 4; `None` when it does not say.
    pub fn major(&self, package: &str, from: &Utf8Path) -> Option<u32> {
        self.numbers(package, from).map(|(major, _)| major)
    }

    /// Major and minor version that a text names first.
    pub fn numbers(&self, package: &str, from: &Utf8Path) -> Option<(u32, u32)> {
        let text = self.version(package, from)?;
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let mut parts = text[start..].split(['.', ',', ' ', '-', '<', '|']);
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some((major, minor))
    }

    /// The newest major and minor version that a text admits; `None` when it admits any, or names none.
    pub fn newest(&self, package: &str, from: &Utf8Path) -> Option<(u32, u32)> {
        self.version(package, from)?.split([',', ' ']).filter_map(newest).min()
    }
}

/// The newest version that one specifier admits: `==4.9.0`, `~=4.9`, `^4.9`, `<5`, or a bare `4.9.0`.
fn newest(specifier: &str) -> Option<(u32, u32)> {
    let start = specifier.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = specifier.split_at(start);
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let major = parts.next().flatten()?;
    let minor = parts.next();
    let known = minor.flatten();
    let (of_major, of_minor) = ((major, u32::MAX), known.map(|minor| (major, minor)));
    match operator.trim() {
        "" | "=" | "==" | "===" | "<=" => Some(of_minor.unwrap_or(of_major)),
        "~" => Some(of_minor.unwrap_or(of_major)),
        "~=" if parts.next().is_some() => Some(of_minor.unwrap_or(of_major)),
        "~=" => Some(of_major),
        "^" if major > 0 => Some(of_major),
        "^" => Some(of_minor.unwrap_or(of_major)),
        "<" => match (major, known.unwrap_or(0)) {
            (0, 0) => None,
            (major, 0) => Some((major - 1, u32::MAX)),
            (major, minor) => Some((major, minor - 1)),
        },
        _ => None,
    }
}

/// `homepage`, unless it is the page of the source: libraries name that.
fn homepage(document: &Node) -> Option<Spanned<String>> {
    const SOURCES: [&str; 4] = ["github.com", "gitlab.com", "npmjs.com", "bitbucket.org"];
    let node = document.get("homepage")?;
    let host = Url::parse(node.as_str()?)?.host;
    let source = SOURCES.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
    (!source).then(|| Spanned::new(node.as_str().unwrap_or("").to_owned(), node.span))
}
