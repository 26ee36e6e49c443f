//! How JavaScript reads its environment.

use super::{check_js, shown};

#[test]
fn reads_and_defaults() {
    check_js(&[
        ("const x = process.env.A", "env(A)"),
        ("const x = process.env['A']", "env(A)"),
        ("const { A: x } = process.env", "env(A)"),
        ("const { A: x = 'd' } = process.env", r#"(A ? env(A) | !A ? "d")"#),
        ("const env = process.env; const x = env.A", "env(A)"),
        ("import { env } from 'node:process'; const x = env.A", "env(A)"),
        ("import process from 'process'; const x = process.env.A", "env(A)"),
        ("const x = import.meta.env.A", "env(A)"),
        ("const x = Deno.env.get('A')", "env(A)"),
        ("const x = Bun.env.A", "env(A)"),
        ("const x = process.env.A || 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("const x = process.env.A ?? 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("const x = process.env.A ? process.env.A : 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("const x = process.env.A !== undefined ? process.env.A : 'd'", r#"(A ? env(A) | !A ? "d")"#),
        ("let x = 'd'; if (process.env.A) x = process.env.A", r#"(A ? env(A) | !A ? "d")"#),
        ("const get = (k, d) => process.env[k] || d; const x = get('A', 'd')", r#"(A ? env(A) | !A ? "d")"#),
        ("const x = process.env.A!", "env(A)"),
        ("const x = process.env.A as string", "env(A)"),
        ("const x = `${process.env.A}`", "env(A)"),
        ("const x = `https://${process.env.A}`", "env(A changed)"),
        ("const x = process.env.A === 'true'", "<A?>"),
        ("const x = Number(process.env.A)", "env(A num)"),
        ("const x = +process.env.A!", "env(A num)"),
        ("let x; try { x = JSON.parse(process.env.A) } catch { x = [] }", "(thrown ? [] | !thrown ? env(A json))"),
    ]);
}

#[test]
fn lists() {
    check_js(&[
        ("const x = process.env.A.split(',')", r#"env(A split ",")"#),
        ("const x = process.env.A?.split(',')", r#"env(A split ",")"#),
        ("const x = process.env.A.split(',').map(s => s.trim())", r#"env(A split "," trimmed)"#),
        ("const x = process.env.A.split(',').map(s => s.trim()).filter(Boolean)", r#"env(A split "," trimmed)"#),
        ("const x = process.env.A.split(',').map(function (s) { return s.trim() })", r#"env(A split "," trimmed)"#),
        ("const x = process.env.A.split(/\\s*,\\s*/)", r#"env(A split "," trimmed)"#),
        ("const x = (process.env.A || 'a,b').split(',')", r#"(A ? env(A split ",") | !A ? ["a", "b"])"#),
        ("const x = process.env.A ? process.env.A.split(',') : ['a']", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        ("const x = process.env.A?.split(',') ?? ['a']", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        ("const x = process.env.A?.split(',') || ['a']", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        (
            "const split = v => (v ?? '').split(',').map(s => s.trim()); const x = split(process.env.A)",
            r#"(A ? env(A split "," trimmed) | !A ? [""])"#,
        ),
        ("const x = ['a', process.env.A]", r#"["a", env(A)]"#),
        ("const x = ['a', ...process.env.A.split(',')]", r#"["a", env(A split ","), ..]"#),
        ("const x = ['a', ...(process.env.A?.split(',') ?? [])]", r#"["a", env(A split ",") if A, ..]"#),
        ("const x = ['a'].concat(process.env.A.split(','))", r#"["a", env(A split ","), ..]"#),
    ]);
}

#[test]
fn config_modules() {
    let config = "export default { cors: { origin: process.env.A || 'd' } }";
    let main = "import config from './config'; const x = config.cors.origin";
    assert_eq!(shown(&[("main.ts", main), ("config.ts", config)]), r#"(A ? env(A) | !A ? "d")"#);
    let config = "require('dotenv').config(); module.exports = { origin: process.env.A || 'd' }";
    let main = "const { origin } = require('./config'); const x = origin";
    assert_eq!(shown(&[("main.js", main), ("config.js", config)]), r#"(A ? env(A) | !A ? "d")"#);
}

#[test]
fn schemas() {
    check_js(&[
        ("import { z } from 'zod'; const s = z.object({ A: z.string() }); const x = s.parse(process.env).A", "env(A)"),
        (
            "import { z } from 'zod'; const env = z.object({ A: z.string().url().default('d') }).parse(process.env); const x = env.A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { z } from 'zod'; const env = z.object({ A: z.string().default('a,b').transform(s => s.split(',')) }).parse(process.env); const x = env.A",
            r#"(A ? env(A split ",") | !A ? ["a", "b"])"#,
        ),
        (
            "import { z } from 'zod'; const r = z.object({ A: z.string().optional() }).safeParse(process.env); const x = r.data.A",
            "env(A)",
        ),
        (
            "import { z } from 'zod'; const env = z.object({ A: z.coerce.number().default(5) }).parse(process.env); const x = env.A",
            "(A ? env(A num) | !A ? 5)",
        ),
        (
            "import { cleanEnv, str } from 'envalid'; const env = cleanEnv(process.env, { A: str({ default: 'd' }) }); const x = env.A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { cleanEnv, str } from 'envalid'; const env = cleanEnv(process.env, { A: str() }); const x = env.A",
            "env(A)",
        ),
        (
            "import { createEnv } from '@t3-oss/env-core'; import { z } from 'zod'; const env = createEnv({ server: { A: z.string().default('d') }, runtimeEnv: process.env }); const x = env.A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
    ]);
}
