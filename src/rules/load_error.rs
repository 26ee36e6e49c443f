//! The errors of one rule file.
//!
//! In: problems of values, and what the YAML reader could not read. Out: `RuleError`s with places in the file.

use camino::Utf8Path;
use serde_saphyr::{Error, Location};

use super::form::Placed;
use super::place::{bytes_of, bytes_within};
use super::problem::{Problem, RuleError, did_you_mean};

/// Collects what is wrong with one file.
pub(super) struct FileErrors<'a> {
    path: &'a Utf8Path,
    text: &'a str,
    found: Vec<RuleError>,
}

impl<'a> FileErrors<'a> {
    pub(super) fn new(path: &'a Utf8Path, text: &'a str) -> FileErrors<'a> {
        FileErrors { path, text, found: Vec::new() }
    }

    /// Keeps the problem of a value, or gives what was read from it.
    pub(super) fn check<T>(&mut self, placed: &Placed, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(read) => Some(read),
            Err(problem) => {
                let span = bytes_within(placed, problem.at, self.text);
                self.found.push(RuleError {
                    file: self.path.to_owned(),
                    text: self.text.into(),
                    span,
                    message: problem.message,
                    help: problem.help,
                });
                None
            }
        }
    }

    /// Keeps a problem of a whole node.
    pub(super) fn add(&mut self, at: Location, message: &str, help: Option<&str>) {
        self.found.push(RuleError {
            file: self.path.to_owned(),
            text: self.text.into(),
            span: bytes_of(at, self.text),
            message: message.to_owned(),
            help: help.map(str::to_owned),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn all(self) -> Vec<RuleError> {
        self.found
    }
}

/// What the YAML reader says, in words for people who write rules.
pub(super) fn form_error(path: &Utf8Path, text: &str, error: &Error) -> RuleError {
    let error = error.without_snippet();
    let mut span = error.location().map_or(0..0, |location| bytes_of(location, text));
    if let Error::SerdeMissingField { location, .. } = error
        && location.column() == 1
    {
        // The reader points at the last field of the file, which has nothing to do with it.
        span = 0..text.lines().next().map_or(0, str::len);
    }
    let (message, help) = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let help = did_you_mean(field, expected.iter().copied())
                .unwrap_or_else(|| format!("there may be {}", expected.join(", ")));
            (format!("there is no field `{field}` here"), Some(help))
        }
        Error::SerdeMissingField { field, .. } => (format!("the field `{field}` is missing here"), None),
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("`{variant}` cannot stand here"), Some(format!("write one of {}", expected.join(", "))))
        }
        other => {
            let said = other.to_string();
            // The place is told by the span.
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(before, _)| before);
            (said.to_owned(), None)
        }
    };
    RuleError { file: path.to_owned(), text: text.into(), span, message, help }
}
