//! Whose variables they are that a file of a deployment gives: the directory of the program that gets them.
//!
//! In: the file's path, the names that it gives to the program, and all directories of the repository. Out: a directory.
//! Manifests and Dockerfiles often lie in folders of their own beside the programs; the names lead back.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

/// Folders that hold how programs are run, and no programs.
const DEPLOYING: [&str; 26] = [
    ".devops",
    ".do",
    ".docker",
    ".k8s",
    ".kube",
    ".kubernetes",
    "chart",
    "charts",
    "ci",
    "compose",
    "deploy",
    "deployment",
    "deployments",
    "devops",
    "docker",
    "dockerfiles",
    "helm",
    "infra",
    "infrastructure",
    "k8s",
    "kube",
    "kubernetes",
    "kustomize",
    "manifests",
    "ops",
    "production",
];

/// The directories of a repository.
pub fn directories<'p>(paths: impl Iterator<Item = &'p Utf8Path>) -> BTreeSet<&'p Utf8Path> {
    let mut found = BTreeSet::new();
    for path in paths {
        for directory in path.ancestors().skip(1) {
            if !found.insert(directory) {
                break;
            }
        }
    }
    found
}

/// The directory that a file with the names of its program speaks for.
pub fn home(path: &Utf8Path, names: &[&str], directories: &BTreeSet<&Utf8Path>) -> Utf8PathBuf {
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    let parts: Vec<&str> = folder.iter().collect();
    let outside = parts.iter().position(|part| DEPLOYING.contains(&part.to_ascii_lowercase().as_str()));
    let base: Utf8PathBuf = parts.iter().take(outside.unwrap_or(parts.len())).collect();
    let inner = parts.iter().skip(outside.unwrap_or(parts.len())).rev().copied();
    let named = names.iter().copied().chain(inner).find_map(|name| below(&base, name, directories));
    named.unwrap_or(base)
}

/// The folder that a path given in a file leads to, where there is one.
pub fn given(path: &Utf8Path, given: &str, directories: &BTreeSet<&Utf8Path>) -> Option<Utf8PathBuf> {
    let mut whole = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
    for part in Utf8Path::new(given.trim_start_matches('/')).components() {
        match part {
            camino::Utf8Component::ParentDir => drop(whole.pop()),
            camino::Utf8Component::Normal(name) => whole.push(name),
            _ => {}
        }
    }
    directories.contains(whole.as_path()).then_some(whole)
}

/// The one folder below `base` that a program's name means: its own, or that of its last word (`shop-api`).
fn below(base: &Utf8Path, name: &str, directories: &BTreeSet<&Utf8Path>) -> Option<Utf8PathBuf> {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['-', '_']).next().unwrap_or("");
    [name.as_str(), last].iter().filter(|word| word.len() > 1).find_map(|word| {
        let fits = |directory: &&&Utf8Path| {
            let called = directory.file_name().is_some_and(|found| found.eq_ignore_ascii_case(word));
            let deploys = |part: &str| DEPLOYING.contains(&part.to_ascii_lowercase().as_str());
            called && directory.strip_prefix(base).is_ok_and(|rest| !rest.iter().any(deploys))
        };
        let mut found: Vec<&Utf8Path> = directories.iter().filter(fits).copied().collect();
        found.sort_by_key(|directory| directory.iter().count());
        let depth = found.first()?.iter().count();
        let mut near = found.into_iter().filter(|directory| directory.iter().count() == depth);
        let first = near.next()?;
        near.next().is_none().then(|| first.to_owned())
    })
}
