//! Broken, deep and odd input: nothing fails, and what is around it is understood.

use corslint::{
    source::FileId,
    syntax::{
        Problem,
        javascript::{self, Dialect},
        python,
    },
};

use super::printer;

const DIALECTS: [Dialect; 3] = [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx];

fn js(text: &str) -> (String, Vec<Problem>) {
    let (module, problems) = javascript::parse(FileId(0), text, Dialect::JavaScript);
    (printer::stmts(&module.body), problems)
}

fn py(text: &str) -> (String, Vec<Problem>) {
    let (module, problems) = python::parse(FileId(0), text);
    (printer::stmts(&module.body), problems)
}

#[test]
fn broken_javascript_keeps_what_is_around() {
    let (tree, problems) = js("const a = 1;\nconst = = ;\napp.use(cors());\n");
    assert!(tree.starts_with("let a = 1; "), "{tree}");
    assert!(tree.ends_with("app.use(cors())"), "{tree}");
    assert!((1..=3).contains(&problems.len()), "{problems:?}");
    assert!(problems[0].offset >= 12, "{problems:?}");

    let (tree, problems) = js("const a = f();\nfunction g() { h();\n");
    assert!(tree.contains("let a = f()") && tree.contains("h()"), "{tree}");
    assert!(!problems.is_empty());
}

#[test]
fn broken_python_keeps_what_is_around() {
    let (tree, problems) = py("a = 1\nx = = 2\nb = f()\n");
    assert!(tree.starts_with("let a = 1"), "{tree}");
    assert!(tree.contains("let b = f()"), "{tree}");
    assert!((1..=3).contains(&problems.len()), "{problems:?}");
}

#[test]
fn many_errors_are_told_a_few_times() {
    assert_eq!(js(&"const = = ;\n".repeat(500)).1.len(), 3);
    assert!(py(&"def (:\n".repeat(500)).1.len() <= 3);
}

#[test]
fn odd_texts_do_not_fail() {
    for text in [
        "",
        "\u{feff}",
        "\0\0",
        "'",
        "\"\\",
        "`",
        "`${",
        "f'{",
        "b'\\",
        "\u{fffd}\u{fffd}",
        "/*",
        "<",
        "@",
        "'''",
        "x = f'{a",
        "\\u{",
        "'\\u{",
    ] {
        for dialect in DIALECTS {
            javascript::parse(FileId(0), text, dialect);
        }
        python::parse(FileId(0), text);
    }
}

/// Deeply nested texts, each of a form whose lowering recurses in its own way.
fn deep(before: &str, inside: &str, after: &str) -> String {
    const DEPTH: usize = 10_000;
    format!("{}{inside}{}", before.repeat(DEPTH), after.repeat(DEPTH))
}

#[test]
fn deep_javascript_does_not_overflow() {
    let forms = [
        ("[", "1", "]"),
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("f({a:", "1", "})"),
        ("x={a:", "1", "}"),
        ("!", "a", ""),
        ("a.b.", "c", ""),
        ("a+", "b", ""),
        ("", "a", "?.b()"),
        ("a?b:", "c", ""),
        ("a=", "b", ""),
        ("if(a){", "b()", "}"),
        ("if(a)b();else ", "c()", ""),
        ("{", "", "}"),
        ("function f(){", "", "}"),
        ("a=>", "b", ""),
        ("f(function(){", "", "})"),
        ("class A{m(){", "", "}}"),
        ("x=class extends ", "a", "{}"),
        ("switch(a){case 1:", "", "}"),
        ("for(;;)", "f()", ""),
        ("try{", "", "}catch(e){}"),
        ("`${", "a", "}`"),
        ("const {a:", "b", "}=c;"),
        ("a:", "b()", ""),
        ("<a b={", "c", "}/>"),
        ("<a>", "", "</a>"),
        ("export default {a:", "1", "}"),
        ("await ", "a", ""),
        ("x=async()=>{", "", "}"),
        ("new ", "A", ""),
        ("namespace A{", "", "}"),
        ("x=[{", "", ""),
        ("((((", "", ""),
    ];
    for ((before, inside, after), dialect) in forms.into_iter().zip(DIALECTS.into_iter().cycle()) {
        let (module, _) = javascript::parse(FileId(0), &deep(before, inside, after), dialect);
        printer::stmts(&module.body);
    }
    let destructuring = format!("const {}b{} = c", "{a:".repeat(10_000), "}".repeat(10_000));
    assert!(!js(&destructuring).1.is_empty());
}

#[test]
fn deep_python_does_not_overflow() {
    let forms = [
        ("[", "1", "]"),
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("{'a':", "1", "}"),
        ("not ", "a", ""),
        ("a and ", "b", ""),
        ("a + ", "b", ""),
        ("a < ", "b", ""),
        ("(a < ", "b", " < c)"),
        ("", "a", ".b()"),
        ("", "a", "[0]"),
        ("b if c else ", "a", ""),
        ("lambda: ", "a", ""),
        ("a = ", "b", ""),
        ("[x for x in ", "a", "]"),
        ("x.", "y", ""),
        ("f'{", "a", "}'"),
        ("a: list[", "b", "]"),
        ("import a.", "b", ""),
        ("match a:\n case a.", "b", ": c"),
        ("if a: b\nel", "if c: d", ""),
        ("'a' ", "'b'", ""),
    ];
    for (before, inside, after) in forms {
        let (module, _) = python::parse(FileId(0), &deep(before, inside, after));
        printer::stmts(&module.body);
    }
    let blocks = ["if a:\n", "def f():\n", "class A:\n", "try:\n", "while a:\n", "with a as b:\n"];
    for opening in blocks {
        let text: String = (0..1_000).map(|depth| format!("{}{opening}", " ".repeat(depth))).collect();
        let (module, _) = python::parse(FileId(0), &format!("{text}{}pass\n", " ".repeat(1_000)));
        printer::stmts(&module.body);
    }
    let branches = format!("if a:\n  b()\n{}", "elif c:\n  d()\n".repeat(10_000));
    // Each level nests both in the branches before it and in the block around it.
    let chains: String = (0..100)
        .map(|depth| {
            format!(
                "{0}if a:\n{0} b\n{1}{0}else:\n",
                " ".repeat(depth),
                format!("{}elif c: d\n", " ".repeat(depth)).repeat(50)
            )
        })
        .collect();
    py(&format!("{chains}{}pass\n", " ".repeat(100)));
    let compared = format!("{}a{}", "(".repeat(5_000), " < b < c < d < e < f)".repeat(5_000));
    py(&compared);
    assert!(py(&branches).0.starts_with("if a {b()} else {if c {d()}"));
}

#[test]
fn wide_files_are_read_whole() {
    let (tree, problems) = js(&"app.use(f({ a: [1, 2, 3] }));\n".repeat(20_000));
    assert_eq!(tree.matches("app.use").count(), 20_000);
    assert!(problems.is_empty());
    let list = format!("a = [{}]", "'x',\n".repeat(50_000));
    assert_eq!(py(&list).0.matches("\"x\"").count(), 50_000);
}
