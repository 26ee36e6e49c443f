//! Names, sources and so messages that were written to harm whoever shows them.
#![cfg(unix)]

use serde_json::Value;

use super::{FORMATS, Project, elements};

const NAME: &str = "::error::n\n::error::n%0A,b:c<&\">]]>'|`\u{1b}[31m\u{202e}\u{9b}5m##[error]é .js";

const SOURCE: &str = "const express = require('express');
const cors = require('cors');
const app = express();
/* \u{1b}]0;title\u{7} \u{202e} \u{9b}31m ##[add-matcher]x */
app.use(cors({
  origin: [
    'https://a.example/\\n::error::pwned\\r\\n::stop-commands::x',
    'https://b.example/%0A%25]]><script>|`x`\"&amp;##[error]x\u{1b}[31m\u{202e}\u{9b}',
    `https://c.example/
::stop-commands::pwned
##[error]y`,
    'https://d.example/[click](https://evil.example)',
  ],
  credentials: true,
}));
app.put('/x', (req, res) => res.send());
";

fn hostile() -> Project {
    let project = Project::new(&[(NAME, SOURCE), (&format!("sub/{}", NAME.replace('\n', "")), SOURCE)]);
    // A notice about a hostile name.
    project.write(&format!("binary-{NAME}"), "cors\0");
    project
}

/// What would act on a terminal or hide in a text.
fn hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn no_format_lets_anything_through_that_steers_a_terminal_or_a_runner() {
    let project = hostile();
    for format in FORMATS {
        for arguments in [&["--format", format][..], &["--format", format, "-v"]] {
            let ran = project.run(arguments);
            assert_eq!(ran.code, Some(1), "{format}: {}", ran.err);
            assert_eq!(ran.out.chars().find(|c| hidden(*c)), None, "{format}: {}", ran.out);
            assert!(!ran.out.contains("##["), "{format}: {}", ran.out);
            let own = |line: &&str| {
                *format == "github"
                    && ["::error file=", "::warning file=", "::notice file="].iter().any(|own| line.starts_with(own))
            };
            let foreign = ran.out.lines().filter(|line| line.trim_start().starts_with("::")).find(|line| !own(line));
            assert_eq!(foreign, None, "{format}");
        }
    }
}

#[test]
fn json_means_what_is_there() {
    let json = hostile().json(&["--format", "json"]);
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["path"] == NAME), "{json:#}");
    assert!(findings.iter().any(|finding| finding["message"].as_str().unwrap().contains("\u{9b}`")), "{json:#}");
    let lines = hostile().run(&["--format", "jsonl"]).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), findings.len());
}

#[test]
fn xml_stays_whole() {
    for format in ["junit", "checkstyle"] {
        let found = elements(&hostile().run(&["--format", format]).out);
        let shown =
            "<U+003A>:error::n<U+000A>::error::n%0A,b:c<&\">]]>'|`<U+001B>[31m<U+202E><U+009B>5m##<U+005B>error]é .js";
        let named = found.iter().any(|(_, attributes)| attributes.iter().any(|(_, value)| value == shown));
        assert!(named, "{format}: {found:?}");
        let known = ["testsuites", "testsuite", "testcase", "failure", "checkstyle", "file", "error"];
        assert!(found.iter().all(|(name, _)| known.contains(&name.as_str())), "{format}: {found:?}");
    }
}

#[test]
fn annotations_are_one_line_with_the_properties_they_say() {
    let ran = hostile().run(&["--format", "github"]);
    let commands: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("::")).collect();
    assert!(commands.len() >= 8, "{}", ran.out);
    for command in commands {
        let (properties, _) = command[2..].split_once("::").unwrap();
        let (_, properties) = properties.split_once(' ').unwrap();
        let names: Vec<&str> = properties.split(',').map(|one| one.split_once('=').unwrap().0).collect();
        let known = ["file", "line", "endLine", "col", "endColumn", "title"];
        assert!(names.iter().all(|name| known.contains(name)) && names.len() >= 4, "{command}");
    }
}

#[test]
fn markdown_holds_no_markup_of_theirs() {
    let text = hostile().run(&["--format", "markdown"]).out;
    let mut rows = 0;
    for line in text.lines().filter(|line| line.starts_with('|')) {
        // Pipes that are not escaped part four cells.
        let bare = line.replace("\\|", "");
        assert_eq!(bare.matches('|').count(), 5, "{line}");
        rows += 1;
        let outside = outside_of_code(&bare).replace("<br>", "");
        let links = outside.matches("](<https://").count();
        assert_eq!(outside.matches("](").count(), links, "{line}");
        assert_eq!(outside.matches('<').count(), links, "{line}");
    }
    assert!(rows > 8, "{text}");
}

/// A line of Markdown without its code spans, read as CommonMark reads them: a run of backticks opens a span that the
/// next run of the same length closes.
fn outside_of_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        if rest[..at].ends_with('\\') {
            out += &rest[..=at];
            rest = &rest[at + 1..];
            continue;
        }
        out += &rest[..at];
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let body = &rest[at + run..];
        let mut from = 0;
        let close = loop {
            let Some(found) = body[from..].find('`').map(|found| found + from) else { break None };
            let length = body[found..].chars().take_while(|c| *c == '`').count();
            if length == run {
                break Some(found);
            }
            from = found + length;
        };
        match close {
            Some(close) => rest = &body[close + run..],
            None => {
                out += &rest[at..at + run];
                rest = body;
            }
        }
    }
    out + rest
}

#[test]
fn sarif_embeds_no_link_and_its_uris_are_uris() {
    let log = hostile().json(&["--format", "sarif"]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 8);
    for result in results {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains("]("), "{text}");
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.chars().all(|c| c.is_ascii_graphic() && !"<>\"`|:#[]\\^{}".contains(c)), "{uri}");
    }
}

#[test]
fn what_stderr_tells_is_harmless_too() {
    let project = hostile();
    for arguments in
        [&["--show-files", "--show-model", "--format", "json"][..], &["--format", "json", "::error::\u{1b}[1m"]]
    {
        let ran = project.run(arguments);
        assert!(!ran.err.is_empty());
        assert_eq!(ran.err.chars().find(|c| hidden(*c)), None, "{}", ran.err);
        assert!(
            ran.err.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##[")),
            "{}",
            ran.err
        );
    }
}
