//! What the formats print.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use corslint::error::{Error, Place};
use corslint::finding::{Finding, Group, Label, Report, Severity, Summary, Suppressed, SuppressedBy};
use corslint::report::{self, Format, Options, RuleInfo};
use corslint::source::{FileId, Notice, Sources, Span};

fn span_of(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.text(file).find(text).unwrap();
    Span::new(file, start, start + text.len())
}

fn finding(sources: &Sources, file: FileId, text: &str) -> Finding {
    Finding {
        rule: "wildcard-credentials".into(),
        severity: Severity::Error,
        group: Group::Security,
        message: "express allows credentials for every origin".into(),
        help: "name the origins:\n  origin: ['https://app.example.com']".into(),
        primary: Label { span: span_of(sources, file, text), text: "every origin".into() },
        labels: Vec::new(),
        environment: "production".into(),
        platform: "express".into(),
        witness: Some("https://evil.example".into()),
        see: vec!["https://fetch.spec.whatwg.org/#cors-protocol-and-credentials".into()],
    }
}

fn report(findings: Vec<Finding>) -> Report {
    let summary = Summary { files: 3, servers: 1, policies: 2, ..Summary::default() };
    Report { findings, suppressed: Vec::new(), notices: Vec::new(), summary, unread: None }
}

fn print(format: Format, report: &Report, sources: &Sources, options: Options<'_>) -> String {
    let mut out = Vec::new();
    format.write(report, sources, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(format: Format, report: &Report, sources: &Sources) -> String {
    print(format, report, sources, Options::default())
}

fn shop() -> (Sources, FileId, FileId) {
    let mut sources = Sources::default();
    let server = "const cors = require('cors')\napp.use(cors({\n  origin: true,\n  credentials: true,\n}))\n";
    let server = sources.add("api/server.js".into(), server.into());
    let client = "// client\nfetch(url, { credentials: 'include' })\n";
    let client = sources.add("web/client.js".into(), client.into());
    (sources, server, client)
}

#[test]
fn full_shows_lines_labels_witness_help_and_other_files() {
    let (sources, server, client) = shop();
    let mut finding = finding(&sources, server, "true");
    let label = |file, text, says: &str| Label { span: span_of(&sources, file, text), text: says.into() };
    finding.labels = vec![
        label(client, "credentials: 'include'", "sends credentials"),
        label(server, "credentials: true", "with credentials"),
    ];
    let expected = "\
  error[wildcard-credentials]: express allows credentials for every origin
   ╭─[api/server.js:3:11]
 2 │ app.use(cors({
 3 │   origin: true,
   ·           ──┬─
   ·             ╰── every origin
 4 │   credentials: true,
   ·   ────────┬────────
   ·           ╰── with credentials
 5 │ }))
   ╰────
note: see web/client.js
   ╭─[web/client.js:2:14]
 1 │ // client
 2 │ fetch(url, { credentials: 'include' })
   ·              ───────────┬──────────
   ·                         ╰── sends credentials
   ╰────
  witness: https://evil.example
  help: name the origins:
          origin: ['https://app.example.com']
  see: https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
  more: corslint explain wildcard-credentials

Looked at 3 files: 1 server, 2 CORS policies; 1 error
";
    assert_eq!(plain(Format::Full, &report(vec![finding]), &sources), expected);
}

#[test]
fn labels_far_apart_are_shown_apart_with_true_line_numbers() {
    let mut sources = Sources::default();
    let text = format!("origin: true\n{}credentials: true\n", "\n".repeat(40));
    let file = sources.add("a.js".into(), text.as_str().into());
    let mut finding = finding(&sources, file, "origin: true");
    finding.labels = vec![Label { span: span_of(&sources, file, "credentials"), text: "here".into() }];
    let text = plain(Format::Full, &report(vec![finding]), &sources);
    assert!(text.contains("[a.js:1:1]") && text.contains("[a.js:42:1]"), "{text}");
    assert!(text.contains(" 42 │ credentials: true"), "{text}");
    assert!(text.lines().count() < 25, "{text}");
}

#[test]
fn nothing_from_the_sources_reaches_the_terminal_unseen() {
    let mut sources = Sources::default();
    let text = "const a = '\u{1b}[2J\u{202e}' // origin\t*\u{7f}\r\nx\u{9b}\n";
    let file = sources.add("evil\u{1b}]0;x\u{7}.js".into(), text.into());
    let mut finding = finding(&sources, file, "origin");
    finding.message = "message \u{1b}[31m\nsecond".into();
    finding.help = "help \u{202e}\u{1b}[0m".into();
    finding.witness = Some("https://\u{1b}evil".into());
    finding.primary.text = "label \u{1b}[1m".into();
    finding.see = vec!["https://x\u{1b}".into()];
    let mut report = report(vec![finding]);
    report.notices = vec![Notice { path: "n\u{1b}.js".into(), line: 2, message: "what \u{1b}[5m\u{2066}".into() }];
    for &format in Format::ALL {
        let options = Options { verbose: true, ..Options::default() };
        let text = print(format, &report, &sources, options);
        let hidden = |c: &char| {
            (c.is_control() && *c != '\n') || matches!(*c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(text.chars().find(hidden), None, "{text}");
        if ![Format::Full, Format::Concise].contains(&format) {
            continue;
        }
        assert!(text.contains("evil<U+001B>]0;x<U+0007>.js:1:"), "{text}");
        assert!(text.contains("notice: n<U+001B>.js:2: what <U+001B>[5m<U+2066>"), "{text}");
    }
    let text = plain(Format::Full, &report, &sources);
    let lines: Vec<&str> = text.lines().collect();
    let source = lines.iter().position(|line| line.contains("// origin")).unwrap();
    let column = |line: &str, text: &str| line.find(text).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[source], "origin"), column(lines[source + 1], "──"), "the label sits under its word");
}

#[test]
fn long_lines_are_cut_around_the_label() {
    let mut sources = Sources::default();
    let text = format!("{}ORIGIN{}\n", "é".repeat(5000), "b".repeat(5000));
    let file = sources.add("a.js".into(), text.as_str().into());
    let text = plain(Format::Full, &report(vec![finding(&sources, file, "ORIGIN")]), &sources);
    assert!(text.contains("[a.js:1:5001]"), "{text}");
    assert!(text.contains("éORIGINb") && text.contains('…'), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 180), "{text}");
}

#[test]
fn a_tall_label_is_shown_by_its_first_line() {
    let mut sources = Sources::default();
    let block = format!("cors({{\n{}}})", "  a: 1,\n".repeat(50));
    let file = sources.add("a.js".into(), format!("{block}\n").into());
    let text = plain(Format::Full, &report(vec![finding(&sources, file, &block)]), &sources);
    assert!(text.lines().count() < 16, "{text}");
}

#[test]
fn odd_spans_never_break_the_report() {
    let mut sources = Sources::default();
    let texts = ["", "\n", "a", "é\r\né", "a\n\n\nb\n", "\u{feff}x\n"];
    let files: Vec<FileId> = texts.iter().map(|text| sources.add("f.js".into(), (*text).into())).collect();
    for (file, text) in files.iter().zip(texts) {
        for start in 0..text.len() + 2 {
            for end in start..text.len() + 2 {
                let primary = Label { span: Span::new(*file, start, end), text: "here".into() };
                let labels = vec![Label { span: Span::new(*file, 0, end), text: "and here".into() }];
                let (sources, report) =
                    (&sources, report(vec![Finding { primary, labels, ..finding(&sources, *file, "") }]));
                for format in Format::ALL {
                    assert!(plain(*format, &report, sources).contains("every origin"), "{text:?} {start}..{end}");
                }
                assert!(!plain(Format::Full, &report, sources).contains("Failed to read"), "{text:?} {start}..{end}");
            }
        }
    }
}

#[test]
fn colours_only_when_asked() {
    let (sources, server, _) = shop();
    let report = report(vec![finding(&sources, server, "true")]);
    for format in [Format::Full, Format::Concise] {
        assert!(!plain(format, &report, &sources).contains('\u{1b}'));
        assert!(print(format, &report, &sources, Options { color: true, ..Options::default() }).contains("\u{1b}[31m"));
    }
}

#[test]
fn concise_is_one_line_with_columns_in_characters() {
    let mut sources = Sources::default();
    let file = sources.add("a.js".into(), "\n/* äöü😀 */ origin\n".into());
    let finding = Finding { severity: Severity::Warning, ..finding(&sources, file, "origin") };
    let text = plain(Format::Concise, &report(vec![finding]), &sources);
    let first = text.lines().next().unwrap();
    assert_eq!(first, "a.js:2:12: warning[wildcard-credentials] express allows credentials for every origin");
}

#[test]
fn the_summary_tells_nothing_found_from_nothing_wrong() {
    let sources = Sources::default();
    let mut report = report(Vec::new());
    report.summary.suppressed = 2;
    report.notices = vec![Notice { path: "a.js".into(), line: 0, message: "binary, not read".into() }];
    let options = Options { elapsed: Some(Duration::from_millis(120)), ..Options::default() };
    assert_eq!(
        print(Format::Full, &report, &sources, options),
        "Looked at 3 files in 0.12 s: 1 server, 2 CORS policies; nothing wrong; 2 suppressed; 1 notice (-v shows them)\n"
    );
    report.summary = Summary { files: 1, ..Summary::default() };
    report.notices.clear();
    assert_eq!(plain(Format::Concise, &report, &sources), "No CORS found: looked at 1 file, none sets it up\n");
    let package =
        corslint::finding::UnreadPackage { name: "@elysiajs/cors".to_owned(), path: "api/package.json".into() };
    let report = Report { unread: Some(package), ..report };
    assert_eq!(
        plain(Format::Concise, &report, &sources),
        "No CORS found: looked at 1 file; found @elysiajs/cors in api/package.json, which corslint does not read yet\n"
    );
}

#[test]
fn json_has_the_promised_shape_in_the_promised_order() {
    let (sources, server, client) = shop();
    let mut finding = finding(&sources, server, "true");
    finding.labels = vec![Label { span: span_of(&sources, client, "fetch"), text: "asked here".into() }];
    let mut report = report(vec![finding]);
    report.notices = vec![Notice { path: "x.js".into(), line: 4, message: "broken".into() }];
    let text = plain(Format::Json, &report, &sources);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found = &json["findings"][0];
    assert_eq!(json["version"], "1");
    assert_eq!(found["start"], serde_json::json!({"line": 3, "column": 11, "offset": 54}));
    assert_eq!(found["end"]["column"], 15);
    assert_eq!(found["labels"][1]["path"], "web/client.js");
    assert_eq!(found["labels"][0]["text"], "every origin");
    assert_eq!(found["witness"], "https://evil.example");
    assert_eq!(json["notices"][0], serde_json::json!({"path": "x.js", "line": 4, "message": "broken"}));
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("      \"").or_else(|| line.strip_prefix("    \"")).or_else(|| line.strip_prefix("  \""))
        })
        .filter_map(|line| line.split('"').next())
        .collect();
    assert_eq!(
        keys,
        [
            "version",
            "findings",
            "rule",
            "severity",
            "group",
            "message",
            "help",
            "path",
            "start",
            "end",
            "labels",
            "environment",
            "platform",
            "fingerprint",
            "witness",
            "notices",
            "path",
            "line",
            "message",
            "summary",
            "files",
            "servers",
            "policies",
            "errors",
            "warnings",
            "infos",
            "suppressed",
            "baselined",
            "fixed",
            "unchanged"
        ]
    );
}

