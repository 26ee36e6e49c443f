//! Every rule's examples are run: a bad one gives exactly one finding of its rule at its mark, a good one none.

use camino::Utf8PathBuf;
use corslint::config::Configuration;
use corslint::pipeline::{self, Stated};
use corslint::rules::examples::{Checked, verify};
use corslint::rules::{Rule, embedded_files, embedded_ids, load};
use corslint::scan::Scan;

fn check(files: &[(String, String)], rules: &[Rule]) -> Checked {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(path), text.clone())).collect();
    let mut scan = Scan::of_texts(&files);
    let configuration = files.iter().find(|(path, _)| path == "corslint.toml").map(|(path, text)| {
        Configuration::parse(path, text.as_str(), "".into()).unwrap_or_else(|error| panic!("{error}"))
    });
    let stated = configuration.map(|configuration| configuration.state(&mut scan, true)).unwrap_or_default();
    let (report, _) = pipeline::check(&mut scan, rules, &Stated { known: embedded_ids().collect(), ..stated });
    Checked { report, sources: scan.sources }
}

#[test]
fn examples_of_every_rule_hold() {
    let rules = load(embedded_files()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let only = std::env::var("RULE").ok();
    let mut failures = Vec::new();
    for rule in rules.iter().filter(|rule| only.as_ref().is_none_or(|only| *rule.id == **only)) {
        failures.extend(verify(rule, &rules, check));
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
