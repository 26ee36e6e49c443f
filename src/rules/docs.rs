//! Documentation, written by the rules and the facts themselves.
//!
//! In: rules, and the descriptions of the facts. Out: Markdown pages by path, the table of the README, the text of
//! `explain`, and the JSON Schema of a rule file. Writes nothing: a command does, and a test compares.

mod json_schema;
mod model;
mod page;

use std::collections::BTreeMap;
use std::fmt::Write;

use camino::Utf8PathBuf;

pub use json_schema::json_schema;
pub use page::{explain, fix};

use super::rule::{Persona, Rule};
use crate::finding::Group;

/// All generated pages by path, relative to the root of the repository.
pub fn pages(rules: &[Rule]) -> BTreeMap<Utf8PathBuf, String> {
    let mut pages = BTreeMap::new();
    for rule in rules {
        pages.insert(format!("docs/rules/{}.md", rule.id).into(), page::page(rule));
    }
    pages.insert("docs/rules.md".into(), overview(rules));
    pages.insert("docs/model.md".into(), model::model());
    pages.insert("docs/rule.schema.json".into(), json_schema());
    pages
}

/// The page that lists all rules, a table for each group.
fn overview(rules: &[Rule]) -> String {
    let mut page = String::from("# Rules\n");
    for group in Group::ALL {
        let mut members = rules.iter().filter(|rule| rule.group == group).peekable();
        if members.peek().is_some() {
            let _ = write!(page, "\n## {}\n\n{}\n\n{}", group.name(), group.harm(), table(members, "rules/"));
        }
    }
    page
}

/// A table of rules; links begin with `base`, the path from the page to the folder of rule pages.
pub fn table<'a>(rules: impl IntoIterator<Item = &'a Rule>, base: &str) -> String {
    let mut table = String::from("| rule | severity | what it finds |\n|---|---|---|\n");
    for rule in rules {
        let pedantic = if rule.persona == Persona::Pedantic { ", pedantic" } else { "" };
        let (id, severity, title) = (&rule.id, rule.severity, cell(&rule.title));
        let _ = writeln!(table, "| [{id}]({base}{id}.md) | {severity}{pedantic} | {title} |");
    }
    table
}

/// Before the table of rules in README.md.
pub const TABLE_START: &str = "<!-- rules -->";
/// After it.
pub const TABLE_END: &str = "<!-- /rules -->";

/// `readme` with a fresh table of rules, or nothing when it has no place for one.
pub fn with_table(readme: &str, rules: &[Rule]) -> Option<String> {
    let (before, rest) = readme.split_once(TABLE_START)?;
    let (_, after) = rest.split_once(TABLE_END)?;
    Some(format!("{before}{TABLE_START}\n{}{TABLE_END}{after}", table(rules, "docs/rules/")))
}

/// A text that may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
