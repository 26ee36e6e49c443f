//! What a library or platform does, one file each: programs and configuration become servers and policies.
//!
//! In: the log and values of `eval/`, or the tree of a configuration file. Out: `model::project::Project`. A platform never
//! judges: it says what is there. To add one: a file here with a `Library` and a `recognise`, one line in `libraries`
//! or `recognise`, and its fixtures.

pub mod appwrite;
mod assembly;
pub mod builds;
pub mod client;
pub mod compose;
mod configuration;
pub mod deployed;
mod dev_proxy;
pub mod django;
pub mod express;
pub mod fastapi;
pub mod fastify;
pub mod fetch_api;
mod file_routes;
pub mod flask;
mod granting;
mod header_rules;
pub mod homes;
pub mod hono;
pub mod image;
pub mod koa;
pub mod manifests;
pub mod manual;
pub mod nest;
pub mod nextjs;
pub mod nginx;
pub mod node_handlers;
mod node_http;
mod onion;
mod overrides;
pub mod packages;
pub mod ports;
mod preflight_only;
mod returned_origin;
mod small_cors;
pub mod spelling;
pub mod unread;
mod unread_cors;
mod unused_options;
pub mod values;
mod vercel;
pub mod wrangler;

use camino::{Utf8Path, Utf8PathBuf};
use packages::Packages;

use crate::eval::{Interp, Library};
use crate::model::condition::{Formula, Test};
use crate::model::project::Project;
use crate::source::{FileId, Span, Spanned};

/// What the platforms know of packages, for the evaluator.
pub fn libraries() -> Vec<&'static dyn Library> {
    vec![
        &express::Express,
        &nest::Nest,
        &fastify::Fastify,
        &django::Django,
        &fastapi::FastApi,
        &flask::Flask,
        &appwrite::Appwrite,
        &fetch_api::FetchApi,
        &hono::Hono,
        &koa::Koa,
    ]
}

/// What the platforms see in programs that were evaluated.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages, entries: &[Utf8PathBuf]) -> Project {
    // The policies of `cors(…)` come first: what applies them knows them by their place.
    let (mut project, cors) = express::recognise(run, packages);
    node_http::recognise(run, &cors, &mut project);
    nextjs::recognise(run, packages, entries, &cors, &mut project);
    vercel::recognise(run, entries, &nextjs::roots(packages, entries), &cors, &mut project);
    assembly::withdraw_unused(&mut project);
    fastify::recognise(run, packages, &cors, &mut project);
    small_cors::recognise(run, packages, &mut project);
    project.absorb(django::recognise(run, packages));
    project.absorb(fastapi::recognise(run, packages));
    project.absorb(flask::recognise(run, packages));
    project.absorb(fetch_api::recognise(run, packages));
    project.absorb(hono::recognise(run, packages));
    project.absorb(koa::recognise(run, packages));
    project.absorb(appwrite::recognise(run, packages));
    dev_proxy::recognise(run, entries, &mut project);
    project.names = spelling::uses(&project);
    project.idle_names = spelling::idle(&project);
    preflight_only::faults(&mut project);
    unused_options::faults(run, &mut project);
    unread_cors::faults(run, &mut project);
    let defaults = run.open_defaults.iter();
    project.open_defaults = defaults.map(|one| Spanned::new(one.name.clone(), one.span)).collect();
    project.env_reads = run.env_reads().iter().map(|one| Spanned::new(one.name.clone(), one.span)).collect();
    ports::attach(run, packages, &mut project);
    project
}

/// Files that a framework or a hosting platform runs or reads because of their place, whatever words they hold.
pub fn entries(paths: &[&Utf8Path], packages: &Packages) -> Vec<Utf8PathBuf> {
    let vercel = vercel::homes(paths.iter().copied());
    let next = packages.directories("next");
    let wanted = |path: &Utf8Path| {
        nextjs::is_entry(path, &next)
            || vercel::is_config(path)
            || vercel::function_path(path, &vercel).is_some()
            || dev_proxy::is_config(path, packages)
            || packages.entrypoint(path).is_some()
    };
    paths.iter().filter(|path| wanted(path)).map(|path| (*path).to_owned()).collect()
}

