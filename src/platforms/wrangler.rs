//! Variables that a wrangler configuration gives to a Worker.
//!
//! In: the tree of a `wrangler.toml`, `wrangler.json` or `wrangler.jsonc`. Out: for each environment names with their texts
//! and places. Secrets are kept elsewhere, so these are never all variables. Knows no CORS. Source:
//! <https://developers.cloudflare.com/workers/wrangler/environments/>.

use std::sync::Arc;

use camino::Utf8Path;
use indexmap::IndexMap;

use crate::eval::environment::Deployment;
use crate::model::world::{Stage, is_selector, stage};
use crate::source::Spanned;
use crate::syntax::document::{Node, NodeKind};

/// Where developers keep the secrets and variables of their own machines.
pub const DEVELOPERS_FILE: &str = ".dev.vars";

type Variables = IndexMap<Arc<str>, Spanned<Arc<str>>>;

/// Is it the name of a wrangler configuration?
pub fn is_wrangler(path: &Utf8Path) -> bool {
    matches!(path.file_name(), Some("wrangler.toml" | "wrangler.json" | "wrangler.jsonc"))
}

/// The variables of each environment. What stands at the top is deployed where no environment for production is named; named
/// environments inherit none of it.
pub fn variables(document: &Node) -> Vec<(Deployment, Variables)> {
    let environments = document.get("env").map(Node::entries).unwrap_or_default();
    let named = environments.iter().map(|(name, node)| (Deployment::of_file_name(&name.value), texts(node)));
    let named: Vec<_> = named.filter(|(_, variables)| !variables.is_empty()).collect();
    let top = texts(document);
    let deployment = match says_stage(&top) {
        Some(Stage::Development) => Deployment::Development,
        Some(Stage::Staging) => Deployment::Staging,
        _ if named.iter().any(|(deployment, _)| *deployment == Deployment::Production) => Deployment::Development,
        _ => Deployment::Production,
    };
    let top = (!top.is_empty()).then_some((deployment, top));
    top.into_iter().chain(named).collect()
}

/// The stage that a variable names: `ENVIRONMENT = "development"`.
fn says_stage(variables: &Variables) -> Option<Stage> {
    variables.iter().filter(|(name, _)| is_selector(name)).find_map(|(_, value)| stage(&value.value))
}

fn texts(environment: &Node) -> Variables {
    let vars = environment.get("vars").map(Node::entries).unwrap_or_default();
    let text = |value: &Node| match &value.kind {
        NodeKind::Str(text) => Some(text.clone()),
        NodeKind::Num(number) => Some(Arc::from(format!("{number}"))),
        NodeKind::Bool(flag) => Some(Arc::from(flag.to_string())),
        _ => None,
    };
    vars.iter().filter_map(|(name, value)| Some((name.value.clone(), Spanned::new(text(value)?, value.span)))).collect()
}
