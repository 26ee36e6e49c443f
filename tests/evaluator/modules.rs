//! Imports across files.

use super::shown;

fn check(cases: &[(&[(&str, &str)], &str)]) {
    for (files, expected) in cases {
        assert_eq!(shown(files), *expected, "{files:?}");
    }
}

#[test]
fn commonjs() {
    check(&[
        (&[("a.js", "const x = require('./b')"), ("b.js", "module.exports = ['b']")], r#"["b"]"#),
        (&[("a.js", "const { v } = require('./b'); const x = v"), ("b.js", "module.exports = { v: 'b' }")], r#""b""#),
        (&[("a.js", "const x = require('./b').v"), ("b.js", "exports.v = 'b'")], r#""b""#),
        (&[("a.js", "const x = require('./b').v"), ("b.js", "module.exports.v = 'b'")], r#""b""#),
        (
            &[("a.js", "const { v: x } = require('./b')"), ("b.js", "module.exports = {}; module.exports.v = 'b'")],
            r#""b""#,
        ),
        (&[("a.js", "const x = require('./b')"), ("b.js", "exports = module.exports = { v: 1 }")], "{v: 1}"),
        (&[("a.js", "const x = require('./b')()"), ("b.js", "module.exports = () => 'b'")], r#""b""#),
        (&[("a.js", "const x = { ...require('./b') }"), ("b.js", "exports.v = 'b'")], r#"{v: "b"}"#),
        (&[("a.js", "const x = require('./lib').v"), ("lib/index.js", "exports.v = 'b'")], r#""b""#),
        // Known limit: the walk passes over most JSON files, which are data; only those with known names are there.
        (&[("a.js", "const x = require('./b.json')"), ("b.json", r#"{"list": ["b"]}"#)], "?"),
        (&[("a.js", "const x = require('./config.json').list"), ("config.json", r#"{"list": ["b"]}"#)], r#"["b"]"#),
        (&[("a.js", "const x = require('./package.json').list"), ("package.json", r#"{"list": ["b"]}"#)], r#"["b"]"#),
        (&[("s/a.js", "const x = require('../b').v"), ("b.js", "exports.v = 'b'")], r#""b""#),
        (&[("a.js", "const x = require('./none')")], "?"),
        (&[("a.js", "const x = require('express')")], "npm:express"),
        (
            &[
                ("a.js", "const b = require('./b'); const x = b.default"),
                ("b.js", "exports.__esModule = true; exports.default = 'b'"),
            ],
            r#""b""#,
        ),
    ]);
}

#[test]
fn ecmascript() {
    check(&[
        (&[("a.ts", "import x from './b'"), ("b.ts", "export default ['b']")], r#"["b"]"#),
        (&[("a.ts", "import { v as x } from './b'"), ("b.ts", "export const v = 'b'")], r#""b""#),
        (&[("a.ts", "import { v as x } from './b'"), ("b.ts", "const w = 'b'; export { w as v }")], r#""b""#),
        (&[("a.ts", "import * as b from './b'; const x = b.v"), ("b.ts", "export const v = 'b'")], r#""b""#),
        (
            &[
                ("a.ts", "import { v as x } from './b'"),
                ("b.ts", "export * from './c'"),
                ("c.ts", "export const v = 'c'"),
            ],
            r#""c""#,
        ),
        (
            &[
                ("a.ts", "import { w as x } from './b'"),
                ("b.ts", "export { v as w } from './c'"),
                ("c.ts", "export const v = 'c'"),
            ],
            r#""c""#,
        ),
        (
            &[
                ("a.ts", "import { c } from './b'; const x = c.v"),
                ("b.ts", "export * as c from './c'"),
                ("c.ts", "export const v = 'c'"),
            ],
            r#""c""#,
        ),
        (
            &[
                ("a.ts", "import { d as x } from './b'"),
                ("b.ts", "export { default as d } from './c'"),
                ("c.ts", "export default 'c'"),
            ],
            r#""c""#,
        ),
        (&[("a.ts", "import x from './b'"), ("b.ts", "const b = 'b'; export { b as default }")], r#""b""#),
        (&[("a.ts", "import x from './b'"), ("b.js", "module.exports = 'b'")], r#""b""#),
        (&[("a.ts", "import x from './b.js'"), ("b.ts", "export default 'b'")], r#""b""#),
        (&[("a.js", "const x = require('./b').default"), ("b.ts", "export default 'b'")], r#""b""#),
        (&[("a.ts", "const { v: x } = await import('./b')"), ("b.ts", "export const v = 'b'")], r#""b""#),
        (
            &[("a.ts", "import f from './b'; const x = f()"), ("b.ts", "export default function () { return 'b' }")],
            r#""b""#,
        ),
        (
            &[("a.ts", "import A from './b'; const x = new A().v"), ("b.ts", "export default class { v = 'b' }")],
            r#""b""#,
        ),
        (&[("a.ts", "import x = require('./b')"), ("b.ts", "export = ['b']")], r#"["b"]"#),
        (&[("a.ts", "import { v as x } from './b'"), ("b.ts", "export let v = 'b'; v = 'c'")], r#""c""#),
        (&[("a.ts", "import x from './appwrite.json'"), ("appwrite.json", r#"["b"]"#)], r#"["b"]"#),
    ]);
}

#[test]
fn cycles() {
    check(&[
        (
            &[
                ("a.ts", "import { f } from './b'; export const v = 'a'; const x = f()"),
                ("b.ts", "import { v } from './a'; export const f = () => 'b'"),
            ],
            r#""b""#,
        ),
        // The name is read when the function runs, and by then it is bound.
        (
            &[
                ("a.ts", "import { f } from './b'; export const v = 'a'; const x = f()"),
                ("b.ts", "import * as a from './a'; export const f = () => a.v"),
            ],
            r#""a""#,
        ),
        (
            &[
                ("a.ts", "import { f } from './b'; export const v = 'a'; const x = f()"),
                ("b.ts", "import { v } from './a'; export const f = () => v"),
            ],
            r#""a""#,
        ),
        (
            &[("a.ts", "export * from './b'; import { v } from './b'; const x = v"), ("b.ts", "export * from './a'")],
            "?",
        ),
        (&[("a.py", "from b import v\nx = v"), ("b.py", "import a\nv = 'b'")], r#""b""#),
        (&[("a.js", "const x = require('./a')")], "module"),
    ]);
}

#[test]
fn aliases() {
    let config = r##"{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"], "#cfg": ["src/config.ts"] } } } "##;
    check(&[
        (
            &[
                ("src/a.ts", "import { v as x } from '@lib/b'"),
                ("src/lib/b.ts", "export const v = 'b'"),
                ("tsconfig.json", config),
            ],
            r#""b""#,
        ),
        (
            &[
                ("src/a.ts", "import { v as x } from '#cfg'"),
                ("src/config.ts", "export const v = 'b'"),
                ("tsconfig.json", config),
            ],
            r#""b""#,
        ),
        (
            &[
                ("src/a.ts", "import { v as x } from 'src/lib/b'"),
                ("src/lib/b.ts", "export const v = 'b'"),
                ("tsconfig.json", config),
            ],
            r#""b""#,
        ),
        (&[("src/a.ts", "import { v as x } from '@/lib/b'"), ("src/lib/b.ts", "export const v = 'b'")], r#""b""#),
        (&[("src/a.ts", "import x from '@lib/b'"), ("src/lib/b.ts", "export const v = 'b'")], "npm:@lib/b"),
        (
            &[
                ("api/src/a.ts", "import { v as x } from '@lib/b'"),
                ("api/src/lib/b.ts", "export const v = 'b'"),
                ("api/tsconfig.json", "{ // comment\n \"extends\": \"../tsconfig.base.json\" }"),
                (
                    "tsconfig.base.json",
                    r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["api/src/lib/*"] } } }"#,
                ),
            ],
            r#""b""#,
        ),
    ]);
}

#[test]
fn python() {
    check(&[
        (&[("a.py", "from b import v as x"), ("b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "import b\nx = b.v"), ("b.py", "v = 'b'")], r#""b""#),
        (&[("p/a.py", "from .b import v as x"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("p/q/a.py", "from ..b import v as x"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("p/a.py", "from . import b\nx = b.v"), ("p/b.py", "v = 'b'"), ("p/__init__.py", "")], r#""b""#),
        (&[("p/a.py", "from p.b import v as x"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("src/p/a.py", "from p.b import v as x"), ("src/p/b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "from p import v as x"), ("p/__init__.py", "from .b import v"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "from p import b\nx = b.v"), ("p/__init__.py", ""), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "import p.b\nx = p.b.v"), ("p/__init__.py", ""), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "import p.b as c\nx = c.v"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("a.py", "import p.b\nx = p.b.v"), ("p/b.py", "v = 'b'")], r#""b""#),
        (&[("s/prod.py", "from .base import *\nx = A + ['c']"), ("s/base.py", "A = ['b']\n_B = 1")], r#"["b", "c"]"#),
        (&[("s/prod.py", "from .base import *\nx += ['c']"), ("s/base.py", "x = ['b']")], r#"["b", "c"]"#),
        (
            &[("a.py", "try:\n    from b import v\nexcept ImportError:\n    v = 'c'\nx = v"), ("b.py", "v = 'b'")],
            r#"(thrown ? "c" | !thrown ? "b")"#,
        ),
        (
            &[("a.py", "from fastapi.middleware.cors import CORSMiddleware as x")],
            "py:fastapi.middleware.cors.CORSMiddleware",
        ),
        (&[("a.py", "import importlib\nx = importlib")], "py:importlib"),
    ]);
}
