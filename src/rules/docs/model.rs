//! The page about what rules can ask.
//!
//! In: the descriptions of all subjects and the table of questions. Out: one Markdown page.

use std::fmt::Write;

use super::super::expr::vocabulary::questions;
use super::super::facts::{Given, Kind, Schema};
use super::cell;

/// The page of subjects, fields and questions.
pub(super) fn model() -> String {
    let mut page = String::from(
        "# What rules can ask\n\nA rule is given one subject at a time and asks for its fields. What cannot be known \
         answers no to every question, and a condition may deny (`!`, `!=`, the second branch of `? :`) only what is \
         known for certain.\n\n## Kinds of fields\n\n| kind | holds | questions |\n|---|---|---|\n",
    );
    for (kind, holds) in kinds() {
        let asked: Vec<String> =
            questions(kind).iter().map(|asked| format!("`{}`: {}", asked.written(), asked.holds)).collect();
        let asked = if asked.is_empty() { String::new() } else { asked.join("<br>") };
        let _ = writeln!(page, "| {} | {holds} | {} |", kind.name(), cell(&asked));
    }
    for given in Given::ALL {
        let _ = write!(page, "\n## {}\n", given.name());
        record(&mut page, given.schema(), given.name(), 0);
    }
    page
}

/// Every kind with what it holds. Records are shown with the schema of some record; only their kind is printed.
fn kinds() -> [(Kind, &'static str); 10] {
    let some = || Given::Policy.schema();
    [
        (Kind::Word, "a word that is always known: `==`, `!=`, `in [..]`"),
        (Kind::Text, "a text, empty when unknown: `== \"..\"`, `in [..]`, `!= \"\"`"),
        (Kind::Flag, "true when it is known to hold; may not be denied"),
        (Kind::Known, "true or false, always known; may be denied"),
        (Kind::Question, "yes, no or unknown"),
        (Kind::Number, "a number, missing, or unknown"),
        (Kind::Names, "a list of method or header names, missing, open, or unknown"),
        (Kind::Record(some), "further fields"),
        (Kind::Optional(some), "further fields, if it is there"),
        (Kind::List(some), "records: `.exists(x, ..)`"),
    ]
}

/// Deeper records would only repeat a subject that has its own heading.
const DEEPEST: usize = 1;

fn record(page: &mut String, schema: &Schema, path: &str, depth: usize) {
    let _ = write!(page, "\n{}\n\n| field | kind | |\n|---|---|---|\n", schema.doc());
    for field in schema.fields {
        let _ = writeln!(page, "| `{path}.{}` | {} | {} |", field.name, field.kind.name(), cell(&field.doc()));
    }
    for field in schema.fields {
        if let Kind::Record(inner) | Kind::Optional(inner) | Kind::List(inner) = field.kind
            && depth < DEEPEST
            && Given::named(inner().name).is_none()
        {
            let _ = write!(page, "\n### {path}.{}\n", field.name);
            let path = match field.kind {
                Kind::List(_) => "x".to_owned(),
                _ => format!("{path}.{}", field.name),
            };
            record(page, inner(), &path, depth + 1);
        }
    }
}
