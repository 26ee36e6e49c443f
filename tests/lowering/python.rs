//! Python.

fn check(cases: &[(&str, &str)]) {
    super::check(None, cases);
}

#[test]
fn literals() {
    check(&[
        ("None\nTrue\nFalse\n1_000\n0x10\n1.5\n2j\n...", "null; true; false; 1000; 16; 1.5; ?[]; ?[]"),
        (r#"f('a\n\x41\u0042\'\q', r'\d\n', b'x', """a"b""", u'é')"#, r#"f("a\nAB'\\q", "\\d\\n", "x", "a\"b", "é")"#),
        ("f('a' 'b'\n  \"c\")", r#"f("abc")"#),
        (r#"f(f"a{b}{c!r:>10}{{d}}\n", f'x', f"{x}" "y{z}")"#, r#"f(t("a" b c "{d}\n"), "x", t(x "y{z}"))"#),
        ("f(rf'\\d{x}')", r#"f(t("\\d" x))"#),
        ("f([1, *a], (1, 2), {3}, (), {'a': 1, **b, c: d})", r#"f([1, ...a], [1, 2], [3], [], {"a": 1, ...b, c: d})"#),
    ]);
}

#[test]
fn operators() {
    check(&[
        ("a and b or not c", "(Or (And a b) (Not c))"),
        (
            "a == b\na is not None\na not in b\na in b\na is b",
            "(Equal a b); (NotEqual a null); (NotIn a b); (In a b); (Equal a b)",
        ),
        ("0 <= a < 5 < b", "(And (And (LessEqual 0 a) (Less a 5)) (Less 5 b))"),
        ("0 < f() < 5", "?[0, f(), 5]"),
        ("a % b\na // b\na | b\n-a\n~a", "(Modulo a b); (Other a b); (Other a b); (Minus a); ?[a]"),
        ("a if b else c", "(? b a c)"),
        ("f(x, *a, k=1, **b)", "f(x, ...a, k=1, ...b)"),
        ("a[0]\na['x'].b\na[1:]\na[:2]\na[1:2:3]\na[1, 2]", "a[0]; a[\"x\"].b; a[1:]; a[:2]; a[1:2]; a[[1, 2]]"),
        ("lambda a, b=1, *c: a", "=>(a, b = 1, ...c){return a}"),
        ("[a.b for a in c if d if e]", "(for a.b a c if d if e)"),
        ("f(x for x, y in z)\n{x for x in y}", "f((for x [x, y] z)); (for x x y)"),
        ("[a for b in c for a in b]\n{k: v for k, v in d()}", "?[a, c, b]; ?[?[k, v], d()]"),
        ("if (n := f()): pass", "if (= n f()) {}"),
        ("await a\n(yield b)\n__import__('x')", "a; ?[b]; require(\"x\")"),
    ]);
}

#[test]
fn assignments() {
    check(&[
        ("a = 1\na, b = c\n(a, [b]) = c\na = 1, 2", "let a = 1; let [a, b] = c; let [a, [b]] = c; let a = [1, 2]"),
        (
            "a = b = f()\nx.y = z = f()\nx.y = x.z = f()",
            "let a = f(); let b = a; let z = f(); (= x.y z); (= x.y f()); (= x.z x.y)",
        ),
        ("a += [1]\na.b -= 1\na[0] |= c", "(Add= a [1]); (Subtract= a.b 1); (Other= a[0] c)"),
        (
            "A: list[str] = ['x']\nB: Optional[a.B]\nself.c: int = 1\nd: str | None = None",
            "let A = [\"x\"]; B: Optional[a.B]; (= self.c 1); let d = null",
        ),
        ("a.b = 1\na['c'] = 2\nfirst, *rest = x", "(= a.b 1); (= a[\"c\"] 2); let [first, ?] = x"),
    ]);
}

#[test]
fn definitions() {
    check(&[
        (
            "@app.get('/')\nasync def f(a, b: int, c=1, d: Annotated[X, Y()] = 2, *args, e, **kw) -> int:\n    '''doc'''\n    return a",
            r#"@app.get("/") async fn f(a, b: int, c = 1, d: Annotated[[X, Y()]] = 2, ...args, e, ...kw){"doc"; return a}"#,
        ),
        (
            "class A(B, c.D, metaclass=M):\n    x = 1\n    y: int\n    z: list[str] = []\n    if x:\n        w = 1\n    class Config:\n        env = 'e'\n    def __init__(self):\n        self.a = 1\n    @property\n    def p(self): return 1\n    @p.setter\n    def p(self, v): pass\n    @staticmethod\n    def s(): pass\n    @classmethod\n    async def c(cls): pass\n",
            "class A(B, c.D){static x = 1; static y: int; static z: list[str] = []; static Config = class Config{static env = \"e\"}; fn __init__(self){(= self.a 1)}; get @property fn p(self){return 1}; static @staticmethod fn s(){}; static @classmethod async fn c(cls){}}",
        ),
        ("@dataclass\nclass A: pass", "@dataclass class A{}"),
        ("class A:\n    a = b = 1\n    c: 'B' = x\n", "class A{static a = 1; static b = 1; static c: \"B\" = x}"),
    ]);
}

#[test]
fn statements() {
    check(&[
        ("if a:\n  b\nelif c:\n  d\nelif e:\n  f\nelse:\n  g", "if a {b} else {if c {d} else {if e {f} else {g}}}"),
        ("if __name__ == '__main__':\n    run()", "if (Equal __name__ \"__main__\") {run()}"),
        ("for a, b in c:\n  d\nelse:\n  e\nwhile x:\n  break", "loop [a, b] of c {d}; e; loop of x {jump}"),
        ("with a() as b, c(), d as e.f:\n    g", "{let b = a(); c(); let e.f = d; g}"),
        (
            "async def f():\n    async with a as b: pass\n    async for c in d: pass",
            "async fn f(){{let b = a}; loop c of d {}}",
        ),
        (
            "match a:\n  case 'x' | 'y': b\n  case 1: c\n  case E.F: d\n  case [x, y]: e\n  case 2 if g: h\n  case other: i\n  case _: j",
            r#"switch a {case ["x", "y"] {b}; case [1] {c}; case [E.F] {d}; case [?[]] {e}; case [?[g]] {h}; case [?[]] {i}; case [] {j}}"#,
        ),
        (
            "try:\n  a\nexcept B as e:\n  c\nexcept (D, E):\n  d\nelse:\n  f\nfinally:\n  g",
            "try {a; f} catch e {c} catch {d} finally {g}",
        ),
        (
            "def f():\n  global x\n  assert a\n  del b\n  raise C('d') from e\n  return 1, 2",
            "fn f(){throw C(\"d\"); return [1, 2]}",
        ),
    ]);
}

#[test]
fn imports() {
    check(&[
        ("import a\nimport b.c, d.e as f", r#"import "a" [* a]; import "b" [* b]; import "d.e" [* f]"#),
        (
            "from a.b import c, d as e\nfrom . import x\nfrom .base import *\nfrom ..pkg import (a as b,)",
            r#"import "a.b" [c c, d e]; import "." [x x]; import ".base" [*]; import "..pkg" [a b]"#,
        ),
        ("from __future__ import annotations", ""),
    ]);
}
