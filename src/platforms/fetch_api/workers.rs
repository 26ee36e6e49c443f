//! Cloudflare Workers and Pages Functions, and Bun, which shares their form.
//!
//! In: default exports with a `fetch` method, `addEventListener('fetch', …)`, `onRequest…` exports below `functions/`. Out: a
//! server each. Source: <https://developers.cloudflare.com/workers/runtime-apis/handlers/fetch/>,
//! <https://developers.cloudflare.com/pages/functions/api-reference/>.

use std::sync::Arc;

use camino::Utf8Path;

use super::super::packages::Packages;
use super::answers::responded;
use super::serve::{Behind, Entry, add, functions, serve, serve_all};
use super::symbols::{CONTEXT, EVENT};
use crate::eval::Interp;
use crate::eval::value::{Args, Closure, Kind, ModuleId, Value};
use crate::model::project::Project;
use crate::model::server::Server;

pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let modules: Vec<(ModuleId, String)> =
        run.modules().map(|(id, path, _)| (id, path.to_string())).filter(|(_, path)| is_program(path)).collect();
    for (module, path) in &modules {
        if let Some(function) = fetch_method(run, *module) {
            one(run, project, "workers", "fetch", function);
        }
        let path = Utf8Path::new(path);
        if !packages.deployed.is_netlify(path) {
            pages(run, project, *module, path);
        }
    }
    listeners(run, project);
    bun(run, project);
}

fn is_program(path: &str) -> bool {
    [".js", ".ts", ".mjs", ".mts", ".jsx", ".tsx", ".cjs"].iter().any(|end| path.ends_with(end))
}

fn one(run: &mut Interp<'_>, project: &mut Project, platform: &'static str, name: &str, function: Behind) {
    let entry = Entry::new(platform, name, function);
    let served = serve(run, &entry);
    let file = run.path_of_span(entry.function.function.span);
    let server = Server::new(platform, file.file_name().unwrap_or(platform), entry.function.function.span, Vec::new());
    add(project, vec![served], server);
}

/// `export default { fetch(request, env, ctx) { … } }`, also as a class.
fn fetch_method(run: &mut Interp<'_>, module: ModuleId) -> Option<Behind> {
    let exported = run.default_export(module)?;
    match &exported.kind {
        Kind::Map(map) => {
            let value = map.entries.get("fetch")?.value.clone();
            let mut function = functions(run, &value).into_iter().next()?;
            // `this` is the object itself.
            let closure = &function.closure;
            function.closure = Arc::new(Closure {
                function: closure.function.clone(),
                scope: closure.scope,
                this: closure.this.clone().or_else(|| Some(exported.clone())),
                module: closure.module,
            });
            Some(function)
        }
        Kind::Class(_) => {
            let bases = run.external_bases(&exported);
            let entry = bases.iter().any(|base| base.ends_with("WorkerEntrypoint"));
            let method = run.method_of(&exported, "fetch").filter(|_| entry)?;
            Some(Behind { closure: method, wrapped: false })
        }
        // `Sentry.withSentry(options, { fetch })`.
        Kind::Object(id) if run.object(*id).path.starts_with("npm:") => {
            let maps: Vec<Value> = run.object(*id).args.all().filter(|arg| arg.as_map().is_some()).cloned().collect();
            let value =
                maps.iter().find_map(|map| map.as_map()?.entries.get("fetch").map(|entry| entry.value.clone()))?;
            let function = functions(run, &value).into_iter().next()?;
            Some(Behind { wrapped: true, ..function })
        }
        _ => None,
    }
}

