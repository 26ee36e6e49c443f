//! Characters that would steer a terminal or hide in a text, made visible.
//!
//! In: text from sources, paths and messages. Out: the same text with `<U+202E>` and its like in their place. A report
//! must show what the file says, not obey it (see <https://trojansource.codes>).

use std::borrow::Cow;

/// Does this character act on the terminal or the direction of the text instead of showing itself?
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The visible form of one character.
pub(super) fn push_visible(out: &mut String, c: char) {
    if is_hidden(c) {
        out.push_str(&format!("<U+{:04X}>", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// One line with everything hidden made visible, line breaks and tabs too.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_visible(&mut out, c));
    Cow::Owned(out)
}

/// Several lines, each made visible; tabs become spaces.
pub(super) fn visible_lines(text: &str) -> Vec<String> {
    text.lines().map(|line| visible(&line.replace('\t', "    ")).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_passes() {
        assert_eq!(visible("plain äöü → 😀"), "plain äöü → 😀");
        assert_eq!(visible("\u{1b}[31mred\r\n"), "<U+001B>[31mred<U+000D><U+000A>");
        assert_eq!(visible("a\u{202E}b\u{9b}"), "a<U+202E>b<U+009B>");
    }
}