#[test]
fn fingerprints_survive_moves_and_tell_twins_apart() {
    let mut sources = Sources::default();
    let before = sources.add("a.js".into(), "origin: true,\n".into());
    let after = sources.add("a.js".into(), "// new\n\n    origin:   true,\r\n".into());
    let other = sources.add("a.js".into(), "origin: false,\n".into());
    let print = |file| report::fingerprints(&[finding(&sources, file, "origin")], &sources);
    assert_eq!(print(before), print(after));
    assert_ne!(print(before), print(other));
    let twice = [finding(&sources, before, "origin"), finding(&sources, before, "origin")];
    let twins = report::fingerprints(&twice, &sources);
    assert_eq!(twins[0], print(before)[0]);
    assert_ne!(twins[0], twins[1]);
    assert_eq!(twins[0].len(), 16);
}

#[test]
fn errors_show_the_line_of_the_rule_file() {
    let text = "id: x\nwhen: policy.credentails\n";
    let start = text.find("credentails").unwrap();
    let place =
        Place { path: "rules/x.yaml".into(), text: text.into(), range: start..start + 11, label: "unknown".into() };
    let error = Error::new("no such field").at(place).with_help("did you mean `credentials`?");
    let mut out = Vec::new();
    report::error::write(&error, false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("error: no such field\n"), "{text}");
    assert!(text.contains("[rules/x.yaml:2:14]") && text.contains("help: did you mean"), "{text}");
}

