//! Appwrite Functions: `({ req, res, log, error }) => res.json(…)`, `def main(context)`, and the older `(req, res)`.
//!
//! In: evaluated modules, and the entrypoints that appwrite.json names. Out: a server for each function. Appwrite runs the
//! function for OPTIONS as for any other method, and headers are the third argument of an answer. Source:
//! <https://appwrite.io/docs/products/functions/develop>.

mod symbols;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::fetch_api::{Behind, Entry, add, functions, serve};
use super::manual::is_cors_header;
use super::packages::Packages;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::eval::{Event, Interp};
use crate::ir::{Language, Pattern};
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::Server;
use symbols::{CONTEXT, REQ, RES};

pub use symbols::Appwrite;

/// Servers, policies and faults of all Appwrite functions.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    let modules: Vec<(ModuleId, Utf8PathBuf)> = run.modules().map(|(id, path, _)| (id, path.clone())).collect();
    for (module, file) in modules {
        let Some((function, old)) = entry(run, packages, module, &file) else { continue };
        let span = function.closure.function.span;
        let external = |path: &str| Value::new(Kind::External(path.into()), span);
        let given = if old { vec![external(REQ), external(RES)] } else { vec![external(CONTEXT)] };
        let name = packages.entrypoint(&file).unwrap_or_else(|| name_of(&file));
        let entry = Entry {
            args: Args { positional: given, ..Args::default() },
            answered: if old { called } else { super::fetch_api::returned },
            ..Entry::new("appwrite", name.clone(), function)
        };
        let mut served = serve(run, &entry);
        if served.handled.answers.is_empty() || !served.handled.uses_res {
            continue;
        }
        for (at, written) in &served.handled.ignored {
            let mut one = HandlerFault::new(FaultKind::ApiIgnored, "appwrite", *at, written.clone());
            "the `res` of an Appwrite Function has no such method, headers are the third argument of the answer"
                .clone_into(&mut one.detail);
            served.faults.push(one);
        }
        add(&mut project, vec![served], Server::new("appwrite", name, span, Vec::new()));
    }
    // Executions are started through Appwrite's own interface, which answers their preflights.
    let started = started_by_sdk(run, packages, &project);
    let is_preflight = |kind| matches!(kind, FaultKind::PreflightUnhandled | FaultKind::PreflightUnasked);
    project.faults.retain(|fault| !(is_preflight(fault.kind) && started.contains(&fault.name)));
    project
}

/// The function that a file hands to the runtime, and whether it has the older form.
fn entry(run: &mut Interp<'_>, packages: &Packages, module: ModuleId, file: &Utf8Path) -> Option<(Behind, bool)> {
    let named = packages.entrypoint(file).is_some();
    let value = match run.language(module) {
        Language::Python => run.top_level(module, "main")?,
        Language::JavaScript => run.default_export(module)?,
    };
    let function = functions(run, &value).into_iter().next()?;
    let params = &function.closure.function.params;
    let first = params.first()?;
    match (&first.pattern, params.len()) {
        (Pattern::Map { entries, .. }, 1) => {
            let has = |name: &str| entries.iter().any(|(key, ..)| &**key == name);
            (has("res") && (has("req") || has("log") || named)).then_some((function, false))
        }
        (Pattern::Name(name, _), 1) if &**name == "context" || named => Some((function, false)),
        (Pattern::Name(..), 2) if named => Some((function, true)),
        _ => None,
    }
}

/// The folder of a function: `functions/greet/src/main.js` is `greet`.
fn name_of(file: &Utf8Path) -> String {
    let folders: Vec<&str> = file.parent().map(|parent| parent.iter().collect()).unwrap_or_default();
    let name = folders.into_iter().rev().find(|folder| !matches!(*folder, "src" | "dist" | "build" | "api"));
    name.unwrap_or("function").to_owned()
}

/// Older runtimes take no answer back: what is called on `res` is the answer.
fn called(events: &[Event], _: Value) -> Vec<(Formula, Value)> {
    events
        .iter()
        .filter(|event| event.target.path.starts_with(RES))
        .filter_map(|event| {
            let id = event.result?;
            Some((event.when.clone(), Value::new(Kind::Object(id), event.span)))
        })
        .collect()
}

/// The functions that somebody starts through the SDK: those whose id or name is given, and all where it is none of theirs.
fn started_by_sdk(run: &Interp<'_>, packages: &Packages, project: &Project) -> BTreeSet<String> {
    let all = || project.servers.iter().map(|server| server.name.clone());
    let mut started = BTreeSet::new();
    for event in &run.log {
        let path = &*event.target.path;
        if !path.ends_with("createExecution") && !path.ends_with("create_execution") {
            continue;
        }
        let options = event.args.positional.first().and_then(Value::as_map);
        let option = options.and_then(|map| map.entries.get("functionId")).map(|entry| &entry.value);
        let id = option.or_else(|| event.args.get(0, "function_id")).and_then(Value::as_str);
        let known = id.and_then(|id| all().find(|name| **name == **id || packages.function_id(name) == Some(&**id)));
        match known {
            Some(name) => started.extend([name]),
            None => started.extend(all()),
        }
    }
    started
}

/// A call that would set a header elsewhere: what is written, when it is one of CORS.
pub(super) fn ignored_header(event: &Event) -> Option<String> {
    let method = event.target.path.strip_prefix(RES)?;
    let name = event.args.positional.first().and_then(Value::as_str).filter(|name| is_cors_header(name))?;
    let written = match method {
        ".setHeader" | ".set_header" | ".set" | ".header" | ".append" | ".addHeader" => {
            format!("res{method}('{name}', …)")
        }
        ".headers[]=" => format!("res.headers['{name}'] = …"),
        ".headers.set" | ".headers.append" => format!("res{method}('{name}', …)"),
        _ => return None,
    };
    Some(written)
}
