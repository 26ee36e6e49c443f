//! Servers that send everybody on to https.
//!
//! In: the tree of a root file. Out: `Redirect`s with the hosts they answer for. A server that answers anything else itself is
//! none.

use super::tree::Item;
use crate::model::project::Redirect;

/// Blocks inside blocks that are followed.
const MAX_DEPTH: usize = 4;

/// All redirecting servers below some directives.
pub(super) fn collect(items: &[Item<'_>], depth: usize, found: &mut Vec<Redirect>) {
    for item in items.iter().filter(|_| depth <= MAX_DEPTH) {
        match item.name() {
            "server" => found.extend(redirect(item)),
            "http" => collect(&item.children, depth + 1, found),
            _ => {}
        }
    }
}

fn redirect(server: &Item<'_>) -> Option<Redirect> {
    let children = &server.children;
    let secure = |item: &&Item<'_>| {
        item.name() == "listen" && item.args().iter().any(|word| &*word.text == "ssl" || word.text.starts_with("443"))
    };
    if children.iter().any(|item| secure(&item)) {
        return None;
    }
    let names = children.iter().filter(|item| item.name() == "server_name").flat_map(|item| item.args());
    let hosts: Vec<_> =
        names.filter(|word| word.is_literal() && word.text.contains('.')).map(|word| word.text.clone()).collect();
    let root = |item: &&Item<'_>| item.name() == "location" && item.args().len() == 1 && item.first() == "/";
    let own = children.iter().find(|item| sends_on(item));
    let inside =
        || children.iter().find(root).and_then(|location| location.children.iter().find(|item| sends_on(item)));
    let line = own.or_else(inside)?;
    (!hosts.is_empty()).then(|| Redirect { hosts, span: line.span() })
}

/// `return 301 https://…`, `rewrite ^ https://… permanent`.
fn sends_on(item: &Item<'_>) -> bool {
    let words: Vec<&str> = item.args().iter().map(|word| &*word.text).collect();
    match (item.name(), words.as_slice()) {
        ("return", ["301" | "302" | "307" | "308", target, ..]) => target.starts_with("https://"),
        ("return", [target]) => target.starts_with("https://"),
        ("rewrite", [_, target, ..]) => target.starts_with("https://"),
        _ => false,
    }
}
