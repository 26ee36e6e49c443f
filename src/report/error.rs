//! What stops the program, as people read it.
//!
//! In: an [`Error`]. Out: its text, with the line of the rule or configuration file where there is one.

use std::io::{self, Write};

use super::Options;
use super::diagnostic::{Header, Painter};
use super::visible::visible;
use crate::error::Error;
use crate::finding::Severity;
use crate::source::{Sources, Span};

/// Writes the error, its place and its help.
pub fn write(error: &Error, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(Options { color, ..Options::default() });
    match &error.place {
        Some(place) => {
            let mut sources = Sources::default();
            let file = sources.add(place.path.clone(), place.text.clone());
            let span = Span::new(file, place.range.start, place.range.end);
            let labels = [(span, place.label.as_str())];
            let header = Header { severity: Severity::Error, title: "error:", url: None, message: &error.message };
            let text = painter.draw(header, &labels, file, &sources);
            out.write_all(text.as_bytes())?;
        }
        None => writeln!(out, "{} {}", painter.severity(Severity::Error, "error:"), visible(&error.message))?,
    }
    out.write_all(painter.line("help", error.help.as_deref().unwrap_or_default()).as_bytes())
}
