//! The form of `corslint.toml`, held against its list of keys.
//!
//! In: the tree of the file. Out: nothing, or the first error, at the key or value that is wrong. After that every value
//! is of the kind its key holds, and what reads it need not ask again. Names of rules are checked later: the file itself
//! says where some of them lie.

use std::sync::Arc;

use camino::Utf8Path;

use super::keys::{Holds, Key, LEVELS};
use crate::error::{Error, Place};
use crate::model::origin::malformation;
use crate::rules::did_you_mean;
use crate::source::Span;
use crate::suppress::Date;
use crate::syntax::document::{Node, NodeKind};

/// The file that is read, for the places of errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) path: &'a Utf8Path,
    pub(super) text: &'a Arc<str>,
}

impl Form<'_> {
    /// An error at a place of the file.
    pub(super) fn error(&self, span: Span, message: impl Into<String>, label: impl Into<String>) -> Error {
        let place =
            Place { path: self.path.to_owned(), text: self.text.clone(), range: span.range(), label: label.into() };
        Error::new(message).at(place)
    }

    /// Holds a table against its keys; `name` is what messages call it.
    pub(super) fn table(&self, node: &Node, keys: &[Key], name: &str) -> Result<(), Error> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            return Err(self.wrong(node, name, "a table"));
        }
        for (key, value) in node.entries() {
            let Some(known) = keys.iter().find(|known| *known.name == *key.value) else {
                let error = self.error(key.span, format!("unknown key `{}` in {name}", key.value), "not known here");
                let names: Vec<&str> = keys.iter().map(|known| known.name).collect();
                let help = did_you_mean(&key.value, names.iter().copied());
                return Err(error.with_help(help.unwrap_or_else(|| format!("known are {}", names.join(", ")))));
            };
            self.value(value, known)?;
        }
        match keys.iter().find(|key| key.required && node.get(key.name).is_none()) {
            Some(key) => Err(self
                .error(node.span, format!("{name} lacks `{}`", key.name), "here")
                .with_help(format!("write for example `{}`", key.example))),
            None => Ok(()),
        }
    }

    fn value(&self, node: &Node, key: &Key) -> Result<(), Error> {
        match key.holds {
            Holds::Text => self.text_at(node, key).map(drop),
            Holds::Date => {
                let text = self.text_at(node, key)?;
                Date::parse(text).map(drop).ok_or_else(|| self.wrong(node, key.name, "a date such as 2026-12-31"))
            }
            Holds::Choice(words) => self.choice(node, words, key.name),
            Holds::Texts | Holds::Rules | Holds::Ids | Holds::Patterns => self.texts(node, key).map(drop),
            Holds::UrlPaths => {
                let odd = self.texts(node, key)?.into_iter().find(|(_, text)| !text.starts_with('/'));
                odd.map_or(Ok(()), |(node, text)| {
                    let error =
                        self.error(node.span, format!("`{text}` is no path of a URL"), "begins without a slash");
                    Err(error.with_help("write the path as a request has it, as in `/api/public/**`"))
                })
            }
            Holds::Origins => self.texts(node, key)?.into_iter().try_for_each(|(node, text)| self.origin(node, text)),
            Holds::Severities => self.map(node, key, |value, name| self.choice(value, LEVELS, name)),
            Holds::Variables => self.map(node, key, |value, _| self.text_at(value, key).map(drop)),
            Holds::Tables(keys) => {
                self.items(node, key)?.iter().try_for_each(|item| self.table(item, keys, &format!("[[{}]]", key.name)))
            }
            Holds::RulesAndTables(keys) => self.items(node, key)?.iter().try_for_each(|item| match item.kind {
                NodeKind::Str(_) => Ok(()),
                _ => self.table(item, keys, &format!("[[{}]]", key.name)),
            }),
            Holds::Named(keys) => {
                self.map(node, key, |value, name| self.table(value, keys, &format!("[{}.{name}]", key.name)))
            }
        }
    }

    fn text_at<'n>(&self, node: &'n Node, key: &Key) -> Result<&'n str, Error> {
        node.as_str().ok_or_else(|| self.wrong(node, key.name, "a text"))
    }

    fn texts<'n>(&self, node: &'n Node, key: &Key) -> Result<Vec<(&'n Node, &'n str)>, Error> {
        let items = if node.as_str().is_some() { std::slice::from_ref(node) } else { self.items(node, key)? };
        let text =
            |item: &'n Node| item.as_str().map(|text| (item, text)).ok_or_else(|| self.wrong(item, key.name, "a text"));
        items.iter().map(text).collect()
    }

    fn items<'n>(&self, node: &'n Node, key: &Key) -> Result<&'n [Node], Error> {
        match &node.kind {
            NodeKind::List(items) => Ok(items),
            _ => Err(self.wrong(node, key.name, "a list")),
        }
    }

    fn map(&self, node: &Node, key: &Key, each: impl Fn(&Node, &str) -> Result<(), Error>) -> Result<(), Error> {
        match &node.kind {
            NodeKind::Map(entries) => entries.iter().try_for_each(|(name, value)| each(value, &name.value)),
            _ => Err(self.wrong(node, key.name, "a table")),
        }
    }

    fn choice(&self, node: &Node, words: &[&str], name: &str) -> Result<(), Error> {
        match node.as_str() {
            Some(text) if words.contains(&text) => Ok(()),
            Some(text) => {
                let error = self.error(node.span, format!("`{name}` is {text:?}"), "not one of its values");
                let meant = did_you_mean(text, words.iter().copied());
                Err(error.with_help(meant.unwrap_or_else(|| format!("known are {}", words.join(", ")))))
            }
            None => Err(self.wrong(node, name, &format!("one of {}", words.join(", ")))),
        }
    }

    /// What is stated must be what a browser sends, or nothing would ever be equal to it.
    fn origin(&self, node: &Node, text: &str) -> Result<(), Error> {
        let plain = text.replacen("://*.", "://", 1);
        let fault = malformation(&plain);
        let is_origin = plain.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        if fault.is_none() && is_origin {
            return Ok(());
        }
        let label = fault.as_ref().map_or("no origin", |(kind, _)| kind.description());
        let error = self.error(node.span, format!("`{text}` is no origin that a browser sends"), label);
        let meant = fault.and_then(|(_, meant)| meant).filter(|_| plain == text);
        Err(error.with_help(meant.map_or_else(
            || "write scheme, host in lower case, and the port only if it is not the default, as in `https://app.example.com`".to_owned(),
            |meant| format!("write `{meant}`"),
        )))
    }

    fn wrong(&self, node: &Node, name: &str, wanted: &str) -> Error {
        self.error(node.span, format!("{name} must be {wanted}"), format!("expected {wanted}"))
    }
}
