//! Places as other programs want them: paths from the root of the repository, URIs, columns in bytes.
//!
//! In: paths and spans of a run. Out: texts and numbers. Knows no format.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::source::{FileId, Position, Sources, Span};

/// What may stand in a segment of a path as it is (RFC 3986: unreserved and sub-delims, without the quote).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A path that is relative to `within`, from the root that `within` is relative to. What leads out of that root, and
/// what is absolute, stays recognisable as such.
pub(super) fn from_root(within: &str, path: &str) -> String {
    let path = path.replace('\\', if std::path::MAIN_SEPARATOR == '\\' { "/" } else { "\\" });
    if is_absolute(&path) {
        return path;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in within.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The URI reference of a path from [`from_root`]: relative as the path is, or with the scheme `file`.
pub(super) fn uri(path: &str) -> String {
    let encode = |part: &str| utf8_percent_encode(part, SEGMENT).to_string();
    let encoded = path.split('/').map(encode).collect::<Vec<_>>().join("/");
    match (is_absolute(path), path.starts_with('/')) {
        (false, _) => encoded,
        (true, true) => format!("file://{encoded}"),
        // The colon of a drive stays one.
        (true, false) => format!("file:///{}", encoded.replacen("%3A", ":", 1)),
    }
}

/// Does the path start at a root or a drive?
pub(super) fn is_absolute(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    path.starts_with('/') || drive && std::path::MAIN_SEPARATOR == '\\'
}

/// Where a span starts and where it ends, exclusive.
pub(super) fn ends(sources: &Sources, span: Span) -> (Position, Position) {
    (sources.position(span.file, span.start), sources.position(span.file, span.end))
}

/// The last line that a span touches: one that ends with a line break ends on that line.
pub(super) fn last_line(sources: &Sources, span: Span) -> usize {
    sources.position(span.file, span.end.max(span.start + 1) - 1).line.max(sources.position(span.file, span.start).line)
}

/// The column of a position in bytes of UTF-8, from 1.
pub(super) fn byte_column(sources: &Sources, file: FileId, position: Position) -> usize {
    let before = sources.text(file).as_bytes().get(..position.offset).unwrap_or_default();
    position.offset - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_root_of_the_repository() {
        assert_eq!(from_root("", "src/a.js"), "src/a.js");
        assert_eq!(from_root("api/v1", "src/a.js"), "api/v1/src/a.js");
        assert_eq!(from_root("api/v1", "../web/./a.js"), "api/web/a.js");
        assert_eq!(from_root("api", "../../other/a.js"), "../other/a.js");
        assert_eq!(from_root("api", "/etc/nginx/nginx.conf"), "/etc/nginx/nginx.conf");
    }

    #[test]
    fn uris_hold_nothing_that_means_something_else() {
        assert_eq!(uri("src/ä b.js"), "src/%C3%A4%20b.js");
        assert_eq!(uri("c:evil/a?b#c%20.js"), "c%3Aevil/a%3Fb%23c%2520.js");
        assert_eq!(uri("pages/[id]/a\n\u{1b}\"'.js"), "pages/%5Bid%5D/a%0A%1B%22%27.js");
        assert_eq!(uri("/etc/nginx/nginx.conf"), "file:///etc/nginx/nginx.conf");
        assert_eq!(uri("a\\b.js"), "a%5Cb.js");
    }
}