#[test]
fn sarif_says_who_left_a_finding_out_and_why() {
    let (sources, server, _) = shop();
    let kept = finding(&sources, server, "true");
    let left_out = |by, reason: Option<&str>, text: &str| Suppressed {
        finding: finding(&sources, server, text),
        by,
        reason: reason.map(str::to_owned),
    };
    let mut report = report(vec![kept]);
    report.suppressed = vec![
        left_out(SuppressedBy::Comment, Some("public data, see the wiki"), "credentials"),
        left_out(SuppressedBy::Configuration, None, "cors("),
        left_out(SuppressedBy::Baseline, None, "origin"),
    ];
    let json: serde_json::Value = serde_json::from_str(&plain(Format::Sarif, &report, &sources)).unwrap();
    let results = json["runs"][0]["results"].as_array().unwrap();
    let suppressions: Vec<&serde_json::Value> = results.iter().map(|result| &result["suppressions"]).collect();
    assert!(suppressions[0].is_null());
    let said = |kind: &str, why: Option<&str>| {
        let mut one = serde_json::json!({ "kind": kind, "status": "accepted" });
        if let Some(why) = why {
            one["justification"] = why.into();
        }
        serde_json::json!([one])
    };
    assert_eq!(*suppressions[1], said("inSource", Some("public data, see the wiki")));
    assert_eq!(*suppressions[2], said("external", None));
    assert_eq!(*suppressions[3], said("external", Some("The baseline holds it.")));
    // What is left out does not rename what is not.
    let alone = report::fingerprints(&report.findings, &sources);
    assert_eq!(results[0]["partialFingerprints"]["corslint/v1"], alone[0].as_str());
}

