//! Variables that a compose file gives to its services.
//!
//! In: the documents of a compose file. Out: for each service names with their texts and places. Knows no CORS.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::Spanned;
use crate::syntax::document::{Node, NodeKind};

/// Is it the name of a compose file?
pub fn is_compose(name: &str) -> bool {
    let stem = name.trim_end_matches(".yml").trim_end_matches(".yaml");
    stem == "compose"
        || stem == "docker-compose"
        || stem.starts_with("compose.")
        || stem.starts_with("docker-compose.")
        || stem.starts_with("docker-compose-")
}

/// A service and what it is given.
#[derive(Debug, Clone, Default)]
pub struct Service {
    /// The folder that it is built from, as written.
    pub context: Option<Arc<str>>,
    /// Name to text and place. What is interpolated from outside is left out.
    pub variables: IndexMap<Arc<str>, Spanned<Arc<str>>>,
    /// Names that are passed on from outside: they have a value in the deployment, and it is not known here.
    pub passed: BTreeSet<Arc<str>>,
}

/// Paths of files that services take variables from: `env_file:` as a text, a list, or a list of maps.
pub fn env_files(documents: &[Node]) -> Vec<&str> {
    let named = entries(documents).filter_map(|service| service.get("env_file"));
    let paths = named.flat_map(|named| std::iter::once(named).chain(named.items()));
    paths.filter_map(|one| one.as_str().or_else(|| one.get("path")?.as_str())).collect()
}

/// The services of a compose file with their `environment:`, a map or `NAME=value` lines.
pub fn services(documents: &[Node]) -> Vec<Service> {
    let services = entries(documents).map(service);
    services.filter(|service| !service.variables.is_empty() || !service.passed.is_empty()).collect()
}

/// Names that services hand to the builds of their images.
pub fn built(documents: &[Node]) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    for arguments in entries(documents).filter_map(|service| service.get("build")?.get("args")) {
        super::builds::of_arguments(arguments, &mut names);
    }
    names
}

fn entries(documents: &[Node]) -> impl Iterator<Item = &Node> {
    let services = documents.iter().filter_map(|document| document.get("services")).flat_map(Node::entries);
    services.map(|(_, service)| service)
}

fn service(node: &Node) -> Service {
    let build = node.get("build");
    let context = build.and_then(|build| build.as_str().or_else(|| build.get("context")?.as_str()));
    let mut service = Service { context: context.map(Arc::from), ..Service::default() };
    let Some(environment) = node.get("environment") else { return service };
    for (name, value) in environment.entries() {
        let text: Option<Arc<str>> = match &value.kind {
            NodeKind::Str(text) => Some(text.clone()),
            NodeKind::Num(number) => Some(format!("{number}").into()),
            NodeKind::Bool(flag) => Some(flag.to_string().into()),
            _ => None,
        };
        let written = text.clone().filter(|text| !text.contains("${"));
        if written.is_none() && value.as_str().is_none_or(|text| text.contains("${")) {
            service.passed.insert(name.value.clone());
        }
        service.variables.extend(written.map(|text| (name.value.clone(), Spanned::new(text, value.span))));
    }
    for line in environment.items() {
        let Some(text) = line.as_str() else { continue };
        match text.split_once('=').filter(|(_, value)| !value.contains("${")) {
            Some((name, value)) => {
                service.variables.insert(name.trim().into(), Spanned::new(value.into(), line.span));
            }
            None => drop(service.passed.insert(text.split('=').next().unwrap_or(text).trim().into())),
        }
    }
    service
}
