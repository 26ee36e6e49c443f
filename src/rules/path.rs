//! Label paths: `policy.allow_origin` names the place of a fact.
//!
//! In: a path of fields and the subject it starts from. Out: a checked path, and the span of what it names.

use super::facts::{Fact, Given, Kind, Record};
use super::problem::{Problem, did_you_mean};
use crate::source::Span;

/// A checked path from a subject to one of its facts.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    fields: Vec<String>,
}

impl Path {
    /// Reads a path to something that has a place.
    pub(super) fn parse(source: &str, given: Given) -> Result<Path, Problem> {
        let (path, kind) = Path::walk(source, given)?;
        if kind.has_place() {
            return Ok(path);
        }
        let all = 0..source.len();
        Err(Problem::new(all, format!("`{source}` is a {}: it is not written in one place", kind.name())).help(
            format!(
                "label what it was read from, or all of it: `{}`",
                source.rsplit_once('.').map_or(source, |(parent, _)| parent)
            ),
        ))
    }

    /// Reads a path to something that has a place, or to a list of such things.
    pub(super) fn to_places(source: &str, given: Given) -> Result<Path, Problem> {
        match Path::walk(source, given)? {
            (path, Kind::List(_)) => Ok(path),
            _ => Path::parse(source, given),
        }
    }

    /// Reads a path to a text.
    pub(super) fn to_text(source: &str, given: Given) -> Result<Path, Problem> {
        let (path, kind) = Path::walk(source, given)?;
        match kind {
            Kind::Word | Kind::Text => Ok(path),
            other => Err(Problem::new(0..source.len(), format!("`{source}` is a {}, not a text", other.name()))),
        }
    }

    fn walk(source: &str, given: Given) -> Result<(Path, Kind), Problem> {
        let mut parts = source.split('.');
        let first = parts.next().unwrap_or_default();
        if first != given.name() {
            return Err(Problem::new(0..first.len(), format!("nothing is called `{first}` here"))
                .help(format!("this rule is given `{}`", given.name())));
        }
        let mut kind = given.kind();
        let mut at = first.len() + 1;
        let mut fields = Vec::new();
        for name in parts {
            let place = at..at + name.len();
            at = place.end + 1;
            let (Kind::Record(schema) | Kind::Optional(schema)) = kind else {
                return Err(Problem::new(place, format!("a {} has no fields", kind.name())));
            };
            let Some(field) = schema().field(name) else {
                let known = schema().fields.iter().map(|field| field.name);
                return Err(Problem::new(place, format!("`{}` has no `{name}`", schema().name))
                    .maybe_help(did_you_mean(name, known)));
            };
            kind = field.kind;
            fields.push(name.to_owned());
        }
        Ok((Path { fields }, kind))
    }

    /// The spans of what is named, as far as it is written anywhere: one, or one for each record of a list.
    pub(super) fn spans(&self, subject: &dyn Record) -> Vec<Span> {
        let mut record = subject;
        for field in &self.fields {
            record = match record.fact(field) {
                Some(Fact::Record(inner)) => inner,
                Some(Fact::List(records)) => return records.into_iter().filter_map(Record::span).collect(),
                _ => break,
            };
        }
        follow(subject, &self.fields).last().and_then(|(_, span)| *span).into_iter().collect()
    }

    /// The span of what is named, or else of the smallest enclosing record that is written somewhere: a library's
    /// default stands nowhere, but the call that uses it does.
    pub(super) fn nearest(&self, subject: &dyn Record) -> Option<Span> {
        follow(subject, &self.fields).into_iter().rev().find_map(|(_, span)| span)
    }

    /// The text that is named; `None` when it is unknown.
    pub(super) fn text(&self, subject: &dyn Record) -> Option<String> {
        let found = follow(subject, &self.fields).pop().and_then(|(text, _)| text);
        found.filter(|text| !text.is_empty())
    }
}

type Step = (Option<String>, Option<Span>);

/// Text and span of the subject and of each fact on the way; a fact that is not there has neither.
fn follow(subject: &dyn Record, fields: &[String]) -> Vec<Step> {
    let mut steps = vec![(None, subject.span())];
    let mut record = Some(subject);
    for field in fields {
        let fact = record.and_then(|record| record.fact(field));
        record = match &fact {
            Some(Fact::Record(inner)) => Some(*inner),
            _ => None,
        };
        let text = match &fact {
            Some(Fact::Text(text, _)) => Some((*text).to_owned()),
            _ => None,
        };
        steps.push((text, fact.and_then(|fact| fact.span())));
    }
    steps
}
