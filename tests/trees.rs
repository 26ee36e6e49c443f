//! The parsers of configuration files: what they understand, and what they survive.

use std::time::{Duration, Instant};

use corslint::source::FileId;

const FILE: FileId = FileId(0);

/// Runs a parser on hostile input. The bound is far above what a linear parser needs and far below a quadratic one.
fn within_seconds<T>(what: &str, parse: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = parse();
    assert!(start.elapsed() < Duration::from_secs(60), "{what} took {:?}", start.elapsed());
    result
}

/// Inputs every parser must survive.
fn hostile() -> Vec<(&'static str, String)> {
    let mut noise = 1_u64;
    let binary: String = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_u32((noise >> 33) as u32 % 256).unwrap_or(' ')
    })
    .take(200_000)
    .collect();
    vec![
        ("open braces", "a {".repeat(20_000)),
        ("bare braces", "{".repeat(100_000)),
        ("bare brackets", "[".repeat(100_000)),
        ("closing braces", "}]".repeat(50_000)),
        ("nested keys", "{\"a\":".repeat(20_000)),
        ("dashes", "- ".repeat(20_000)),
        ("indents", (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        ("double quote", format!("a = \"{}", "x \\\" \n".repeat(20_000))),
        ("single quotes", "a: 'x\n".repeat(20_001)),
        ("unclosed templates", "{{ {% <% ".repeat(50_000)),
        ("templates closed by another mark", format!("a {}%}}", "{{".repeat(100_000))),
        ("backslashes", "\\".repeat(100_001)),
        ("dollars", format!("A={}", "${A:-".repeat(50_000))),
        ("carriage returns", "a\r".repeat(50_000)),
        ("binary without zeros", binary.replace('\0', "\u{1}")),
        ("binary", binary),
        ("multi-byte", "é\u{2028}𝄞: \u{feff}'ü\n".repeat(20_000)),
    ]
}

mod nginx {
    use super::*;
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
        let expected =
            [text("https://"), variable("sub"), text("."), variable("name"), text("x"), template("CORS_HOST")];
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
            (
                r"if ($http_origin ~* (https?://(a|b)\.com$)) {}",
                &["if", "$http_origin", "~*", r"(https?://(a|b)\.com$)"],
            ),
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
        let tree = tree(
            "map $http_origin $cors {\n hostnames; default \"\";\n \"~^https://x{2}$\" $http_origin;\n include m;\n}",
        );
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
}

mod dotenv {
    use super::*;
    use corslint::syntax::dotenv::{EnvEntry, parse};

    fn entries(text: &str) -> Vec<EnvEntry> {
        let (entries, problems) = parse(FILE, text);
        assert_eq!(problems, [], "{text}");
        entries
    }

    fn pairs(entries: &[EnvEntry]) -> Vec<(&str, &str)> {
        entries.iter().map(|entry| (&*entry.name.value, &*entry.value.value)).collect()
    }

    #[test]
    fn spellings_of_an_assignment() {
        let cases = [
            ("A=b", "b"),
            ("A = b ", "b"),
            ("  export A=b", "b"),
            ("A: b", "b"),
            ("A=", ""),
            ("A= # note", ""),
            ("A=b # note", "b"),
            ("A=#fff", "#fff"),
            ("A=b#c", "b#c"),
            ("A=\"b # c\" # note", "b # c"),
            ("A='b'# note", "b"),
            ("A=`b \"c\"`", "b \"c\""),
            ("A='b\\n$C'", "b\\n$C"),
            ("A=\"b\\nc\\\"d\\\\\"", "b\nc\"d\\"),
            ("A=\"b\nc # d\"", "b\nc # d"),
            ("A=\"b\",\"c\"", "\"b\",\"c\""),
            ("A=[\"https://x\", \"https://y\"]", "[\"https://x\", \"https://y\"]"),
            ("\u{feff}A=b\r\n", "b"),
            ("A=https://x.com:1/?a=b", "https://x.com:1/?a=b"),
            ("A=it's", "it's"),
        ];
        for (text, value) in cases {
            assert_eq!(pairs(&entries(text)), [("A", value)], "{text}");
        }
    }

    #[test]
    fn spans_leave_the_quotes_out() {
        let source = "X=1\r\n export CORS_ORIGIN = \"https://a\" # b\r\nY='2'";
        let entries = entries(source);
        assert_eq!(pairs(&entries), [("X", "1"), ("CORS_ORIGIN", "https://a"), ("Y", "2")]);
        assert_eq!(&source[entries[1].name.span.range()], "CORS_ORIGIN");
        assert_eq!(&source[entries[1].value.span.range()], "https://a");
        assert_eq!((entries[0].quote, entries[1].quote, entries[2].quote), (None, Some('"'), Some('\'')));
    }

    #[test]
    fn references_to_earlier_entries() {
        let source = "HOST=x.com\nEMPTY=\nA=https://$HOST\nB=\"${HOST}:1\"\nC='$HOST'\nD=${NONE:-https://${HOST}}\n\
                      E=${EMPTY:-d}\nF=${EMPTY-d}\nG=$NONE/${NONE}\nH=\\$HOST\nI=cost 5$\nJ=${HOST:?must}";
        let entries = entries(source);
        let expected = [
            ("A", "https://x.com"),
            ("B", "x.com:1"),
            ("C", "$HOST"),
            ("D", "https://x.com"),
            ("E", "d"),
            ("F", ""),
            ("G", "$NONE/${NONE}"),
            ("H", "$HOST"),
            ("I", "cost 5$"),
            ("J", "x.com"),
        ];
        assert_eq!(pairs(&entries)[2..], expected);
        let interpolates: String = entries.iter().filter(|e| e.interpolates).map(|e| &*e.name.value).collect();
        assert_eq!(interpolates, "ABDEFGJ");
        assert_eq!(&*entries[2].raw, "https://$HOST");
    }

    #[test]
    fn commented_assignments_are_listed_but_not_set() {
        let source =
            "# CORS_ORIGIN=https://a # x\n#B = \"c\"\n# Note: this\n# set a = b here\n# if a == b\nD=$CORS_ORIGIN";
        let entries = entries(source);
        assert_eq!(pairs(&entries), [("CORS_ORIGIN", "https://a"), ("B", "c"), ("D", "$CORS_ORIGIN")]);
        assert_eq!(entries.iter().map(|entry| entry.commented).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn what_assigns_nothing_is_named_once() {
        let (entries, problems) = parse(FILE, "source ./x.sh\nA=b\nPASSED_ON\nB=\"c\nD=e");
        assert_eq!(pairs(&entries), [("A", "b"), ("B", "\"c"), ("D", "e")]);
        assert_eq!(problems.iter().map(|problem| problem.offset).collect::<Vec<_>>(), [0, 30]);
    }

    #[test]
    fn references_cannot_explode() {
        let mut source = "A0=0123456789\n".to_owned();
        for n in 1..200 {
            source.push_str(&format!("A{n}={}\n", format!("${{A{}}}", n - 1).repeat(10)));
        }
        let entries = within_seconds("growth", || entries(&source));
        assert!(entries.iter().all(|entry| entry.value.value.len() <= 70_000));
    }

    #[test]
    fn hostile_input_is_survived() {
        for (what, text) in hostile() {
            let (_, problems) = within_seconds(what, || parse(FILE, &text));
            assert!(problems.len() <= 8, "{what}");
        }
        let large = "A='x\nB=\"y\\\nC=$C${D:-$E}\n#".repeat(10_000_000 / 26);
        within_seconds("10 MB", || parse(FILE, &large));
    }
}

mod json {
    use super::*;
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
        assert_eq!(
            kinds,
            [string("x"), NodeKind::Num(1.5), NodeKind::Num(-20.0), NodeKind::Bool(true), NodeKind::Null]
        );
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
}

mod toml {
    use super::*;
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
        let expected =
            [NodeKind::Num(16.0), NodeKind::Num(1.5), NodeKind::Bool(true), NodeKind::Str("2024-01-02".into())];
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
}

mod requirements {
    use super::*;
    use corslint::syntax::requirements::parse;

    fn found(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().map(|requirement| (requirement.name, requirement.spec)).collect()
    }

    #[test]
    fn names_and_versions() {
        let cases = [
            ("Flask_Cors==4.0.1 ; python_version > '3'", "flask-cors", "==4.0.1"),
            ("fastapi[all] >= 0.1, < 2  # note", "fastapi", ">=0.1,<2"),
            ("django~=4.2 --hash=sha256:ab", "django", "~=4.2"),
            ("starlette", "starlette", ""),
            ("zope.interface (==1)", "zope-interface", "==1"),
        ];
        for (source, name, spec) in cases {
            assert_eq!(found(source), [(name.to_owned(), spec.to_owned())], "{source}");
        }
    }

    #[test]
    fn other_lines_name_nothing() {
        let source = "# a\n-r other.txt\n--index-url x\n-e .\ngit+https://x/y.git@v1#egg=z\npkg @ https://x/y.whl\n\
                      ./local\ny-1.0.whl\nhttps://x/y\n\n";
        assert_eq!(found(source), []);
    }

    #[test]
    fn hashes_on_following_lines_belong_to_the_package() {
        let source = "a==1 \\\n    --hash=sha256:b \\\r\n    c\r\nd==2\n";
        let names: Vec<_> = parse(source).into_iter().map(|found| (found.name, found.offset)).collect();
        assert_eq!(names, [("a".to_owned(), 0), ("d".to_owned(), source.len() - 5)]);
    }

    #[test]
    fn hostile_input_is_survived() {
        for (what, text) in hostile() {
            within_seconds(what, || parse(&text));
        }
    }
}

mod yaml {
    use super::*;
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
}