/// `addEventListener('fetch', event => event.respondWith(…))`. The service worker of a page is written the same way, but it
/// also listens for its installation.
fn listeners(run: &mut Interp<'_>, project: &mut Project) {
    let log: Vec<_> = run.log.iter().filter(|event| event.target.path.ends_with("addEventListener")).cloned().collect();
    let listens = |event: &crate::eval::Event, names: &[&str]| {
        event.args.positional.first().and_then(Value::as_str).is_some_and(|name| names.contains(&&**name))
    };
    for event in log.iter().filter(|event| &*event.target.path == "js:addEventListener" && listens(event, &["fetch"])) {
        let page = log.iter().any(|other| {
            other.module == event.module
                && listens(other, &["install", "activate", "push", "message", "notificationclick"])
        });
        let Some(callback) = event.args.positional.get(1).filter(|_| !page) else { continue };
        let Some(function) = functions(run, callback).into_iter().next() else { continue };
        let span = function.closure.function.span;
        let args =
            Args { positional: vec![Value::new(Kind::External(EVENT.into()), span)], open: true, ..Args::default() };
        let entry = Entry { args, answered: responded, ..Entry::new("workers", "fetch", function) };
        let served = serve(run, &entry);
        let file = run.path_of_span(span);
        let server = Server::new("workers", file.file_name().unwrap_or("worker"), event.span, Vec::new());
        add(project, vec![served], server);
    }
}

/// `Bun.serve({ fetch(request) { … } })`.
fn bun(run: &mut Interp<'_>, project: &mut Project) {
    let calls: Vec<_> = run.log.iter().filter(|event| &*event.target.path == "js:Bun.serve").cloned().collect();
    for event in calls {
        let options = event.args.positional.first().and_then(Value::as_map).cloned();
        let value = options.and_then(|map| map.entries.get("fetch").map(|entry| entry.value.clone()));
        let function = value.and_then(|value| functions(run, &value).into_iter().next());
        if let Some(function) = function {
            one(run, project, "bun", "fetch", function);
        }
    }
}

/// Exports of a Pages Function and the methods they see.
const EXPORTS: [(&str, Option<&str>); 8] = [
    ("onRequest", None),
    ("onRequestGet", Some("GET")),
    ("onRequestPost", Some("POST")),
    ("onRequestPut", Some("PUT")),
    ("onRequestPatch", Some("PATCH")),
    ("onRequestDelete", Some("DELETE")),
    ("onRequestHead", Some("HEAD")),
    ("onRequestOptions", Some("OPTIONS")),
];

fn pages(run: &mut Interp<'_>, project: &mut Project, module: ModuleId, path: &Utf8Path) {
    let Some(route) = pages_route(path) else { return };
    let middleware = path.file_stem() == Some("_middleware");
    let mut entries = Vec::new();
    for (name, method) in EXPORTS {
        let Some(value) = run.exported(module, name) else { continue };
        for function in functions(run, &value) {
            let span = function.closure.function.span;
            let context = Value::new(Kind::External(CONTEXT.into()), span);
            let args = Args { positional: vec![context], open: true, ..Args::default() };
            let methods: Vec<&str> = method.into_iter().collect();
            let entry = Entry::new("pages", name, function).at(&methods, &route, middleware);
            entries.push(Entry { args, ..entry });
        }
    }
    let Some(first) = entries.first() else { return };
    let span = first.function.function.span;
    let served = serve_all(run, &entries, &route);
    let server = Server { onion: true, ..Server::new("pages", route, span, Vec::new()) };
    add(project, vec![served], server);
}

/// The route of a file below `functions/`.
fn pages_route(path: &Utf8Path) -> Option<String> {
    let text = path.as_str();
    let below = text.strip_prefix("functions/").or_else(|| text.split_once("/functions/").map(|(_, below)| below))?;
    let supabase = text.contains("supabase/functions/") || text.contains("netlify/functions/");
    let stem = below.rsplit_once('.').map(|(stem, _)| stem).filter(|_| !supabase)?;
    let parts = stem.split('/').filter(|part| !matches!(*part, "index" | "_middleware")).map(|part| {
        match part.strip_prefix("[[").and_then(|part| part.strip_suffix("]]")) {
            Some(rest) => format!("*{rest}"),
            None => match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
                Some(name) => format!(":{name}"),
                None => part.to_owned(),
            },
        }
    });
    Some(format!("/{}", parts.collect::<Vec<_>>().join("/")))
}
