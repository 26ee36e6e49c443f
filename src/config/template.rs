//! The first `corslint.toml` of a repository.
//!
//! In: the origins that its servers allow, with their places. Out: a commented file that says what is there, for somebody
//! to correct. What surely does not belong into production is in it, but commented out, with the reason.

use std::fmt::Write;

use super::keys::{Holds, Key, TOP};
use crate::model::origin::{Url, is_loopback, is_placeholder, is_private_network, is_staging, malformation};

/// The text of the file. Each origin comes with the place it was found at.
pub fn template(found: &[(String, String)]) -> String {
    let mut text = String::from(
        "# How corslint checks this repository, and what it is meant to allow.\n\
         # A flag wins over this file. Patterns of files are those of .gitignore, from here.\n\
         # `corslint schema config` prints the JSON Schema, `corslint rules` the rules.\n",
    );
    let is_table = |key: &Key| matches!(key.holds, Holds::Severities | Holds::Tables(_) | Holds::Named(_));
    for key in TOP.iter().filter(|key| !is_table(key)) {
        comment(&mut text, key);
    }
    for key in TOP.iter().filter(|key| is_table(key) && key.name != "environments") {
        comment(&mut text, key);
    }
    if let Some(key) = TOP.iter().find(|key| key.name == "environments") {
        text.push('\n');
        prose(&mut text, key.doc);
    }
    text += &origins(found);
    text
}

fn comment(text: &mut String, key: &Key) {
    text.push('\n');
    prose(text, key.doc);
    for line in key.example.lines() {
        let _ = writeln!(text, "# {line}");
    }
}

/// Words in comments, a line at most 100 characters long.
fn prose(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.len() + word.len() >= 100 {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line = line + " " + word;
    }
    let _ = writeln!(text, "{line}");
}

fn origins(found: &[(String, String)]) -> String {
    let mut seen = Vec::new();
    let mut meant = Vec::new();
    let mut doubtful = Vec::new();
    for (origin, place) in found.iter().filter(|(origin, _)| !matches!(&**origin, "*" | "null" | "")) {
        if seen.contains(&origin) || origin.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            continue;
        }
        seen.push(origin);
        match doubt(origin) {
            None => meant.push(format!("    \"{origin}\", # {place}\n")),
            Some(why) => doubtful.push(format!("    # \"{origin}\", # {place}: {why}\n")),
        }
    }
    if meant.is_empty() {
        // An empty list would state that production has no origin at all.
        let list: String = doubtful.iter().map(|line| format!("#{line}")).collect();
        return format!("# [environments.production]\n# origins = [\n{list}#     \"https://app.example.com\",\n# ]\n");
    }
    format!("[environments.production]\norigins = [\n{}{}]\n", meant.concat(), doubtful.concat())
}

/// Why an origin is perhaps none of production's.
fn doubt(origin: &str) -> Option<&'static str> {
    if let Some((kind, _)) = malformation(origin) {
        return Some(kind.description());
    }
    let host = Url::parse(origin).map(|url| url.host);
    match host {
        None => Some("is no origin"),
        Some(_) if is_placeholder(origin) => Some("was never filled in"),
        Some(host) if is_loopback(&host) => Some("a developer's machine"),
        Some(host) if is_staging(&host) => Some("looks like a staging deployment"),
        Some(host) if is_private_network(&host) => Some("a private network"),
        Some(_) if !origin.starts_with("https:") => Some("is not encrypted"),
        Some(_) => None,
    }
}
