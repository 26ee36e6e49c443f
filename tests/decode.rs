//! `corslint decode` as a user meets it: a message, a repository, and the line that has to change.
//!
//! Every folder of fixtures/decode/ is a small repository with a `message.txt` out of somebody's console. `expected.txt` names
//! the place that must come first, as `path:line rule` (`-` where no rule but the model knows it); empty means none.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use camino::Utf8Path;
use serde_json::Value;

fn run(directory: &Utf8Path, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corslint"));
    command.env_clear().current_dir(directory).arg("decode").args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Only the beginning of a long text is read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(directory: &Utf8Path, arguments: &[&str], stdin: &str) -> Value {
    let output = run(directory, &[&["--format", "json"], arguments].concat(), stdin);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn places(json: &Value) -> Vec<String> {
    let explanations = json["messages"][0]["explanations"].as_array().unwrap().iter();
    explanations
        .map(|one| {
            format!(
                "{}:{} {}",
                one["path"].as_str().unwrap(),
                one["start"]["line"],
                one["rule"].as_str().unwrap_or("-")
            )
        })
        .collect()
}

#[test]
fn the_line_that_has_to_change_comes_first() {
    let mut failures = Vec::new();
    for folder in support::folders_in("fixtures/decode") {
        let message = fs::read_to_string(folder.join("message.txt")).unwrap();
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let json = json(&folder, &[], &message);
        assert_eq!(json["messages"].as_array().unwrap().len(), 1, "{folder}: {json:#}");
        let found = places(&json);
        if found.first().map_or("", String::as_str) != expected.trim() {
            failures.push(format!("{}: expected {}, found {found:#?}", folder.file_name().unwrap(), expected.trim()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_message_is_taken_from_the_command_line_or_from_stdin() {
    let folder = support::folder("fixtures/decode/method");
    let message = fs::read_to_string(folder.join("message.txt")).unwrap();
    let given = run(&folder, &[message.trim()], "");
    let piped = run(&folder, &[], &message);
    let dashed = run(&folder, &["-"], &message);
    assert!(text(&given).starts_with("The method is not in Access-Control-Allow-Methods\n"), "{}", text(&given));
    assert!(text(&given).contains("method: PATCH") && text(&given).contains("src/cors.js:3:"), "{}", text(&given));
    assert_eq!((text(&given), text(&given)), (text(&piped), text(&dashed)));
    // A shell takes unquoted text apart, and the quotes away.
    let words: Vec<&str> = message.split_whitespace().collect();
    let unquoted: Vec<String> = words.iter().map(|word| word.replace('\'', "")).collect();
    let unquoted: Vec<&str> = unquoted.iter().map(String::as_str).collect();
    assert_eq!(text(&run(&folder, &unquoted, "")), text(&given));
}

#[test]
fn the_repository_may_lie_elsewhere() {
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = Utf8Path::from_path(nowhere.path()).unwrap();
    let folder = support::folder("fixtures/decode/method");
    let message = fs::read_to_string(folder.join("message.txt")).unwrap();
    assert!(text(&run(nowhere, &[], &message)).contains("No CORS was found in `.`"));
    assert_eq!(
        json(nowhere, &["--in", folder.as_str()], &message)["messages"][0]["explanations"].as_array().unwrap().len(),
        1
    );
    let missing = run(nowhere, &["--in", "no-such-place"], &message);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn firefox_does_not_name_the_page_but_the_user_can() {
    let folder = support::folder("fixtures/decode/no-header-www");
    let message = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
                   https://api.example.com/cart/. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.";
    let json = json(&folder, &["--from", "https://www.example.com"], message);
    assert_eq!(places(&json)[0], "shop/settings.py:8 www-mismatch");
    assert_eq!(json["messages"][0]["words"]["origin"], "https://www.example.com");
}

#[test]
fn what_is_no_message_is_said_to_be_none() {
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = Utf8Path::from_path(nowhere.path()).unwrap();
    let output = run(nowhere, &["Uncaught ReferenceError: cors is not defined"], "");
    assert_eq!((output.status.code(), text(&output).contains("This is no CORS message")), (Some(0), true));
    let policy = "Refused to connect to 'https://api.example.com/' because it violates the following Content Security Policy \
                  directive: \"default-src 'self'\".";
    let output = run(nowhere, &[policy], "");
    assert_eq!((output.status.code(), text(&output).contains("`connect-src`")), (Some(0), true));
    assert_eq!(json(nowhere, &["hello"], "")["messages"], Value::Array(Vec::new()));
}

#[test]
fn the_example_of_the_readme_is_what_the_program_says() {
    let readme = fs::read_to_string(support::folder("README.md")).unwrap();
    let section = readme.split("## Decode a console message").nth(1).unwrap();
    let message = section.split("corslint decode \"").nth(1).unwrap().split('"').next().unwrap();
    let shown = section.split("<!-- decode -->\n```text\n").nth(1).unwrap().split("```").next().unwrap();
    let output = text(&run(&support::folder("examples/shop"), &[message], ""));
    let mut lines = output.lines();
    for line in shown.lines().filter(|line| line.trim() != "…") {
        assert!(lines.any(|said| said == line), "the program does not say (any more): {line}\n{output}");
    }
}

#[test]
fn wrong_usage_is_two() {
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = Utf8Path::from_path(nowhere.path()).unwrap();
    for (arguments, stdin) in
        [(vec!["-"], " \n"), (vec![], ""), (vec!["--format", "xml", "x"], ""), (vec!["--env", "x", "x"], "")]
    {
        let output = run(nowhere, &arguments, stdin);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn hostile_text_steers_no_terminal() {
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = Utf8Path::from_path(nowhere.path()).unwrap();
    let message = "Access to fetch at 'https://api.example.com/\u{1b}[31m\u{202e}x' from origin 'https://app.example.com' has been \
                   blocked by CORS policy: Method P\u{7}UT is not allowed by Access-Control-Allow-Methods in preflight response.";
    let output = text(&run(nowhere, &[], message));
    assert!(!output.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{output:?}");
    let long = "Access to fetch at 'https://".repeat(20_000);
    assert_eq!(run(nowhere, &["-"], &long).status.code(), Some(0));
}
