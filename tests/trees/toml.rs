//! What the parser of toml understands and survives.

use crate::{FILE, hostile, within_seconds};
use corslint::syntax::document::{Node, NodeKind};
use corslint::syntax::toml::parse;

#[test]
fn tables_values_and_spans() {
    let source = "title = \"x\"\n[z.cors]\norigins = [\"https://a\"]\nage = 0x10\nrate = 1.5\non = true\n\
                  day = 2024-01-02\n[[a]]\nn = 1\n[[a]]\nn = 2\n";
    let (node, problems) = parse(FILE, source);
    assert_eq!(problems, []);
    let keys: Vec<_> = node.entries().iter().map(|(key, _)| &*key.value).collect();
    assert_eq!(keys, ["title", "z", "a"]);
    let cors = node.get("z").and_then(|z| z.get("cors")).expect("the table");
    let origin = &cors.get("origins").expect("the list").items()[0];
    assert_eq!((origin.as_str(), &source[origin.span.range()]), (Some("https://a"), "\"https://a\""));
    let kinds: Vec<_> = cors.entries()[1..].iter().map(|(_, value)| value.kind.clone()).collect();
    let expected = [NodeKind::Num(16.0), NodeKind::Num(1.5), NodeKind::Bool(true), NodeKind::Str("2024-01-02".into())];
    assert_eq!(kinds, expected);
    assert_eq!(node.get("a").map(|a| a.items().len()), Some(2));
}

#[test]
fn what_is_broken_costs_only_itself() {
    let (node, problems) = parse(FILE, "a = \"x\nb = 2\nc = = 3\n[t]\nd = 'y'\n");
    assert!(node.get("b").is_some() && !problems.is_empty());
    assert_eq!(node.get("t").and_then(|t| t.get("d")).and_then(Node::as_str), Some("y"));
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        let (_, problems) = within_seconds(what, || parse(FILE, &text));
        assert!(problems.len() <= 8, "{what}");
    }
}
