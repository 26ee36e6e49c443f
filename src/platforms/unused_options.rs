//! CORS options that are written and given to nobody, beside a call that gets others or none.
//!
//! In: the evaluator's record of what was read by name, and the policies. Out: faults. Silent where the options are exported,
//! read anywhere, or where nothing in the same file could have taken them.

use super::Project;
use super::express::cors_npm::OPTIONS;
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::ir::Language;
use crate::model::origin::Url;
use crate::model::policy::{Known, Policy};
use crate::model::project::{FaultKind, HandlerFault};
use crate::source::Span;

/// Adds a fault for every such value.
pub(super) fn faults(run: &mut Interp<'_>, project: &mut Project) {
    let exported: Vec<Span> = run.exported_values().iter().map(|value| value.span).collect();
    let modules: Vec<_> = run.modules().map(|(id, ..)| id).collect();
    let mut found = Vec::new();
    for module in modules {
        for (name, value) in run.top_level_names(module) {
            let javascript = run.language(module) == Language::JavaScript;
            let fits = if javascript { is_options(&value) } else { is_origins(&name, &value) };
            let used = run.looked_up.contains(&value.span) || (javascript && exported.contains(&value.span));
            if !fits || used || !value.trace.spans().is_empty() {
                continue;
            }
            let beside = |policy: &&Policy| {
                let library =
                    if javascript { &*policy.library == "cors" } else { &*policy.library == "CORSMiddleware" };
                library && policy.span.file == value.span.file && policy.installed != Known::No
            };
            let Some(policy) = project.policies.iter().find(beside) else { continue };
            let span = run.binding(module, &name).unwrap_or(value.span);
            let mut fault = HandlerFault::new(FaultKind::UnusedOptions, policy.platform, span, name.to_string());
            fault.cors = Some(policy.span);
            found.push(fault);
        }
    }
    project.faults.extend(found);
}

/// `{ origin: …, credentials: true }`: nothing but options of the package.
fn is_options(value: &Value) -> bool {
    value.as_map().is_some_and(|map| {
        !map.open && map.entries.contains_key("origin") && map.entries.keys().all(|key| OPTIONS.contains(&&**key))
    })
}

/// `origins = ["https://app.example.com"]`.
fn is_origins(name: &str, value: &Value) -> bool {
    let Kind::List(list) = &value.kind else { return false };
    let urls = list.items.iter().all(|item| item.value.as_str().is_some_and(|text| Url::parse(text).is_some()));
    name.to_lowercase().contains("origin") && urls && !list.items.is_empty() && !list.open
}
