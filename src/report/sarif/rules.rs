//! A rule as SARIF describes it.
//!
//! In: a rule's description. Out: a `reportingDescriptor`, with what GitHub asks for beyond the standard
//! (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).

use serde_json::{Value, json};

use super::super::RuleInfo;
use super::result::level;
use crate::finding::{Group, Severity};

/// The descriptor of a rule.
pub(super) fn descriptor(rule: &RuleInfo) -> Value {
    let mut tags = vec!["cors", rule.group.name()];
    if rule.pedantic {
        tags.push("pedantic");
    }
    let mut properties = json!({ "tags": tags, "precision": "high" });
    match security_severity(rule) {
        Some(score) => properties["security-severity"] = json!(score),
        None => properties["problem.severity"] = json!(problem_severity(rule.severity)),
    }
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": one_line(first_paragraph(&rule.why)) },
        "help": { "text": help(rule, ""), "markdown": help(rule, "## ") },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": properties,
    });
    if let Some(url) = rule.see.first() {
        descriptor["helpUri"] = json!(url);
    }
    descriptor
}

/// A score as CVSS has them, by which GitHub sorts: high from 7, medium from 4, low below.
fn security_severity(rule: &RuleInfo) -> Option<&'static str> {
    let score = match rule.severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.5",
        Severity::Info => "2.0",
    };
    (rule.group == Group::Security).then_some(score)
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    }
}

fn first_paragraph(text: &str) -> &str {
    text.trim().split("\n\n").next().unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All that the rule's page says in prose; `heading` marks headings.
fn help(rule: &RuleInfo, heading: &str) -> String {
    let mut text = format!(
        "{heading}{}\n\n{}\n\n{heading}What to do\n\n{}\n",
        if heading.is_empty() { &rule.title } else { "Why is this bad" },
        rule.why.trim(),
        rule.fix.trim()
    );
    if !rule.see.is_empty() {
        text += &format!("\n{heading}See\n\n");
        text.extend(
            rule.see.iter().map(|url| if heading.is_empty() { format!("- {url}\n") } else { format!("- <{url}>\n") }),
        );
    }
    text
}
