//! What the parser of yaml understands and survives.

use crate::{FILE, hostile, within_seconds};
use corslint::syntax::document::{Node, NodeKind};
use corslint::syntax::yaml::parse;

fn tree(text: &str) -> Node {
    let (mut documents, problems) = parse(FILE, text);
    assert_eq!(problems, [], "{text}");
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0)
}

fn string(text: &str) -> NodeKind {
    NodeKind::Str(text.into())
}

fn kind(node: &Node, key: &str) -> Option<NodeKind> {
    node.get(key).map(|value| value.kind.clone())
}

#[test]
fn plain_scalars_have_the_types_of_the_core_schema() {
    let node = tree("[a b, 1, -1.5e3, 0x10, 0o7, true, False, ~, null, yes, no, on, '1', \"2\", 1.2.3, inf]");
    let kinds: Vec<_> = node.items().iter().map(|item| item.kind.clone()).collect();
    let numbers = [1.0, -1500.0, 16.0, 7.0].map(NodeKind::Num);
    assert_eq!(kinds[0], string("a b"));
    assert_eq!(kinds[1..5], numbers);
    assert_eq!(kinds[5..9], [NodeKind::Bool(true), NodeKind::Bool(false), NodeKind::Null, NodeKind::Null]);
    assert_eq!(kinds[9..], ["yes", "no", "on", "1", "2", "1.2.3", "inf"].map(string));
}

#[test]
fn spans_are_those_of_the_text() {
    let source = "\u{e9}: x\ncors:\n  origins:\n    - \"https://a\" # note\n    - b\n\nnext: 1\n";
    let node = tree(source);
    let cors = node.get("cors").expect("cors");
    assert_eq!(&source[cors.span.range()], "origins:\n    - \"https://a\" # note\n    - b");
    let origins = cors.get("origins").expect("origins");
    assert_eq!(&source[origins.items()[0].span.range()], "\"https://a\"");
    assert_eq!(&source[node.entries()[2].0.span.range()], "next");
}

#[test]
fn block_scalars() {
    let node = tree("a: |\n  x\n    y\nb: >-\n  x\n  y\n");
    assert_eq!((kind(&node, "a"), kind(&node, "b")), (Some(string("x\n  y\n")), Some(string("x y"))));
}

#[test]
fn tags_keep_text_as_text() {
    assert_eq!(kind(&tree("a: !Ref 12"), "a"), Some(string("12")));
}

#[test]
fn anchors_and_merges() {
    let node = tree("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nc:\n  <<: [*b, *m]\n  x: 9\nd: *b\n");
    let c = node.get("c").expect("c");
    let numbers = ["x", "y", "z"].map(|key| kind(c, key));
    assert_eq!(numbers, [9.0, 2.0, 4.0].map(|number| Some(NodeKind::Num(number))));
    assert_eq!(node.get("d"), node.get("base"));
    assert!(c.get("<<").is_none());
}

#[test]
fn aliases_cannot_explode() {
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    let mut chain = "- &a0 []\n".to_owned();
    for n in 1..10_000 {
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
        chain.push_str(&format!("- &a{n} [*a{}]\n", n - 1));
    }
    for source in [laughs, chain] {
        let (documents, problems) = within_seconds("aliases", || parse(FILE, &source));
        assert_eq!(documents.len(), 1);
        assert!(!problems.is_empty());
    }
}

#[test]
fn several_documents() {
    let (documents, problems) = parse(FILE, "---\na: 1\n---\nb: 2\n...\n");
    assert_eq!((documents.len(), problems.len()), (2, 0));
    assert!(documents[1].get("b").is_some());
}

#[test]
fn templates_do_not_kill_the_rest() {
    let source = "{{- if .Values.on }}\n{{ include \"labels\" . | nindent 4 }}\nhost: {{ .Values.host }}.x\nlist:\n  \
                  {{- range .Values.list }}\n  - {{ . | quote }}\n  {{- end }}\nboth: \"{{ a }}{{ b }}\"\n\
                  port: {{ p }}\n{% if x %}\nafter: 1\n{% endif %}\n";
    let node = tree(source);
    assert_eq!(kind(&node, "host"), Some(string("{{ .Values.host }}.x")));
    assert_eq!(node.get("list").and_then(|list| list.items()[0].as_str()), Some("{{ . | quote }}"));
    assert_eq!(kind(&node, "both"), Some(string("{{ a }}{{ b }}")));
    assert_eq!(kind(&node, "port"), Some(string("{{ p }}")));
    assert_eq!(kind(&node, "after"), Some(NodeKind::Num(1.0)));
    let host = node.get("host").expect("host");
    assert_eq!(&source[host.span.range()], "{{ .Values.host }}.x");
}

#[test]
fn what_is_broken_costs_only_itself() {
    let broken =
        ["b: ]x: y: z", "\tb: 3", "b: *none", "&", "b: \"x", "b: {x: 1", "b: x: y", "b: @x", "b: %x%", "  b: 2"];
    for line in broken {
        let source = &format!("a: 1\n{line}\nc: 2\n");
        let (documents, problems) = parse(FILE, source);
        let keys: Vec<_> = ["a", "c"].into_iter().filter(|key| documents[0].get(key).is_some()).collect();
        assert_eq!(keys, ["a", "c"], "{source}: {documents:?}");
        assert!(!problems.is_empty(), "{source}");
    }
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        let (_, problems) = within_seconds(what, || parse(FILE, &text));
        assert!(problems.len() <= 8, "{what}");
    }
    for large in ["a: [b, {{ 'c\n", "- a\n", "}", "a: &a {b: [*a]}\n"] {
        let large = large.repeat(5_000_000 / large.len());
        within_seconds("5 MB", || parse(FILE, &large));
    }
}
