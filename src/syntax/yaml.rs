//! YAML to [`Node`]s.
//!
//! In: a file's text, or a Helm, Jinja or Go template of one. Out: one node per document, anchors and `<<` merges
//! resolved, and what was wrong. granit-parser does the reading rather than tree-sitter-yaml, whose scanner aborts the
//! process at 254 open indentations. It stops at the first error; so the line at fault is left out and the text read
//! again, a few times. Knows no schema.

mod build;
mod holes;

use std::ops::Range;

use granit_parser::{Parser, options};

use self::build::Builder;
use self::holes::Holes;
use super::Problem;
use super::document::Node;
use super::problems::Problems;
use crate::source::FileId;

/// Flow and block values nested deeper than this, each, are left out.
const MAX_DEPTH: usize = 64;

/// How many lines with errors are left out before what was read so far has to do.
const MAX_REPAIRS: usize = 6;

/// A file longer than this is not repaired: each repair reads it again.
const MAX_REPAIRED: usize = 1024 * 1024;

/// Reads a file. Never fails: what is broken is left out and named.
pub fn parse(file: FileId, text: &str) -> (Vec<Node>, Vec<Problem>) {
    let mut problems = Problems::default();
    if let Some(offset) = text.find('\0') {
        problems.add(offset, "not a text file");
        return (Vec::new(), problems.finish());
    }
    let (filled, holes) = Holes::fill(text);
    let mut current = Attempt::new(file, filled, &holes);
    let repairs = if text.len() > MAX_REPAIRED { 0 } else { MAX_REPAIRS };
    for _ in 0..repairs {
        let Some((offset, message)) = current.error.take() else { break };
        problems.add(offset, message);
        match current.repaired(offset, file, &holes) {
            Some(next) if next.size > 0 || current.size == 0 => current = next,
            _ => break,
        }
    }
    if let Some((offset, message)) = current.error {
        problems.add(offset, message);
    }
    for (offset, message) in current.complaints {
        problems.add(offset, message);
    }
    (current.documents, problems.finish())
}

/// One reading of the text.
struct Attempt {
    text: String,
    documents: Vec<Node>,
    /// How many values were read.
    size: usize,
    complaints: Vec<(usize, &'static str)>,
    /// The error that ended the reading.
    error: Option<(usize, String)>,
}

impl Attempt {
    fn new(file: FileId, text: String, holes: &Holes<'_>) -> Attempt {
        let mut builder = Builder::new(file, holes);
        let error = read(&text, &mut builder);
        let complaints = builder.complaints();
        let (size, documents) = builder.finish();
        Attempt { text, documents, size, complaints, error }
    }

    /// Reads again without the line of the error, the one before or the one after, whichever gets further: a quote or
    /// bracket left open is noticed only on the next line.
    fn repaired(&self, offset: usize, file: FileId, holes: &Holes<'_>) -> Option<Attempt> {
        let mut best: Option<(usize, Attempt)> = None;
        let here = written_line(&self.text, offset)?;
        let before = written_line(&self.text, here.start.saturating_sub(1)).filter(|line| line.end < here.start);
        let next = self.text[here.end..].find(|c: char| !c.is_whitespace()).map(|at| here.end + at);
        let after = next.and_then(|next| written_line(&self.text, next));
        for line in [Some(here), before, after].into_iter().flatten() {
            let blank = " ".repeat(line.len());
            let text = format!("{}{blank}{}", &self.text[..line.start], &self.text[line.end..]);
            let attempt = Attempt::new(file, text, holes);
            let reach = attempt.error.as_ref().map_or(usize::MAX, |(offset, _)| *offset);
            if best.as_ref().is_none_or(|(known, _)| *known < reach) {
                best = Some((reach, attempt));
            }
            if reach == usize::MAX {
                break;
            }
        }
        best.map(|(_, attempt)| attempt)
    }
}

/// Gives all events to the builder; the place and message of the first error.
fn read(text: &str, builder: &mut Builder<'_>) -> Option<(usize, String)> {
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                if !builder.event(event, span.byte_range().unwrap_or(0..0)) {
                    return None;
                }
            }
            Err(error) => {
                return Some((error.marker().byte_offset().unwrap_or(0), error.info().to_owned()));
            }
        }
    }
    None
}

/// The line at an offset without blanks at its end; where it is blank, the last written line before it.
fn written_line(text: &str, offset: usize) -> Option<Range<usize>> {
    let offset = (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at))?;
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let end = text[..end].trim_end().len();
    let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
    (start < end).then_some(start..end)
}
