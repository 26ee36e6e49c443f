//! Variables that a compose file gives to its services.
//!
//! In: the documents of a compose file. Out: names with their texts and places, all services together. Knows no CORS.

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
