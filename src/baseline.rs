//! Findings that were there when somebody began to look, and are left alone until they are fixed.
//!
//! In: findings, or the text of a baseline. Out: the text, or the findings the baseline does not hold. A finding is known
//! by its rule, its file and a hash of what it marks, and by how many of the same there are: not by its line, which moves
//! with every edit above. Opens no file.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Report, Suppressed, SuppressedBy};
use crate::report::marked_hash;
use crate::rules::order;
use crate::source::{Notice, Sources};

/// The form of the file. Another one is never guessed at.
const VERSION: u32 = 1;

/// What was found once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<Known, usize>,
}

/// What a finding is known by; in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    path: String,
    rule: String,
    hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    path: String,
    hash: String,
    count: usize,
}

/// Why a text is no baseline of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// One line.
    pub message: String,
    /// Line, from 1; 0 when it is about all of it.
    pub line: usize,
}

impl Baseline {
    /// The baseline that holds these findings. `place` names files as the baseline does.
    pub fn of<'f>(
        findings: impl IntoIterator<Item = &'f Finding>,
        sources: &Sources,
        place: &dyn Fn(&Utf8Path) -> Utf8PathBuf,
    ) -> Baseline {
        let mut counts = BTreeMap::new();
        for finding in findings {
            *counts.entry(known(finding, sources, place)).or_default() += 1;
        }
        Baseline { counts }
    }

    /// Reads a file.
    pub fn parse(text: &str) -> Result<Baseline, Broken> {
        #[derive(Deserialize)]
        struct Versioned {
            version: serde_json::Value,
        }
        let broken = |error: serde_json::Error| Broken { message: error.to_string(), line: error.line() };
        let versioned: Versioned = serde_json::from_str(text).map_err(broken)?;
        if versioned.version != VERSION {
            let line = text.lines().position(|line| line.contains("\"version\"")).map_or(0, |index| index + 1);
            let message = format!("it has the form {}, and this corslint knows {VERSION}", versioned.version);
            return Err(Broken { message, line });
        }
        let document: Document = serde_json::from_str(text).map_err(broken)?;
        let mut counts = BTreeMap::new();
        for entry in document.findings {
            *counts.entry(Known { path: entry.path, rule: entry.rule, hash: entry.hash }).or_default() += entry.count;
        }
        Ok(Baseline { counts })
    }

    /// The text of the file: one finding a line, in an order that changes little from one to the next.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .counts
            .iter()
            .map(|(known, count)| {
                serde_json::json!({ "rule": known.rule, "path": known.path, "hash": known.hash, "count": count })
                    .to_string()
            })
            .collect();
        let findings =
            if lines.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", lines.join(",\n    ")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {findings}\n}}\n")
    }

    /// How many findings it holds.
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Does it hold none?
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes over what another one holds of files and rules that were not looked at.
    pub fn keep(&mut self, old: Baseline, judged: impl Fn(&str, &Utf8Path) -> bool) {
        let kept = old.counts.into_iter().filter(|(known, _)| !judged(&known.rule, Utf8Path::new(&known.path)));
        self.counts.extend(kept);
    }

    /// Takes the findings it holds out of a report, and says there what is fixed. `judged`: the rule ran, and the file
    /// would have been looked at.
    pub fn apply(
        &self,
        report: &mut Report,
        sources: &Sources,
        place: &dyn Fn(&Utf8Path) -> Utf8PathBuf,
        judged: impl Fn(&str, &Utf8Path) -> bool,
    ) {
        let mut left = self.counts.clone();
        for finding in std::mem::take(&mut report.findings) {
            match left.get_mut(&known(&finding, sources, place)).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    report.summary.baselined += 1;
                    report.suppressed.push(Suppressed { finding, by: SuppressedBy::Baseline, reason: None });
                }
                None => report.findings.push(finding),
            }
        }
        report.suppressed.sort_by(|a, b| order(&a.finding, &b.finding, sources));
        for (known, count) in left.into_iter().filter(|(_, count)| *count > 0) {
            if judged(&known.rule, Utf8Path::new(&known.path)) {
                report.summary.fixed += count;
                let message = format!("`{}` is fixed here, and the baseline still holds it", known.rule);
                report.notices.push(Notice { path: known.path.into(), line: 0, message });
            }
        }
    }
}

fn known(finding: &Finding, sources: &Sources, place: &dyn Fn(&Utf8Path) -> Utf8PathBuf) -> Known {
    Known {
        path: place(sources.path(finding.primary.span.file)).into_string(),
        rule: finding.rule.to_string(),
        hash: marked_hash(finding, sources),
    }
}
