//! A name for a finding that survives edits elsewhere in the file, and other layout of its own lines.
//!
//! In: the findings of a run. Out: one short hash each, of rule, path and the marked piece of code without its layout,
//! and of how many equal ones came before. Line numbers must not enter: they move with every edit above.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::source::{Sources, Span};

/// The fingerprints of `findings`, in their order.
pub fn fingerprints<'a>(findings: impl IntoIterator<Item = &'a Finding>, sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let fingerprint = |finding: &Finding| {
        let span = finding.primary.span;
        let base = hash([finding.rule.as_ref(), sources.path(span.file).as_str(), &piece(sources, span)]);
        let count = seen.entry(base).or_default();
        let own = hash([format!("{base:016x}").as_str(), &count.to_string()]);
        *count += 1;
        format!("{own:016x}")
    };
    findings.into_iter().map(fingerprint).collect()
}

/// The marked text and what belongs to it on either side, as far as the next bracket, comma or end of line: of
/// `{ origin: '*', maxAge: 5 }` the piece of `'*'` is `origin:"*"`, on however many lines it is written.
fn piece(sources: &Sources, span: Span) -> String {
    let text = sources.text(span.file);
    let (start, end) = (floor(text, span.start), floor(text, span.end.max(span.start)));
    let mut from = start;
    for (at, c) in text[..start].char_indices().rev() {
        // A value may stand on the line below its name.
        let belongs = match c {
            '\n' => text[..at].trim_end().ends_with([':', '=']),
            c => !matches!(c, '{' | '(' | '[' | ',' | ';'),
        };
        if !belongs {
            break;
        }
        from = at;
    }
    let stop = |c: char| matches!(c, '\n' | ',' | ';' | ')' | ']' | '}');
    let to = text[end..].find(stop).map_or(text.len(), |length| end + length);
    layout_free(&text[from..to])
}

/// What a formatter leaves alone: no white space, one kind of quote, no comma before a closing bracket.
fn layout_free(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        match c {
            '\'' | '`' => out.push('"'),
            '}' | ')' | ']' => {
                if out.ends_with(',') {
                    out.pop();
                }
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.trim_end_matches([',', ';']).to_owned()
}

/// The offset, moved back to where a character starts.
fn floor(text: &str, offset: u32) -> usize {
    let offset = (offset as usize).min(text.len());
    (0..=offset).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): short, public, and the same on every machine and in
/// every version, which the hashers of the standard library do not promise.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A hash of what a finding marks, alone: the same wherever the file lies and whichever rule speaks. For baselines.
pub fn marked_hash(finding: &Finding, sources: &Sources) -> String {
    format!("{:016x}", hash([piece(sources, finding.primary.span).as_str()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The piece of the text between `«` and `»`.
    fn marked(text: &str) -> String {
        let start = text.find('«').unwrap_or(0);
        let end = text.find('»').unwrap_or(start) - '«'.len_utf8();
        let mut sources = Sources::default();
        let file = sources.add("a.js".into(), text.replace(['«', '»'], "").into());
        piece(&sources, Span::new(file, start, end))
    }

    #[test]
    fn layout_does_not_matter() {
        let written = "origin:\"*\"";
        for text in [
            "cors({ origin: «'*'», maxAge: 5 })",
            "cors({\n  origin: «\"*\"»,\n  maxAge: 5\n})",
            "cors({\n  // every\n  origin:\n    «`*`»\n})",
            "x\r\n\torigin  :«'*'»  \r\ny",
        ] {
            assert_eq!(marked(text), written, "{text}");
        }
        assert_eq!(marked("a = «cors({ b: 1, })»;"), marked("a = «cors({\n  b: 1\n})»"));
        assert_eq!(marked("x();\nSHOP_URL=https://«a.example»/\ny"), "SHOP_URL=https://a.example/");
        assert_eq!(marked("«»"), "");
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // "foo\0" by the published algorithm; a change here would orphan every stored fingerprint.
        assert_eq!(hash(["foo"]), 0xdd12_7079_0c25_b935);
    }
}
