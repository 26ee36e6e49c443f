//! `map $source $variable { … }`: a variable whose value follows from another one.
//!
//! In: the `map` and `geo` blocks of a repository. Out: the alternatives of their variables, one per entry, each at the place of
//! its entry. Follows the order in which nginx looks: texts (case ignored), then host masks, then regular expressions.

use std::collections::BTreeMap;

use super::tree::Item;
use super::variables::{Alternative, Comparison, Variables, restrict};
use crate::model::condition::Formula;
use crate::model::server::HeaderPiece;
use crate::source::Span;
use crate::syntax::nginx::{Word, WordPart};

/// Entries of one map that are followed; of a longer map nothing is known.
const MAX_CASES: usize = 500;
/// Earlier entries that a regular expression is told apart from, at most: the condition would be given up anyway.
const MAX_EARLIER: usize = 200;

/// A `map` block.
#[derive(Debug)]
pub(super) struct Map<'a> {
    source: &'a Word,
    cases: Vec<Case<'a>>,
    default: Option<&'a Word>,
    span: Span,
    /// An entry that takes in other entries was not found.
    open: bool,
}

#[derive(Debug)]
struct Case<'a> {
    key: &'a Word,
    value: &'a Word,
    /// `None` when the key has a template in it.
    comparison: Option<Comparison>,
}

/// The maps of a repository, by variable.
#[derive(Debug, Default)]
pub(super) struct Maps<'a> {
    by_name: BTreeMap<&'a str, Vec<(usize, Map<'a>)>>,
    /// What env files put into the holes of templates.
    filled: BTreeMap<String, String>,
    /// The first server of each `upstream` block.
    upstreams: BTreeMap<&'a str, &'a str>,
}

impl<'a> Maps<'a> {
    /// No map yet; `filled` is what env files put into the holes of templates.
    pub(super) fn new(filled: BTreeMap<String, String>) -> Maps<'a> {
        Maps { by_name: BTreeMap::new(), filled, upstreams: BTreeMap::new() }
    }

    /// The address of the first server that an `upstream` block names.
    pub(super) fn upstream(&self, name: &str) -> Option<&'a str> {
        self.upstreams.get(name).copied()
    }

    /// The text of a word that has at most such holes in it.
    pub(super) fn text(&self, word: &Word) -> Option<String> {
        let piece = |part: &WordPart| match part {
            WordPart::Text(text) => Some(text.to_string()),
            WordPart::Template(name) => self.filled.get(&**name).cloned(),
            WordPart::Variable(_) => None,
        };
        word.parts.iter().map(piece).collect()
    }

    /// Takes in every `map` among the directives of a root, `http` blocks included.
    pub(super) fn collect(&mut self, items: &[Item<'a>], root: usize) {
        for item in items {
            match (item.name(), item.args()) {
                ("map", [source, target]) => {
                    if let Some(name) = target.text.strip_prefix('$') {
                        let map = Map::read(source, item, self);
                        self.by_name.entry(name).or_default().push((root, map));
                    }
                }
                ("upstream", [name]) => {
                    if let Some(server) = item.children.iter().find(|inner| inner.name() == "server") {
                        self.upstreams.insert(&name.text, server.first());
                    }
                }
                ("http", _) => self.collect(&item.children, root),
                _ => {}
            }
        }
    }

    /// Maps of the request's own origin, with their variables and roots.
    pub(super) fn of_origin(&self) -> impl Iterator<Item = (&'a str, usize, &Map<'a>)> {
        self.by_name.iter().flat_map(|(name, maps)| {
            let own = maps.iter().filter(|(_, map)| &*map.source.text == "$http_origin");
            own.map(|(root, map)| (*name, *root, map))
        })
    }

    /// The map of a variable as a root sees it: its own, else the only one of the repository.
    pub(super) fn get(&self, name: &str, root: usize) -> Option<&Map<'a>> {
        let all = self.by_name.get(name)?;
        let own = all.iter().find(|(home, _)| *home == root);
        own.or(if let [only] = &**all { Some(only) } else { None }).map(|(_, map)| map)
    }
}

