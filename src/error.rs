//! What stops the program: wrong usage, a wrong configuration or rule file, an output that cannot be written.
//!
//! In: raised by `cli`, `scan` and the loaders of rules and configuration. Out: printed by `report::error`, exit code 2.
//! What is wrong with the checked code is never an error but a finding or a notice.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

/// Why the program cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// One line.
    pub message: String,
    /// Where, when it is a file of the user's making.
    pub place: Option<Box<Place>>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A stretch of a configuration or rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the working directory.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// A few words.
    pub label: String,
}

impl Error {
    /// An error without a place or advice.
    pub fn new(message: impl Into<String>) -> Error {
        Error { message: message.into(), place: None, help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Error {
        self.place = Some(Box::new(place));
        self
    }

    /// A path that cannot be used.
    pub fn path(path: &Utf8Path, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::NotFound => Error::new(format!("there is no file or directory `{path}`")),
            _ => Error::new(format!("`{path}`: {error}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
