//! The directives of the checked files, and which lines each of them is about.
//!
//! In: the texts of a run. Out: directives with their places. Comments are what each language takes for one, so that the
//! same words in a string are none.

use std::collections::{BTreeMap, BTreeSet};

use super::directive::{Broken, Directive, Ignore, MARK, read};
use crate::scan::{Kind, Scan};
use crate::source::{FileId, Sources, Span};
use crate::syntax::comments::{Form, comments};
use crate::syntax::javascript::Dialect;

/// A directive where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// The comment.
    pub(super) span: Span,
    /// What it says.
    pub(super) says: Result<Ignore, Broken>,
    /// The line it is about besides those it stands on; none for a whole file.
    pub(super) below: Option<usize>,
}

/// All directives, in order of file and place.
pub(super) fn directives(scan: &Scan) -> Vec<Placed> {
    let files = scan.files.iter().filter_map(|file| file.id.map(|id| (id, file.kind)));
    let marked = files.filter(|(id, _)| scan.sources.text(*id).contains(MARK));
    marked.flat_map(|(id, kind)| of_file(&scan.sources, id, form(kind))).collect()
}

fn form(kind: Kind) -> Form {
    match kind {
        Kind::JavaScript => Form::JavaScript(Dialect::JavaScript),
        Kind::TypeScript => Form::JavaScript(Dialect::TypeScript),
        Kind::Tsx => Form::JavaScript(Dialect::Tsx),
        Kind::Component => Form::Component,
        Kind::Python => Form::Python,
        Kind::Nginx => Form::Nginx,
        Kind::Env => Form::Env,
        Kind::Json => Form::Json,
        Kind::Yaml => Form::Yaml,
        Kind::Toml => Form::Toml,
        Kind::Requirements => Form::Requirements,
        Kind::Dockerfile | Kind::Manifest => Form::Dockerfile,
    }
}

fn of_file(sources: &Sources, file: FileId, form: Form) -> Vec<Placed> {
    let text = sources.text(file);
    let found = comments(form, text);
    // The lines that hold nothing but comments.
    let mut bare = BTreeSet::new();
    let mut code_starts = text.len();
    let mut at = before_code(text);
    for range in &found {
        if code_starts == text.len() && text.get(at..range.start).is_some_and(|between| !between.trim().is_empty()) {
            code_starts = range.start;
        }
        at = range.end.max(at);
        let span = Span::new(file, range.start, range.end);
        if stands_alone(sources, span) {
            bare.extend(lines(sources, span));
        }
    }
    // A directive above several of them is about what comes after: from each, the first line that is none of them.
    let mut after: BTreeMap<usize, usize> = BTreeMap::new();
    for &line in bare.iter().rev() {
        let next = after.get(&(line + 1)).copied().unwrap_or(line + 1);
        after.insert(line, next);
    }
    let mut placed = Vec::new();
    for range in found {
        let span = Span::new(file, range.start, range.end);
        let says = match text.get(range.clone()).and_then(read) {
            Some(Directive::Ignore(ignore)) if ignore.file && range.start >= code_starts => Err(Broken {
                reason: "is about the whole file but does not stand at its top".to_owned(),
                remedy: "move it above all code, or write `ignore` instead of `ignore-file`".to_owned(),
            }),
            Some(Directive::Ignore(ignore)) => Ok(ignore),
            Some(Directive::Broken(broken)) => Err(broken),
            None => continue,
        };
        let below = stands_alone(sources, span).then(|| {
            let line = lines(sources, span).end;
            after.get(&line).copied().unwrap_or(line)
        });
        placed.push(Placed { span, says, below });
    }
    placed
}

/// Where a file begins for people: after the mark of its encoding and the line that names its interpreter.
fn before_code(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let first = text[mark..].lines().next().unwrap_or("");
    if first.starts_with("#!") { mark + first.len() } else { mark }
}

/// The lines that a span touches.
pub(super) fn lines(sources: &Sources, span: Span) -> std::ops::Range<usize> {
    let first = sources.position(span.file, span.start).line;
    let last = sources.position(span.file, span.end.max(span.start + 1) - 1).line;
    first..last.max(first) + 1
}

/// Is there nothing else on its lines? The braces around a comment in JSX are part of it.
fn stands_alone(sources: &Sources, span: Span) -> bool {
    let text = sources.text(span.file);
    let before = text.get(..span.start as usize).and_then(|text| text.rsplit('\n').next()).unwrap_or("").trim();
    let after = text.get(span.end as usize..).and_then(|text| text.split('\n').next()).unwrap_or("").trim();
    matches!((before, after), ("" | "\u{feff}", "") | ("{", "}"))
}
