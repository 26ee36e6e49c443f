//! Findings: messages, labels, severities, order, and what is merged.

use corslint::finding::Severity;
use corslint::rules::facts::{AllowOriginFacts, Facts, Names, Number, PolicyFacts, Question, Text};
use corslint::rules::{Rule, Selection, embedded_files, load, run, select};
use corslint::source::{FileId, Sources, Span};

use crate::{sample, told};

const AT: &str = "at: policy.allow_origin";

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.add("b.js".into(), "app.use(cors({ origin: '*', credentials: true }))".into());
    sources.add("a.js".into(), "app.use(cors({ origin: '*', credentials: true }))".into());
    sources
}

fn policy(file: u32, platform: &str) -> PolicyFacts {
    let file = FileId(file);
    PolicyFacts {
        span: Some(Span::new(file, 8, 48)),
        server: Some(1),
        platform: platform.into(),
        allow_origin: AllowOriginFacts {
            span: Some(Span::new(file, 15, 26)),
            any: true.into(),
            wildcard: true.into(),
            witness: "https://evil.example".into(),
            ..AllowOriginFacts::default()
        },
        allow_credentials: Question::at(true, Span::new(file, 28, 45)),
        allow_methods: Names::methods(["GET", "PUT"]),
        max_age: Number::new(5),
        ..PolicyFacts::default()
    }
}

#[track_caller]
fn rule(line: &str, replacement: &str) -> Rule {
    sample(line, replacement).unwrap_or_else(|errors| panic!("{}", told(&errors)))
}

fn facts(policies: impl IntoIterator<Item = PolicyFacts>) -> Facts {
    Facts { policies: policies.into_iter().collect(), ..Facts::default() }
}

#[test]
fn a_message_prints_facts() {
    let message = r#"message: "{{ policy.platform }}""#;
    let rule = rule(
        r#"message: "{{ policy.platform }} allows every origin""#,
        &message.replace(
            "{{ policy.platform }}",
            "{{policy.platform}}: {{ policy.allow_methods }} for {{ policy.max_age }} s{{ policy.version == '' ? '' : ', ' }}\
             {{ policy.version }}, {{ policy.installed.yes ? 'on' : 'off' }}",
        ),
    );
    let outcome = run(&[rule], &facts([policy(0, "nginx")]), &sources());
    assert_eq!(outcome.findings[0].message, "nginx: GET, PUT for 5 s, off");
    assert_eq!(outcome.findings[0].environment.as_ref(), "production");
}

#[test]
fn labels_name_what_is_written() {
    let rule = rule(
        AT,
        "at: policy.allow_origin\ntext: every origin\nwitness: policy.allow_origin.witness\nlabels:\n  \
         - { at: policy.allow_credentials, text: 'on {{ policy.platform }}' }\n  \
         - { at: policy.max_age, text: written nowhere }\n  \
         - { at: policy.allow_origin, text: the same place }\n  \
         - { at: policy, text: not now, when: policy.installed.yes }",
    );
    let outcome = run(&[rule], &facts([policy(0, "express")]), &sources());
    let finding = &outcome.findings[0];
    assert_eq!((finding.primary.span.start, finding.primary.text.as_str()), (15, "every origin"));
    let labels: Vec<(u32, &str)> = finding.labels.iter().map(|label| (label.span.start, label.text.as_str())).collect();
    assert_eq!(labels, [(28, "on express")]);
    assert_eq!(finding.witness.as_deref(), Some("https://evil.example"));
}

#[test]
fn a_default_is_shown_where_it_is_used() {
    let mut by_default = policy(0, "express");
    by_default.allow_origin.span = None;
    let outcome = run(&[rule(AT, AT)], &facts([by_default.clone()]), &sources());
    assert_eq!(outcome.findings[0].primary.span.start, 8);
    by_default.span = None;
    let outcome = run(&[rule(AT, AT)], &facts([by_default]), &sources());
    assert!(outcome.findings.is_empty());
    assert!(outcome.notices[0].message.contains("sample"), "{:?}", outcome.notices);
}

#[test]
fn the_first_shift_that_holds_counts() {
    let rule = rule(
        AT,
        "at: policy\nshifts:\n  - { severity: info, when: policy.public_route }\n  \
         - { severity: error, when: policy.allow_credentials.yes }",
    );
    let severity = |policy| run(std::slice::from_ref(&rule), &facts([policy]), &sources()).findings[0].severity;
    assert_eq!(severity(policy(0, "express")), Severity::Error);
    assert_eq!(severity(PolicyFacts { public_route: true.into(), ..policy(0, "express") }), Severity::Info);
    let unknown = PolicyFacts { allow_credentials: Question::default(), ..policy(0, "express") };
    assert_eq!(severity(unknown), Severity::Warning);
}

