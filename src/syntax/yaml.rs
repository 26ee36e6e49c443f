//! YAML to [`Node`]s.
//!
//! In: a file's text, or a Helm, Jinja or Go template of one. Out: one node per document, anchors and `<<` merges
//! resolved, and what was wrong. granit-parser does the reading rather than tree-sitter-yaml, whose scanner aborts the
//! process at 254 open indentations. It stops at the first error; so the line with the error is left out and the text
//! read again, a few times. Knows no schema.

mod build;
mod holes;

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
const MAX_ATTEMPTS: usize = 6;

/// Reads a file. Never fails: what is broken is left out and named.
pub fn parse(file: FileId, text: &str) -> (Vec<Node>, Vec<Problem>) {
    let mut problems = Problems::default();
    if let Some(offset) = text.find('\0') {
        problems.add(offset, "not a text file");
        return (Vec::new(), problems.finish());
    }
    let (mut filled, holes) = Holes::fill(text);
    let mut best: Option<(usize, Vec<Node>)> = None;
    for _ in 0..MAX_ATTEMPTS {
        let mut builder = Builder::new(file, &holes);
        let error = read(&filled, &mut builder);
        for (offset, message) in builder.complaints() {
            problems.add(offset, message);
        }
        let (size, documents) = builder.finish();
        if best.as_ref().is_none_or(|(known, _)| *known < size) {
            best = Some((size, documents));
        }
        let Some((offset, message)) = error else { break };
        problems.add(offset, message);
        let Some(without) = without_line(&filled, offset) else { break };
        filled = without;
    }
    (best.map(|(_, documents)| documents).unwrap_or_default(), problems.finish())
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

/// The text with the line of an error blanked out, or the last written line before it, where that line is blank.
fn without_line(text: &str, offset: usize) -> Option<String> {
    let offset = (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at))?;
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let written = text[..end].trim_end().len();
    let start = text[..written].rfind('\n').map_or(0, |at| at + 1);
    if written == start {
        return None;
    }
    Some(format!("{}{}{}", &text[..start], " ".repeat(written - start), &text[written..]))
}
