//! Header lines written through an API that ignores them.
//!
//! In: the evaluator's log. Out: `HandlerFault`s.

use super::super::manual::is_cors_header;
use super::lines;
use crate::eval::value::Value;
use crate::eval::{Event, Interp};
use crate::model::project::{FaultKind, HandlerFault, Project};

/// `headers['Access-Control-Allow-Origin'] = …`: a property of the object, which is not a line of the list.
pub(super) fn recognise(run: &Interp<'_>, project: &mut Project) {
    for event in &run.log {
        if let Some(name) = ignored(event) {
            let platform = match run.path_of_span(event.span).file_stem() {
                Some("route") => "nextjs",
                _ => "workers",
            };
            let mut one = HandlerFault::new(FaultKind::ApiIgnored, platform, event.span, "headers[…] = …");
            one.detail = format!("`{name}` becomes a property of the `Headers` object and is never sent");
            if !project.faults.contains(&one) {
                project.faults.push(one);
            }
        }
    }
}

/// The CORS header that becomes a property of a `Headers` object.
pub(super) fn ignored(event: &Event) -> Option<&str> {
    let list = event.target.path.strip_suffix("[]=").is_some_and(|path| path == lines::HEADERS);
    let name = event.args.positional.first().and_then(Value::as_str)?;
    (list && is_cors_header(name)).then_some(&**name)
}
