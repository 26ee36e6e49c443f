//! A name for a finding that survives edits elsewhere in the file.
//!
//! In: the findings of a run. Out: one short hash each, of rule, path and the text of the primary lines without its
//! spacing, and of how many equal ones came before. Line numbers must not enter: they move with every edit above.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::source::Sources;

/// The fingerprints of `findings`, in their order.
pub fn fingerprints(findings: &[Finding], sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let fingerprint = |finding: &Finding| {
        let base =
            hash([finding.rule.as_ref(), sources.path(finding.primary.span.file).as_str(), &lines(finding, sources)]);
        let count = seen.entry(base).or_default();
        let own = hash([format!("{base:016x}").as_str(), &count.to_string()]);
        *count += 1;
        format!("{own:016x}")
    };
    findings.iter().map(fingerprint).collect()
}

/// The lines the primary span touches, every run of blanks as one space.
fn lines(finding: &Finding, sources: &Sources) -> String {
    let span = finding.primary.span;
    let first = sources.position(span.file, span.start).line;
    let last = sources.position(span.file, span.end.max(span.start + 1) - 1).line;
    let words = (first..=last.max(first)).flat_map(|line| sources.line(span.file, line).split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): short, public, and the same on every machine and in
/// every version, which the hashers of the standard library do not promise.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A hash of what a finding marks, alone: the same wherever the file lies and whichever rule speaks. For baselines.
pub fn marked_hash(finding: &Finding, sources: &Sources) -> String {
    format!("{:016x}", hash([lines(finding, sources).as_str()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // "foo\0" by the published algorithm; a change here would orphan every stored fingerprint.
        assert_eq!(hash(["foo"]), 0xdd12_7079_0c25_b935);
    }
}
