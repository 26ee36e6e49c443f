//! Branches that cannot be decided become conditions on values.

use super::{check_js, check_py, value_of};
use corslint::platforms::values::in_production;

#[test]
fn of_javascript() {
    check_js(&[
        (
            "let x; if (process.env.NODE_ENV === 'production') { x = 'p' } else { x = 'd' }",
            r#"(!NODE_ENV=production ? "d" | NODE_ENV=production ? "p")"#,
        ),
        (
            "const x = process.env.NODE_ENV !== 'production' ? 'd' : 'p'",
            r#"(!NODE_ENV=production ? "d" | NODE_ENV=production ? "p")"#,
        ),
        (
            "let x; switch (process.env.NODE_ENV) { case 'production': x = 'p'; break; default: x = 'd' }",
            r#"(!NODE_ENV=production ? "d" | NODE_ENV=production ? "p")"#,
        ),
        (
            "function f() { if (process.env.NODE_ENV === 'production') return 'p'; return 'd' } const x = f()",
            r#"(NODE_ENV=production ? "p" | !NODE_ENV=production ? "d")"#,
        ),
        (
            "const x = ['a']; if (process.env.NODE_ENV !== 'production') x.push('d')",
            r#"(!NODE_ENV=production ? ["a", "d"] | NODE_ENV=production ? ["a"])"#,
        ),
        (
            "const t = { production: 'p', development: 'd' }; const x = t[process.env.NODE_ENV] || 'o'",
            r#"(NODE_ENV=production ? "p" | NODE_ENV=development ? "d" | !(NODE_ENV=production | NODE_ENV=development) ? "o")"#,
        ),
        (
            "const isProd = process.env.NODE_ENV === 'production'; const x = isProd ? 'p' : 'd'",
            r#"(NODE_ENV=production ? "p" | !NODE_ENV=production ? "d")"#,
        ),
        (
            "const x = process.env.NODE_ENV === 'production' && 'p'",
            r#"(!NODE_ENV=production ? <NODE_ENV=production> | NODE_ENV=production ? "p")"#,
        ),
        ("const x = { a: 1 }; if (process.env.A) { x.a = 2 }", "{a: (A ? 2 | !A ? 1)}"),
        (
            "const o = { a: { b: 1 } }; if (process.env.A) { o.a.b = 2; o.a.c = 3 } const x = o",
            "{a: {b: (A ? 2 | !A ? 1), c: 3 if A}}",
        ),
        (
            "class C { constructor() { this.a = { b: 1 }; if (process.env.A) { this.a.b = 2 } } } const x = new C().a",
            "{b: (A ? 2 | !A ? 1)}",
        ),
        ("let x = 'a'; if (process.env.A) { x = 'b' } if (process.env.A) { x = x + 'c' }", r#"(A ? "bc" | !A ? "a")"#),
        (
            "let x; if (process.env.A) { x = 'a' } else if (process.env.B) { x = 'b' } else { x = 'c' }",
            r#"((!A & !B) ? "c" | (!A & B) ? "b" | A ? "a")"#,
        ),
        ("function f() { if (!process.env.A) { throw new Error('A') } return process.env.A } const x = f()", "env(A)"),
    ]);
}

#[test]
fn of_python() {
    check_py(&[
        ("import os\nif os.getenv('A'):\n    x = 'a'\nelse:\n    x = 'b'", r#"(!A ? "b" | A ? "a")"#),
        (
            "import os\nDEBUG = os.getenv('DEBUG') == 'True'\nx = ['a']\nif DEBUG:\n    x += ['d']",
            r#"((DEBUG & DEBUG?) ? ["a", "d"] | !(DEBUG & DEBUG?) ? ["a"])"#,
        ),
        (
            "import os\ndef f():\n    if os.getenv('A'):\n        return 'a'\n    return 'b'\nx = f()",
            r#"(A ? "a" | !A ? "b")"#,
        ),
        (
            "import os\nmatch os.environ['E']:\n    case 'p':\n        x = 'a'\n    case _:\n        x = 'b'",
            r#"(!E=p ? "b" | E=p ? "a")"#,
        ),
        (
            "import os\nx = 'a'\nif os.getenv('A'):\n    x = 'b'\nelif os.getenv('B'):\n    x = 'c'",
            r#"((!A & B) ? "c" | A ? "b" | (!B & !A) ? "a")"#,
        ),
    ]);
}

#[test]
fn in_production_only_one_is_left() {
    let cases = [
        ("main.js", "let x; if (process.env.NODE_ENV === 'production') { x = 'p' } else { x = 'd' }", r#""p""#),
        ("main.js", "let x = 'p'; if (process.env.NODE_ENV === 'development') x = 'd'", r#""p""#),
        ("main.js", "const dev = process.env.NODE_ENV !== 'production'; const x = dev ? 'd' : 'p'", r#""p""#),
        (
            "main.js",
            "let x; switch (process.env.NODE_ENV) { case 'development': case 'test': x = 'd'; break; case 'production': x = 'p'; break }",
            r#""p""#,
        ),
        (
            "main.js",
            "const t = { production: 'p', development: 'd' }; const x = t[process.env.NODE_ENV || 'development']",
            r#""p""#,
        ),
        ("main.js", "const x = ['production', 'staging'].includes(process.env.NODE_ENV) ? 'p' : 'd'", r#""p""#),
        ("main.js", "const x = process.env.NODE_ENV?.startsWith('prod') ? 'p' : 'd'", r#"(? ? "p" | !? ? "d")"#),
        (
            "main.py",
            "import os\nENV = os.getenv('ENVIRONMENT', 'development')\nx = 'p' if ENV == 'production' else 'd'",
            r#""p""#,
        ),
        (
            "main.py",
            "import os\nx = 'p'\nif os.environ.get('ENV', 'dev').lower() in ('dev', 'local'):\n    x = 'd'",
            r#""p""#,
        ),
    ];
    for (file, text, expected) in cases {
        let value = in_production(&value_of(&[(file, text)], "x"));
        assert_eq!(super::printer::value(&value), expected, "{text}");
    }
}
