//! A text without what gets lost or added when people copy it: blanks, line breaks, quotes of every kind, upper case.
//!
//! In: a text from a console, a terminal, a chat. Out: the same text squeezed, so that it can be compared with a
//! template, and the way back to the places in the original.

/// A squeezed text, with the place of each of its bytes in the original.
#[derive(Debug, Clone)]
pub struct Squeezed<'a> {
    /// What is left.
    pub key: String,
    /// The text before.
    pub original: &'a str,
    places: Vec<usize>,
}

impl<'a> Squeezed<'a> {
    /// Squeezes a text.
    pub fn new(original: &'a str) -> Squeezed<'a> {
        let (mut key, mut places) = (String::with_capacity(original.len()), Vec::with_capacity(original.len()));
        for (at, c) in original.char_indices().filter(|&(_, c)| !is_lost(c)) {
            let c = c.to_ascii_lowercase();
            key.push(c);
            places.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
        Squeezed { key, original, places }
    }

    /// The original text between two places of the squeezed one, without the blanks and one pair of quotes around it.
    pub fn between(&self, start: usize, end: usize) -> &'a str {
        // What was lost before the first byte belongs to the text: an opening quote. So does what was lost behind it.
        let from = start.checked_sub(1).map_or(0, |before| self.after(before));
        let to = self.places.get(end).copied().unwrap_or(self.original.len());
        let text = self.original.get(from..to).unwrap_or("").trim_matches(is_blank);
        let text = text.strip_prefix(is_quote).unwrap_or(text);
        text.strip_suffix(is_quote).unwrap_or(text).trim_matches(is_blank)
    }

    /// The first place of the squeezed text that stands on a later line than `start`.
    pub fn line_end(&self, start: usize) -> usize {
        let Some(&from) = self.places.get(start) else { return self.key.len() };
        let end = self.original[from..].find('\n').map_or(self.original.len(), |length| from + length);
        self.places.partition_point(|&place| place < end)
    }

    /// The first place behind a quote, or else behind white space, that follows `start`.
    pub fn quote_end(&self, start: usize) -> usize {
        let Some(&from) = self.places.get(start) else { return self.key.len() };
        let rest = &self.original[from..];
        let end =
            rest.find(is_quote).or_else(|| rest.find(is_blank)).map_or(self.original.len(), |length| from + length);
        self.places.partition_point(|&place| place < end)
    }

    fn after(&self, index: usize) -> usize {
        let place = self.places.get(index).copied().unwrap_or(self.original.len());
        place + self.original[place..].chars().next().map_or(0, char::len_utf8)
    }
}

/// The squeezed form of a text.
pub fn squeeze(text: &str) -> String {
    text.chars().filter(|&c| !is_lost(c)).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_lost(c: char) -> bool {
    is_blank(c) || is_quote(c)
}

/// White space, and what editors and chats put in its place.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')
}

/// Quotes, straight and curly, backticks, and the backslash before a quote in JSON.
fn is_quote(c: char) -> bool {
    matches!(c, '\'' | '"' | '`' | '´' | '\\' | '‘'..='‟' | '′' | '″' | '«' | '»' | '‹' | '›')
}