impl<'a> Map<'a> {
    fn read(source: &'a Word, block: &Item<'a>, maps: &Maps<'a>) -> Map<'a> {
        let mut map = Map { source, cases: Vec::new(), default: None, span: block.span(), open: false };
        let hostnames = block.children.iter().any(|entry| entry.name() == "hostnames" && entry.args().is_empty());
        for entry in &block.children {
            let [key, value] = &*entry.directive.words else { continue };
            match &*key.text {
                "default" if !key.quoted => map.default = Some(value),
                "include" if !key.quoted => map.open = true,
                _ => map.cases.push(Case { key, value, comparison: comparison(key, hostnames, maps) }),
            }
        }
        // Regular expressions come last, in the order in which they are written; texts exclude each other.
        map.cases.sort_by_key(|case| matches!(case.comparison, Some(Comparison::Matches(_))));
        map
    }

    /// Where it is written.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// What the variable may stand for.
    pub(super) fn alternatives(&self, variables: &Variables<'_, 'a>, depth: usize) -> Vec<Alternative> {
        if self.cases.len() > MAX_CASES || self.open {
            return vec![Alternative::always(vec![HeaderPiece::Unknown], self.span)];
        }
        let source = variables.parts(&self.source.parts, self.source.span, depth);
        let mut alternatives = Vec::new();
        let mut earlier: Vec<Formula> = Vec::new();
        for case in &self.cases {
            let fits = match &case.comparison {
                Some(comparison) => Formula::any(
                    source.iter().map(|one| one.when.clone().and(comparison.holds(&one.pieces, case.key.span))),
                ),
                None => Formula::unknown(case.key.span),
            };
            let is_text = !matches!(case.comparison, Some(Comparison::Matches(_)));
            let when = match &earlier[..] {
                _ if is_text => fits.clone(),
                earlier if earlier.len() > MAX_EARLIER => Formula::unknown(case.key.span),
                earlier => fits.clone().and(Formula::any(earlier.to_vec()).negated()),
            };
            // What is echoed was decided by the key; a text stands in the value.
            let echoed = matches!(*case.value.parts, [WordPart::Variable(_)]);
            let span = if echoed { case.key.span } else { case.value.span };
            let values = variables.parts(&case.value.parts, case.value.span, depth);
            alternatives.extend(restrict(values, &when).into_iter().map(|one| Alternative { span, ..one }));
            earlier.push(fits);
        }
        let otherwise = Formula::any(earlier).negated();
        let default = match self.default {
            Some(value) => variables.parts(&value.parts, value.span, depth),
            None => vec![Alternative::always(Vec::new(), self.span)],
        };
        alternatives.extend(restrict(default, &otherwise));
        alternatives
    }
}

fn comparison(key: &Word, hostnames: bool, maps: &Maps<'_>) -> Option<Comparison> {
    let has_holes = key.parts.iter().any(|part| matches!(part, WordPart::Template(_)));
    // An origin from a template is whatever the deployment says; of a pattern the shape is known.
    let text = match has_holes {
        true if key.text.starts_with('~') => maps.text(key)?,
        true => return None,
        false => key.text.to_string(),
    };
    let text = &*text;
    if let Some(source) = text.strip_prefix("~*") {
        return Some(Comparison::regex(source, true));
    }
    if let Some(source) = text.strip_prefix('~') {
        return Some(Comparison::regex(source, false));
    }
    if hostnames && (text.starts_with(['*', '.']) || text.ends_with(".*")) {
        return Some(Comparison::regex(&mask(text), true));
    }
    // A backslash protects a text that would mean something else.
    Some(Comparison::EqualsIgnoringCase(text.strip_prefix('\\').unwrap_or(text).into()))
}

/// A host mask as a regular expression: `*.example.com`, `.example.com`, `www.example.*`.
fn mask(text: &str) -> String {
    let escaped = |host: &str| host.replace('.', r"\.");
    if let Some(host) = text.strip_prefix("*.") {
        return format!(r"^.+\.{}$", escaped(host));
    }
    if let Some(host) = text.strip_prefix('.') {
        return format!(r"^(.+\.)?{}$", escaped(host));
    }
    format!(r"^{}\..+$", escaped(text.trim_end_matches(".*")))
}
