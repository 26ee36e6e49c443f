//! Questions asked of facts: what is unknown is silent, whatever is asked.

use corslint::rules::facts::{
    Facts, Given, Kind, ListedOriginFacts, Names, Number, OtherSettingFacts, PolicyFacts, Question, SettingFacts, Text,
};
use corslint::rules::run;
use corslint::source::{FileId, Sources, Span};

use crate::{sample, told};

/// Does the sample rule with this condition fire on the policy?
#[track_caller]
fn fires(when: &str, policy: &PolicyFacts) -> bool {
    let quoted = when.replace('\'', "''");
    let rule = sample("when: policy.allow_origin.any", &format!("when: '{quoted}'"))
        .unwrap_or_else(|errors| panic!("{}", told(&errors)));
    let mut sources = Sources::default();
    let file = sources.add("server.js".into(), "app.use(cors())".into());
    let span = Some(Span::new(file, 0, 15));
    let facts = Facts { policies: vec![PolicyFacts { span, ..policy.clone() }], ..Facts::default() };
    let outcome = run(&[rule], &facts, &sources);
    assert_eq!(outcome.notices, [], "{when}");
    !outcome.findings.is_empty()
}

#[test]
fn nothing_holds_of_what_is_unknown() {
    let unknown = PolicyFacts::default();
    for when in [
        "policy.installed.yes",
        "policy.installed.no",
        "policy.max_age.missing",
        "policy.max_age.above(-1)",
        "policy.max_age.below(1)",
        "policy.max_age.equals(0)",
        "policy.allow_methods.has(\"PUT\")",
        "policy.allow_methods.lacks(\"PUT\")",
        "policy.allow_methods.wildcard",
        "policy.allow_methods.missing",
        "policy.allow_methods.empty",
        "policy.allow_origin.any",
        "policy.version != \"\"",
        "policy.version in [\"1\", \"2\"]",
        "policy.version.startsWith(\"1\")",
    ] {
        assert!(!fires(when, &unknown), "{when}");
    }
}

#[test]
fn questions() {
    let policy = PolicyFacts {
        platform: "express".into(),
        version: "2.8.6".into(),
        installed: Question::new(false),
        max_age: Number::new(600),
        allow_methods: Names::methods(["GET", "PUT"]),
        allow_headers: Names::headers(["X-Api-Key"]).open(),
        expose_headers: Names::absent(),
        ..PolicyFacts::default()
    };
    for when in [
        "policy.installed.no",
        "policy.max_age.above(599) && policy.max_age.below(601) && policy.max_age.equals(600)",
        "policy.allow_methods.has(\"PUT\") && policy.allow_methods.lacks(\"put\")",
        "policy.allow_headers.has(\"x-api-KEY\")",
        "policy.expose_headers.missing && policy.expose_headers.lacks(\"ETag\")",
        "policy.version.startsWith(\"2.\") && policy.platform == \"express\"",
        "policy.platform in [\"nest\", \"express\"] && !policy.handwritten",
    ] {
        assert!(fires(when, &policy), "{when}");
    }
    for when in [
        "policy.installed.yes",
        "policy.max_age.above(600)",
        "policy.max_age.missing",
        "policy.allow_headers.lacks(\"Authorization\")",
        "policy.allow_methods.lacks(\"PUT\")",
        "policy.handwritten",
    ] {
        assert!(!fires(when, &policy), "{when}");
    }
}

#[test]
fn a_wildcard_lacks_nothing() {
    let policy = PolicyFacts { allow_methods: Names::methods(["*"]), ..PolicyFacts::default() };
    assert!(fires("policy.allow_methods.wildcard", &policy));
    assert!(!fires("policy.allow_methods.lacks(\"PUT\")", &policy));
    assert!(!fires("policy.allow_methods.has(\"PUT\")", &policy));
}

#[test]
fn lists_are_asked_whether_something_exists() {
    let staging = ListedOriginFacts { staging: true.into(), host: "staging.example.com".into(), ..Default::default() };
    let plain = ListedOriginFacts { host: "example.com".into(), ..ListedOriginFacts::default() };
    let policy = PolicyFacts { origins: vec![plain, staging], ..PolicyFacts::default() };
    assert!(fires("policy.origins.exists(o, o.staging && o.host == \"staging.example.com\")", &policy));
    assert!(!fires("policy.origins.exists(o, o.staging && o.host == \"example.com\")", &policy));
    assert!(!fires("policy.origins.exists(o, true)", &PolicyFacts::default()));
}

#[test]
fn an_absent_record_is_silent() {
    let setting = |other| SettingFacts { span: Some(Span::new(FileId(0), 0, 1)), other, ..SettingFacts::default() };
    let fires = |when: &str, setting: SettingFacts| {
        let text = crate::SOUND
            .replace("policy", "setting")
            .replace("setting.allow_origin.any", when)
            .replace("at: setting.allow_origin", "at: setting");
        let rule = crate::read(&text).unwrap_or_else(|errors| panic!("{}", told(&errors)));
        let mut sources = Sources::default();
        sources.add("settings.py".into(), "CORS = 1".into());
        let outcome = run(&[rule], &Facts { settings: vec![setting], ..Facts::default() }, &sources);
        assert_eq!(outcome.notices, []);
        !outcome.findings.is_empty()
    };
    let other = || Some(OtherSettingFacts { text: "CORS_ALLOW_ALL_ORIGINS".into(), ..OtherSettingFacts::default() });
    assert!(fires("setting.other.present && setting.other.text != ''", setting(other())));
    assert!(fires("(!setting.other.present)", setting(None)));
    assert!(!fires("setting.other.present", setting(None)));
    assert!(!fires("setting.other.text != ''", setting(None)));
}

/// Every field can be named in an expression: none is a reserved word of the language.
#[test]
fn every_field_can_be_asked() {
    for &given in Given::ALL {
        for field in given.schema().fields {
            let path = format!("{}.{}", given.name(), field.name);
            let when = match field.kind {
                Kind::Word | Kind::Text => format!("{path} == \"x\""),
                Kind::Flag | Kind::Known => path,
                Kind::Question => format!("{path}.yes"),
                Kind::Number | Kind::Names => format!("{path}.missing"),
                Kind::Record(schema) => {
                    let flag = schema().fields.iter().find(|field| matches!(field.kind, Kind::Flag));
                    flag.map_or("true".to_owned(), |flag| format!("{path}.{}", flag.name))
                }
                Kind::Optional(_) => format!("{path}.present"),
                Kind::List(_) => format!("{path}.exists(x, true)"),
            };
            let text = crate::SOUND
                .replace("given: policy", &format!("given: {}", given.name()))
                .replace("at: policy.allow_origin", &format!("at: {}", given.name()))
                .replace("{{ policy.platform }}", "it")
                .replace("when: policy.allow_origin.any", &format!("when: '{when}'"));
            let read = crate::read(&text);
            assert!(read.is_ok(), "{}", read.err().map_or(String::new(), |errors| told(&errors)));
            assert!(!field.doc().is_empty(), "{when} is not documented");
        }
    }
}

#[test]
fn unknown_texts_print_nothing() {
    let span = Span::new(FileId(0), 0, 1);
    let text = Text::at("https://x.example", span);
    assert_eq!((text.value.as_str(), text.span), ("https://x.example", Some(span)));
    assert_eq!(Number::default().to_string(), "");
    assert_eq!(Names::methods(["GET", "PUT"]).to_string(), "GET, PUT");
}
