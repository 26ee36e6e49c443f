//! Characters that would steer a terminal or hide in a text, made visible.
//!
//! In: text from sources, paths and messages. Out: the same text with `<U+202E>` and its like in their place. A report
//! must show what the file says, not obey it (see <https://trojansource.codes>), and not make a CI runner obey it.

use std::borrow::Cow;

/// Does this character act on the terminal or the direction of the text instead of showing itself?
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// The visible form of one character.
pub(super) fn push_visible(out: &mut String, c: char) {
    if is_hidden(c) {
        push_named(out, c);
    } else {
        out.push(c);
    }
}

/// A character by its number.
pub(super) fn push_named(out: &mut String, c: char) {
    out.push_str(&format!("<U+{:04X}>", u32::from(c)));
}

/// What begins an old workflow command anywhere in a line. GitHub's runner obeys it in whatever a step prints, as it
/// obeys `::` at the start of a line (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>).
pub(super) const OLD_COMMAND: &str = "##[";

/// One line with everything hidden made visible, line breaks and tabs too, and without commands to a runner.
pub fn visible(text: &str) -> Cow<'_, str> {
    let command = text.trim_start().starts_with("::");
    if !command && !text.contains(OLD_COMMAND) && !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let first_colon = text.find(':').filter(|_| command);
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        if first_colon == Some(at) || ends_command(text, at, c) {
            push_named(&mut out, c);
        } else {
            push_visible(&mut out, c);
        }
    }
    Cow::Owned(out)
}

/// Is the character at `at` the bracket of an old command?
pub(super) fn ends_command(text: &str, at: usize, c: char) -> bool {
    c == '[' && text[..at + 1].ends_with(OLD_COMMAND)
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

    #[test]
    fn nothing_commands_a_runner() {
        assert_eq!(visible("a ::error::x"), "a ::error::x");
        assert_eq!(visible("::stop-commands::x"), "<U+003A>:stop-commands::x");
        assert_eq!(visible(" \u{a0}::error::x"), " \u{a0}<U+003A>:error::x");
        assert_eq!(visible("é##[add-matcher]x##[[#["), "é##<U+005B>add-matcher]x##<U+005B>[#[");
        assert_eq!(visible_lines("a\n  ::error::x"), ["a", "  <U+003A>:error::x"]);
    }
}
