//! Every kind of broken rule gets one clear error at the right place.

use corslint::rules::load;

use crate::{SOUND, read, sample, told};

/// The sample with `line` replaced has one error, at `marked`, whose words contain `message` and `help`.
#[track_caller]
fn broken(line: &str, replacement: &str, marked: &str, message: &str, help: &str) {
    let Err(errors) = sample(line, replacement) else { panic!("accepted: {replacement}") };
    let [error] = errors.as_slice() else { panic!("not one error:\n{}", told(&errors)) };
    assert_eq!(error.file, "sample.yaml");
    assert_eq!(&error.text[error.span.clone()], marked, "{error}");
    assert!(error.message.contains(message), "{error}");
    assert!(error.help.as_deref().unwrap_or("").contains(help), "{error}");
}

const WHEN: &str = "when: policy.allow_origin.any";
const AT: &str = "at: policy.allow_origin";
const MESSAGE: &str = r#"message: "{{ policy.platform }} allows every origin""#;

#[test]
fn the_form() {
    broken("title: A sample", "titel: A sample", "titel", "no field `titel`", "did you mean `title`?");
    broken("group: security", "group: safety", "safety", "`safety` cannot stand here", "security, blocked");
    broken("severity: warning", "severity: fatal", "fatal", "cannot stand here", "error, warning, info");
    broken("why: Because.", "", "id: sample", "`why` is missing", "");
    broken("  - good: express", "  - god: express", "god", "no field `god`", "did you mean `good`?");
    broken("title: A sample", "title: [A, b]", "[", "expected string scalar", "");
    broken("title: A sample", "title: A sample.", "A sample.", "one line without a full stop", "");
    broken("id: sample", "id: Sample", "Sample", "lower-case words", "");
    broken("id: sample", "id: other", "other", "the file is called `sample.yaml`", "call it `other.yaml`");
    broken("see: [https://fetch.spec.whatwg.org/]", "see: [fetch]", "fetch", "begins with `https://`", "");
    broken("given: policy", "given: polcy", "polcy", "cannot be given `polcy`", "did you mean `policy`?");
    broken("given: policy", "given: weather", "weather", "cannot be given", "policy, origin");
    broken("fix: Change it.", "fix: { django: Do. }", "{", "no `default`", "other platforms");
}

