//! Programs that would run forever, grow without end or nest without end: bounded time, no overflow, and the rest is understood.

use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use corslint::pipeline;
use corslint::pipeline::Stated;
use corslint::scan::Scan;

/// Far above what any of these takes: a test for "ends at all", not for speed.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the whole pipeline over one file and gives the number of its policies.
fn policies(path: &str, text: &str) -> usize {
    let start = Instant::now();
    let mut scan = Scan::of_texts(&[(Utf8PathBuf::from(path), text.to_owned())]);
    let analysis = pipeline::analyse(&mut scan, &Stated::default());
    let policies = analysis.project.policies.len();
    let shown: String = text.chars().take(120).collect();
    assert!(start.elapsed() < LIMIT, "{:?} for {shown}", start.elapsed());
    policies
}

/// A program that does something dreadful before it uses `cors` once.
fn js(dreadful: &str) {
    let text = format!("const app = require('express')(); {dreadful}\n;app.use(require('cors')())");
    assert_eq!(policies("server.js", &text), 1, "{}", dreadful.chars().take(200).collect::<String>());
}

fn py(dreadful: &str) {
    policies("main.py", &format!("{dreadful}\nfrom fastapi.middleware.cors import CORSMiddleware\n"));
}

#[test]
fn endless_programs() {
    js("while (true) { f() }");
    js("for (;;) { for (;;) { while (1) { g(x => x) } } }");
    js("function f() { return f() } f()");
    js("function f(n) { return f(n + 1) + f(n + 2) } f(0)");
    js("const f = () => g(), g = () => h(), h = () => f(); f()");
    js("const y = f => f(f); y(y)");
    js("class A { constructor() { this.a = new A() } } new A()");
    js("class A { get a() { return this.a } } new A().a");
    js("class A extends A {} new A()");
    js("const o = {}; o.o = o; const p = { ...o, p: o }; p.p.o.o.o");
    js("const l = []; l.push(l); l.flat(); JSON.stringify(l)");
    js("const l = ['a']; for (const i of l) { l.push(i) }");
    py("while True:\n    f()");
    py("def f():\n    return f()\nx = f()");
    py("class A(A):\n    pass\nA().b");
    py("x = []\nx.append(x)\nfor i in x:\n    x.extend(x)");
    py("x = {}\nx['x'] = x\nx.update(x)");
}

#[test]
fn growth() {
    let doubling = "s = s + s; ".repeat(60);
    js(&format!("let s = 'aaaaaaaaaa'; {doubling}"));
    js(&format!("let s = ['a']; {}", "s = [...s, ...s]; ".repeat(60)));
    js(&format!("let s = ['a']; {}", "s = s.concat(s); ".repeat(60)));
    js(&format!("let s = ['a']; {}", "s = s.flatMap(i => [i, i]); ".repeat(60)));
    js(&format!("let s = {{ a: 1 }}; {}", "s = { a: s, b: s }; ".repeat(200)));
    js(&format!("let s = 'a'; {}", "s = `${s}${s}`; ".repeat(60)));
    js(&format!("let s = 'a'; {}", "s = s.replaceAll('a', 'aa'); ".repeat(60)));
    js(&format!("let s = ['aa']; {}", "s = [s.join('aaaa'), s.join('bbbb')]; ".repeat(60)));
    js(
        "const l = Array.from('abcdefghijklmnopqrstuvwxyz'); for (const a of l) for (const b of l) for (const c of l) for (const d of l) for (const e of l) f(a, b, c, d, e)",
    );
    js(
        "let a = x; for (const i of ['1','2','3','4','5']) for (const j of Array.from('abcdefghijklmnopqrstuvwxyz')) for (const k of Array.from('abcdefghijklmnopqrstuvwxyz')) a = a.b",
    );
    js(
        "let a = x; for (const j of Array.from('abcdefghijklmnopqrstuvwxyz')) for (const k of Array.from('abcdefghijklmnopqrstuvwxyz')) a = a()",
    );
    let calls: String = (0..30).map(|n| format!("function f{n}(a) {{ f{0}(a); f{0}(a) }} ", n + 1)).collect();
    js(&format!("{calls} function f30(a) {{ g(a) }} f0(1)"));
}

#[test]
fn large_literals() {
    js(&format!("const l = [{}]; l.includes(x); f(l)", "'a',".repeat(100_000)));
    let entries: String = (0..60_000).map(|n| format!("k{n}: {n},")).collect();
    js(&format!("const o = {{ {entries} }}; o[x]; for (const k in o) f(k)"));
    py(&format!("x = [{}]", "'a',".repeat(100_000)));
    js(&"f(); ".repeat(30_000));
}

