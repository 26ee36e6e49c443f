//! The CORS algorithms against a second reading of the standard, on answers that nobody thought of.
//!
//! The second reading is the standard's own wording, step by step and line by line, without our types: it was written from
//! <https://fetch.spec.whatwg.org/#cors-check> and <https://fetch.spec.whatwg.org/#cors-preflight-fetch>.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use corslint::fetch::answer::Answer;
use corslint::fetch::browser::{Browser, Reader};
use corslint::fetch::decode::decode;
use corslint::fetch::message;
use corslint::fetch::request::{Credentials, Request};
use corslint::fetch::verdict::{Verdict, judge};
use corslint::fetch::{cors_check, preflight};
use proptest::prelude::*;

const PAGE: &str = "https://app.example.com";
const API: &str = "https://api.example.com/items";

/// "The result of getting `name` from list": the values of all lines in order, joined with a comma and a blank.
fn got(lines: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> =
        lines.iter().filter(|line| line.0.eq_ignore_ascii_case(name)).map(|line| line.1.trim()).collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}

/// The CORS check, in the words of the standard.
fn reading_of_the_check(origin: &str, include: bool, lines: &[(String, String)]) -> bool {
    // 1, 2: Let origin be the result of getting `Access-Control-Allow-Origin`. If it is null, then return failure.
    let Some(allowed) = got(lines, "Access-Control-Allow-Origin") else { return false };
    // 3: If request's credentials mode is not "include" and origin is `*`, then return success.
    if !include && allowed == "*" {
        return true;
    }
    // 4: If the result of byte-serializing a request origin with request is not origin, then return failure.
    if allowed != origin {
        return false;
    }
    // 5 to 8: If request's credentials mode is not "include", or the credentials are `true`, then return success.
    !include || got(lines, "Access-Control-Allow-Credentials").as_deref() == Some("true")
}

fn names(lines: &[(String, String)], name: &str) -> Option<Vec<String>> {
    let tokens = got(lines, name).unwrap_or_default();
    let tokens: Vec<String> =
        tokens.split(',').map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()).collect();
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    tokens.iter().all(|token| token.chars().all(is_tchar)).then_some(tokens)
}

/// Steps 7 of CORS-preflight fetch, for a request with these CORS-unsafe request-header names.
fn reading_of_the_preflight(
    method: &str,
    unsafe_names: &[&str],
    include: bool,
    status: u16,
    lines: &[(String, String)],
    wildcard_covers_authorization: bool,
) -> bool {
    if !reading_of_the_check(PAGE, include, lines) || !(200..300).contains(&status) {
        return false;
    }
    let (Some(methods), Some(header_names)) =
        (names(lines, "Access-Control-Allow-Methods"), names(lines, "Access-Control-Allow-Headers"))
    else {
        return false;
    };
    let has = |list: &[String], name: &str| list.iter().any(|one| one == name);
    if !has(&methods, method) && !["GET", "HEAD", "POST"].contains(&method) && (include || !has(&methods, "*")) {
        return false;
    }
    unsafe_names.iter().all(|name| {
        let listed = header_names.iter().any(|one| one.eq_ignore_ascii_case(name));
        let by_wildcard = !include && has(&header_names, "*");
        listed || (by_wildcard && (*name != "authorization" || wildcard_covers_authorization))
    })
}

fn origin_value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(PAGE.to_owned()),
        2 => Just("*".to_owned()),
        1 => prop::sample::select(vec!["null", "", " * ", "https://app.example.com/", "HTTPS://app.example.com", "*, *"]).prop_map(str::to_owned),
        1 => "[ -~]{0,24}",
    ]
}

fn credentials_value() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just("true".to_owned()), 1 => prop::sample::select(vec!["True", "false", "1", "true, true", ""]).prop_map(str::to_owned)]
}

fn list_value() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        6 => prop::sample::select(vec!["GET", "PUT", "put", "PATCH", "*", "content-type", "Authorization", "X-A", "x-a"]).prop_map(str::to_owned),
        1 => "[ -~]{0,8}",
    ];
    prop::collection::vec(member, 0..5).prop_map(|members| members.join(", "))
}

fn lines() -> impl Strategy<Value = Vec<(String, String)>> {
    let line = prop_oneof![
        4 => origin_value().prop_map(|value| ("Access-Control-Allow-Origin".to_owned(), value)),
        2 => credentials_value().prop_map(|value| ("access-control-allow-credentials".to_owned(), value)),
        2 => list_value().prop_map(|value| ("Access-Control-Allow-Methods".to_owned(), value)),
        2 => list_value().prop_map(|value| ("ACCESS-CONTROL-ALLOW-HEADERS".to_owned(), value)),
        1 => list_value().prop_map(|value| ("Vary".to_owned(), value)),
    ];
    prop::collection::vec(line, 0..6)
}

fn answer(status: u16, lines: &[(String, String)]) -> Answer {
    lines.iter().fold(Answer::new(status), |answer, (name, value)| answer.with(name, value))
}

