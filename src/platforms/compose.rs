//! Variables that a compose file gives to its services.
//!
//! In: the documents of a compose file. Out: names with their texts and places, all services together. Knows no CORS.

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

/// Names that a compose file passes on from outside or to a build: they have a value there, and it is not known here.
pub fn passed(documents: &[Node]) -> BTreeSet<Arc<str>> {
    let services = documents.iter().filter_map(|document| document.get("services")).flat_map(Node::entries);
    let environments = services.filter_map(|(_, service)| service.get("environment"));
    let mut names = BTreeSet::new();
    for environment in environments {
        let by_map =
            environment.entries().iter().filter(|(_, value)| value.as_str().is_none_or(|text| text.contains("${")));
        names.extend(by_map.map(|(name, _)| name.value.clone()));
        let lines = environment.items().iter().filter_map(Node::as_str);
        let outside = lines.filter(|line| line.split_once('=').is_none_or(|(_, value)| value.contains("${")));
        names.extend(outside.map(|line| Arc::from(line.split('=').next().unwrap_or(line).trim())));
    }
    let services = documents.iter().filter_map(|document| document.get("services")).flat_map(Node::entries);
    for arguments in services.filter_map(|(_, service)| service.get("build")?.get("args")) {
        super::builds::of_arguments(arguments, &mut names);
    }
    names
}

/// Paths of files that services take variables from: `env_file:` as a text, a list, or a list of maps.
pub fn env_files(documents: &[Node]) -> Vec<&str> {
    let services = documents.iter().filter_map(|document| document.get("services")).flat_map(Node::entries);
    let named = services.filter_map(|(_, service)| service.get("env_file"));
    let paths = named.flat_map(|named| std::iter::once(named).chain(named.items()));
    paths.filter_map(|one| one.as_str().or_else(|| one.get("path")?.as_str())).collect()
}

/// `environment:` of every service, as a map or as `NAME=value` lines. What is interpolated from outside is left out.
pub fn variables(documents: &[Node]) -> IndexMap<Arc<str>, Spanned<Arc<str>>> {
    let mut variables = IndexMap::new();
    for (_, service) in documents.iter().filter_map(|document| document.get("services")).flat_map(Node::entries) {
        let Some(environment) = service.get("environment") else { continue };
        for (name, value) in environment.entries() {
            let text: Option<Arc<str>> = match &value.kind {
                NodeKind::Str(text) => Some(text.clone()),
                NodeKind::Num(number) => Some(format!("{number}").into()),
                NodeKind::Bool(flag) => Some(flag.to_string().into()),
                _ => None,
            };
            if let Some(text) = text.filter(|text| !text.contains("${")) {
                variables.entry(name.value.clone()).or_insert(Spanned::new(text, value.span));
            }
        }
        for line in environment.items() {
            let Some((name, value)) = line.as_str().and_then(|line| line.split_once('=')) else { continue };
            if !value.contains("${") {
                variables.entry(name.trim().into()).or_insert(Spanned::new(value.into(), line.span));
            }
        }
    }
    variables
}
