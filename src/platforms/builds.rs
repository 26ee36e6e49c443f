//! Variables that are given to a build: by a Dockerfile, by a workflow of GitHub, by Netlify.
//!
//! In: the instructions and documents of such files. Out: the names that have a value where the build runs. What it is does not matter
//! here, as long as it is no address of the developer's machine. Sources: <https://docs.docker.com/reference/dockerfile/#arg>,
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>,
//! <https://docs.netlify.com/build/configure-builds/file-based-configuration/>.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8Path;

use crate::model::origin::{Url, is_loopback};
use crate::syntax::dockerfile::Instruction;
use crate::syntax::document::{Node, NodeKind};

/// Names of variables.
pub type Names = BTreeSet<Arc<str>>;

/// How deeply a workflow is looked into.
const DEEPEST: usize = 12;

/// Is it a workflow of GitHub?
pub fn is_workflow(path: &Utf8Path) -> bool {
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    folder.ends_with(".github/workflows")
}

/// `ARG` and `ENV` of a Dockerfile.
pub fn of_image(instructions: &[Instruction]) -> Names {
    let mut names = Names::new();
    for instruction in instructions {
        match instruction {
            Instruction::Env(given) => add(&mut names, &given.name, Some(&given.value.value)),
            Instruction::Arg(name, given) => add(&mut names, name, given.as_ref().map(|given| &*given.value.value)),
            Instruction::From { .. } | Instruction::Copy(_) => {}
        }
    }
    names
}

/// `env:` wherever it stands in a workflow, and the lines of `build-args:`.
pub fn of_workflow(documents: &[Node]) -> Names {
    let mut names = Names::new();
    documents.iter().for_each(|document| visit(document, 0, &mut names));
    names
}

/// `build.environment` of `netlify.toml`, and that of the context of production.
pub fn of_netlify(document: &Node) -> Names {
    let mut names = Names::new();
    let context = document.get("context").and_then(|contexts| contexts.get("production"));
    for holder in [document.get("build"), context].into_iter().flatten() {
        if let Some(environment) = holder.get("environment") {
            map(environment, &mut names);
        }
    }
    names
}

/// `build.args` of a service: a map, or `NAME=value` lines.
pub fn of_arguments(arguments: &Node, names: &mut Names) {
    map(arguments, names);
    arguments.items().iter().filter_map(Node::as_str).for_each(|line| self::line(line, names));
}

fn visit(node: &Node, depth: usize, names: &mut Names) {
    if depth > DEEPEST {
        return;
    }
    for (name, value) in node.entries() {
        match &*name.value {
            "env" => map(value, names),
            "build-args" => {
                let lines = value.as_str().unwrap_or_default();
                lines.lines().for_each(|line| self::line(line, names));
            }
            _ => visit(value, depth + 1, names),
        }
    }
    node.items().iter().for_each(|item| visit(item, depth + 1, names));
}

fn map(node: &Node, names: &mut Names) {
    for (name, value) in node.entries() {
        match &value.kind {
            NodeKind::Null => add(names, &name.value, None),
            _ => add(names, &name.value, value.as_str().or(Some("given"))),
        }
    }
}

fn line(line: &str, names: &mut Names) {
    match line.split_once('=') {
        Some((name, value)) => add(names, name, Some(value)),
        None => add(names, line, None),
    }
}

/// A name without a value has it from outside.
fn add(names: &mut Names, name: &str, value: Option<&str>) {
    let name = name.trim();
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = value.map(|value| value.trim().trim_matches(['"', '\'']));
    let local = |text: &str| text.is_empty() || Url::parse(text).is_some_and(|url| is_loopback(&url.host));
    if plain && !value.is_some_and(local) {
        names.insert(name.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::dockerfile;

    #[test]
    fn a_dockerfile_gives_what_it_takes_from_outside_and_what_it_sets() {
        let text = "FROM node:22\nARG VITE_A\narg VITE_B=http://localhost:8000\nENV VITE_C=$VITE_A \\\n  VITE_D=\"https://api.shop.example\"\nENV VITE_E https://x.example\nRUN ARG=1\nENV VITE_F=\"\"";
        let found = of_image(&dockerfile::parse(FileId(0), text));
        let found: Vec<&str> = found.iter().map(|name| &**name).collect();
        assert_eq!(found, ["VITE_A", "VITE_C", "VITE_D", "VITE_E"]);
    }
}
