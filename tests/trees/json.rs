//! What the parser of json understands and survives.

use crate::{FILE, hostile, within_seconds};
use corslint::syntax::document::{Node, NodeKind};
use corslint::syntax::json::parse;

fn tree(text: &str) -> Node {
    let (node, problems) = parse(FILE, text);
    assert_eq!(problems, [], "{text}");
    node
}

fn string(text: &str) -> NodeKind {
    NodeKind::Str(text.into())
}

#[test]
fn values_and_spans() {
    let source = r#" {"a": ["x", 1.5, -2e1, true, null], "b": {"c": "y"}} "#;
    let node = tree(source);
    let kinds: Vec<_> = node.get("a").into_iter().flat_map(Node::items).map(|item| item.kind.clone()).collect();
    assert_eq!(kinds, [string("x"), NodeKind::Num(1.5), NodeKind::Num(-20.0), NodeKind::Bool(true), NodeKind::Null]);
    let inner = node.get("b").and_then(|b| b.get("c"));
    assert_eq!(inner.and_then(Node::as_str), Some("y"));
    assert_eq!(inner.map(|inner| &source[inner.span.range()]), Some("\"y\""));
    assert_eq!(&source[node.entries()[1].0.span.range()], "\"b\"");
    assert_eq!(&source[node.span.range()], source.trim());
}

#[test]
fn what_configuration_files_add() {
    let node = tree("\u{feff}// note\r\n{ /* x */ 'a': 1, b: [2,], \"c\": {{ .Values.c }}, \"d\": ${D}, }");
    assert_eq!(node.entries().len(), 4);
    assert_eq!(node.get("b").map(|b| b.items().len()), Some(1));
    assert_eq!(node.get("c").and_then(Node::as_str), Some("{{ .Values.c }}"));
    assert_eq!(node.get("d").and_then(Node::as_str), Some("${D}"));
}

#[test]
fn escapes() {
    let node = tree(r#""a\"\\\\n\n\u00e9\ud834\udd1e\ud834x\/""#);
    assert_eq!(node.as_str(), Some("a\"\\\\n\né𝄞\u{fffd}x/"));
}

#[test]
fn of_a_key_written_twice_the_last_counts() {
    assert_eq!(tree(r#"{"a": 1, "a": 2}"#).get("a").map(|a| a.kind.clone()), Some(NodeKind::Num(2.0)));
}

#[test]
fn what_is_broken_costs_only_itself() {
    let cases = [
        (r#"{"x" 1, "a": 2}"#, 1),
        ("{\"x\": \"y,\n \"a\": 2}", 1),
        (r#"{"x": , "a": 2}"#, 1),
        (r#"{"x": [1, "a": 2}"#, 2),
        (r#"{"a": 2"#, 1),
        (r#"{"x": what, "a": 2}}"#, 2),
    ];
    for (source, count) in cases {
        let (node, problems) = parse(FILE, source);
        let found = node.get("a").is_some() || source.contains('[');
        assert!(found && problems.len() == count, "{source}: {node:?} {problems:?}");
    }
}

#[test]
fn depth_is_bounded_and_the_rest_is_read() {
    let source = format!("{{\"x\": {}{}, \"a\": 1}}", "[".repeat(20_000), "]".repeat(20_000));
    let (node, problems) = parse(FILE, &source);
    assert_eq!((node.entries().len(), problems.len()), (2, 1));
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        let (_, problems) = within_seconds(what, || parse(FILE, &text));
        assert!(problems.len() <= 8, "{what}");
    }
    for large in ["[{\"a\": 'x, /* ", "{{ ", "}", "{\"a\":[1,2]},"] {
        let large = format!("[{}", large.repeat(5_000_000 / large.len()));
        within_seconds("5 MB", || parse(FILE, &large));
    }
}
