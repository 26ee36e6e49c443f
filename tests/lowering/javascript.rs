//! JavaScript, JSX and TypeScript.

use corslint::source::FileId;
use corslint::syntax::javascript::{self, Dialect};

fn both(cases: &[(&str, &str)]) {
    for dialect in [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx] {
        super::check(Some(dialect), cases);
    }
}

fn ts(cases: &[(&str, &str)]) {
    for dialect in [Dialect::TypeScript, Dialect::Tsx] {
        super::check(Some(dialect), cases);
    }
}

#[test]
fn literals() {
    both(&[
        ("null; undefined; true; false", "null; undefined; true; false"),
        ("1_000; 0x10; 0b11; 1.5e3; 10n", "1000; 16; 3; 1500; 10"),
        (
            r#"x('a\n\x41\u0042\u{43}\'\"\q\
b', "it's")"#,
            r#"x("a\nABC'\"qb", "it's")"#,
        ),
        (r#"x('\ud83d\ude00', '\ud83d')"#, "x(\"😀\", \"\u{fffd}\")"),
        ("`a`; ``; `https://${host}:${1}\\n`", r#""a"; ""; t("https://" host ":" 1 "\n")"#),
        ("tag`a${b()}c`", "?[tag, b()]"),
        (r"/^a\.b$/i.test(x)", r"/^a\.b$/i.test(x)"),
        ("[1, ...a, , 'b']", "[1, ...a, \"b\"]"),
    ]);
}

#[test]
fn objects() {
    both(&[
        ("x({ a, b: 1, 'c-d': 2, 3: 4, [k]: 5, ...rest })", r#"x({"a": a, "b": 1, "c-d": 2, "3": 4, k: 5, ...rest})"#),
        (
            "x({ async origin(origin, cb) { cb(null) }, get a() { return 1 }, set a(v) {} })",
            r#"x({"origin": async fn origin(origin, cb){cb(null)}, get "a": fn a(){return 1}})"#,
        ),
    ]);
}

#[test]
fn operators() {
    both(&[
        ("(a && b) || c ?? d", "(Coalesce (Or (And a b) c) d)"),
        ("a === b; a != b; 'x' in y; a instanceof B", "(Equal a b); (NotEqual a b); (In \"x\" y); (Other a B)"),
        (
            "!a; -1; +a; typeof a; void 0; void f(); delete a.b",
            "(Not a); (Minus 1); (Plus a); (TypeOf a); undefined; ?[f()]; ?[a.b]",
        ),
        ("a ? b : c", "(? a b c)"),
        (
            "a = b; a.b = c; a[0] += 1; a ||= b; [a.x, b] = c",
            "(= a b); (= a.b c); (Add= a[0] 1); (Or= a b); (= [a.x, b] c)",
        ),
        ("i++; f(), g()", "?[i]; ?[f(), g()]"),
        ("async () => { await (a)?.b?.[c]?.(d) }", "async =>(){a.b[c](d)}"),
        ("new A(1, ...b); new B", "new A(1, ...b); new B()"),
        ("import.meta.env; this.x; super.y", "import.meta.env; this.x; super.y"),
        ("function* f() { yield g() }", "fn f(){?[g()]}"),
    ]);
}

#[test]
fn functions() {
    both(&[
        (
            "x(a => a, async (a, b) => { return }, () => ({ c: 1 }))",
            r#"x(=>(a){return a}, async =>(a, b){return}, =>(){return {"c": 1}})"#,
        ),
        (
            "function f(a = 1, { b, c: { d } = {}, ...e }, [g, , h], ...i) {}",
            "fn f(a = 1, {b: b, c: {d: d} = {}, ...e}, [g, , h], ...i){}",
        ),
        ("(function () { f() })(); (async () => {})()", "fn(){f()}(); async =>(){}()"),
        ("const { a = 1, 'b-c': d } = require('x'), e = 2", "let {a: a = 1, b-c: d} = require(\"x\"); let e = 2"),
        ("let a; var [b, ...c] = d", "let a; let [b, ?] = d"),
    ]);
}

#[test]
fn classes() {
    both(&[
        (
            "class A extends B.C { x = 1; static #y; constructor(a) { super(a) } static async m() {} get z() { return 1 } set z(v) {} #p() {} static { f() } }",
            "class A(B.C){x = 1; static #y; static  = =>(){f()}(); fn constructor(a){super(a)}; static async fn m(){}; get fn z(){return 1}; set fn z(v){}; fn #p(){}}",
        ),
        ("x = class {}", "(= x class{})"),
        (
            "@Dec({ a: 1 }) class A { @Get('x') m() {} @P() q = 1 }",
            r#"@Dec({"a": 1}) class A{q = 1; @Get("x") fn m(){}}"#,
        ),
        ("@Dec() export class A {}", "export @Dec() class A{}"),
    ]);
    ts(&[
        (
            "class A { constructor(private readonly app: Express, b: string, @Inject() public c?: x.Y<Z>) { f() } private d: D = 1; abstract e(): void; [k: string]: any; declare x: y }",
            "class A{d: D = 1; x: y; fn constructor(app: Express, b: string, c: x.Y){(= this.app app); (= this.c c); f()}}",
        ),
        ("abstract class A<T> extends B<T> implements C {}", "class A(B){}"),
    ]);
}

#[test]
fn statements() {
    both(&[
        ("if (a) return; else if (b) { c() } else d()", "if a {return} else {if b {c()} else {d()}}"),
        (
            "switch (a) { case 'x': case 'y': f(); break; case 'z': { g(); break } case 1: h(); default: i() }",
            r#"switch a {case ["x", "y"] {f()}; case ["z"] {g()}; case [1] {h()} falls; case [] {i()}}"#,
        ),
        (
            "switch (a) { case 1: if (b) return 1; else throw c; case 2: default: f() }",
            "switch a {case [1] {if b {return 1} else {throw c}}; case [] {f()}}",
        ),
        ("for (const a of b) c(a); for (k in o) {}", "loop a of b {c(a)}; loop k of Object.keys(o) {}"),
        ("for (let i = 0; i < 3; i++) f(i); for (;;) {}", "{let i = 0; loop of (Less i 3) {f(i); ?[i]}}; loop {}"),
        ("while (a) { break } do f(); while (b)", "loop of a {jump}; loop of b {f()}"),
        ("try { a() } catch (e) { b() } finally { c() }", "try {a()} catch e {b()} finally {c()}"),
        ("x: for (;;) { continue x } ; { f() } // end", "loop {jump}; {f()}"),
        ("throw new Error('x') /* c */", "throw new Error(\"x\")"),
        ("#!/usr/bin/env node\n'use strict'", "\"use strict\""),
    ]);
}

#[test]
fn modules() {
    both(&[
        (
            "import a, { b as c, default as d } from 'x'; import * as e from './y'; import 'z'",
            r#"import "x" [default a, b c, default d]; import "./y" [* e]; import "z" []"#,
        ),
        (
            "const a = require('x'); await import('y'); import(z); require(w)",
            r#"let a = require("x"); require("y"); ?[z]; require(w)"#,
        ),
        (
            "export const a = 1, b = 2; export function f() {} export class C {}",
            "export let a = 1; export let b = 2; export fn f(){}; export class C{}",
        ),
        ("export default function () {}", "export default fn(){}"),
        ("export default function f() {}", "export default fn f(){}"),
        ("export default class A {}", "export default class A{}"),
        ("export default { a }", "export default {\"a\": a}"),
        (
            "export { a, b as c, d as default }; export { e as f } from 'x'",
            "export [a a, b c, d default]; export \"x\" [e f]",
        ),
        ("export * from 'x'; export * as y from 'z'", "export \"x\" *; export \"z\" * y"),
        ("module.exports = { a }", "(= module.exports {\"a\": a})"),
    ]);
}

#[test]
fn typescript() {
    ts(&[
        ("const a = (b as C)!.d satisfies E; const c = ['x'] as const", "let a = b.d; let c = [\"x\"]"),
        (
            "import type { A } from 'a'; import { type B } from 'b'; import { type C, d } from 'd'; export type { A }",
            "import \"d\" [d d]",
        ),
        (
            "interface A {} type B = string; declare const x: number; declare module 'y' { const z: 1 } function f(): void; export type C = 1; export interface D {}",
            "",
        ),
        (
            "enum X { A = 'a', B = 2, C } export const enum Y { D }",
            r#"let X = {"A": "a", "B": 2, "C": 3}; export let Y = {"D": 0}"#,
        ),
        ("namespace N { export const a = 1 } export namespace M { f() }", "{let a = 1}; {f()}"),
        (
            "import x = require('y'); import z = A.B; export = x",
            "let x = require(\"y\"); let z = A.B; (= module.exports x)",
        ),
        (
            "function f<T>(this: Foo, a?: string, b: Array<T> = [], ...c: any[]): a is B { return g<T>(a!) }",
            "fn f(a: string, b: Array = [], ...c){return g(a)}",
        ),
        ("const f = async <T,>(a: T): Promise<T> => a", "let f = async =>(a: T){return a}"),
        ("export abstract class A {} export default interface I {}", "export class A{}"),
    ]);
    super::check(Some(Dialect::TypeScript), &[("const a = <B>c", "let a = c")]);
}

#[test]
fn jsx() {
    for dialect in [Dialect::JavaScript, Dialect::Tsx] {
        super::check(
            Some(dialect),
            &[(
                "const a = <A b={f()} c='d' {...e}>text {g(h)} {/* c */}<B.C /><>{i}</></A>",
                "let a = ?[f(), \"d\", e, g(h), ?[], ?[i]]",
            )],
        );
    }
}

#[test]
fn assertions_of_imports_are_understood() {
    for text in [
        "import data from './data.json' assert { type: 'json' };\nexport default data;\n",
        "import data from './data.json' with { type: 'json' };\nexport default data;\n",
    ] {
        for dialect in [Dialect::JavaScript, Dialect::TypeScript] {
            let (_, problems) = javascript::parse(FileId(0), text, dialect);
            assert!(problems.is_empty(), "{text}: {problems:?}");
        }
    }
}
