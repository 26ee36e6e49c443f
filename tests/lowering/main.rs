//! What the lowerings make of each form of JavaScript, TypeScript and Python.

mod hostile;
mod javascript;
mod printer;
mod python;
mod spans;

use corslint::{
    source::FileId,
    syntax::{
        javascript::{self as js, Dialect},
        python as py,
    },
};

/// The tree of a text without syntax errors, printed.
fn lower(text: &str, dialect: Option<Dialect>) -> String {
    let (module, problems) = match dialect {
        Some(dialect) => js::parse(FileId(0), text, dialect),
        None => py::parse(FileId(0), text),
    };
    assert!(problems.is_empty(), "{text}: {problems:?}");
    printer::stmts(&module.body)
}

/// Asserts what each text lowers to.
fn check(dialect: Option<Dialect>, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, *expected, lower(text, dialect)))
        .filter(|(_, expected, actual)| expected != actual)
        .map(|(text, expected, actual)| format!("{text}\n  expected {expected}\n  actual   {actual}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
