//! Components in one file: Vue, Svelte and Astro write markup, style and scripts side by side.
//!
//! In: the text of such a file. Out: a text of the same length that holds nothing but the scripts, each at its place, so that every
//! span of its tree is one of the file. Must not know what the scripts mean.

use std::ops::Range;

use super::Problem;
use super::javascript::{self, Dialect};
use crate::ir::Module;
use crate::source::FileId;

/// What is understood of a file of components.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    scripts: Vec<Range<usize>>,
    comments: Vec<Range<usize>>,
    dialect: Dialect,
}

/// Lowers the scripts of a file as one module, which they are.
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Problem>) {
    let parts = parts(text);
    javascript::parse(file, &masked(text, &parts.scripts), parts.dialect)
}

/// Where the comments of a file are, those of its scripts and those of its markup.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    let parts = parts(text);
    let mut found = javascript::comments(&masked(text, &parts.scripts), parts.dialect);
    found.extend(parts.comments);
    found.sort_by_key(|range| range.start);
    found
}

/// The text with blanks in the place of everything but some ranges; lines stay lines.
fn masked(text: &str, kept: &[Range<usize>]) -> String {
    let blank = |piece: &str| piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect::<String>();
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for range in kept {
        let mut gap = blank(text.get(at..range.start).unwrap_or(""));
        if at > 0 && gap.starts_with(' ') {
            // Scripts that follow each other on one line are two.
            gap.replace_range(..1, ";");
        }
        result.push_str(&gap);
        result.push_str(text.get(range.clone()).unwrap_or(""));
        at = range.end;
    }
    result.push_str(&blank(text.get(at..).unwrap_or("")));
    result
}

fn parts(text: &str) -> Parts {
    let mut parts = Parts { scripts: Vec::new(), comments: Vec::new(), dialect: Dialect::JavaScript };
    // What stands between the fences of Astro runs where the site is built.
    let mut at = text.strip_prefix("---").and_then(|rest| rest.find("\n---")).map_or(0, |end| end + 7);
    if at > 0 {
        parts.dialect = Dialect::TypeScript;
    }
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset) {
        let rest = &text[open..];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(text.len(), |end| open + end + 3);
            parts.comments.push(open..end);
            at = end;
            continue;
        }
        at = open + 1;
        if !begins(rest, "<script") || rest[7..].starts_with(|next: char| !next.is_whitespace() && !">/".contains(next))
        {
            continue;
        }
        let Some(tag) = end_of_tag(rest) else { break };
        let attributes = &rest[7..tag];
        at = open + tag + 1;
        if attributes.ends_with('/') {
            continue;
        }
        let body = at..end_of_script(text, at);
        at = body.end;
        match attribute(attributes, "lang").or_else(|| attribute(attributes, "type")) {
            Some("ts" | "typescript" | "text/typescript") => parts.dialect = Dialect::TypeScript,
            Some("tsx") => parts.dialect = Dialect::Tsx,
            None | Some("" | "js" | "jsx" | "javascript" | "module" | "text/javascript") => {}
            // Data, a template, or a language that compiles to JavaScript.
            Some(_) => continue,
        }
        parts.scripts.push(body);
    }
    parts
}

/// Does a text begin with a word, in any case?
fn begins(text: &str, word: &str) -> bool {
    text.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

/// The `>` of a tag; those inside of quotes are none.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn end_of_script(text: &str, from: usize) -> usize {
    let rest = &text.as_bytes()[from..];
    let end = rest.windows(8).position(|window| window.eq_ignore_ascii_case(b"</script"));
    end.map_or(text.len(), |end| from + end)
}

/// The value of an attribute of a tag.
fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    attributes.match_indices(name).find_map(|(at, _)| {
        let whole = attributes[..at].ends_with(|before: char| before.is_whitespace());
        let rest = attributes[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let value = match rest.chars().next()? {
            quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
            _ => rest.split_whitespace().next()?,
        };
        whole.then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn scripts(text: &str) -> Vec<&str> {
        parts(text).scripts.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn nothing_but_scripts_is_left_and_stays_where_it_was() {
        let text = "<template>é <b>x</b></template>\n<script setup lang=\"ts\">\nconst a: number = 1;\n</script>\n<style>b{}</style>";
        let parts = parts(text);
        assert_eq!(parts.dialect, Dialect::TypeScript);
        let masked = masked(text, &parts.scripts);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.find("const"), text.find("const"));
        assert_eq!(masked.lines().count(), text.lines().count());
        assert_eq!(masked.trim(), "const a: number = 1;");
    }

    #[test]
    fn what_is_a_script_and_what_is_none() {
        assert_eq!(scripts("<script>a()</script><SCRIPT>b()</SCRIPT>"), ["a()", "b()"]);
        assert_eq!(scripts("<!-- <script>a()</script> --><script generic=\"T extends A<B>\">b()</script>"), ["b()"]);
        assert_eq!(
            scripts("<script src='x.js' /><script type=\"application/json\">{}</script><scripted>c</scripted>"),
            [""; 0]
        );
        assert_eq!(scripts("---\nconst a = '<script>';\n---\n<script>b()</script>"), ["b()"]);
        assert_eq!(scripts("<script>a()"), ["a()"]);
        assert_eq!(scripts("<script"), [""; 0]);
        assert_eq!(scripts("<script é>é</script"), ["é"]);
        assert_eq!(scripts("<"), [""; 0]);
    }

    #[test]
    fn scripts_on_one_line_are_two() {
        let text = "<script>a()</script><script>b()</script>";
        assert_eq!(masked(text, &parts(text).scripts).replace(' ', ""), "a();b()");
    }
}
