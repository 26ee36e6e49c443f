//! From a place inside a YAML value to the place in the rule file.
//!
//! In: the raw bytes of a scalar and its value. Out: where a part of the value stands in the file. Block and quoted
//! scalars differ from their value by indentation and escapes only, so the value's characters appear in the raw text
//! in the same order.

use std::ops::Range;

use serde_saphyr::{Location, Spanned};

/// The bytes of a YAML node in the text it was read from.
pub(super) fn bytes_of(location: Location, text: &str) -> Range<usize> {
    let span = location.span();
    let number = |value: Option<u64>| usize::try_from(value.unwrap_or(0)).unwrap_or(0);
    let start = number(span.byte_offset()).min(text.len());
    let end = (start + number(span.byte_len())).min(text.len());
    // A block scalar's span ends with the line break after it; a block mapping's span is empty: take its first line.
    let raw = if start < end { text.get(start..end) } else { text.get(start..).and_then(|rest| rest.lines().next()) };
    start..start + raw.map_or(0, |raw| raw.trim_end().len())
}

/// The bytes of `part` of a placed value; the whole value when `part` is empty.
pub(super) fn bytes_within(placed: &Spanned<String>, part: Range<usize>, text: &str) -> Range<usize> {
    let whole = bytes_of(placed.referenced, text);
    let raw = text.get(whole.clone()).unwrap_or("");
    if part.is_empty() && part.start == 0 {
        return whole;
    }
    let mut start = None;
    let mut end = whole.end;
    let mut rest = raw.char_indices();
    for (index, character) in placed.value.char_indices() {
        if index >= part.end {
            break;
        }
        // Folding turns line breaks into spaces, so blanks are not aligned.
        if character.is_whitespace() {
            continue;
        }
        let Some((offset, _)) = rest.find(|&(_, raw)| raw == character) else { return whole };
        if index >= part.start {
            start.get_or_insert(whole.start + offset);
            end = whole.start + offset + character.len_utf8();
        }
    }
    // Past the last character: the end of the value.
    start.map_or(whole.end.saturating_sub(1).max(whole.start)..whole.end, |start| start..end)
}
