//! Rule files that nobody in their right mind would write: an error, never a panic.

use proptest::prelude::*;

use crate::{SOUND, read, sample};

#[test]
fn deep_and_long_expressions() {
    for deep in [
        "(".repeat(1900),
        format!("{}true{}", "(".repeat(900), ")".repeat(900)),
        format!("{}true", "!".repeat(1900)),
        format!("policy{}", ".x".repeat(900)),
        format!("true{}", " && true".repeat(240)),
        format!("{}true", "true ? true : ".repeat(140)),
        format!("true && {}", "x".repeat(5000)),
        format!("{}1", "-".repeat(1900)),
        format!("1{}", "+1".repeat(900)),
        format!("1{}", " in 1".repeat(380)),
        format!("policy{}", "[0]".repeat(600)),
        format!("policy{}", ".x()".repeat(300)),
    ] {
        // Some of these are sound; none may bring the program down.
        let _ = sample("when: policy.allow_origin.any", &format!("when: '{deep}'"));
    }
}

#[test]
fn yaml_bombs() {
    let lists = (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect::<String>();
    assert!(read(&format!("a0: &a0 [x]\n{lists}")).is_err());
    assert!(read(&"[".repeat(100_000)).is_err());
    assert!(read(&"- ".repeat(10_000)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_condition(condition in "[a-z.!&|()?:=\"'\\[\\]{}, é0-9-]{0,40}") {
        let quoted = condition.replace('\'', "''");
        let _ = sample("when: policy.allow_origin.any", &format!("when: 'policy.{quoted}'"));
        let _ = sample("when: policy.allow_origin.any", &format!("when: '{quoted}'"));
    }

    #[test]
    fn any_message(message in "[a-z.{} é\"]{0,30}") {
        let _ = sample("title: A sample", &format!("title: A sample\nhelp: 'x{{{{{message}'"));
    }

    #[test]
    fn any_change_of_a_rule_file(at in 0..SOUND.len(), with in "\\PC{0,6}") {
        let mut text = SOUND.to_owned();
        if text.is_char_boundary(at) {
            text.replace_range(at..=at, &with);
            if let Err(errors) = read(&text) {
                for error in errors {
                    prop_assert!(error.text.get(error.span.clone()).is_some(), "{error}");
                }
            }
        }
    }
}
