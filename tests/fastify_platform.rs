//! What is seen in Fastify programs: `@fastify/cors` in every form, hooks and their order, plugins inside of each other.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use camino::Utf8PathBuf;
use corslint::model::policy::{Known, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::world::Assume;
use corslint::pipeline::{self, Stated};
use corslint::scan::Scan;

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

/// A program with a route, and what it does before that.
fn app(code: &str) -> Project {
    let text = format!(
        "import Fastify from 'fastify';
import cors from '@fastify/cors';
import fp from 'fastify-plugin';
const app = Fastify({{ logger: true }});
{code}
app.get('/items', async () => []);
app.listen({{ port: 4000 }});
"
    );
    read(&[("server.js", &text)])
}

fn with(options: &str) -> Policy {
    let project = app(&format!("await app.register(cors, {options});"));
    assert_eq!(project.policies.len(), 1, "{options}");
    project.policies[0].clone()
}

fn told(policy: &Policy, origin: &str) -> OriginAnswer {
    policy.allow_origin.ask_origin(origin, &Assume::Production).0
}

fn kinds(project: &Project) -> Vec<FaultKind> {
    project.faults.iter().map(|fault| fault.kind).collect()
}

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

#[test]
fn every_form_of_the_origin_option() {
    for (origin, evil, own) in [
        ("'*'", OriginAnswer::Wildcard, OriginAnswer::Wildcard),
        ("true", OriginAnswer::Echo, OriginAnswer::Echo),
        ("false", OriginAnswer::Nothing, OriginAnswer::Nothing),
        ("''", OriginAnswer::Fails, OriginAnswer::Fails),
        ("undefined", OriginAnswer::Fails, OriginAnswer::Fails),
        ("'https://app.example.com'", OriginAnswer::Fixed(APP.into()), OriginAnswer::Fixed(APP.into())),
        ("['https://app.example.com', /\\.example\\.net$/]", OriginAnswer::Nothing, OriginAnswer::Echo),
        ("['*']", OriginAnswer::Wildcard, OriginAnswer::Wildcard),
        (
            "(origin, done) => done(null, origin === 'https://app.example.com')",
            OriginAnswer::Nothing,
            OriginAnswer::Echo,
        ),
        ("(origin, done) => done(new Error('no'), false)", OriginAnswer::Fails, OriginAnswer::Fails),
        ("async (origin) => origin === 'https://app.example.com'", OriginAnswer::Nothing, OriginAnswer::Echo),
    ] {
        let policy = with(&format!("{{ origin: {origin} }}"));
        assert_eq!((told(&policy, EVIL), told(&policy, APP)), (evil, own), "{origin}");
    }
}

#[test]
fn options_may_be_given_by_functions() {
    for options in [
        "(instance) => (request, callback) => callback(null, { origin: request.headers.origin === 'https://app.example.com' })",
        "() => async (request) => ({ origin: request.headers.origin === 'https://app.example.com' })",
        "{ delegator: (request, callback) => callback(null, { origin: request.headers.origin === 'https://app.example.com' }) }",
        "() => ({ origin: ['https://app.example.com'] })",
    ] {
        let policy = with(options);
        assert_eq!((told(&policy, EVIL), told(&policy, APP)), (OriginAnswer::Nothing, OriginAnswer::Echo), "{options}");
    }
}

#[test]
fn the_default_methods_depend_on_the_version() {
    let methods = |version: &str| {
        let manifest = format!("{{ \"dependencies\": {{ \"@fastify/cors\": \"{version}\" }} }}");
        let code =
            "const app = require('fastify')();\napp.register(require('@fastify/cors'));\napp.listen({ port: 1 });\n";
        let project = read(&[("package.json", &manifest), ("server.js", code)]);
        match &project.policies[0].allow_methods.value {
            Names::Listed { names, .. } => names.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((methods("^11.0.0"), methods("^10.1.0"), methods("9.0.1")), (3, 6, 6));
    assert_eq!(with("{}").allow_methods.value, Names::Unknown);
}

#[test]
fn names_of_other_packages_are_not_read() {
    let project = app("app.register(cors, { allowHeaders: ['X-A'], hook: 'preHandler', strictPreflight: false });");
    let names: Vec<&str> = project.policies[0].settings.iter().map(|setting| &*setting.name.value).collect();
    assert_eq!(names, ["allowHeaders"]);
}

#[test]
fn hooks_run_in_the_order_of_a_request() {
    let refuse = |stage: &str| {
        format!(
            "app.addHook('{stage}', async (request, reply) => {{ if (!request.headers.authorization) return reply.code(401).send(); }});"
        )
    };
    let register = "app.register(cors, { origin: 'https://app.example.com' });";
    let with = |first: &str, second: &str| kinds(&app(&format!("{first}\n{second}")));
    assert_eq!(with(&refuse("onRequest"), register), [FaultKind::AnswersPreflight]);
    assert_eq!(with(register, &refuse("onRequest")), []);
    assert_eq!(with(&refuse("preHandler"), register), []);
    let late = "app.register(cors, { origin: 'https://app.example.com', hook: 'preHandler' });";
    assert_eq!(with(late, &refuse("onRequest")), [FaultKind::AnswersPreflight]);
}

#[test]
fn what_proves_who_asks_may_be_a_decoration() {
    let code = "app.decorate('authenticate', async (request, reply) => {
  try { await request.jwtVerify(); } catch (error) { reply.send(error); }
});
app.addHook('onRequest', app.authenticate);
app.register(cors, { origin: 'https://app.example.com' });";
    let project = app(code);
    assert_eq!(kinds(&project), [FaultKind::AnswersPreflight]);
    assert_eq!(project.faults[0].platform, "fastify");
}

#[test]
fn a_plugin_keeps_cors_to_itself_unless_it_is_wrapped() {
    let register = "inner.register(cors, { origin: 'https://app.example.com' });";
    let inside = |code: &str| app(code);
    let alone = inside(&format!("app.register(async (inner) => {{ {register} }});"));
    assert_eq!(kinds(&alone), [FaultKind::NotInstalled]);
    assert_eq!(alone.policies[0].installed, Known::No);
    let wrapped = inside(&format!("app.register(fp(async (inner) => {{ {register} }}));"));
    assert_eq!((kinds(&wrapped), wrapped.policies[0].installed), (vec![], Known::Yes));
    let with_routes = inside(&format!(
        "app.register(async (inner) => {{ {register} inner.put('/own', async () => 1); }}, {{ prefix: '/v1' }});"
    ));
    assert_eq!((kinds(&with_routes), with_routes.policies[0].installed), (vec![], Known::Yes));
    let paths: Vec<&str> = with_routes.policies[0].paths.iter().map(|path| &*path.value).collect();
    assert_eq!(paths, ["/v1/*", "/v1/own"]);
}

#[test]
fn plugin_files_that_are_loaded_by_their_folder() {
    let server = "import path from 'node:path';
import Fastify from 'fastify';
import AutoLoad from '@fastify/autoload';
const app = Fastify();
app.register(AutoLoad, { dir: path.join(here, 'plugins') });
app.listen({ port: 3000 });
";
    let plain = "import cors from '@fastify/cors';
export default async function (app) { await app.register(cors, { origin: 'https://app.example.com' }); }
";
    let wrapped = "import cors from '@fastify/cors';
import fp from 'fastify-plugin';
export default fp(async (app) => { await app.register(cors, { origin: 'https://app.example.com' }); });
";
    let of = |plugin: &str, folder: &str| {
        let path = format!("src/{folder}/cors.js");
        read(&[("src/app.js", server), (&path, plugin)])
    };
    assert_eq!(kinds(&of(plain, "plugins")), [FaultKind::NotInstalled]);
    assert_eq!(kinds(&of(wrapped, "plugins")), []);
    assert_eq!(kinds(&of(plain, "helpers")), []);
    assert_eq!(of(wrapped, "plugins").policies.len(), 1);
}

#[test]
fn headers_by_a_hook_need_a_route_for_preflights() {
    let hook =
        "app.addHook('onRequest', async (request, reply) => { reply.header('Access-Control-Allow-Origin', '*'); });
app.put('/items/:id', async () => 1);";
    let project = app(hook);
    assert_eq!(kinds(&project), [FaultKind::PreflightUnhandled]);
    assert_eq!((project.policies[0].platform, &*project.policies[0].library), ("fastify", "headers"));
    let answered = format!("{hook}\napp.options('*', async (request, reply) => reply.code(204).send());");
    assert_eq!(kinds(&app(&answered)), []);
}