#[test]
fn help_is_in_the_syntax_of_the_platform() {
    let fix = rule("fix: Change it.", "fix: { default: Change it., nginx: Change the map. }");
    let help = rule("fix: Change it.", "fix: Change it.\nhelp: { default: 'set {{ policy.max_age }}', django: no }");
    let said = |rule: &Rule, platform| {
        run(std::slice::from_ref(rule), &facts([policy(0, platform)]), &sources()).findings[0].help.clone()
    };
    assert_eq!(said(&fix, "nginx"), "Change the map.");
    assert_eq!(said(&fix, "express"), "Change it.");
    assert_eq!(said(&help, "express"), "set 5");
    assert_eq!(said(&help, "django"), "no");
    assert_eq!(fix.platforms(), ["express", "nginx"]);
}

#[test]
fn headers_written_by_hand_have_words_of_their_own() {
    let texts = "fix: { default: Change it., express: Change `cors()`., express by hand: Change the line., nginx: Change the map. }";
    let fix = rule("fix: Change it.", texts);
    let said = |platform, handwritten: bool| {
        let policy = PolicyFacts { handwritten: handwritten.into(), ..policy(0, platform) };
        run(std::slice::from_ref(&fix), &facts([policy]), &sources()).findings[0].help.clone()
    };
    assert_eq!(said("express", true), "Change the line.");
    assert_eq!(said("express", false), "Change `cors()`.");
    assert_eq!(said("nginx", true), "Change the map.");
    assert_eq!(said("koa", true), "Change it.");
    assert_eq!(fix.platforms(), ["express", "nginx"]);
}

#[test]
fn findings_are_in_order_and_merged() {
    let twice = facts([policy(0, "express"), policy(1, "express"), policy(1, "nest"), policy(0, "nest")]);
    let outcome = run(&[rule(AT, AT)], &twice, &sources());
    let files: Vec<u32> = outcome.findings.iter().map(|finding| finding.primary.span.file.0).collect();
    assert_eq!(files, [1, 0], "a.js before b.js, one finding each");
    let once = rule(AT, "at: policy.allow_origin\nonce: server");
    let told = run(&[once], &twice, &sources()).findings;
    assert_eq!(told.len(), 1);
    let other = told[0].labels.iter().any(|label| label.span.file != told[0].primary.span.file);
    assert!(other, "the place that is not told by itself is named");
    let once = rule(AT, "at: policy.allow_origin\nonce: file");
    assert_eq!(run(&[once], &twice, &sources()).findings.len(), 2);
}

#[test]
fn the_seed_rules_speak() {
    let rules = load(embedded_files()).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    let wanted = Selection { select: vec!["wildcard-credentials".to_owned()], ..Selection::default() };
    let rules = select(rules, &wanted).unwrap_or_else(|error| panic!("{error}"));
    let said = |policy| run(&rules, &facts([policy]), &sources()).findings[0].clone();
    let refused = said(policy(0, "express"));
    assert_eq!(refused.message, "express allows credentials for every origin, which browsers refuse");
    assert_eq!(refused.labels.len(), 1);
    let reflects = PolicyFacts { any_with_credentials_reflects: true.into(), ..policy(0, "django") };
    assert!(said(reflects).message.ends_with("lets any website read answers meant for the signed-in user"));
}

#[test]
fn rules_are_selected_by_id_group_and_persona() {
    let pedantic = rule("severity: warning", "severity: info\npersona: pedantic");
    let ids = |selection: &Selection| {
        select(vec![pedantic.clone()], selection).map(|rules| rules.len()).map_err(|error| error.to_string())
    };
    let named = |select: &[&str], ignore: &[&str], pedantic| Selection {
        select: select.iter().map(ToString::to_string).collect(),
        ignore: ignore.iter().map(ToString::to_string).collect(),
        pedantic,
        ..Selection::default()
    };
    assert_eq!(ids(&named(&[], &[], false)), Ok(0));
    assert_eq!(ids(&named(&[], &[], true)), Ok(1));
    assert_eq!(ids(&named(&["sample"], &[], false)), Ok(1));
    assert_eq!(ids(&named(&["security"], &[], false)), Ok(0));
    assert_eq!(ids(&named(&["security"], &[], true)), Ok(1));
    assert_eq!(ids(&named(&["sample"], &["security"], false)), Ok(1));
    assert_eq!(ids(&named(&["sample"], &["sample"], false)), Ok(0));
    let error = ids(&named(&["sampel"], &[], false));
    assert_eq!(error, Err("there is no rule or group `sampel`; did you mean `sample`?".to_owned()));
}

#[test]
fn a_text_may_carry_a_place() {
    let rule = rule(AT, "at: policy.version");
    let version = Text::at("2.8.5", Span::new(FileId(1), 0, 3));
    let outcome = run(&[rule], &facts([PolicyFacts { version, ..policy(0, "express") }]), &sources());
    assert_eq!(outcome.findings[0].primary.span.file, FileId(1));
}