fn mode(include: bool) -> Credentials {
    if include { Credentials::Include } else { Credentials::Omit }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_check_is_that_of_the_standard(lines in lines(), include: bool, status in 200u16..600) {
        let request = Request::new(PAGE, "GET", API).with_credentials(mode(include));
        let expected = reading_of_the_check(PAGE, include, &lines);
        prop_assert_eq!(cors_check::check(&request, &answer(status, &lines)).is_ok(), expected);
    }

    #[test]
    fn the_preflight_is_that_of_the_standard(
        lines in lines(),
        include: bool,
        status in prop_oneof![3 => 200u16..300, 1 => 300u16..600],
        method in prop::sample::select(vec!["GET", "PUT", "PATCH", "patch"]),
        headers in prop::sample::subsequence(vec!["authorization", "content-type", "x-a"], 0..=3),
    ) {
        let request = headers.iter().fold(Request::new(PAGE, method, API).with_credentials(mode(include)), |request, name| {
            request.with_header(name, "application/json")
        });
        for (reader, covers) in [(Reader::Standard, false), (Reader::Browser(Browser::Chromium), true), (Reader::Browser(Browser::Safari), true)] {
            let expected = reading_of_the_preflight(method, &headers, include, status, &lines, covers);
            prop_assert_eq!(preflight::check(&request, &answer(status, &lines), reader).is_ok(), expected, "{:?}", reader);
        }
    }

    #[test]
    fn nobody_is_allowed_without_the_header(lines in lines(), include: bool, method in "GET|PUT|PATCH", status in 100u16..600) {
        let bare: Vec<(String, String)> =
            lines.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("access-control-allow-origin")).collect();
        let request = Request::new(PAGE, &method, API).with_credentials(mode(include));
        let granting = answer(204, &[("Access-Control-Allow-Origin".to_owned(), PAGE.to_owned()),
            ("Access-Control-Allow-Credentials".to_owned(), "true".to_owned()), ("Access-Control-Allow-Methods".to_owned(), method.clone())]);
        let verdict = judge(&request, Some(&granting), Some(&answer(status, &bare)), Reader::Browser(Browser::Chromium));
        prop_assert!(matches!(verdict, Verdict::Blocked(_)), "{:?}", verdict);
    }

    #[test]
    fn credentials_never_make_more_possible(lines in lines(), status in 200u16..600) {
        let (omit, include) = (Request::new(PAGE, "GET", API), Request::new(PAGE, "GET", API).with_credentials(Credentials::Include));
        let answer = answer(status, &lines);
        prop_assert!(cors_check::check(&include, &answer).is_err() || cors_check::check(&omit, &answer).is_ok());
    }

    #[test]
    fn the_order_of_other_headers_does_not_matter(lines in lines(), include: bool) {
        let request = Request::new(PAGE, "PUT", API).with_credentials(mode(include)).with_header("X-A", "1");
        let mut turned = lines.clone();
        // Lines of one name keep their order, as on the wire.
        turned.sort_by_key(|(name, _)| std::cmp::Reverse(name.to_ascii_lowercase()));
        let reader = Reader::Browser(Browser::Chromium);
        prop_assert_eq!(preflight::check(&request, &answer(204, &lines), reader), preflight::check(&request, &answer(204, &turned), reader));
    }

    #[test]
    fn what_a_browser_says_is_decoded_to_what_happened(lines in lines(), include: bool, put: bool, status in 200u16..600) {
        let request = Request::new(PAGE, if put { "PUT" } else { "GET" }, API).with_credentials(mode(include));
        for browser in Browser::ALL {
            let answer = answer(status, &lines);
            let Verdict::Blocked(blocked) = judge(&request, Some(&answer), Some(&answer), Reader::Browser(browser)) else { continue };
            let said = message::lines(&request, &blocked, browser).join("\n");
            let decoded = decode(&said);
            let first = decoded.messages.first();
            prop_assert!(first.is_some_and(|message| message.browser == browser && message.causes.contains(&blocked.refusal.cause)),
                "{:?}\n{}\n{:#?}", blocked, said, decoded);
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "(?s).{0,300}") {
        decode(&text);
    }

    #[test]
    fn no_mixture_of_messages_is_too_strange(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "Access to fetch at '", "https://a.example/", "' from origin '", "' has been blocked by CORS policy: ", "Method ",
            "Response to preflight request doesn't pass access control check: ", " is not allowed by Access-Control-Allow-",
            "Methods in preflight response.", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ",
            ". (Reason: ", "CORS header ‘Access-Control-Allow-Origin’ ", "missing", "does not match ‘", "’)", "Status code: ", "\n", "é", "…", "Origin ",
        ]), 0..40)
    ) {
        let text = pieces.concat();
        for message in decode(&text).messages {
            prop_assert!(message.words.values().all(|word| word.len() <= text.len()));
        }
    }
}
