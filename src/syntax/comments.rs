//! Where the comments of a file are, by the rules of its language.
//!
//! In: a file's text and its form. Out: the byte ranges of its comments, marks included, in order. What looks like one
//! inside a string is none. Must not read what comments say.

use std::ops::Range;

use super::document::{Node, NodeKind};
use super::javascript::Dialect;
use super::nginx::Directive;
use super::{component, dotenv, javascript, json, nginx, python, toml, yaml};
use crate::source::{FileId, Span};

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JavaScript or TypeScript.
    JavaScript(Dialect),
    /// Markup with scripts.
    Component,
    /// Python.
    Python,
    /// nginx.
    Nginx,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// JSON, as it is read where comments are allowed.
    Json,
    /// `NAME=value` lines.
    Env,
    /// pip's list of requirements.
    Requirements,
    /// A Dockerfile, where a comment is a whole line.
    Dockerfile,
}

/// Spans are asked for their bytes only.
const SOME: FileId = FileId(0);

/// All comments of a file.
pub fn comments(form: Form, text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    match form {
        Form::JavaScript(dialect) => return javascript::comments(text, dialect),
        Form::Component => return component::comments(text),
        Form::Python => return python::comments(text),
        Form::Nginx => words(&nginx::parse(SOME, text).0, &mut values),
        Form::Yaml => yaml::parse(SOME, text).0.iter().for_each(|document| scalars(document, &mut values)),
        Form::Toml => scalars(&toml::parse(SOME, text).0, &mut values),
        Form::Json => scalars(&json::parse(SOME, text).0, &mut values),
        Form::Env => {
            let entries = dotenv::parse(SOME, text).0.into_iter();
            values.extend(entries.filter(|entry| !entry.commented).map(|entry| entry.value.span));
        }
        Form::Requirements => {}
        Form::Dockerfile => return whole_lines(text),
    }
    values.sort_unstable();
    if form == Form::Json { slashes(text, &values) } else { hashes(text, &values) }
}

fn scalars(node: &Node, values: &mut Vec<Span>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                values.push(key.span);
                scalars(value, values);
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| scalars(item, values)),
        NodeKind::Null => {}
        NodeKind::Bool(_) | NodeKind::Num(_) | NodeKind::Str(_) => values.push(node.span),
    }
}

fn words(directives: &[Directive], values: &mut Vec<Span>) {
    for directive in directives {
        values.extend(directive.words.iter().map(|word| word.span));
        words(directive.children(), values);
    }
}

/// The end of the value that holds an offset.
fn value_at(values: &[Span], offset: usize) -> Option<usize> {
    let after = values.partition_point(|span| span.start as usize <= offset);
    let near = values.get(..after).unwrap_or(&[]).iter().rev().take(8);
    near.map(|span| span.end as usize).filter(|end| offset < *end).max()
}

/// From a `#` that begins a word and is in no value to the end of its line.
fn hashes(text: &str, values: &[Span]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('#') {
        let begins = text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '{' | '}' | '\u{feff}'));
        let inside = found.last().is_some_and(|last| at < last.end) || value_at(values, at).is_some();
        if begins && !inside {
            found.push(at..line_end(text, at));
        }
    }
    found
}

/// Lines that begin with `#`.
fn whole_lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        if text[start..].starts_with('#') && start < at + line.len() {
            found.push(start..line_end(text, start));
        }
        at += line.len();
    }
    found
}

/// `//` to the end of the line and `/*` to `*/`, where they are in no value.
fn slashes(text: &str, values: &[Span]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('/')).map(|length| at + length) {
        let rest = &text[next..];
        at = match value_at(values, next) {
            Some(end) => end,
            None if rest.starts_with("//") => line_end(text, next),
            None if rest.starts_with("/*") => rest.find("*/").map_or(text.len(), |length| next + length + 2),
            None => next + 1,
        };
        if value_at(values, next).is_none() && at > next + 1 {
            found.push(next..at);
        }
    }
    found
}

fn line_end(text: &str, from: usize) -> usize {
    let end = text[from..].find('\n').map_or(text.len(), |length| from + length);
    from + text[from..end].trim_end_matches('\r').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(form: Form, text: &str, expected: &[&str]) {
        let comments: Vec<&str> = comments(form, text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(comments, expected, "{text}");
    }

    #[test]
    fn strings_hold_no_comments() {
        let js = Form::JavaScript(Dialect::JavaScript);
        found(js, "a = '// no'; b = `/* no */`; // yes\n/* and */ c = /\\/\\/ no/;", &["// yes", "/* and */"]);
        found(Form::JavaScript(Dialect::Tsx), "x = <p>// no {/* yes */}</p>;", &["/* yes */"]);
        found(Form::Python, "a = '# no' # yes\n'''\n# no\n'''\n", &["# yes"]);
        found(Form::Yaml, "a: '# no' # yes\nb: |\n  # no\n  # no\nc: d#no\n# yes\n", &["# yes", "# yes"]);
        found(Form::Yaml, "a: [\"# no\", b] # yes\n\"# no\": >-\n  text # no\n", &["# yes"]);
        found(Form::Toml, "a = '# no' # yes\nb = \"\"\"\n# no\n\"\"\"\n# yes\n", &["# yes", "# yes"]);
        found(
            Form::Json,
            "{ \"a\": \"// no\", // yes\n /* and\n this */ \"b\": [\"/* no */\"] }",
            &["// yes", "/* and\n this */"],
        );
        found(Form::Env, "A='# no' # yes\n# yes\nB=a#no\n#C=d\n", &["# yes", "# yes", "#C=d"]);
        found(Form::Nginx, "a \"# no\" b#no; # yes\nserver { # yes\n}# yes\n", &["# yes", "# yes", "# yes"]);
        found(Form::Dockerfile, "# yes\nENV A=b # no\n  # yes\n", &["# yes", "# yes"]);
        found(Form::Requirements, "a==1 # yes\n# yes\nb @ https://x/#egg=b\n", &["# yes", "# yes"]);
    }

    #[test]
    fn broken_files_have_comments_too() {
        found(Form::JavaScript(Dialect::TypeScript), "a = = // yes\n}}} /* and", &["// yes"]);
        found(Form::Json, "{ // yes\n \"a\": ", &["// yes"]);
        found(Form::Json, "/* never closed", &["/* never closed"]);
        found(Form::Nginx, "server { # yes", &["# yes"]);
    }
}