#[test]
fn sarif_describes_the_rules_it_is_given() {
    let (sources, server, _) = shop();
    let rule = RuleInfo {
        id: "wildcard-credentials".into(),
        title: "Any origin may send credentials".into(),
        group: Group::Security,
        severity: Severity::Error,
        pedantic: true,
        why: "Because of\nthe standard.\n\nMore.".into(),
        fix: "Name the origins.".into(),
        see: vec!["https://fetch.spec.whatwg.org/".into()],
    };
    let rules = [rule];
    let options = Options { rules: &rules, within: "packages/shop", ..Options::default() };
    let text = print(Format::Sarif, &report(vec![finding(&sources, server, "true")]), &sources, options);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &json["runs"][0];
    let described = &run["tool"]["driver"]["rules"][0];
    assert_eq!(described["fullDescription"]["text"], "Because of the standard.");
    assert_eq!(described["properties"]["security-severity"], "8.0");
    assert_eq!(described["properties"]["tags"], serde_json::json!(["cors", "security", "pedantic"]));
    assert!(described["help"]["markdown"].as_str().unwrap().contains("## What to do\n\nName the origins."));
    assert_eq!(run["results"][0]["ruleIndex"], 0);
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "packages/shop/api/server.js");
    assert_eq!(place["region"]["startColumn"], 11);
}

#[test]
fn prose_and_source_lines_fit_the_terminal() {
    let mut sources = Sources::default();
    let text = format!("{}origin: true{}\n", "a".repeat(300), "b".repeat(300));
    let file = sources.add("a.js".into(), text.as_str().into());
    let mut finding = finding(&sources, file, "origin: true");
    finding.message = "one two three four five ".repeat(12);
    finding.help = format!("{}\nthen Access-Control-Allow-Origin {0}", "do this and that ".repeat(8));
    let report = report(vec![finding]);
    for width in [60, 80, 120] {
        let text = print(Format::Full, &report, &sources, Options { width: Some(width), ..Options::default() });
        let too_long = text.lines().find(|line| line.chars().count() > width && !line.contains("https://"));
        assert_eq!(too_long, None, "{width}: {text}");
        assert!(text.contains("origin: true") && text.contains("Access-Control-Allow-Origin"), "{text}");
    }
    let unwrapped = plain(Format::Full, &report, &sources);
    assert!(unwrapped.lines().next().unwrap().len() > 200, "where there is no terminal, lines are left alone");
}

#[test]
fn links_only_when_asked_and_only_to_the_web() {
    let (sources, server, _) = shop();
    let mut one = finding(&sources, server, "true");
    one.see.push("javascript:alert(1)".into());
    one.see.push("https://x.example/\u{1b}\\evil".into());
    let report = report(vec![one]);
    let link = "\u{1b}]8;;https://fetch.spec.whatwg.org/#cors-protocol-and-credentials\u{1b}\\";
    let text = print(Format::Full, &report, &sources, Options { color: true, links: true, ..Options::default() });
    assert_eq!(text.matches(link).count(), 2, "the title and the address: {text}");
    assert_eq!(text.matches("\u{1b}]8;;").count(), 4, "{text}");
    assert!(!print(Format::Full, &report, &sources, Options { color: true, ..Options::default() }).contains("]8;;"));
}

#[test]
fn markdown_stops_where_its_room_ends() {
    let (sources, server, _) = shop();
    let report = report(vec![finding(&sources, server, "true"); 50]);
    let whole = plain(Format::Markdown, &report, &sources);
    let cut = print(Format::Markdown, &report, &sources, Options { most: Some(3000), ..Options::default() });
    assert!(cut.len() <= 3000 && cut.len() > 2000, "{}", cut.len());
    let rows = |text: &str| text.lines().filter(|line| line.starts_with("| error")).count();
    assert_eq!(rows(&whole), 50);
    assert!(cut.ends_with(&format!("\nAnd {} more, for which there is no room here.\n", 50 - rows(&cut))), "{cut}");
}
