//! Variables that manifests give to programs: Kubernetes, Render, Fly, App Engine, DigitalOcean.
//!
//! In: the documents of all manifests. Out: for each program its names, and names of variables with their texts and places
//! or with a text that is kept elsewhere. What is a template's is not known. Knows no CORS.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use crate::source::Spanned;
use crate::syntax::document::{Node, NodeKind};

/// A program that a manifest runs.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The manifest.
    pub path: Utf8PathBuf,
    /// What it is called there, the most telling name first.
    pub names: Vec<Arc<str>>,
    /// The folder it is built from, relative to the root of the repository.
    pub folder: Option<Arc<str>>,
    /// Is it certainly a deployment, and not somebody's own cluster?
    pub hosted: bool,
    /// Name to text and place.
    pub variables: IndexMap<Arc<str>, Spanned<Arc<str>>>,
    /// Names with a text that is kept elsewhere.
    pub passed: BTreeSet<Arc<str>>,
}

/// Containers lie at most so deep in a manifest: a list of jobs with templates of pods.
const MAX_DEPTH: usize = 16;

/// The programs of the manifests of a repository.
pub fn programs(manifests: &[(Utf8PathBuf, Vec<Node>)]) -> Vec<Program> {
    let maps = config_maps(manifests);
    let mut found = Vec::new();
    for (path, documents) in manifests {
        for document in documents {
            if path.extension() == Some("toml") {
                found.extend(fly(document));
            } else if document.get("apiVersion").is_some() {
                let own = document.get("metadata").and_then(|metadata| metadata.get("name"));
                pods(document, own, &maps, 0, &mut found);
            } else {
                found.extend(hosted(document));
            }
        }
        for program in found.iter_mut().filter(|program| program.path.as_str().is_empty()) {
            program.path.clone_from(path);
        }
    }
    found.retain(|program| !program.variables.is_empty() || !program.passed.is_empty());
    found
}

/// `data:` of every ConfigMap, by name.
fn config_maps(manifests: &[(Utf8PathBuf, Vec<Node>)]) -> BTreeMap<&str, &Node> {
    let documents = manifests.iter().flat_map(|(_, documents)| documents);
    let named = documents.filter(|document| document.get("kind").and_then(Node::as_str) == Some("ConfigMap"));
    named.filter_map(|one| Some((one.get("metadata")?.get("name")?.as_str()?, one.get("data")?))).collect()
}

/// Containers, wherever a manifest holds a pod.
fn pods(node: &Node, own: Option<&Node>, maps: &BTreeMap<&str, &Node>, depth: usize, found: &mut Vec<Program>) {
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in node.entries() {
        if &*key.value == "containers" {
            found.extend(value.items().iter().map(|container| of_container(container, own, maps)));
        } else {
            pods(value, own, maps, depth + 1, found);
        }
    }
    node.items().iter().for_each(|item| {
        let named = item.get("metadata").and_then(|metadata| metadata.get("name"));
        pods(item, named.or(own), maps, depth + 1, found);
    });
}

fn of_container(container: &Node, own: Option<&Node>, maps: &BTreeMap<&str, &Node>) -> Program {
    let mut program = Program::default();
    let image = container.get("image").and_then(Node::as_str).map(image_name);
    let names = [own.and_then(Node::as_str), container.get("name").and_then(Node::as_str), image];
    program.names = names.into_iter().flatten().filter(|name| !name.contains("{{")).map(Arc::from).collect();
    for from in container.get("envFrom").map(Node::items).unwrap_or_default() {
        let name = from.get("configMapRef").and_then(|map| map.get("name")).and_then(Node::as_str);
        for (name, value) in name.and_then(|name| maps.get(name)).map(|data| data.entries()).unwrap_or_default() {
            program.take(&name.value, Some(value));
        }
    }
    for one in container.get("env").map(Node::items).unwrap_or_default() {
        let Some(name) = one.get("name").and_then(Node::as_str) else { continue };
        let key = one.get("valueFrom").and_then(|from| from.get("configMapKeyRef")).and_then(|from| {
            let map = maps.get(from.get("name")?.as_str()?)?;
            map.get(from.get("key")?.as_str()?)
        });
        program.take(name, one.get("value").or(key));
    }
    program
}

/// `registry/owner/name:tag`
fn image_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// `[env]` of a fly.toml.
fn fly(document: &Node) -> Option<Program> {
    let mut program = Program { hosted: true, ..Program::default() };
    for (name, value) in document.get("env")?.entries() {
        program.take(&name.value, Some(value));
    }
    Some(program)
}

/// render.yaml, the app.yaml of App Engine and that of DigitalOcean.
fn hosted(document: &Node) -> Vec<Program> {
    let mut found = Vec::new();
    if let Some(variables) = document.get("env_variables").filter(|_| document.get("runtime").is_some()) {
        let mut program = Program { hosted: true, ..Program::default() };
        for (name, value) in variables.entries() {
            program.take(&name.value, Some(value));
        }
        found.push(program);
    }
    let kinds = ["services", "static_sites", "workers"];
    for service in kinds.iter().filter_map(|kind| document.get(kind)).flat_map(Node::items) {
        let text = |key: &str| service.get(key).and_then(Node::as_str);
        let folder = text("rootDir").or_else(|| text("source_dir")).or_else(|| text("dockerContext"));
        let names = text("name").map(Arc::from).into_iter().collect();
        let mut program = Program { hosted: true, names, folder: folder.map(Arc::from), ..Program::default() };
        for one in ["envVars", "envs"].iter().filter_map(|key| service.get(key)).flat_map(Node::items) {
            if let Some(name) = one.get("key").and_then(Node::as_str) {
                program.take(name, one.get("value"));
            }
        }
        found.push(program);
    }
    found
}

impl Program {
    /// Takes in a variable; one whose value is not written there is passed.
    fn take(&mut self, name: &str, value: Option<&Node>) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return;
        }
        let text: Option<Arc<str>> = value.and_then(|value| match &value.kind {
            NodeKind::Str(text) => Some(text.clone()),
            NodeKind::Num(number) => Some(format!("{number}").into()),
            NodeKind::Bool(flag) => Some(flag.to_string().into()),
            _ => None,
        });
        // `{{ .Values.origin }}`, `${ORIGIN}` and `$(ORIGIN)` are filled in by somebody else.
        let written = text.filter(|text| !["{{", "${", "$("].iter().any(|hole| text.contains(hole)));
        match (written, value) {
            (Some(text), Some(value)) => {
                self.passed.remove(name);
                self.variables.insert(name.into(), Spanned::new(text, value.span));
            }
            _ => {
                self.variables.shift_remove(name);
                self.passed.insert(name.into());
            }
        }
    }
}
