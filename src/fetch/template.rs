//! A message with gaps: `Method {method} is not allowed.[ Status code: {status}]`.
//!
//! In: the text of a template. Out: its parts, and a message in which the gaps are filled. Knows no browser.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::squeeze::squeeze;

/// The words of a message by the names of their gaps.
pub type Words = BTreeMap<String, String>;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is written, and squeezed.
    Text(String, String),
    /// A gap with this name.
    Word(String),
}

/// A message with gaps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    /// What is always there.
    pub parts: Vec<Part>,
    /// What may follow.
    pub tail: Vec<Part>,
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Template, String> {
        let (head, tail) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((head, tail)) => (head, tail),
            None => (text.as_str(), ""),
        };
        let template = Template { parts: parts(head)?, tail: parts(tail)? };
        match template.parts.first() {
            Some(Part::Text(..)) => Ok(template),
            _ => Err(format!("`{text}` does not begin with a text")),
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (before, gap) = rest.split_once('{').unwrap_or((rest, ""));
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned(), squeeze(before)));
        }
        if before.len() == rest.len() {
            break;
        }
        let (name, after) = gap.split_once('}').ok_or_else(|| format!("`{text}` has a gap without an end"))?;
        if matches!(parts.last(), Some(Part::Word(_))) {
            return Err(format!("`{text}` has two gaps with nothing between them"));
        }
        parts.push(Part::Word(name.to_owned()));
        rest = after;
    }
    Ok(parts)
}

impl Template {
    /// The message with these words; `None` when one is missing. The tail is left out when its words are.
    pub fn fill(&self, words: &Words) -> Option<String> {
        let mut text = fill(&self.parts, words)?;
        text += &fill(&self.tail, words).unwrap_or_default();
        Some(text)
    }

    /// How many bytes of squeezed text it has without its tail.
    pub fn weight(&self) -> usize {
        let length = |part: &Part| if let Part::Text(_, key) = part { key.len() } else { 0 };
        self.parts.iter().map(length).sum()
    }
}

fn fill(parts: &[Part], words: &Words) -> Option<String> {
    let text = |part: &Part| match part {
        Part::Text(text, _) => Some(text.clone()),
        Part::Word(name) => words.get(name).cloned(),
    };
    parts.iter().map(text).collect()
}
