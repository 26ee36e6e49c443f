//! The command line: arguments in, exit code out.
//!
//! In: `argv`, `CORSLINT_*`, and an [`Engine`] that knows rules and runs the pipeline. Out: what the verbs write, and 0
//! (nothing at or above `--fail-on`), 1 (findings) or 2 (an [`Error`]). One file per verb; nothing here judges code.

mod baseline;
mod check;
mod common;
mod completions;
mod decode;
mod docs;
mod engine;
mod explain;
mod git;
mod init;
mod judging;
mod man;
mod narrowing;
mod output;
mod rules;
mod schema;
mod select;
mod today;
mod trace;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use common::Common;

pub use engine::{Deployment, Engine, FoundOrigin, Model, Outcome, Settings};

use crate::error::Error;
use crate::report;

/// Finds CORS mistakes: what is unsafe, what a browser will refuse, and what works on localhost only.
///
/// `corslint [PATH]...` is short for `corslint check [PATH]...`.
#[derive(Debug, Parser)]
#[command(name = "corslint", version, max_term_width = 100)]
#[command(override_usage = "corslint [OPTIONS] [PATH]...\n       corslint <COMMAND>")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Check),
    Explain(explain::Explain),
    Decode(decode::Decode),
    Rules(rules::Rules),
    Init(init::Init),
    Baseline(baseline::Baseline),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
    Trace(trace::Trace),
    #[command(hide = true)]
    Docs(docs::Docs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    fn on(self, stream: &(impl IsTerminal + anstream::stream::RawStream)) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            // Asks NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM and the stream, in that order.
            Color::Auto => AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }
}

/// Runs the program with `argv` and returns its exit code.
pub fn run(argv: impl IntoIterator<Item = OsString>, engine: &dyn Engine) -> ExitCode {
    let command = without_empty(Arguments::command());
    let parsed = command.try_get_matches_from(with_verb(argv));
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        // Help and version are "errors" to clap too; it knows the stream and the code: 0 for those, 2 for usage.
        Err(error) => error.exit(),
    };
    let (result, color) = match arguments.verb {
        Verb::Check(check) => (check.run(engine), check.common.color),
        Verb::Explain(explain) => (explain.run(engine), explain.common.color),
        Verb::Decode(decode) => (decode.run(engine), decode.common.color),
        Verb::Rules(rules) => (rules.run(engine), rules.common.color),
        Verb::Init(init) => (init.run(engine), init.common.color),
        Verb::Baseline(baseline) => (baseline.run(engine), baseline.common.color),
        Verb::Schema(schema) => (schema.run(), Color::Auto),
        Verb::Completions(completions) => (completions.run(), Color::Auto),
        Verb::Man(man) => (man.run(), Color::Auto),
        Verb::Trace(trace) => (trace.run(engine), trace.color),
        Verb::Docs(docs) => (docs.run(engine), docs.common.color),
    };
    result.unwrap_or_else(|error| {
        let mut out = Vec::new();
        // Writing into memory cannot fail; a closed stderr leaves nobody to tell.
        let _ = report::error::write(&error, color.on(&io::stderr()), &mut out);
        let _ = io::stderr().write_all(&out);
        ExitCode::from(2)
    })
}

/// A variable that is set to nothing says nothing: CI systems set one for each input that was not given.
fn without_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| match arg.get_env().is_some_and(is_empty) {
        true => arg.env(None::<&'static str>),
        false => arg,
    });
    command.mut_subcommands(without_empty)
}

/// A command line without a verb is a check.
fn with_verb(argv: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut argv: Vec<OsString> = argv.into_iter().collect();
    if argv.is_empty() {
        argv.push("corslint".into());
    }
    let command = Arguments::command();
    let is_verb = |first: &str| {
        let general = ["help", "-h", "--help", "-V", "--version"];
        general.contains(&first) || command.find_subcommand(first).is_some()
    };
    if !argv.get(1).and_then(|first| first.to_str()).is_some_and(is_verb) {
        argv.insert(1, "check".into());
    }
    argv
}

/// Writes to stdout; a reader that has seen enough (`| head`) is no error.
fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::new(format!("cannot write: {error}"))),
        _ => Ok(()),
    }
}
