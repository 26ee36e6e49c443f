//! The annotations of GitHub Actions, and the summary of a step.

use std::fs;

use super::{OPEN, Project};

fn commands(out: &str) -> Vec<&str> {
    out.lines().filter(|line| line.starts_with("::")).collect()
}

#[test]
fn the_log_comes_first_and_then_what_github_shows_beside_the_code() {
    let ran = Project::new(&[("api/a.js", OPEN)]).run(&["--format", "github"]);
    let commands = commands(&ran.out);
    assert!(ran.out.contains("╭─[api/a.js:4:24]") && ran.out.contains("Looked at 1 file"), "{}", ran.out);
    let start = "::error file=api/a.js,line=4,endLine=4,col=24,endColumn=28,title=reflected-origin::";
    assert!(commands[0].starts_with(start), "{}", ran.out);
    assert!(commands[0].contains("%0A"), "the help is part of the message");
    assert!(commands.iter().any(|command| command.starts_with("::notice ")), "{}", ran.out);
    assert!(ran.out.ends_with(&format!("{}\n", commands.join("\n"))), "nothing comes between them");
}

#[test]
fn a_stretch_of_lines_has_no_columns() {
    let text = OPEN.replace("{ origin: true, credentials: true }", "{\n  origin: true,\n  credentials: true,\n}");
    let ran = Project::new(&[("a.js", text.as_str())]).run(&["--format", "github"]);
    let notice = commands(&ran.out).into_iter().find(|command| command.contains("missing-max-age")).unwrap();
    assert!(notice.starts_with("::notice file=a.js,line=4,endLine=7,title=missing-max-age::"), "{notice}");
}

#[test]
fn ten_of_a_level_are_shown_the_worst_first_and_the_last_tells_of_the_rest() {
    // Twelve origins with a slash, which a browser refuses, and one server open to all, which is worse.
    let origins: String = (1..=12).map(|n| format!("  'https://a{n}.example/',\n")).collect();
    let closed = OPEN.replace("true, cred", &format!("[\n{origins}], maxAge: 600, cred"));
    let ran = Project::new(&[("a.js", &closed), ("b.js", OPEN)]).run(&["--format", "github"]);
    let errors: Vec<&str> = commands(&ran.out).into_iter().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 10, "{}", ran.out);
    assert!(errors[0].contains("title=reflected-origin::"), "{}", errors[0]);
    assert!(errors[1].starts_with("::error file=a.js,line=5,"), "{}", errors[1]);
    assert!(errors[9].contains("And 3 more errors: "), "{}", errors[9]);
    assert!(errors[..9].iter().all(|line| !line.contains("more errors")));
    assert_eq!(ran.out.matches("\nerror[").count() + usize::from(ran.out.starts_with("error[")), 13, "the log has all");
}

#[test]
fn the_summary_page_gets_the_whole_list_below_what_it_has() {
    let project = Project::new(&[("a.js", OPEN)]);
    let page = project.path().join("summary.md");
    fs::write(&page, "before\n").unwrap();
    let project = project.env("GITHUB_STEP_SUMMARY", page.to_str().unwrap());
    let ran = project.run(&["--format", "github"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let text = project.read("summary.md");
    assert!(text.starts_with("before\n## corslint\n"), "{text}");
    assert!(text.contains("reflected-origin") && text.contains("missing-max-age"), "{text}");
    project.run(&["--format", "json"]);
    assert_eq!(project.read("summary.md"), text, "other formats leave it alone");
}

#[test]
fn a_summary_page_that_is_nearly_full_is_not_filled_beyond_what_github_takes() {
    let project = Project::new(&[("a.js", OPEN)]);
    let page = project.path().join("summary.md");
    fs::write(&page, "x".repeat(1024 * 1024 - 300)).unwrap();
    let project = project.env("GITHUB_STEP_SUMMARY", page.to_str().unwrap());
    assert_eq!(project.run(&["--format", "github"]).code, Some(1));
    let text = project.read("summary.md");
    assert!(text.len() <= 1024 * 1024, "{}", text.len());
    assert!(text.contains("more, for which there is no room here"), "{}", &text[text.len() - 400..]);
}

#[test]
fn a_summary_page_that_cannot_be_written_is_an_error() {
    let project = Project::new(&[("a.js", OPEN)]).env("GITHUB_STEP_SUMMARY", "no/such/page.md");
    let ran = project.run(&["--format", "github"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("cannot write `no/such/page.md`") && ran.out.contains("::error "), "{}", ran.err);
}

#[test]
fn paths_start_at_the_root_of_the_repository() {
    let project = Project::new(&[("services/api/a.js", OPEN)]);
    fs::create_dir(project.path().join(".git")).unwrap();
    let ran = project.run_in("services/api", &["--format", "github"]);
    assert!(commands(&ran.out)[0].starts_with("::error file=services/api/a.js,line=4,"), "{}", ran.out);
    assert!(ran.out.contains("╭─[a.js:4:24]"), "the log is for whoever works in that directory: {}", ran.out);
}
