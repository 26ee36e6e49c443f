//! What the program says, one module per format.
//!
//! In: a [`Report`] and the texts its spans point into. Out: bytes on a writer. Only this part knows miette, JSON output
//! and colours; it must not judge, and leaves out only what a format's reader has no room for, saying how much.

mod checkstyle;
mod concise;
pub mod decode;
mod diagnostic;
pub mod error;
mod excerpt;
mod fingerprint;
mod full;
mod github;
mod gitlab;
mod json;
mod json_text;
mod jsonl;
mod junit;
mod markdown;
mod place;
mod rdjson;
mod rule_info;
mod sarif;
mod summary;
pub mod trace;
mod visible;
mod xml;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

pub use fingerprint::{fingerprints, marked_hash};
pub use rule_info::RuleInfo;
pub use visible::visible;

use crate::finding::Report;
use crate::source::Sources;

/// What formats need to know beside the report.
#[derive(Debug, Default, Clone, Copy)]
pub struct Options<'a> {
    /// Colours, already decided.
    pub color: bool,
    /// Addresses as links that a terminal follows, already decided.
    pub links: bool,
    /// Columns of the terminal that prose and source lines have to fit; unknown where there is none.
    pub width: Option<usize>,
    /// Notices one by one instead of counted.
    pub verbose: bool,
    /// How long the run took; left out of the summary when unknown.
    pub elapsed: Option<Duration>,
    /// The rules that ran, for formats that describe them.
    pub rules: &'a [RuleInfo],
    /// The directory that paths are relative to, as a path from the root of the repository with `/`; empty for that
    /// root. Servers that show findings beside the code count from there.
    pub within: &'a str,
    /// Bytes of Markdown that fit where it goes.
    pub most: Option<usize>,
}

/// Declares the formats once: each is a variant, a name for the command line, and the module that writes it.
macro_rules! formats {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $module:ident;)*) => {
        /// A form of output.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Format {
            /// All formats, in the order they are listed to users.
            pub const ALL: &[Format] = &[$(Format::$variant),*];

            /// The lower-case name used on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Format::$variant => $name,)*
                }
            }

            /// Writes the report in this format.
            pub fn write(
                self,
                report: &Report,
                sources: &Sources,
                options: Options<'_>,
                out: &mut dyn Write,
            ) -> io::Result<()> {
                match self {
                    $(Format::$variant => $module::write(report, sources, options, out),)*
                }
            }
        }
    };
}

formats! {
    /// Source lines with labels, help and links.
    Full "full" full;
    /// One line per finding.
    Concise "concise" concise;
    /// The versioned format for other programs.
    Json "json" json;
    /// The findings of `json`, one per line.
    Jsonl "jsonl" jsonl;
    /// SARIF 2.1.0.
    Sarif "sarif" sarif;
    /// `full`, and annotations for GitHub Actions.
    Github "github" github;
    /// GitLab's Code Quality report.
    Gitlab "gitlab" gitlab;
    /// JUnit's XML.
    Junit "junit" junit;
    /// Checkstyle's XML.
    Checkstyle "checkstyle" checkstyle;
    /// The Reviewdog Diagnostic Format.
    Rdjson "rdjson" rdjson;
    /// A table in Markdown.
    Markdown "markdown" markdown;
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
