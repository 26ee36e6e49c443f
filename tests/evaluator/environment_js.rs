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

/// What zod makes of one variable: the text binds `z` and the schema of `A`.
fn check_zod(cases: &[(&str, &str)]) {
    let texts: Vec<String> = cases
        .iter()
        .map(|(schema, _)| {
            format!(
                "import {{ z }} from 'zod'; const env = z.object({{ A: {schema} }}).parse(process.env); const x = env.A"
            )
        })
        .collect();
    let cases: Vec<(&str, &str)> = texts.iter().zip(cases).map(|(text, (_, expected))| (&**text, *expected)).collect();
    check_js(&cases);
}

#[test]
fn steps_of_schemas() {
    check_zod(&[
        ("z.string().default('a,b').transform(s => s.split(','))", r#"(A ? env(A split ",") | !A ? ["a", "b"])"#),
        // The text of a default goes the same way, wherever it stands; another value is the result.
        ("z.string().transform(s => s.split(',')).default('a')", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        ("z.string().transform(s => s.split(',')).default(['a'])", r#"(A ? env(A split ",") | !A ? ["a"])"#),
        ("z.string().transform(s => s.split(',')).pipe(z.array(z.string().url()))", r#"env(A split ",")"#),
        ("z.string().transform(s => s.split(',')).pipe(z.array(z.string().trim()))", r#"env(A split "," trimmed)"#),
        ("z.preprocess(s => s?.split(','), z.array(z.string()))", r#"(A ? env(A split ",") | !A ? ?)"#),
        ("z.string().optional().transform(s => s ? s.split(',') : [])", r#"(A ? env(A split ",") | !A ? [])"#),
        ("z.string().default('true').transform(s => s === 'true')", "(A ? <A?> | !A ? true)"),
        ("z.enum(['true', 'false']).transform(s => s === 'true').default('true')", "(A ? <A?> | !A ? true)"),
        ("z.stringbool().default(true)", "(A ? env(A bool) | !A ? true)"),
        ("z.string().default(() => 'a')", r#"(A ? env(A) | !A ? "a")"#),
        ("z.union([z.literal('*'), z.string().url()]).default('*')", r#"(A ? env(A) | !A ? "*")"#),
        ("z.union([z.string().transform(s => s.split(',')), z.array(z.string())])", "env(A changed)"),
        ("z.string().transform(s => somebody(s))", "object"),
        ("somebody('A')", "env(A changed)"),
    ]);
}

#[test]
fn schemas_in_other_words() {
    check_js(&[
        (
            "import { z } from 'zod'; const a = z.object({ A: z.string().default('d') }); const x = z.object({ B: z.string() }).merge(a).parse(process.env).A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { z } from 'zod'; const a = z.object({ A: z.string().default('d') }); const x = z.object({ ...a.shape }).parse(process.env).A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { z } from 'zod'; const a = z.object({ list: z.string().default('d') }); const x = a.parse({ list: process.env.A }).list",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { z } from 'zod'; const a = z.object({ A: z.string().default('a,b') }).transform(e => ({ list: e.A.split(',') })); const x = a.parse(process.env).list",
            r#"(A ? env(A split ",") | !A ? ["a", "b"])"#,
        ),
        (
            "import { z } from 'zod'; const x = z.string().default('d').parse(process.env.A)",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { z } from 'zod'; const s = z.object({ A: z.string(), B: z.string() }); const given = Object.keys(s.shape).reduce((all, k) => { if (process.env[k] !== undefined) all[k] = process.env[k]; return all }, {}); const r = s.safeParse(given); if (!r.success) { throw new Error('no') } const x = { ...r.data }.A",
            "env(A)",
        ),
        ("const env = { ...process.env }; const x = env.A", "env(A)"),
        ("const x = require('dotenv').config().parsed.A", "env(A)"),
        (
            "import * as v from 'valibot'; const x = v.parse(v.object({ A: v.optional(v.string(), 'd') }), process.env).A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import * as v from 'valibot'; const x = v.parse(v.object({ A: v.pipe(v.string(), v.transform(s => s.split(','))) }), process.env).A",
            r#"env(A split ",")"#,
        ),
        (
            "import Joi from 'joi'; const { value, error } = Joi.object().keys({ A: Joi.string().default('d') }).unknown().validate(process.env); const x = value.A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import { makeValidator, cleanEnv } from 'envalid'; const list = makeValidator(s => s.split(',')); const x = cleanEnv(process.env, { A: list({ default: ['d'] }) }).A",
            r#"(A ? env(A split ",") | !A ? ["d"])"#,
        ),
        (
            "import { cleanEnv, str } from 'envalid'; const x = cleanEnv(process.env, { A: str() }).isProduction",
            "<NODE_ENV=production>",
        ),
        (
            "import envSchema from 'env-schema'; const x = envSchema({ schema: { type: 'object', properties: { A: { type: 'string', default: 'd' } } } }).A",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        ("import { z } from 'zod'; const x = (req) => z.object({ A: z.string() }).parse(req.body).A", "fn"),
    ]);
}

#[test]
fn settings_packages() {
    check_js(&[
        (
            "import convict from 'convict'; const c = convict({ cors: { origin: { format: String, default: 'd', env: 'A' } } }); c.validate(); const x = c.get('cors.origin')",
            r#"(A ? env(A) | !A ? "d")"#,
        ),
        (
            "import convict from 'convict'; const c = convict({ cors: { origin: { format: Array, default: ['d'], env: 'A' } } }); const x = c.get('cors').origin",
            r#"(A ? env(A split ",") | !A ? ["d"])"#,
        ),
        // A file that is made up at run time goes before the default.
        (
            "import convict from 'convict'; const c = convict({ origin: { default: 'd', env: 'A' } }); c.loadFile(`./${process.env.B}.json`); const x = c.get('origin')",
            "(A ? env(A) | !A ? ?)",
        ),
        ("import env from 'env-var'; const x = env.get('A').default('d').asString()", r#"(A ? env(A) | !A ? "d")"#),
        ("import env from 'env-var'; const x = env.get('A').required().asArray(',')", r#"env(A split ",")"#),
        (
            "import env from 'env-var'; const x = env.get('A').default('a,b').asArray()",
            r#"(A ? env(A split ",") | !A ? ["a", "b"])"#,
        ),
        ("import env from 'env-var'; const x = env.get('A').asUrlString()", "env(A changed)"),
    ]);
}

#[test]
fn configuration_directories() {
    let program = |text: &str, others: &[(&'static str, &'static str)]| {
        let mut files = vec![("src/main.ts", text)];
        files.extend(others);
        shown(&files)
    };
    let get = "import config from 'config'; const x = config.get('cors.origin')";
    let default = ("config/default.json", r#"{ "cors": { "origin": "d", "max": 1 } }"#);
    assert_eq!(program(get, &[default]), r#""d""#);
    assert_eq!(program("const x = require('config').cors.max", &[default]), "1");
    let production = ("config/production.js", "module.exports = { cors: { origin: 'p' } }");
    assert_eq!(program(get, &[default, production]), r#""p""#);
    let variables = ("config/custom-environment-variables.json", r#"{ "cors": { "origin": "A" } }"#);
    assert_eq!(program(get, &[default, production, variables]), r#"(A ? env(A) | !A ? "p")"#);
    // One that cannot be read may say something else.
    assert_eq!(program(get, &[default, ("config/production.yaml", "cors: { origin: p }")]), "object");
    assert_eq!(program(get, &[]), "object");
}