/// Files that may put together what was found in these files.
pub fn gathering(paths: &[&Utf8Path], parts: &[&Utf8Path]) -> Vec<Utf8PathBuf> {
    django::around(paths, parts)
}

/// The condition under which code of a file runs at all: development only for files made for it.
pub fn development(path: &Utf8Path, span: Span) -> Formula {
    if is_development_path(path) { in_development(span) } else { Formula::True }
}

fn in_development(span: Span) -> Formula {
    Formula::test(Test::EnvEquals { variable: "NODE_ENV".into(), value: "development".into() }, span)
}

/// Takes what stands in these files out of production: what they grant is granted on developers' machines only.
pub fn set_apart(project: &mut Project, is_development: impl Fn(FileId) -> bool) {
    for policy in project.policies.iter_mut().filter(|policy| is_development(policy.span.file)) {
        policy.when = policy.when.clone().and(in_development(policy.span));
    }
    project.faults.retain(|fault| !is_development(fault.span.file));
    project.names.retain(|name| !is_development(name.name.span.file));
    project.idle_names.retain(|name| !is_development(name.name.span.file));
    project.hosts.retain(|host| !is_development(host.span.file));
}

/// Tests, stories, mocks and documentation: code that never serves a browser in production.
pub fn is_test_path(path: &Utf8Path) -> bool {
    const FOLDERS: [&str; 26] = [
        "test",
        "tests",
        "__test__",
        "__tests__",
        "__e2e__",
        "spec",
        "specs",
        "e2e",
        "cypress",
        "playwright",
        "__mocks__",
        "mocks",
        "mock",
        "fixtures",
        "__fixtures__",
        "testdata",
        "test-utils",
        "testing",
        "stories",
        ".storybook",
        "docs",
        "doc",
        "documentation",
        "benchmark",
        "benchmarks",
        "integration-tests",
    ];
    let folder =
        path.parent().is_some_and(|parent| parent.iter().any(|part| FOLDERS.contains(&part.to_lowercase().as_str())));
    // What was put aside is not served any more.
    let archived = path.components().any(|part| matches!(part.as_str(), "_archive" | "_archived" | "__archive__"));
    let name = path.file_name().unwrap_or("");
    let marked =
        ["test.", "tests.", ".spec.", ".stories.", ".story.", ".e2e.", ".cy.", ".mock."].iter().any(|mark| match mark
            .strip_prefix('.')
        {
            Some(_) => name.contains(mark),
            // `a.test.ts`, `a.servertest.ts`.
            None => name.split_once('.').is_some_and(|(_, marks)| marks.contains(mark)),
        });
    folder || archived || marked || name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py"
}

/// A settings module for tests by its name.
pub fn is_test_module(path: &Utf8Path) -> bool {
    path.file_stem()
        .is_some_and(|stem| stem.split(['_', '-']).any(|word| matches!(word, "test" | "testing" | "tests" | "ci")))
}

/// Files that are for developers' machines by their name: `settings/dev.py`, `server.dev.js`, `vite.config.ts`.
pub fn is_development_path(path: &Utf8Path) -> bool {
    const WORDS: [&str; 9] =
        ["dev", "development", "local", "localhost", "develop", "test", "testing", "ci", "devserver"];
    let name = path.file_name().unwrap_or("").to_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    stem.split(['.', '-', '_']).any(|word| WORDS.contains(&word))
        || [
            "vite.config",
            "webpack.",
            "rollup.config",
            "gulpfile",
            "gruntfile",
            "karma.",
            "setupproxy",
            "rspack.config",
        ]
        .iter()
        .any(|start| name.starts_with(start))
        || path.parent().is_some_and(|parent| {
            parent.iter().any(|part| matches!(part, "dev" | "development" | "local" | "scripts" | "tools"))
        })
}
