//! What programs are worth to the evaluator, idiom by idiom, and that nothing a program does makes it hang or fall over.

mod branches;
mod environment_js;
mod environment_py;
mod express;
mod hostile;
mod javascript;
mod modules;
mod origins;
mod printer;
mod python;

use camino::Utf8PathBuf;
use corslint::eval::environment::Environment;
use corslint::eval::value::{ModuleId, Value};
use corslint::eval::{Interp, Library};
use corslint::model::project::Project;
use corslint::platforms::{self, packages::Packages};
use corslint::scan::Scan;
use corslint::workspace::Workspace;

/// Evaluates files, the first of them as the program, and asks something of the result.
fn evaluate<T>(files: &[(&str, &str)], ask: impl FnOnce(&mut Interp<'_>, ModuleId) -> T) -> T {
    let texts: Vec<(Utf8PathBuf, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    let mut scan = Scan::of_texts(&texts);
    let mut workspace = Workspace::new(&mut scan);
    let libraries: Vec<&dyn Library> = platforms::libraries();
    let environment = Environment::default();
    let mut run = Interp::new(&mut workspace, &libraries, &environment);
    run.run_file(&texts[0].0);
    run.run_uncalled();
    ask(&mut run, ModuleId(0))
}

/// The value of a top-level name of the first file.
fn value_of(files: &[(&str, &str)], name: &str) -> Value {
    evaluate(files, |run, module| run.top_level(module, name)).unwrap_or_else(|| panic!("{name} is not bound"))
}

/// The value of `x` in the first file, printed.
fn shown(files: &[(&str, &str)]) -> String {
    printer::value(&value_of(files, "x"))
}

/// Each text of JavaScript binds `x`, which is worth what stands beside it.
fn check_js(cases: &[(&str, &str)]) {
    check("main.ts", cases);
}

/// Each text of Python binds `x`, which is worth what stands beside it.
fn check_py(cases: &[(&str, &str)]) {
    check("main.py", cases);
}

fn check(file: &str, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, shown(&[(file, text)])))
        .filter(|(_, expected, found)| **expected != found)
        .map(|(text, expected, found)| format!("{text}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What the platforms recognise in a program.
fn project(files: &[(&str, &str)]) -> Project {
    evaluate(files, |run, _| platforms::recognise(run, &Packages::default(), &[]))
}
