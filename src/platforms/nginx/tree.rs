//! The tree as nginx reads it: `include` replaced by what it names.
//!
//! In: the parsed files of a repository with their paths. Out: root files (those no other file includes) with everything they
//! include in its place, bounded in depth and size. Knows paths and `include`, no other directive.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::{FileId, Span};
use crate::syntax::nginx::{Directive, Word};

/// A parsed file and where it is in the repository.
pub(super) type File = (FileId, Utf8PathBuf, Vec<Directive>);

/// Files that include files, at most.
const MAX_DEPTH: usize = 10;
/// Directives of one root with all that it includes, at most.
const MAX_ITEMS: usize = 100_000;

/// A directive with what its block holds after `include`.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// As it is written.
    pub(super) directive: &'a Directive,
    /// The block, nothing when there is none.
    pub(super) children: Vec<Item<'a>>,
}

impl<'a> Item<'a> {
    /// The first word.
    pub(super) fn name(&self) -> &'a str {
        self.directive.name()
    }

    /// The other words.
    pub(super) fn args(&self) -> &'a [Word] {
        self.directive.args()
    }

    /// The text of the first argument, empty when there is none.
    pub(super) fn first(&self) -> &'a str {
        self.args().first().map_or("", |word| &word.text)
    }

    /// From the name to the end of the line or block.
    pub(super) fn span(&self) -> Span {
        self.directive.span
    }

    /// An `include` of something that is not in the repository, and that may hold anything.
    pub(super) fn is_hole(&self) -> bool {
        const HARMLESS: [&str; 9] =
            ["mime.types", "params", "ssl", "fastcgi.conf", "uwsgi", "fastcgi-php", "dhparam", "modules", "proxy.conf"];
        self.name() == "include" && !HARMLESS.iter().any(|part| self.first().contains(part))
    }

    /// The words before `{` or `;`.
    pub(super) fn head(&self) -> Span {
        let words = &self.directive.words;
        match (words.first(), words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.directive.span,
        }
    }
}

/// A file nobody includes.
pub(super) struct Root<'a> {
    /// Its path.
    pub(super) path: &'a Utf8Path,
    /// Its directives.
    pub(super) items: Vec<Item<'a>>,
}

/// Every file that no other one includes, in order.
pub(super) fn roots(files: &[File]) -> Vec<Root<'_>> {
    let mut included = BTreeSet::new();
    for (index, (_, path, directives)) in files.iter().enumerate() {
        collect_includes(directives, &mut |pattern| {
            included.extend(resolve(path, pattern, files).into_iter().filter(|&other| other != index));
        });
    }
    let mut roots = Vec::new();
    for (index, (_, path, directives)) in files.iter().enumerate() {
        if included.contains(&index) {
            continue;
        }
        let mut expansion = Expansion { files, open: vec![index], left: MAX_ITEMS };
        roots.push(Root { path, items: expansion.expand(directives) });
    }
    roots
}

fn collect_includes(directives: &[Directive], see: &mut impl FnMut(&str)) {
    for directive in directives {
        if let Some(pattern) = include_of(directive) {
            see(pattern);
        }
        collect_includes(directive.children(), see);
    }
}

fn include_of(directive: &Directive) -> Option<&str> {
    match directive.args() {
        [pattern] if directive.name() == "include" && pattern.is_literal() => Some(&pattern.text),
        _ => None,
    }
}

struct Expansion<'a> {
    files: &'a [File],
    /// Files being read, outermost first.
    open: Vec<usize>,
    left: usize,
}

impl<'a> Expansion<'a> {
    fn expand(&mut self, directives: &'a [Directive]) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for directive in directives {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            match include_of(directive) {
                Some(pattern) if self.include(pattern, &mut items) => {}
                _ => items.push(Item { directive, children: self.expand(directive.children()) }),
            }
        }
        items
    }

    /// Puts what a pattern names in its place; false when the repository has nothing of that name.
    fn include(&mut self, pattern: &str, items: &mut Vec<Item<'a>>) -> bool {
        let (Some(&from), true) = (self.open.last(), self.open.len() <= MAX_DEPTH) else { return false };
        let named = resolve(&self.files[from].1, pattern, self.files);
        for &index in &named {
            if !self.open.contains(&index) {
                self.open.push(index);
                items.extend(self.expand(&self.files[index].2));
                self.open.pop();
            }
        }
        !named.is_empty()
    }
}

/// The files a pattern names. nginx reads it from its own configuration directory, of which a repository holds a copy somewhere:
/// the longest end of the pattern that fits any path decides, and the files nearest to the including one are meant.
fn resolve(from: &Utf8Path, pattern: &str, files: &[File]) -> Vec<usize> {
    let wanted = components(pattern);
    let is_glob = pattern.contains(['*', '?', '[']);
    let home = components(from.parent().map_or("", Utf8Path::as_str));
    // `*.conf` alone would take in every file of the repository, so a pattern keeps its directory.
    let shortest = if is_glob && wanted.len() > 1 { 2 } else { 1 };
    for skipped in 0..wanted.len() {
        let end = &wanted[skipped..];
        if end.len() < shortest {
            break;
        }
        let mut fitting: Vec<(usize, usize)> = Vec::new();
        for (index, (_, path, _)) in files.iter().enumerate() {
            let parts = components(path.as_str());
            let fits = parts.len() >= end.len()
                && end.iter().zip(&parts[parts.len() - end.len()..]).all(|(glob, part)| matches_glob(glob, part));
            if fits && path != from {
                fitting.push((index, parts.iter().zip(&home).take_while(|(a, b)| a == b).count()));
            }
        }
        let Some(nearest) = fitting.iter().map(|&(_, common)| common).max() else { continue };
        let near = fitting.into_iter().filter(|&(_, common)| common == nearest).map(|(index, _)| index);
        return near.take(if is_glob { usize::MAX } else { 1 }).collect();
    }
    Vec::new()
}

fn components(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// `*` and `?` within one component.
fn matches_glob(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                retry = Some((g + 1, t));
                g += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                g += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    g = after;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|&c| c == '*')
}