#[test]
fn nesting_values() {
    js(&format!("let a = []; {}", "a = [a]; ".repeat(60_000)));
    js(&format!("let a = {{}}; {}", "a = { a }; ".repeat(60_000)));
    js(&format!("let a = () => 1; {}", "a = ((b) => () => b())(a); ".repeat(5_000)));
    js(&format!("let a = class {{}}; {} new a()", "a = class extends a {}; ".repeat(5_000)));
    js(&format!("let a = b; {}", "a = a.b; ".repeat(20_000)));
    js(&format!("let a = b; {}", "a = a(); ".repeat(20_000)));
    py(&format!("a = []\n{}", "a = [a]\n".repeat(60_000)));
}

#[test]
fn deep_calls() {
    let chain: String = (0..2_000).map(|n| format!("function f{n}(a) {{ return f{}([a]) }} ", n + 1)).collect();
    js(&format!("{chain} f0(1)"));
    // Each call nests as deeply as an expression may.
    let chain: String = (0..60)
        .map(|n| format!("function f{n}(a) {{ return {}f{}(a){} }} ", "[".repeat(150), n + 1, "]".repeat(150)))
        .collect();
    js(&format!("{chain} f0(1)"));
    let blocks: String = (0..60)
        .map(|n| format!("function g{n}(a) {{ {} g{}(a) {} }} ", "if (a) {".repeat(90), n + 1, "}".repeat(90)))
        .collect();
    js(&format!("{blocks} g0(x)"));
    let files: String = (0..300).map(|n| format!("class C{n} extends C{} {{}} ", n + 1)).collect();
    js(&format!("{files} new C0()"));
}

#[test]
fn exponential_branching() {
    let ifs: String = (0..40).map(|n| format!("if (u{n}()) {{ v = 'a{n}' }} ")).collect();
    js(&format!("let v; {ifs} f(v)"));
    let ifs: String = (0..40).map(|n| format!("if (process.env.E{n}) {{ v = 'a{n}' }} else {{ v += 'b' }} ")).collect();
    js(&format!("let v = ''; {ifs} f(v)"));
    let ternaries =
        format!("{}'z'{}", (0..30).map(|n| format!("(u{n}() ? 'a{n}' : ")).collect::<String>(), ")".repeat(30));
    js(&format!("const v = {ternaries}; f(v)"));
    let both = format!("{}'z'{}", (0..18).map(|n| format!("(u{n}() ? g(v) : ")).collect::<String>(), ")".repeat(18));
    js(&format!("let v = {both}; v = [v, v]"));
    let returns: String = (0..25).map(|n| format!("if (u{n}()) return {n}; ")).collect();
    js(&format!("function f() {{ {returns} return 'z' }} const v = f(); g(v)"));
    let nested: String = (0..12).map(|n| format!("if (u{n}()) {{ f{0}() }} else {{ f{0}() }} ", n % 3)).collect();
    let functions: String = (0..3).map(|n| format!("function f{n}() {{ {nested} }} ")).collect();
    js(&format!("{functions} f0()"));
    let cases: String = (0..300).map(|n| format!("case 'k{n}': v = v + {n}; ")).collect();
    js(&format!("let v = 0; switch (u()) {{ {cases} }} f(v)"));
    let conditions: String = (0..60).map(|n| format!("(u{n}() || w{n}()) && ")).collect();
    js(&format!("if ({conditions} true) {{ f() }}"));
    let pushes: String = (0..60).map(|n| format!("if (process.env.E{n}) l.push('a{n}'); ")).collect();
    js(&format!("const l = []; {pushes} app.use(require('helmet')(l))"));
    let tries = "try { f() } catch (e) { g() } ".repeat(60);
    js(&tries);
    let ors: String = (0..80).map(|n| format!("o === 'https://a{n}.example' || ")).collect();
    js(&format!(
        "app.get('/', (req, res) => {{ const o = req.headers.origin; if ({ors} false) {{ res.setHeader('a', o) }} res.end() }})"
    ));
}

#[test]
fn hostile_patterns() {
    js("const l = 'a'.repeat(50); /(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')");
    js("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'.replace(/(a|a)*$/g, 'b'); 'aaaa'.split(/(a*)*/)");
    js("new RegExp('(').test('a'); new RegExp('a'.repeat(3)); /a{1000}{1000}{1000}/.test('a')");
}
