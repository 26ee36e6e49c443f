//! Values of JavaScript and TypeScript: constants, spreads, the languages' own functions.

use super::check_js;

#[test]
fn constants_and_spreads() {
    check_js(&[
        ("const A = 'a'; const x = [A, `b`, ...['c']]", r#"["a", "b", "c"]"#),
        ("const base = { a: 1, b: 2 }; const x = { ...base, b: 3 }", "{a: 1, b: 3}"),
        ("const x = { a: 1, ...(true && { b: 2 }), ...(false && { c: 3 }) }", "{a: 1, b: 2}"),
        ("const x = { a: 1, ...(process.env.A && { b: 2 }) }", "{a: 1, b: 2 if A}"),
        ("const x = { a: 1, ...(process.env.A ? { b: 2 } : {}) }", "{a: 1, b: 2 if A}"),
        ("const x = ['a', ...(process.env.A ? ['b'] : [])]", r#"["a", "b" if A]"#),
        ("const x = ['a', process.env.A && 'b'].filter(Boolean)", r#"["a", "b" if A]"#),
        ("const k = 'origin'; const x = { [k]: 1, [`${k}s`]: 2 }", "{origin: 1, origins: 2}"),
        ("const { a, b: { c }, d = 4, ...x } = { a: 1, b: { c: 2 }, e: 5, f: 6 }", "{e: 5, f: 6}"),
        ("const { a, b: { c }, d = 4 } = { a: 1, b: { c: 2 } }; const x = [a, c, d]", "[1, 2, 4]"),
        // A default inside a list pattern has no form in the tree.
        ("const [a, , b = 3] = [1, 2]; const x = [a, b]", "[1, undefined]"),
        ("const x = (['a'] as const)!", r#"["a"]"#),
        ("enum E { A = 'a', B = 'b' } const x = [E.A, E.B]", r#"["a", "b"]"#),
        ("const o = { a: { b: 'c' } }; const x = [o.a.b, o['a']['b'], o?.a?.b]", r#"["c", "c", "c"]"#),
        ("let x = ['a']; x = [...x, 'b']; x.push('c')", r#"["a", "b", "c"]"#),
        ("const o: any = {}; o.a = 1; o['b'] = 2; const x = o", "{a: 1, b: 2}"),
        ("const o = { list: [] as string[] }; o.list.push('a'); const x = o.list", r#"["a"]"#),
        ("let x = 0; x += 2; x = x * 60", "120"),
        ("const x = 60 * 60 * 24", "86400"),
        ("const a = null; const x = a ?? 'b'", r#""b""#),
        ("const a = ''; const x = [a || 'b', a ?? 'b']", r#"["b", ""]"#),
        ("var x = typeof 'a' === 'string'", "true"),
    ]);
}

#[test]
fn texts() {
    check_js(&[
        ("const x = 'a,b'.split(',')", r#"["a", "b"]"#),
        ("const x = ' a , b,, '.split(',').map(s => s.trim()).filter(Boolean)", r#"["a", "b"]"#),
        ("const x = ' a , b'.split(',').map(s => s.trim()).filter(s => s.length > 0)", r#"["a", "b"]"#),
        ("const x = 'a b'.split(/\\s+/)", r#"["a", "b"]"#),
        ("const h = 'a.example', p = 3000; const x = `https://${h}:${p}`", r#""https://a.example:3000""#),
        ("const x = 'https://' + 'a' + '.example'", r#""https://a.example""#),
        ("const x = 'A'.toLowerCase() + 'b'.toUpperCase()", r#""aB""#),
        ("const x = 'https://a/'.replace(/\\/$/, '')", r#""https://a""#),
        ("const x = 'a-b-c'.replaceAll('-', '.')", r#""a.b.c""#),
        ("const x = 'abc'.slice(0, -1) + 'abc'.substring(1)", r#""abbc""#),
        ("const x = ['a', 'b'].join(', ')", r#""a, b""#),
        (
            "const x = ['a'.startsWith('a'), 'ab'.endsWith('a'), 'ab'.includes('b'), 'ab'.indexOf('c') === -1]",
            "[true, false, true, true]",
        ),
        ("const x = new URL('https://a.example:8443/b').origin", r#""https://a.example:8443""#),
        ("const x = new URL('https://a.example:8443/b').hostname", r#""a.example""#),
        ("const x = String(5) + Number('6') + parseInt('7', 10)", r#""567""#),
        ("const x = JSON.parse('[\"a\", \"b\"]')", r#"["a", "b"]"#),
        ("const x = new RegExp('^a$', 'i')", "/^a$/i"),
        ("const d = 'a.example'; const x = new RegExp(`^https://.*\\\\.${d}$`)", "/^https://.*\\.a.example$/"),
        ("const x = /^a/.test('ab')", "true"),
        ("const x = 'a'.concat('b', 'c')", r#""abc""#),
        ("const x = 'a'.padStart(2)", "?"),
    ]);
}

#[test]
fn lists_sets_and_maps() {
    check_js(&[
        ("const x = ['a'].concat(['b'], 'c')", r#"["a", "b", "c"]"#),
        ("const x = ['a', 'b'].map(h => `https://${h}.example`)", r#"["https://a.example", "https://b.example"]"#),
        ("const x = ['a', 'b'].filter(h => h !== 'a')", r#"["b"]"#),
        ("const x = [['a'], ['b']].flat()", r#"["a", "b"]"#),
        ("const x = ['a'].flatMap(h => [`http://${h}`, `https://${h}`])", r#"["http://a", "https://a"]"#),
        ("const x = [...new Set(['a', 'b', 'a'])]", r#"["a", "b"]"#),
        ("const s = new Set(['a']); s.add('b'); const x = [s.has('a'), s.has('c'), s.size]", "[true, false, 2]"),
        ("const x = Array.from(new Set(['a']))", r#"["a"]"#),
        (
            "const m = new Map([['k', 'v']]); m.set('l', 'w'); const x = [m.get('k'), m.get('l'), m.has('z')]",
            r#"["v", "w", false]"#,
        ),
        ("const x = Object.keys({ a: 1, b: 2 })", r#"["a", "b"]"#),
        ("const x = Object.values({ a: 1, b: 2 })", "[1, 2]"),
        ("const x = Object.entries({ a: 1 })", r#"[["a", 1]]"#),
        ("const x = Object.assign({}, { a: 1 }, { b: 2 })", "{a: 1, b: 2}"),
        ("const x = Object.freeze({ a: 1 })", "{a: 1}"),
        ("const x = Object.fromEntries([['a', 1]])", "{a: 1}"),
        ("const x = ['a', 'b'].includes('a')", "true"),
        ("const x = ['a', 'b'].indexOf('b')", "1"),
        ("const x = ['a', 'b'].some(v => v === 'b')", "true"),
        ("const x = ['a', 'b'].every(v => v === 'b')", "false"),
        ("const x = ['a', 'b'].find(v => v === 'b')", r#""b""#),
        ("const x = ['a', 'b'].slice(1)", r#"["b"]"#),
        ("const x = ['a', 'b'].reverse()", r#"["b", "a"]"#),
        ("const x = ['a', 'b', 'c'].at(-1)", r#""c""#),
        ("const l = ['a', 'b']; const x = l.length", "2"),
        ("const x = ['a', 'b'].map((v, i) => `${i}${v}`)", r#"["0a", "1b"]"#),
        ("const x = ['a', 'b'].reduce((all, v) => [...all, v], [])", r#"["a", "b"]"#),
        (
            "const x = ['a', 'b'].reduce((all, v) => { if (process.env[v]) all[v] = 1; return all }, {})",
            "{a: 1 if a, b: 1 if b}",
        ),
        ("const x = ['a', ...unknown].reduce((all, v) => [...all, v], [])", "?"),
        ("const l = []; l.unshift('a'); const x = l", r#"["a"]"#),
        ("const x = Array.isArray(['a']) && !Array.isArray('a')", "true"),
        ("const x = []; for (const v of ['a', 'b']) { x.push(v) }", r#"["a", "b"]"#),
        ("const x = []; ['a', 'b'].forEach(v => x.push(v))", r#"["a", "b"]"#),
        ("const x = []; for (const k in { a: 1 }) x.push(k)", r#"["a"]"#),
    ]);
}

#[test]
fn functions_and_closures() {
    check_js(&[
        ("function f(a, b = 'd') { return [a, b] } const x = f('c')", r#"["c", "d"]"#),
        ("const f = (...all) => all; const x = f(1, 2)", "[1, 2]"),
        ("const f = ({ a, b = 2 }) => a + b; const x = f({ a: 1 })", "3"),
        ("const make = p => s => p + s; const x = make('a')('b')", r#""ab""#),
        ("let n = 'a'; const f = () => n; n = 'b'; const x = f()", r#""b""#),
        ("const x = (() => { const a = 1; return { a } })()", "{a: 1}"),
        ("const x = (function () { return 'a' })()", r#""a""#),
        ("const x = f(); function f() { return 'hoisted' }", r#""hoisted""#),
        ("const o = { f() { return this.v }, v: 1 }; const x = o.f()", "1"),
        ("const o = { get v() { return 1 } }; const x = o.v", "1"),
        ("const f = async () => 'a'; const x = await f()", r#""a""#),
        ("const f = function () { return this.v }; const x = f.call({ v: 2 })", "2"),
        ("const f = (a, b) => [b, a]; const x = [f.apply(null, [1, 2]), f.call(null, 3, 4)]", "[[2, 1], [4, 3]]"),
        ("function f(a) { if (a) return 'yes'; return 'no' } const x = [f(true), f(false)]", r#"["yes", "no"]"#),
        ("function f() { try { return 'a' } catch (e) { return 'b' } } const x = f()", r#""a""#),
        // What follows a `try` is run whether something was thrown in it or not.
        (
            "function f() { if (process.env.A) { throw new Error('no') } } function g() { try { f() } catch {} return 'a' } const x = g()",
            r#""a""#,
        ),
    ]);
}

#[test]
fn classes() {
    check_js(&[
        ("class A { v = 1; f() { return this.v } } const x = new A().f()", "1"),
        ("class A { constructor(private v: string) {} get w() { return this.v } } const x = new A('a').w", r#""a""#),
        ("class A { static V = 'a'; static f() { return A.V } } const x = [A.V, A.f()]", r#"["a", "a"]"#),
        ("class A { v = 'a' } class B extends A { w = this.v + 'b' } const x = new B().w", r#""ab""#),
        (
            "class A { constructor(v) { this.v = v } } class B extends A { constructor() { super('a') } } const x = new B().v",
            r#""a""#,
        ),
        (
            "class A { f() { return 'a' } } class B extends A { f() { return super.f() + 'b' } } const x = new B().f()",
            r#""ab""#,
        ),
        ("class A { #v = 1; f = () => this.#v } const x = new A().f()", "1"),
        ("class A { static i; static get() { if (!A.i) A.i = new A(); return A.i } v = 1 } const x = A.get().v", "1"),
    ]);
}