#[test]
fn a_file_that_is_not_yaml() {
    for text in ["", "id: [", "- a\n- b\n", "\u{0}", "id: x\nid: y\n", "{{{{", "a: &a [*a]"] {
        assert!(read(text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn an_id_that_is_taken() {
    let file = |path: &str| (path.into(), SOUND.to_owned());
    let errors = load([file("rules/sample.yaml"), file("own/sample.yaml")]).expect_err("the same id twice");
    assert_eq!(errors[0].file, "own/sample.yaml");
    assert!(errors[0].message.contains("already a rule `sample`"));
}

#[test]
fn expressions() {
    broken(WHEN, "when: policy.allow_orign.any", "allow_orign", "has no `allow_orign`", "did you mean `allow_origin`?");
    broken(WHEN, "when: polic.installed.yes", "polic", "nothing is called `polic`", "did you mean `policy`?");
    broken(WHEN, "when: policy.allow_origin", "policy.allow_origin", "not a condition", "");
    broken(WHEN, "when: policy.installed", "policy.installed", "a question, not a condition", "`.yes`, `.no`");
    broken(WHEN, "when: policy.max_age > 7200", "policy.max_age > 7200", "not compared with operators", ".above(7200)");
    broken(WHEN, "when: policy.max_age == 600", "policy.max_age == 600", "cannot be compared", ".equals(600)");
    broken(WHEN, "when: policy.max_age.above('x')", "'x'", "wrong argument for `.above`", ".above(600)");
    broken(WHEN, "when: policy.allow_methods.has(1)", "1", "wrong argument for `.has`", ".has(\"text\")");
    broken(WHEN, "when: policy.allow_methods.has()", "has", "wrong argument", "");
    broken(WHEN, "when: policy.allow_methods.lacks", "lacks", "asked with an argument", ".lacks(\"text\")");
    broken(WHEN, "when: policy.allow_methods.hass('PUT')", "hass", "no `hass`", "did you mean `has`?");
    broken(WHEN, "when: '\"PUT\" in policy.allow_methods'", "\"PUT\" in policy.allow_methods", "written out", ".has");
    broken(WHEN, "when: policy.platform == 1", "policy.platform == 1", "cannot be compared", "");
    broken(WHEN, "when: policy.installed.yes == true", "policy.installed.yes == true", "compared", "condition itself");
    broken(WHEN, "when: policy.version == policy.place", "policy.version == policy.place", "two unknown texts", "");
    broken(WHEN, "when: has(policy.version)", "policy", "every field exists", "");
    broken(WHEN, "when: policy.platform in ['a', 1]", "1", "texts in quotes", "");
    broken(WHEN, "when: policy.platform + 'x' == 'y'", "policy.platform + 'x'", "not part of the language", "");
    broken(WHEN, "when: policy.place.exists(x, x.y)", "policy.place", "not a list of records", "");
    broken(WHEN, "when: policy.origins.exists(o, o.hst == 'x')", "hst", "no `hst`", "did you mean `host`?");
    broken(WHEN, "when: policy.origins.exists(o, o.host)", "o.host", "a text, not a condition", ".startsWith");
    broken(
        WHEN,
        "when: policy.origins.all(o, o.staging)",
        "policy.origins.all(o, o.staging)",
        "cannot be asked of a list",
        ".exists",
    );
    broken(WHEN, "when: policy.origins.size() == 1", "size", "cannot be asked of a list", ".exists");
    broken(WHEN, "when: policy.origins.exists(o)", "exists", "cannot be asked of a list", "");
    broken(WHEN, "when: policy.allow_origin.any &&", "&", "cannot be read as an expression", "");
    broken(WHEN, "when: '{\"a\": 1}'", "{", "not part of the language", "");
}

#[test]
fn denying_what_may_be_unknown() {
    for (when, marked) in [
        ("'!policy.installed.yes'", "policy.installed.yes"),
        ("'!policy.allow_origin.any'", "policy.allow_origin.any"),
        ("'!(policy.handwritten && policy.max_age.missing)'", "policy.handwritten && policy.max_age.missing"),
        ("'!policy.allow_methods.has(\"PUT\")'", "policy.allow_methods.has(\"PUT\")"),
        ("'policy.installed.yes ? false : true'", "policy.installed.yes"),
        ("'!policy.origins.exists(o, o.staging)'", "policy.origins.exists(o, o.staging)"),
        ("'!(policy.version in [\"1\"])'", "policy.version in [\"1\"]"),
    ] {
        broken(WHEN, &format!("when: {when}"), marked, "may be unknown", "opposite question");
    }
    broken(WHEN, "when: policy.version != '1'", "policy.version != '1'", "also true when the text is unknown", "");
    broken(WHEN, "when: policy.version == ''", "policy.version == ''", "also true when", "");
    broken(WHEN, "when: policy.version.startsWith('')", "''", "wrong argument", "");
    broken(WHEN, "when: policy.version in ['']", "''", "texts in quotes", "");
}

#[test]
fn what_is_known_may_be_denied() {
    for when in [
        "'!policy.handwritten'",
        "policy.platform != 'nginx'",
        "'!(policy.platform in [\"nginx\", \"express\"])'",
        "policy.library == ''",
        "policy.version != ''",
        "'policy.handwritten ? policy.max_age.missing : policy.allow_origin.any'",
    ] {
        let read = sample(WHEN, &format!("when: {when}"));
        assert!(read.is_ok(), "{}", read.err().map_or(String::new(), |errors| told(&errors)));
    }
}

#[test]
fn places_in_folded_and_quoted_text() {
    broken(WHEN, "when: |\n  policy.installed.yes\n  && policy.nam", "nam", "has no `nam`", "");
    broken(WHEN, "when: >-\n  policy.installed.yes &&\n\n  policy.nam", "nam", "has no `nam`", "");
    broken(WHEN, "when: \"policy.platform == \\\"x\\\" && policy.nam\"", "nam", "has no `nam`", "");
    broken(WHEN, "when: 'policy.platform == ''é'' && policy.nam'", "nam", "has no `nam`", "");
}

#[test]
fn messages() {
    broken(MESSAGE, "message: x {{ policy.platfrm }}", "platfrm", "has no `platfrm`", "did you mean `platform`?");
    broken(MESSAGE, "message: x {{ policy.platform", "{{", "is not closed", "");
    broken(MESSAGE, "message: x }} y", "}}", "closes nothing", "");
    broken(MESSAGE, "message: x {{ policy.installed }}", "policy.installed", "cannot be printed", "");
    broken(MESSAGE, "message: x {{ policy.handwritten }}", "policy.handwritten", "cannot be printed", "");
    broken(MESSAGE, "message: |\n  one\n  two", "one\n  two", "one line", "");
}

#[test]
fn paths() {
    broken(AT, "at: policy.allow_orign", "allow_orign", "has no `allow_orign`", "did you mean `allow_origin`?");
    broken(AT, "at: origin.written", "origin", "nothing is called `origin`", "given `policy`");
    broken(AT, "at: policy.allow_origin.any", "policy.allow_origin.any", "not written in one place", "");
    broken(AT, "at: policy.version.x", "x", "has no fields", "");
    broken(AT, "at: policy\nwitness: policy.max_age", "policy.max_age", "not a text", "");
    broken(AT, "at: policy\nlabels: [{ at: policy.nam, text: x }]", "nam", "has no `nam`", "");
    broken(AT, "at: policy\nlabels: [{ at: policy, text: '{{ x }}' }]", "x", "nothing is called `x`", "");
    broken(AT, "at: policy\nlabels: [{ at: policy, text: x, when: policy.nam }]", "nam", "has no `nam`", "");
    broken(AT, "at: policy\nshifts: [{ severity: info, when: policy.nam }]", "nam", "has no `nam`", "");
    broken(AT, "at: policy\nhelp: { default: a, nginx: '{{ policy.nam }}' }", "nam", "has no `nam`", "");
}

#[test]
fn examples() {
    let marks = "    marks: \"cors()\"";
    broken(marks, "    marks: other", "other", "no file of the example holds", "");
    broken(marks, "", "express", "what the finding must point at", "marks");
    broken("  - bad: express", "  - good: django\n    bad: express", "good: django", "either `bad: <platform>` or", "");
    broken("    files: { server.js: \"\" }", "    files: { ../x: \"\" }", "express", "not a path inside", "");
    broken("    files: { server.js: \"\" }", "    files: {}", "express", "no files", "");
    broken("  - good: express", "  - bad: express\n    limit: why", "- bad: express", "no good example", "");
}

#[test]
fn all_errors_of_a_rule_are_told() {
    let text = SOUND.replace("policy.allow_origin.any", "policy.x").replace("policy.platform", "policy.y");
    let errors = read(&text).expect_err("two unknown fields");
    assert_eq!(errors.len(), 2, "{}", told(&errors));
    assert!(errors[0].to_string().starts_with("sample.yaml:9:14: "), "{}", errors[0]);
}
