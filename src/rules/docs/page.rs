//! One rule, as a page and as the text of `explain`.
//!
//! In: a rule. Out: Markdown with the same headings for every rule.

use std::fmt::Write;

use super::super::rule::{ByPlatform, Example, Persona, Rule, Verdict};

/// The page of a rule.
pub(super) fn page(rule: &Rule) -> String {
    let mut page = format!("# {}\n\n`{}` · {}\n", rule.title, rule.id, nature(rule));
    section(&mut page, "What it does", &what(rule));
    section(&mut page, "Why is this bad", &rule.why);
    section(&mut page, "What to do", &fixes(&rule.fix, "**"));
    let shown = |verdict| {
        let of = rule.examples.iter().filter(|example| example.verdict == verdict && example.limit.is_none());
        of.map(example).collect::<Vec<_>>().join("\n\n")
    };
    section(
        &mut page,
        "Examples",
        &format!("### Bad\n\n{}\n\n### Good\n\n{}", shown(Verdict::Bad), shown(Verdict::Good)),
    );
    let limits: Vec<String> = rule.examples.iter().filter_map(limit).collect();
    if !limits.is_empty() {
        section(&mut page, "Known limits", &limits.join("\n\n"));
    }
    if !rule.see.is_empty() {
        section(&mut page, "See", &links(rule));
    }
    page
}

/// What a terminal shows: the same without the condition and with one example of either kind.
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{} ({})\n{}\n", rule.title, rule.id, nature(rule));
    let _ = write!(text, "\nWhy is this bad\n\n{}\n\nWhat to do\n\n{}\n", rule.why, fixes(&rule.fix, ""));
    for (verdict, heading) in [(Verdict::Bad, "Bad"), (Verdict::Good, "Good")] {
        let shown = |example: &&Example| example.verdict == verdict && example.limit.is_none();
        if let Some(example) = rule.examples.iter().find(shown) {
            let _ = write!(text, "\n{heading} ({})\n", caption(example));
            for (path, source) in &example.files {
                let _ = write!(text, "\n  {path}\n{}", indented(source));
            }
        }
    }
    if !rule.see.is_empty() {
        let _ = write!(text, "\nSee\n\n{}\n", links(rule));
    }
    text
}

fn section(page: &mut String, heading: &str, body: &str) {
    let _ = write!(page, "\n## {heading}\n\n{}\n", body.trim());
}

fn nature(rule: &Rule) -> String {
    let pedantic = if rule.persona == Persona::Pedantic { " · pedantic: runs on request" } else { "" };
    format!("{} · {}{pedantic}", rule.group.name(), rule.severity)
}

/// The rule's own words for what it looks at, when it speaks, and what it says.
fn what(rule: &Rule) -> String {
    let given = rule.given.name();
    let mut text = format!(
        "Looks at every [{given}](../model.md#{given}) and reports it when\n\n```cel\n{}\n```\n\nwith the message\n\n```text\n{}\n```",
        rule.when.source(),
        rule.message.source()
    );
    for shift in &rule.shifts {
        let _ = write!(text, "\n\nIt is of severity {} when `{}`.", shift.severity, one_line(shift.when.source()));
    }
    text
}

fn one_line(source: &str) -> String {
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to change, for every platform, in Markdown.
pub fn fix(rule: &Rule) -> String {
    fixes(&rule.fix, "**")
}

/// The default, then what differs; platforms with the same text share it. `bold` marks their names.
fn fixes(fix: &ByPlatform<String>, bold: &str) -> String {
    let mut text = fix.default.clone();
    let mut told: Vec<&str> = Vec::new();
    for words in fix.each.values() {
        if told.contains(&words.as_str()) {
            continue;
        }
        told.push(words);
        let platforms: Vec<&str> =
            fix.each.iter().filter(|(_, other)| *other == words).map(|(platform, _)| platform.as_str()).collect();
        let _ = write!(text, "\n\n{bold}{}:{bold} {words}", platforms.join(", "));
    }
    text
}

fn links(rule: &Rule) -> String {
    rule.see.iter().map(|link| format!("- <{link}>")).collect::<Vec<_>>().join("\n")
}

fn caption(example: &Example) -> String {
    let name = example.name.as_ref().map_or(String::new(), |name| format!(": {name}"));
    format!("{}{name}", example.platform)
}

fn example(example: &Example) -> String {
    let mut text = caption(example);
    for (path, source) in &example.files {
        let language = camino::Utf8Path::new(path).extension().map_or("text", language);
        let _ = write!(text, "\n\n`{path}`\n\n```{language}\n{}\n```", source.trim_end());
    }
    text
}

fn limit(limited: &Example) -> Option<String> {
    let why = limited.limit.as_ref()?;
    let what = match limited.verdict {
        Verdict::Bad => "This is not found",
        Verdict::Good => "This is found although it is right",
    };
    Some(format!("{what}: {}\n\n{}", why.trim(), example(limited)))
}

/// The word that Markdown highlighters know a file by.
fn language(extension: &str) -> &str {
    match extension {
        "js" | "mjs" | "cjs" | "jsx" => "js",
        "ts" | "mts" | "cts" | "tsx" => "ts",
        "py" => "python",
        "yml" => "yaml",
        "conf" => "nginx",
        "env" => "sh",
        other => other,
    }
}

fn indented(source: &str) -> String {
    source.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}
