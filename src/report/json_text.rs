//! JSON that may be shown: what hides or steers a terminal is escaped.
//!
//! In: anything that can be serialized. Out: JSON with the same meaning. Plain JSON escapes the controls of ASCII only,
//! so that U+009B or a right-to-left override in a file's name would reach the terminal that shows it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::visible::{ends_command, is_hidden};

/// Writes a value over several lines, and a line break.
pub(super) fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, PrettyFormatter::new(), out)
}

/// Writes a value on one line, and a line break.
pub(super) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, CompactFormatter, out)
}

fn write(value: &impl Serialize, formatter: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Shown(formatter)))?;
    writeln!(out)
}

/// A formatter that differs from the one inside in the characters it escapes.
struct Shown<F>(F);

/// Hands methods on, as they are, to the formatter inside.
macro_rules! inside {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$name(out $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Shown<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        let steers = |text: &str, at: usize, c: char| is_hidden(c) || ends_command(text, at, c);
        while let Some((at, c)) = rest.char_indices().find(|&(at, c)| steers(rest, at, c)) {
            self.0.write_string_fragment(out, &rest[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_string_fragment(out, rest)
    }

    inside! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_escaped_and_means_the_same() {
        let text = "##[a\u{9b}31m\u{202e}b\u{7f}\u{1b}\n\"\u{e0041}é😀";
        let mut out = Vec::new();
        line(&text, &mut out).unwrap_or_default();
        let written = String::from_utf8_lossy(&out);
        assert_eq!(written, "\"##\\u005ba\\u009b31m\\u202eb\\u007f\\u001b\\n\\\"\\udb40\\udc41é😀\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).ok().as_deref(), Some(text));
    }
}
