//! What the parser of nginx understands and survives.

use crate::{FILE, hostile, within_seconds};
use corslint::syntax::nginx::{Directive, Word, WordPart, parse};

fn tree(text: &str) -> Vec<Directive> {
    let (directives, problems) = parse(FILE, text);
    assert_eq!(problems, [], "{text}");
    directives
}

fn words(directive: &Directive) -> Vec<&str> {
    directive.words.iter().map(|word| &*word.text).collect()
}

fn first_arg(text: &str) -> Word {
    tree(text)[0].args()[0].clone()
}

fn text(text: &str) -> WordPart {
    WordPart::Text(text.into())
}

fn variable(name: &str) -> WordPart {
    WordPart::Variable(name.into())
}

fn template(inside: &str) -> WordPart {
    WordPart::Template(inside.into())
}

#[test]
fn words_blocks_and_spans() {
    let source = "server {\n  # a; comment {\n  add_header X \"a b\" always;\n}\n";
    let tree = tree(source);
    assert_eq!(words(&tree[0]), ["server"]);
    assert_eq!(&source[tree[0].span.range()], source.trim_end());
    let header = &tree[0].children()[0];
    assert_eq!((header.name(), words(header)), ("add_header", vec!["add_header", "X", "a b", "always"]));
    assert_eq!(&source[header.span.range()], "add_header X \"a b\" always;");
    assert_eq!(&source[header.args()[1].span.range()], "\"a b\"");
    assert!(header.args()[1].quoted && !header.args()[2].quoted);
    assert!(header.block.is_none());
}

#[test]
fn a_hash_inside_a_word_is_no_comment() {
    assert_eq!(words(&tree("rewrite ^ /a#b; # c\n")[0]), ["rewrite", "^", "/a#b"]);
}

