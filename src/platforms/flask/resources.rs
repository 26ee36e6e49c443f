//! `resources`: which paths have which options, in the order in which the package asks them.
//!
//! In: the value of the option. Out: patterns with the options of each. A text without a character that patterns have is
//! one path and nothing below it. Source: `parse_resources` of <https://github.com/corydolphin/flask-cors>.

use std::cmp::Reverse;
use std::sync::Arc;

use super::super::values::in_production;
use super::origins::is_pattern;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::Scope;
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::source::{Span, Spanned};

/// Paths with options of their own.
pub(super) struct Resource {
    /// The pattern as it is written.
    pub(super) pattern: Spanned<Arc<str>>,
    /// It is compiled: always a pattern.
    compiled: bool,
    /// What the dict says for it.
    pub(super) options: Option<Value>,
}

/// The resources of an option, in order; `None` when nobody knows them. Before 6.0 (`by_length`) the longer pattern came first,
/// since then paths do, then what has more slashes.
pub(super) fn of(value: Option<&Value>, by_length: bool) -> Option<Vec<Resource>> {
    let Some(value) = value.map(in_production) else { return Some(Vec::new()) };
    match &value.kind {
        Kind::Map(map) if !map.open => {
            let certain = map.entries.values().all(|entry| entry.when == Formula::True);
            let one = |(key, entry): (&Arc<str>, &crate::eval::value::MapEntry)| Resource {
                pattern: Spanned::new(key.clone(), entry.key),
                compiled: false,
                options: Some(entry.value.clone()),
            };
            let mut all: Vec<Resource> = map.entries.iter().map(one).collect();
            all.sort_by_key(|one| {
                let text = &one.pattern.value;
                let kind = (is_pattern(text), Reverse(text.matches('/').count()));
                (Some(kind).filter(|_| !by_length), Reverse(text.len()))
            });
            certain.then_some(all)
        }
        Kind::List(list) if !list.open => {
            list.items.iter().map(|item| single(&item.value).filter(|_| item.when == Formula::True)).collect()
        }
        Kind::Null | Kind::Undefined => None,
        _ => single(&value).map(|one| vec![one]),
    }
}

fn single(value: &Value) -> Option<Resource> {
    let (pattern, compiled) = match &value.kind {
        Kind::Str(text) => (text.clone(), false),
        Kind::Regex { pattern, .. } => (pattern.clone(), true),
        _ => return None,
    };
    Some(Resource { pattern: Spanned::new(pattern, value.span), compiled, options: None })
}

impl Resource {
    /// Does it cover every path?
    pub(super) fn is_everything(&self) -> bool {
        matches!(&*self.pattern.value, "*" | ".*" | "/*" | "/.*" | "^/*" | "^/.*" | r"/.*$" | r"^.*$" | "^/.*$")
    }

    /// The paths as a scope, where the pattern is a beginning of paths or one path.
    pub(super) fn scope(&self) -> Option<Scope> {
        if self.is_everything() {
            return Some(Scope::everything());
        }
        let text = &*self.pattern.value;
        let (path, prefix) = match !self.compiled && !is_pattern(text) {
            true => (text.to_owned(), false),
            false => (beginning(text)?, true),
        };
        Some(Scope { methods: Vec::new(), path: Some(Spanned::new(path.into(), self.pattern.span)), prefix })
    }

    /// When it covers the path of a request.
    pub(super) fn covers(&self) -> Formula {
        let span = self.pattern.span;
        if self.is_everything() {
            return Formula::True;
        }
        let text = self.pattern.value.clone();
        let relation = match !self.compiled && !is_pattern(&text) {
            true => Relation::Equals(text),
            false => Relation::Matches(Pattern { source: text, ignore_case: false, anchor: Anchor::Prefix }),
        };
        path_test(relation, span)
    }
}

fn path_test(relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term: Term::of(Part::Path), relation }, span)
}

/// The beginning that all paths of a pattern have, where that is all it asks for: `/api/*`, `/api/.*`, `^/api/`.
fn beginning(pattern: &str) -> Option<String> {
    let text = pattern.strip_prefix('^').unwrap_or(pattern);
    let text = text.strip_suffix('$').filter(|inner| inner.ends_with(".*")).unwrap_or(text);
    // What may be there or not adds nothing to an open end: `/*` is any number of slashes.
    let text = [".*", "/*", "(.*)"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    let plain = !text.contains(['*', '\\', ']', '?', '$', '^', '[', '(', ')', '+', '|', '{', '}']);
    (plain && text.starts_with('/')).then(|| text.to_owned())
}
