//! Template holes in YAML.
//!
//! In: a text with `{{ }}` and `{% %}`. Out: the same text, byte for byte as long, that is YAML: statements are blanked
//! out, values stand filled with a character no one writes, and the way back to what they were. Knows no YAML.

/// Fills a hole: three bytes, two bytes. Private-use and unassigned characters, allowed in YAML.
const FILLERS: [char; 2] = ['\u{e000}', '\u{7ff}'];

/// The words that make a hole a statement.
const STATEMENTS: [&str; 8] = ["if", "else", "end", "range", "with", "define", "template", "block"];

/// The values that were filled, in the order of the text.
pub(super) struct Holes<'a>(Vec<(usize, &'a str)>);

impl<'a> Holes<'a> {
    /// Fills the holes of a text.
    pub(super) fn fill(text: &'a str) -> (String, Holes<'a>) {
        let mut holes = Vec::new();
        let mut out = String::with_capacity(text.len());
        if text.contains(FILLERS) {
            return (text.to_owned(), Holes(holes));
        }
        let mut pos = 0;
        // Without a closing mark ahead nobody looks for one.
        let last = [text.rfind("}}"), text.rfind("%}")];
        while let Some(at) = text[pos..].find('{').map(|at| pos + at) {
            let (close, last) = match text.as_bytes().get(at + 1) {
                Some(b'{') => ("}}", last[0]),
                Some(b'%') => ("%}", last[1]),
                _ => {
                    out.push_str(&text[pos..=at]);
                    pos = at + 1;
                    continue;
                }
            };
            let found = last.filter(|&last| at + 2 <= last).and_then(|_| text[at + 2..].find(close));
            let Some(end) = found.map(|end| at + 2 + end + 2) else {
                out.push_str(&text[pos..at + 2]);
                pos = at + 2;
                continue;
            };
            out.push_str(&text[pos..at]);
            let hole = &text[at..end];
            if is_statement(hole) || stands_alone(text, at, end) {
                out.extend(hole.chars().flat_map(blank));
            } else {
                holes.push((at, hole));
                fill_one(hole.len(), &mut out);
            }
            pos = end;
        }
        out.push_str(&text[pos..]);
        (out, Holes(holes))
    }

    /// Gives a scalar read from `start` on its holes back. The flag says whether it has any.
    pub(super) fn restore(&self, scalar: &str, start: usize) -> Option<String> {
        if !scalar.contains(FILLERS) {
            return None;
        }
        let first = self.0.partition_point(|(at, _)| *at < start);
        let mut holes = self.0.get(first..).unwrap_or(&[]).iter();
        let mut out = String::with_capacity(scalar.len());
        let mut rest = scalar;
        while let Some(at) = rest.find(FILLERS) {
            out.push_str(&rest[..at]);
            let filled = rest[at..].find(|c| !FILLERS.contains(&c)).unwrap_or(rest.len() - at);
            // Holes side by side make one run.
            let mut given = 0;
            while given < filled {
                let Some((_, hole)) = holes.next() else { break };
                out.push_str(hole);
                given += hole.len();
            }
            rest = &rest[at + filled..];
        }
        out.push_str(rest);
        Some(out)
    }
}

/// Exactly `length` bytes of fillers; a hole has at least four.
fn fill_one(length: usize, out: &mut String) {
    let (threes, twos) = match length % 3 {
        0 => (length / 3, 0),
        1 => (length / 3 - 1, 2),
        _ => (length / 3, 1),
    };
    out.extend(std::iter::repeat_n(FILLERS[0], threes));
    out.extend(std::iter::repeat_n(FILLERS[1], twos));
}

/// Blanks of a character's length; line breaks stay, so that lines keep their numbers.
fn blank(c: char) -> impl Iterator<Item = char> {
    let (blank, count) = if matches!(c, '\n' | '\r') { (c, 1) } else { (' ', c.len_utf8()) };
    std::iter::repeat_n(blank, count)
}

fn is_statement(hole: &str) -> bool {
    let inside = hole[2..].trim_start_matches(['-', ' ', '\t', '\n', '\r']);
    let word = inside.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    hole.starts_with("{%") || inside.starts_with(['#', '/']) || STATEMENTS.contains(&word) || hole.contains('\n')
}

/// Is the hole all there is on its line? Then it stands for whole entries.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].trim_end_matches([' ', '\t']);
    let after = text[end..].trim_start_matches([' ', '\t', '\r']);
    (before.is_empty() || before.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'))
}