#[test]
fn escapes_are_those_of_nginx() {
    assert_eq!(&*first_arg(r#"a "x\"y\\z\.com\n";"#).text, "x\"y\\z\\.com\n");
    assert_eq!(words(&tree(r"a b\ c d\;e;")[0]), ["a", r"b\ c", r"d\;e"]);
}

#[test]
fn values_may_span_lines() {
    assert_eq!(words(&tree("a 'b\n  c'\n  d\n;")[0]), ["a", "b\n  c", "d"]);
}

#[test]
fn variables_and_holes_are_parts() {
    let word = first_arg("a \"https://$sub.${name}x${CORS_HOST}\";");
    let expected = [text("https://"), variable("sub"), text("."), variable("name"), text("x"), template("CORS_HOST")];
    assert_eq!(word.parts, expected);
    assert!(!word.is_literal());
    assert_eq!(first_arg("a {{ cors.origin | default('*') }};").parts, [template("cors.origin | default('*')")]);
    assert_eq!(first_arg("a <%= @origin %>/x;").parts, [template("@origin"), text("/x")]);
    assert_eq!(first_arg("a %%ORIGIN%%;").parts, [template("ORIGIN")]);
    assert_eq!(first_arg("a {{{raw}}};").parts, [template("raw")]);
    assert_eq!(first_arg("a \"\";").parts, []);
    assert_eq!(first_arg(r#"a "^x\.com$";"#).parts, [text(r"^x\.com$")]);
}

#[test]
fn conditions_lose_their_outer_parentheses_only() {
    let cases: &[(&str, &[&str])] = &[
        ("if ($request_method = 'OPTIONS') {}", &["if", "$request_method", "=", "OPTIONS"]),
        ("if ( $request_method = OPTIONS ) {}", &["if", "$request_method", "=", "OPTIONS"]),
        (r"if ($http_origin ~* (https?://(a|b)\.com$)) {}", &["if", "$http_origin", "~*", r"(https?://(a|b)\.com$)"]),
        (r#"if ($a ~ "^x{2,3}\)$"){}"#, &["if", "$a", "~", r"^x{2,3}\)$"]),
        (r"if ($a ~ ^[a-z]{2,3}$) {}", &["if", "$a", "~", "^[a-z]{2,3}$"]),
        ("if (-f $x) {}", &["if", "-f", "$x"]),
        ("if (!-e $x) {}", &["if", "!-e", "$x"]),
        ("if ($x) {}", &["if", "$x"]),
        ("if ($x = \"\") {}", &["if", "$x", "=", ""]),
    ];
    for (source, expected) in cases {
        assert_eq!(words(&tree(source)[0]), *expected, "{source}");
    }
}

#[test]
fn map_entries_are_directives_named_by_their_key() {
    let tree =
        tree("map $http_origin $cors {\n hostnames; default \"\";\n \"~^https://x{2}$\" $http_origin;\n include m;\n}");
    let entries: Vec<_> = tree[0].children().iter().map(words).collect();
    assert_eq!(entries[1..3], [vec!["default", ""], vec!["~^https://x{2}$", "$http_origin"]]);
    assert_eq!(entries[3], ["include", "m"]);
    assert!(tree[0].children()[2].words[0].quoted);
}

#[test]
fn a_location_with_a_regular_expression() {
    let tree = tree(r"location ~* \.(eot|ttf)$ { return 204; }");
    assert_eq!(words(&tree[0]), ["location", "~*", r"\.(eot|ttf)$"]);
}

#[test]
fn crlf_and_bom() {
    assert_eq!(words(&tree("\u{feff}a b;\r\nc d;\r\n")[0]), ["a", "b"]);
}

#[test]
fn lua_is_opaque() {
    let tree = tree("content_by_lua_block {\n local t = { '}', [[ } ]] } -- }\n}\nadd_header A b;");
    assert_eq!((tree[0].children().len(), tree[1].name()), (0, "add_header"));
    assert!(tree[0].block.is_some());
}

#[test]
fn template_statements_are_passed_over() {
    let source = "{# note #}\n{% if cors %}\nserver {\n  {{#if x}}\n  {{- range .Values.a }}\n  listen 443{% if h %} \
                  http2{% endif %};\n  {{ extra }}\n  ${CORS_HEADERS}\n  <% if y %>\n  a b; {{ end }}\n}\n{% endif %}";
    let tree = tree(source);
    assert_eq!(tree.len(), 1);
    let names: Vec<_> = tree[0].children().iter().map(Directive::name).collect();
    assert_eq!(names, ["listen", "a"]);
}

#[test]
fn a_missing_semicolon_costs_one_directive() {
    for source in ["server { a b }\nc d;", "server { a b\n}\nc d;", "server {a b}\nc d;"] {
        let (tree, problems) = parse(FILE, source);
        assert_eq!(words(&tree[0].children()[0]), ["a", "b"], "{source}");
        assert_eq!(words(&tree[1]), ["c", "d"]);
        assert_eq!((problems.len(), problems[0].message.contains(';')), (1, true));
    }
}

#[test]
fn broken_braces_and_quotes_are_named_and_survived() {
    let (tree, problems) = parse(FILE, "} a b;\nserver { c d;");
    assert_eq!((tree[0].name(), tree[1].children()[0].name()), ("a", "c"));
    assert_eq!(problems.iter().map(|problem| problem.offset).collect::<Vec<_>>(), [0, 7]);

    let (tree, problems) = parse(FILE, "a \"b;\nc d;\n");
    assert_eq!((words(&tree[0]), words(&tree[1])), (vec!["a", "b"], vec!["c", "d"]));
    assert_eq!(problems.len(), 1);

    let (tree, problems) = parse(FILE, "{ a b; }");
    assert_eq!((tree[0].name(), problems.len()), ("a", 1));
}

#[test]
fn depth_is_bounded_and_the_rest_is_read() {
    let source = format!("{}x y;{} after it;", "a {".repeat(20_000), "}".repeat(20_000));
    let (tree, problems) = parse(FILE, &source);
    assert_eq!((tree.len(), tree[1].name()), (2, "after"));
    assert_eq!(problems.len(), 1);
}

#[test]
fn binary_is_not_read() {
    let (tree, problems) = parse(FILE, "a b;\0");
    assert_eq!((tree.len(), problems.len()), (0, 1));
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        let (_, problems) = within_seconds(what, || parse(FILE, &text));
        assert!(problems.len() <= 8, "{what}");
    }
    let large = "{{ a 'b \\\" ${c <% ;".repeat(50_000_000 / 19);
    within_seconds("50 MB", || parse(FILE, &large));
}
