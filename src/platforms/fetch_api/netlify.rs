//! Netlify Functions in their first form, which is also AWS Lambda's: `handler(event)` gives back
//! `{ statusCode, headers, body }`.
//!
//! In: `handler` exports of files in the folder of functions. Out: a server each. Source:
//! <https://docs.netlify.com/build/functions/lambda-compatibility/>.

use camino::Utf8Path;

use super::super::packages::Packages;
use super::serve::{Entry, add, functions, serve};
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::model::project::Project;
use crate::model::server::Server;

/// What the function is given.
pub(super) const LAMBDA: &str = "fetch:lambda";

pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let modules: Vec<(ModuleId, String)> = run.modules().map(|(id, path, _)| (id, path.to_string())).collect();
    for (module, path) in modules {
        let path = Utf8Path::new(&path);
        let handler = if packages.deployed.is_netlify(path) { run.exported(module, "handler") } else { None };
        let Some(function) = handler.and_then(|value| functions(run, &value).into_iter().next()) else { continue };
        let span = function.closure.function.span;
        let name = path.file_stem().unwrap_or("handler").to_owned();
        let event = Value::new(Kind::External(LAMBDA.into()), span);
        let args = Args { positional: vec![event], open: true, ..Args::default() };
        let entry = Entry { args, ..Entry::new("netlify", name.clone(), function) };
        let served = serve(run, &entry);
        add(project, vec![served], Server::new("netlify", name, span, Vec::new()));
    }
}
