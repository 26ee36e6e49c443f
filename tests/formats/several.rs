//! Several formats in one run, and outputs that cannot be written.

use super::{FORMATS, OPEN, Project};

#[test]
fn every_format_goes_to_its_own_file() {
    let project = Project::new(&[("server.js", OPEN)]);
    let targets: Vec<String> = FORMATS.iter().map(|format| format!("--format={format}=out.{format}")).collect();
    let mut arguments: Vec<&str> = targets.iter().map(String::as_str).collect();
    arguments.extend(["--format", "concise"]);
    let ran = project.run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{}", ran.out);
    assert!(ran.out.starts_with("server.js:4:"), "{}", ran.out);
    for format in FORMATS {
        let text = project.read(&format!("out.{format}"));
        assert!(text.contains("server.js") && text.contains("reflected-origin"), "{format}: {text}");
        assert!(!text.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn exit_codes_are_the_same_for_every_format() {
    let bad = Project::new(&[("server.js", OPEN)]);
    let empty = Project::new(&[]);
    for format in FORMATS {
        assert_eq!(bad.run(&["--format", format]).code, Some(1), "{format}");
        assert_eq!(bad.run(&["--format", format, "--fail-on", "never"]).code, Some(0), "{format}");
        assert_eq!(empty.run(&["--format", format]).code, Some(0), "{format}");
    }
}

#[test]
fn two_reports_in_one_place_are_refused() {
    let project = Project::new(&[("server.js", OPEN), ("sub/x.txt", "")]);
    let absolute = format!("gitlab={}/o.json", project.path().to_str().unwrap());
    let table: &[(&[&str], &str)] = &[
        (&["--format", "json", "--format", "sarif"], "`json` and `sarif` would both be written to stdout"),
        (&["--format", "json,sarif=-"], "`json` and `sarif` would both be written to stdout"),
        (&["--format", "json=o.json,sarif=o.json"], "`json` and `sarif` would both be written to `o.json`"),
        (&["--format", "json=o.json,sarif=./o.json"], "would both be written to `./o.json`"),
        (&["--format", "json=o.json,sarif=sub/../o.json"], "would both be written to `sub/../o.json`"),
        (&["--format", "json=o.json", "--format", &absolute], "`json` and `gitlab` would both be written to"),
    ];
    for (arguments, message) in table {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.out);
        assert!(ran.err.contains(message) && ran.err.contains("help: give each a file"), "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty() && !project.path().join("o.json").exists(), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn what_cannot_be_written_is_an_error_and_the_rest_is_still_said() {
    let project = Project::new(&[("server.js", OPEN)]);
    let ran =
        project.run(&["--format", "sarif=no/such/place.sarif", "--format", "json=ok.json", "--format", "concise"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("cannot write `no/such/place.sarif`"), "{}", ran.err);
    assert!(ran.out.contains("reflected-origin"), "{}", ran.out);
    assert!(project.read("ok.json").contains("reflected-origin"));
    let ran = project.run(&["--format", "json=."]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("cannot write `.`"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error() {
    let project = Project::new(&[("server.js", OPEN)]);
    let ran = project.run(&["--format", "sarif=/dev/full"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("cannot write `/dev/full`"), "{}", ran.err);
}
