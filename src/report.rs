//! What the program says, one module per format.
//!
//! In: a [`Report`] and the texts its spans point into. Out: bytes on a writer. Only this part knows miette, JSON output
//! and colours; it must not judge, sort or leave out findings.

pub mod concise;
mod diagnostic;
pub mod error;
mod excerpt;
mod fingerprint;
pub mod full;
pub mod json;
mod summary;
pub mod trace;
mod visible;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

pub use fingerprint::fingerprints;
pub use visible::visible;

use crate::finding::Report;
use crate::source::Sources;

/// How the text formats look.
#[derive(Debug, Default, Clone, Copy)]
pub struct Options {
    /// Colours, already decided.
    pub color: bool,
    /// Notices one by one instead of counted.
    pub verbose: bool,
    /// How long the run took; left out of the summary when unknown.
    pub elapsed: Option<Duration>,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Source lines with labels, help and links.
    Full,
    /// One line per finding.
    Concise,
    /// The versioned format for other programs.
    Json,
}

impl Format {
    /// All formats, in the order they are listed to users.
    pub const ALL: &[Format] = &[Format::Full, Format::Concise, Format::Json];

    /// The lower-case name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Full => "full",
            Format::Concise => "concise",
            Format::Json => "json",
        }
    }

    /// Writes the report in this format.
    pub fn write(self, report: &Report, sources: &Sources, options: Options, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::Full => full::write(report, sources, options, out),
            Format::Concise => concise::write(report, sources, options, out),
            Format::Json => json::write(report, sources, options, out),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        Format::ALL.iter().copied().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("unknown format `{name}`; known are {}", names.join(", "))
        })
    }
}
