//! Python requirement files to a list of packages.
//!
//! In: the text of a `requirements*.txt`. Out: each package with its version specification. Options, included files,
//! addresses and local paths name no version and are passed over. Knows no package.

use nom::Parser;
use nom::bytes::complete::{take_till, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

/// One required package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The name as PyPI compares it: lower case, with `-`.
    pub name: String,
    /// The versions, as written without blanks, such as `==1.2` or `>=1,<2`; empty for any.
    pub spec: String,
    /// Byte offset of the name.
    pub offset: usize,
}

/// Reads a file. Never fails: a line that names no package is passed over.
pub fn parse(text: &str) -> Vec<Requirement> {
    let mut offset = 0;
    let mut continued = false;
    let mut requirements = Vec::new();
    for line in text.split_inclusive('\n') {
        // What follows a `\` at a line's end are the hashes of the package before.
        if !continued {
            requirements.extend(requirement(line, offset));
        }
        let content = line.trim_end();
        continued = content.ends_with('\\') && !content.trim_start().starts_with('#');
        offset += line.len();
    }
    requirements
}

fn requirement(line: &str, offset: usize) -> Option<Requirement> {
    let content = line.trim_start_matches('\u{feff}').trim_start();
    let offset = offset + line.len() - content.len();
    let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let extras = delimited(char('['), take_till(|c| c == ']'), char(']'));
    let parsed: nom::IResult<&str, _> = (name, opt(preceded(space0, extras))).parse(content);
    let (rest, (name, _)) = parsed.ok()?;
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let end = [" #", "\t#", ";", " --", "\\"].iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    let spec: String = rest[..end].chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
    // `pkg @ https://...` and `git+https://...` pin an address, `./local` and `x.whl` a file.
    let is_spec = spec.is_empty() || spec.starts_with(['=', '<', '>', '!', '~']);
    let is_file = [".whl", ".txt", ".zip", ".gz"].iter().any(|ending| name.ends_with(ending));
    (is_spec && !is_file).then(|| Requirement { name: normalised(name), spec, offset })
}

/// The name as PyPI compares it, <https://packaging.python.org/en/latest/specifications/name-normalization/>.
fn normalised(name: &str) -> String {
    let parts: Vec<_> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}
