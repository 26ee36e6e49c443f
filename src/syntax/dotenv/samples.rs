//! Values that the comments of a `.env` file show: `# all of them, e.g. 'a.example, b.example'` above the variable.
//!
//! In: a file's text and its assignments. Out: for each variable the texts in quotes in the comments right above it and
//! behind it, and what assignments in comments give it. Knows no variable's meaning.

use std::sync::Arc;

use super::EnvEntry;
use crate::source::{FileId, Span, Spanned};

/// Comment lines above a variable that are about it.
const MOST_LINES: usize = 8;

/// The values that comments show, by variable, in the order of the file.
pub fn samples(file: FileId, text: &str, entries: &[EnvEntry]) -> Vec<(Arc<str>, Spanned<Arc<str>>)> {
    let mut found = Vec::new();
    for entry in entries {
        let name = &entry.name.value;
        if entry.commented {
            found.push((name.clone(), entry.value.clone()));
            continue;
        }
        let at = entry.name.span.start as usize;
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let mut above = start;
        for _ in 0..MOST_LINES {
            let Some(before) = text.get(..above.saturating_sub(1)) else { break };
            let line = before.rfind('\n').map_or(0, |at| at + 1);
            if !before[line..].trim_start().starts_with('#') {
                break;
            }
            above = line;
        }
        let value_end = entry.value.span.end as usize;
        let end = text.get(value_end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| value_end + at);
        let behind = text.get(value_end..end).and_then(|rest| rest.find('#')).map_or(end, |at| value_end + at);
        for (from, to) in [(above, start), (behind, end)] {
            for (start, end) in quoted(text.get(from..to).unwrap_or("")) {
                let (start, end) = (from + start, from + end);
                let value = Spanned::new(Arc::from(&text[start..end]), Span::new(file, start, end));
                found.push((name.clone(), value));
            }
        }
    }
    found
}

/// The texts between quotes on each line, without the quotes. The apostrophe of `don't` opens none.
fn quoted(comment: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in comment.split('\n') {
        let mut at = 0;
        while let Some(open) = line[at..].find(['\'', '"', '`']).map(|open| at + open) {
            let quote = line.as_bytes()[open];
            let opens = open == 0 || !line.as_bytes()[open - 1].is_ascii_alphanumeric();
            let close = line[open + 1..].find(char::from(quote)).map(|close| open + 1 + close);
            match close.filter(|_| opens) {
                Some(close) => {
                    found.push((offset + open + 1, offset + close));
                    at = close + 1;
                }
                None => at = open + 1,
            }
        }
        offset += line.len() + 1;
    }
    found
}
