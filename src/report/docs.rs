//! Pages about rules, in Markdown.
//!
//! In: [`RuleCard`]s, what a rule says about itself. Out: a page per rule, the index, the table in README.md. Must not
//! write files: `explain` prints the same pages.

use crate::finding::{Group, Severity};

/// Before the table of rules in README.md.
pub const TABLE_START: &str = "<!-- rules -->";
/// After it.
pub const TABLE_END: &str = "<!-- /rules -->";

/// A rule as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCard {
    /// The id, which is the file's name.
    pub id: String,
    /// What kind of harm.
    pub group: Group,
    /// How bad.
    pub severity: Severity,
    /// Does it run on request only?
    pub pedantic: bool,
    /// The problem in a few words.
    pub title: String,
    /// What the browser does and what an attacker gains.
    pub why: String,
    /// What to change.
    pub fix: String,
    /// Where to read on.
    pub see: Vec<String>,
    /// Code that is wrong or right.
    pub examples: Vec<Example>,
}

impl Default for RuleCard {
    fn default() -> RuleCard {
        RuleCard {
            id: String::new(),
            group: Group::Security,
            severity: Severity::Warning,
            pedantic: false,
            title: String::new(),
            why: String::new(),
            fix: String::new(),
            see: Vec::new(),
            examples: Vec::new(),
        }
    }
}

/// A few files that are wrong or right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Does the rule stay silent?
    pub good: bool,
    /// The platform.
    pub platform: String,
    /// Why the rule does not see this, for known limits.
    pub limit: Option<String>,
    /// Path and text of each file.
    pub files: Vec<(String, String)>,
}

/// The page of a rule.
pub fn page(rule: &RuleCard) -> String {
    let mut page = format!("# {}: {}\n\n{}\n", rule.id, rule.title, facts(rule));
    section(&mut page, "Why", rule.why.trim());
    section(&mut page, "What to do", rule.fix.trim());
    let of = |pick: &dyn Fn(&&Example) -> bool| rule.examples.iter().filter(pick).map(example).collect::<String>();
    section(&mut page, "Wrong", of(&|each| !each.good && each.limit.is_none()).trim_end());
    section(&mut page, "Right", of(&|each| each.good && each.limit.is_none()).trim_end());
    section(&mut page, "Known limits", of(&|each| each.limit.is_some()).trim_end());
    let see: Vec<String> = rule.see.iter().map(|link| format!("- <{link}>")).collect();
    section(&mut page, "See", &see.join("\n"));
    page
}

/// The list of all pages.
pub fn index(rules: &[RuleCard]) -> String {
    format!("# Rules\n\nWritten by `corslint docs` from `rules/`; changes belong there.\n\n{}", table(rules, "rules/"))
}

/// `readme` with a fresh table, or nothing when it has no place for one.
pub fn with_table(readme: &str, rules: &[RuleCard]) -> Option<String> {
    let (before, rest) = readme.split_once(TABLE_START)?;
    let (_, after) = rest.split_once(TABLE_END)?;
    Some(format!("{before}{TABLE_START}\n{}{TABLE_END}{after}", table(rules, "docs/rules/")))
}

fn table(rules: &[RuleCard], folder: &str) -> String {
    let mut table = String::from("| rule | severity | group | finds |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        let severity = if rule.pedantic { format!("{} (pedantic)", rule.severity) } else { rule.severity.to_string() };
        let title = rule.title.replace('|', "\\|");
        table += &format!("| [{id}]({folder}{id}.md) | {severity} | {} | {title} |\n", rule.group.name(), id = rule.id);
    }
    table
}

fn facts(rule: &RuleCard) -> String {
    let persona = if rule.pedantic { ", runs with `--pedantic`" } else { "" };
    format!("Severity {}, group {}{persona}.", rule.severity, rule.group.name())
}

fn section(page: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        *page += &format!("\n## {title}\n\n{text}\n");
    }
}

fn example(example: &Example) -> String {
    let mut text = String::new();
    if let Some(limit) = &example.limit {
        text += &format!("{}: {}\n\n", example.platform, limit.trim());
    }
    for (path, content) in &example.files {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        // A fence must be longer than any run of backticks inside.
        let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        text += &format!("`{path}` ({})\n\n{fence}{extension}\n{}\n{fence}\n\n", example.platform, content.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> RuleCard {
        let files = vec![("a.js".to_owned(), "cors({ origin: `x` })\n".to_owned())];
        RuleCard {
            id: "null-origin".into(),
            title: "null is an origin | anybody has".into(),
            why: "Sandboxed frames send it.\n".into(),
            see: vec!["https://example.com".into()],
            examples: vec![Example { good: false, platform: "express".into(), limit: None, files }],
            ..RuleCard::default()
        }
    }

    #[test]
    fn a_page_has_fixed_headings_and_no_empty_ones() {
        let page = page(&card());
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings, ["# null-origin: null is an origin | anybody has", "## Why", "## Wrong", "## See"]);
        assert!(page.contains("`a.js` (express)\n\n```js\ncors({ origin: `x` })\n```\n"));
    }

    #[test]
    fn the_table_replaces_the_old_one_and_is_stable() {
        let readme = format!("a\n{TABLE_START}\nold\n{TABLE_END}\nb\n");
        let once = with_table(&readme, &[card()]).unwrap_or_default();
        assert!(
            once.contains("| [null-origin](docs/rules/null-origin.md) | warning | security | null is an origin \\| ")
        );
        assert!(once.starts_with("a\n") && once.ends_with("\nb\n") && !once.contains("old"));
        assert_eq!(with_table(&once, &[card()]), Some(once.clone()));
        assert_eq!(with_table("nothing", &[]), None);
    }
}
