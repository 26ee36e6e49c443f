//! Vercel: the header rules of `vercel.json`, and the functions in the folder `api` beside it.
//!
//! In: the configuration as a value, evaluated modules. Out: a server for each configuration of its own; for an application of a
//! framework only its rules. What a rule sends replaces what a function sends. Source:
//! <https://vercel.com/docs/project-configuration/vercel-json#headers>.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::assembly::{adopt, serve_behind, yield_to_outer};
use super::express::cors_npm::CorsObjects;
use super::express::preflight;
use super::fetch_api::vercel_function;
use super::file_routes;
use super::header_rules::{HeaderRule, covers_files, rule, rule_handler};
use super::node_handlers::{fill, grant, handle_alone, head};
use super::overrides;
use super::values::option;
use crate::eval::Interp;
use crate::eval::value::{Kind, ModuleId};
use crate::model::condition::Formula;
use crate::model::dev_server::Front;
use crate::model::project::Project;
use crate::model::server::{Handler, Role, Scope, Server, Unanswered};
use crate::source::{Span, Spanned};

/// Is it a configuration of Vercel?
pub(super) fn is_config(path: &Utf8Path) -> bool {
    path.file_name() == Some("vercel.json")
}

/// The path of a function, by its file: `api/items/[id].ts` beside the configuration.
pub(super) fn function_path(path: &Utf8Path, homes: &BTreeSet<Utf8PathBuf>) -> Option<String> {
    let home = path.ancestors().skip(1).find(|directory| homes.contains(*directory))?;
    let below = path.strip_prefix(home).ok()?;
    // Files and folders that begin with these are no functions.
    let hidden = below.iter().any(|part| part.starts_with(['_', '.'])) || below.as_str().ends_with(".d.ts");
    if hidden || !below.starts_with("api") {
        return None;
    }
    file_routes::function(below)
}

/// Header rules of the configuration in a folder.
pub(super) fn rules(run: &mut Interp<'_>, home: &Utf8Path) -> Vec<HeaderRule> {
    let Some(config) = run.json_file(&home.join("vercel.json")) else { return Vec::new() };
    let Some(list) = option(&config, "headers").and_then(|headers| headers.as_list().cloned()) else {
        return Vec::new();
    };
    list.items.iter().filter_map(|item| rule(&item.value, &Formula::True, "vercel")).collect()
}

/// Servers of all configurations that are not an application's.
pub(super) fn recognise(
    run: &mut Interp<'_>,
    entries: &[Utf8PathBuf],
    applications: &BTreeSet<Utf8PathBuf>,
    cors: &CorsObjects,
    project: &mut Project,
) {
    let homes: BTreeSet<Utf8PathBuf> = homes(entries.iter().map(|path| &**path));
    for home in homes.difference(applications) {
        let rules = rules(run, home);
        let only = BTreeSet::from([home.clone()]);
        let mut functions = Vec::new();
        for path in entries {
            if let (Some(route), Some(module)) = (function_path(path, &only), run.module_at(path)) {
                functions.push((route, module));
            }
        }
        build(run, home, &rules, &functions, cors, project);
    }
    for home in &homes {
        project.fronts.extend(front(run, home));
    }
}

/// The platform in front of everything that the configuration passes on.
fn front(run: &mut Interp<'_>, home: &Utf8Path) -> Option<Front> {
    let config = run.json_file(&home.join("vercel.json"))?;
    let passes = |key: &str| option(&config, key);
    let rewrites = passes("rewrites").or(passes("routes"))?;
    Some(Front {
        folder: home.to_string(),
        span: rewrites.span,
        forwards: true,
        serves_files: false,
        serves_pages: false,
        grants: passes("headers").is_some(),
    })
}

/// The folders of configurations.
pub(super) fn homes<'p>(paths: impl Iterator<Item = &'p Utf8Path>) -> BTreeSet<Utf8PathBuf> {
    paths.filter(|path| is_config(path)).filter_map(|path| path.parent().map(Utf8Path::to_owned)).collect()
}

fn build(
    run: &mut Interp<'_>,
    home: &Utf8Path,
    rules: &[HeaderRule],
    functions: &[(String, ModuleId)],
    cors: &CorsObjects,
    project: &mut Project,
) {
    let index = project.servers.len();
    let mut handlers: Vec<Handler> = Vec::new();
    for rule in rules {
        handlers.push(rule_handler(rule, "", project));
    }
    let first = handlers.len();
    let mut served_faults = Vec::new();
    for (path, module) in functions {
        match vercel_function(run, *module, path) {
            Some((_, served)) => {
                let mut own = served.handlers.clone();
                for handler in &mut own {
                    handler.scope.path = Some(Spanned::new(path.as_str().into(), handler.span));
                }
                serve_behind(&served, &mut own, project);
                for fault in &served.faults {
                    served_faults
                        .extend(own.first().and_then(|one| overrides::uncured(fault, one, &handlers[..first])));
                }
                handlers.append(&mut own);
            }
            None => handlers.extend(function(run, path, *module, cors, project)),
        }
    }
    let Some(span) = handlers.first().map(|handler| handler.span) else { return };
    let (outer, inner) = handlers.split_at_mut(first);
    for rule in &*outer {
        if let Role::Cors(policy) = rule.role {
            // What else is deployed is not known.
            let files = covers_files(rule, inner.iter().map(|one| one.scope.clone()), true);
            project.policies[policy].static_assets = files;
        }
    }
    for handler in &*inner {
        let Role::Cors(policy) = handler.role else { continue };
        for rule in outer.iter().filter(|rule| rule.scope.covers(&handler.scope)) {
            project.policies[policy].settings.extend(overrides::disabled(handler, rule, "vercel.json"));
            overrides::replace_decision(policy, rule, project);
        }
    }
    for handler in inner {
        yield_to_outer(handler);
    }
    for handler in &handlers {
        adopt(handler, index, project);
    }
    let name = home.file_name().unwrap_or("vercel");
    let server = Server { unanswered: Unanswered::NotFound, ..Server::new("vercel", name, span, handlers) };
    let mut faults = served_faults;
    for at in first..server.handlers.len() {
        preflight::own_answer(&server, at, &server.handlers[at], &mut faults);
    }
    project.servers.push(server);
    project.faults.append(&mut faults);
}

/// A function that gets `(req, res)`.
fn function(
    run: &mut Interp<'_>,
    path: &str,
    module: ModuleId,
    cors: &CorsObjects,
    project: &mut Project,
) -> Option<Handler> {
    let value = run.default_export(module)?;
    let Kind::Function(closure) = &value.kind else { return None };
    let closure = closure.clone();
    let span: Span = head(&closure);
    let mut handler = Handler {
        role: Role::Route,
        name: path.to_owned(),
        span,
        when: Formula::True,
        scope: Scope { methods: Vec::new(), path: Some(Spanned::new(path.into(), span)), prefix: false },
        effects: Vec::new(),
        understood: false,
    };
    // One parameter is a `Request`, two are Node's request and response.
    if closure.function.params.len() >= 2 {
        let handled = handle_alone(run, &closure, cors);
        fill(&mut handler, handled, "vercel", project);
        grant(run, &mut handler, closure.function.span, "vercel", project);
    }
    Some(handler)
}
