//! Deno and Supabase Edge Functions: `Deno.serve(handler)` and `serve(handler)` of the standard library.
//!
//! In: calls that hand a function to the runtime, and calls of Supabase's client that name a function. Out: a server each.
//! Source: <https://supabase.com/docs/guides/functions/cors>, <https://docs.deno.com/api/deno/~/Deno.serve>.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::super::deployed::Supabase;
use super::super::packages::Packages;
use super::serve::{Entry, add, functions, is_serve, serve};
use crate::eval::value::Value;
use crate::eval::{Event, Interp};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::Server;
use crate::source::Span;

pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let calls: Vec<Event> = run
        .log
        .iter()
        .filter(|event| is_serve(&event.target.path) && &*event.target.path != "js:Bun.serve")
        .cloned()
        .collect();
    let serving: BTreeSet<Utf8PathBuf> = calls.iter().map(|event| run.path_of_span(event.span)).collect();
    for event in calls {
        let handlers = event.args.positional.iter().flat_map(|arg| {
            let handler = arg.as_map().and_then(|map| map.entries.get("handler"));
            functions(run, handler.map_or(arg, |entry| &entry.value))
        });
        let Some(function) = handlers.into_iter().next() else { continue };
        let name = match packages.deployed.supabase(&run.path_of_span(event.span)) {
            Supabase::Elsewhere => None,
            Supabase::Function(name) => Some(name),
            // The entry file may leave it to a file beside it to serve; an earlier version beside one that serves is never run.
            Supabase::Beside(name) if entry_imports(run, packages, &name, &serving) => Some(name),
            Supabase::Beside(_) | Supabase::Helper => continue,
        };
        let platform = if name.is_some() { "supabase" } else { "deno" };
        let label = name.as_deref().unwrap_or("serve").to_owned();
        let mut entry = Entry::new(platform, label.clone(), function);
        if let Some(name) = &name {
            entry = entry.at(&[], &format!("/functions/v1/{name}"), true);
        }
        let mut served = serve(run, &entry);
        // The function is a server of its own: what it grants, it grants on all of its paths.
        served.policies.iter_mut().for_each(|policy| policy.paths.clear());
        // The call is what registers the function.
        let span = served.handlers.first().map_or(event.span, |handler| event.span.to(handler.span));
        let span = Span { end: served.handlers.first().map_or(event.span.end, |handler| handler.span.end), ..span };
        if let (Some(name), true) = (&name, served.policies.is_empty() && served.handled.understood) {
            served.faults.extend(invoked(run, packages, name, span));
        }
        add(project, vec![served], Server::new(platform, label, event.span, Vec::new()));
    }
}

/// Is there an entry file of the function that hands nothing to the runtime itself?
fn entry_imports(run: &Interp<'_>, packages: &Packages, name: &str, serving: &BTreeSet<Utf8PathBuf>) -> bool {
    let is_entry = |path: &Utf8PathBuf| packages.deployed.supabase(path) == Supabase::Function(name.to_owned());
    let mut entries = run.modules().map(|(id, ..)| run.module_path(id).to_owned()).filter(is_entry).peekable();
    entries.peek().is_some() && entries.all(|entry| !serving.contains(&entry))
}

/// A page that calls the function through supabase-js, which always sends headers that need a preflight.
fn invoked(run: &Interp<'_>, packages: &Packages, name: &str, span: Span) -> Option<HandlerFault> {
    let call = run.log.iter().find(|event| {
        event.target.path.ends_with("functions.invoke") || &*event.target.path == "?.invoke"
    } && event.args.positional.first().and_then(Value::as_str).is_some_and(|called| {
        **called == *name || called.strip_prefix(name).is_some_and(|rest| rest.starts_with(['/', '?']))
    }))?;
    if packages.deployed.supabase(&run.path_of_span(call.span)) != Supabase::Elsewhere {
        return None;
    }
    let mut one = HandlerFault::new(FaultKind::PreflightUnhandled, "supabase", span, name);
    "the `apikey` and `authorization` headers of supabase-js".clone_into(&mut one.detail);
    one.other = Some(crate::source::Spanned::new("functions.invoke".to_owned(), call.span));
    Some(one)
}
