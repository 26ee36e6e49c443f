//! XML that any reader accepts.
//!
//! In: texts from anywhere. Out: elements on a writer. XML 1.0 has no way to write most control characters, not even
//! escaped, so they are made visible; quoting and escaping is quick-xml's.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

use super::visible::visible;

/// A document on a writer, with its declaration.
pub(super) fn document(out: &mut dyn Write) -> io::Result<Writer<&mut dyn Write>> {
    let mut writer = Writer::new_with_indent(out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    Ok(writer)
}

/// A text that may stand in an attribute: one line, everything visible.
pub(super) fn attribute(text: &str) -> String {
    possible(&visible(text))
}

/// A text that may stand between tags: its lines stay lines.
pub(super) fn body(text: &str) -> String {
    possible(&text.lines().map(visible).collect::<Vec<_>>().join("\n"))
}

/// Without the two code points that are no characters of XML and hide nothing.
fn possible(text: &str) -> String {
    text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}
