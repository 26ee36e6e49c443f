//! Console messages as people paste them: every text of every browser, whole, broken, cut off and with noise around it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use corslint::fetch::browser::Browser;
use corslint::fetch::cause::Cause;
use corslint::fetch::console::console;
use corslint::fetch::decode::{Message, decode};
use corslint::fetch::template::Words;
use corslint::rules::{embedded_files, load};
use serde_json::Value;

const CHROMIUM: &str = "Access to fetch at 'https://api.example.com/data/1?at=2' from origin 'https://app.example.com' has been \
                        blocked by CORS policy: ";
const PREFLIGHT: &str = "Response to preflight request doesn't pass access control check: ";
const FIREFOX: &str = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
                       https://api.example.com/data/1?at=2. ";

/// The texts of a table of messages, with their causes; the second is what else the text may stand for.
fn texts() -> Vec<(Browser, String, Vec<Cause>)> {
    use Browser::{Chromium, Firefox, Safari};
    use Cause as C;
    let fix = " Have the server send the header with a valid value.";
    let value = |text: &str, value: &str| format!("The 'Access-Control-Allow-Origin' header {text} '{value}'");
    let two = "https://app.example.com, https://admin.example.com";
    let include = "when the request's credentials mode is 'include'.";
    let star = format!(
        "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' {include}"
    );
    let credentials = format!(
        "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' {include}"
    );
    let xhr = " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.";
    let differs =
        format!("{} that is not equal to the supplied origin.{fix}", value("has a value", "https://other.example.com"));
    let several = format!("{}, but only one is allowed.{fix}", value("contains multiple values", two));
    let invalid = format!("{}.{fix}", value("contains the invalid value", "app.example.com"));
    let missing = "No 'Access-Control-Allow-Origin' header is present on the requested resource.".to_owned();
    let mut texts = Vec::new();
    for (causes, reason) in [
        (vec![C::AllowOriginMissing], &missing),
        (vec![C::AllowOriginDiffers], &differs),
        (vec![C::AllowOriginTwice, C::AllowOriginList], &several),
        (vec![C::AllowOriginInvalid], &invalid),
        (vec![C::WildcardWithCredentials], &star),
        (vec![C::WildcardWithCredentials], &format!("{star}{xhr}")),
        (vec![C::CredentialsNotAllowed], &credentials),
        (vec![C::CredentialsNotAllowed], &format!("{credentials}{xhr}")),
    ] {
        texts.push((Chromium, format!("{CHROMIUM}{reason}"), causes.clone()));
        texts.push((Chromium, format!("{CHROMIUM}{PREFLIGHT}{reason}"), causes.clone()));
        // Until about 2019 the texts ended otherwise.
        let older = " If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with \
                     CORS disabled.";
        texts.push((Chromium, format!("{CHROMIUM}{reason}{older}"), causes));
    }
    for (cause, reason) in [
        (C::PreflightStatus, format!("{PREFLIGHT}It does not have HTTP ok status.")),
        (C::PreflightRedirect, format!("{PREFLIGHT}Redirect is not allowed for a preflight request.")),
        (
            C::MethodsUnreadable,
            "Cannot parse Access-Control-Allow-Methods response header field in preflight response.".into(),
        ),
        (
            C::HeadersUnreadable,
            "Cannot parse Access-Control-Allow-Headers response header field in preflight response.".into(),
        ),
        (
            C::MethodNotAllowed,
            "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.".into(),
        ),
        (
            C::HeaderNotAllowed,
            "Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response."
                .into(),
        ),
        (
            C::RedirectWithCredentials,
            "Redirect location '' contains a username and password, which is disallowed for cross-origin requests."
                .into(),
        ),
        (
            C::SchemeNotSupported,
            "Cross origin requests are only supported for protocol schemes: chrome, data, http, https.".into(),
        ),
        (
            C::LocalNetworkInsecurePage,
            "The request client is not a secure context and the resource is in more-private address space `loopback`."
                .into(),
        ),
        (
            C::LocalNetworkPermission,
            "Permission was denied for this request to access the `loopback` address space.".into(),
        ),
        (C::LocalNetworkPermission, "Unable to ask for permission to access the `local` IP address space.".into()),
        (
            C::LocalNetworkAddressSpace,
            "Request had a target IP address space of `public` yet the resource is in address space `local`.".into(),
        ),
        (
            C::LocalNetworkAddressSpace,
            "Request had no target IP address space, yet the resource is in address space `local`.".into(),
        ),
        (
            C::LocalNetworkPreflight,
            format!(
                "{PREFLIGHT}No 'Access-Control-Allow-Private-Network' header was present in the preflight response for this \
                 private network request targeting the `local` address space."
            ),
        ),
        (C::ResponseInvalid, "The response is invalid.".into()),
    ] {
        texts.push((Chromium, format!("{CHROMIUM}{reason}"), vec![cause]));
    }
    for (browser, cause, text) in [
        (
            Chromium,
            C::SameOriginMode,
            "Fetch API cannot load https://api.example.com/x. Request mode is \"same-origin\" but the URL's origin is not same \
             as the request origin https://app.example.com.",
        ),
        (Chromium, C::SchemeNotSupported, "Fetch API cannot load foo://bar/baz. URL scheme \"foo\" is not supported."),
        (
            Chromium,
            C::MixedContent,
            "Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure resource \
             'http://api.example.com/x'. This request has been blocked; the content must be served over HTTPS.",
        ),
        (
            Chromium,
            C::MixedContent,
            "Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure \
             XMLHttpRequest endpoint 'http://api.example.com/x'. This request has been blocked; the content must be served \
             over HTTPS.",
        ),
        (Chromium, C::ReasonNotSaid, "Failed to load resource: net::ERR_FAILED"),
        (Chromium, C::ReasonNotSaid, "TypeError: Failed to fetch"),
        (
            Firefox,
            C::WildcardWithCredentials,
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
             ‘https://api.example.com/x’. (Reason: Credential is not supported if the CORS header \
             ‘Access-Control-Allow-Origin’ is ‘*’).",
        ),
        (
            Firefox,
            C::WildcardWithoutAuthorization,
            "Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at \
             https://api.example.com/x soon. (Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` \
             header is not covered. To include the `Authorization` header, it must be explicitly listed in CORS header \
             `Access-Control-Allow-Headers`).",
        ),
        (Firefox, C::MixedContent, "Blocked loading mixed active content “http://api.example.com/x”"),
        (Firefox, C::ReasonNotSaid, "TypeError: NetworkError when attempting to fetch resource."),
        (
            Safari,
            C::WildcardWithCredentials,
            "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        ),
        (
            Safari,
            C::CredentialsNotAllowed,
            "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        ),
        (Safari, C::PreflightStatus, "Preflight response is not successful. Status code: 401"),
        (Safari, C::MethodNotAllowed, "Method PUT is not allowed by Access-Control-Allow-Methods."),
        (Safari, C::HeaderNotAllowed, "Request header field X-Api-Key is not allowed by Access-Control-Allow-Headers."),
        (Safari, C::MethodsUnreadable, "Header Access-Control-Allow-Methods has an invalid value: GET; PUT"),
        (Safari, C::HeadersUnreadable, "Header Access-Control-Allow-Headers has an invalid value: \"Content-Type\""),
        (
            Safari,
            C::CredentialsNotAllowed,
            "Cross-origin redirection to https://api.example.com/y denied by Cross-Origin Resource Sharing policy: Credentials \
             flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        ),
        (
            Safari,
            C::RedirectWithCredentials,
            "Cross-origin redirection to https://u:p@api.example.com/y denied by Cross-Origin Resource Sharing policy: \
             redirection URL https://u:p@api.example.com/y has credentials",
        ),
        (
            Safari,
            C::SchemeNotSupported,
            "Cross-origin redirection to foo://x/y denied by Cross-Origin Resource Sharing policy: not allowed to follow a \
             cross-origin CORS redirection with non CORS scheme",
        ),
        (Safari, C::ReasonNotSaid, "Fetch API cannot load https://api.example.com/x due to access control checks."),
        (
            Safari,
            C::ReasonNotSaid,
            "XMLHttpRequest cannot load https://api.example.com/x due to access control checks.",
        ),
        (Safari, C::ReasonNotSaid, "TypeError: Load failed"),
        (
            Safari,
            C::CredentialsNotAllowed,
            "Failed to load resource: Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
        ),
    ] {
        texts.push((browser, text.to_owned(), vec![cause]));
    }
    let not_allowed = "Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 200";
    let three = vec![C::AllowOriginMissing, C::AllowOriginDiffers, C::AllowOriginInvalid];
    texts.push((Safari, not_allowed.to_owned(), three));
    let redirect = "Preflight response is not successful. Status code: 301";
    texts.push((Safari, redirect.to_owned(), vec![C::PreflightRedirect, C::PreflightStatus]));
    let more = "Access-Control-Allow-Origin cannot contain more than one origin.";
    texts.push((Safari, more.to_owned(), vec![C::AllowOriginTwice, C::AllowOriginList]));
    for (cause, reason) in [
        (C::AllowOriginMissing, "CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200."),
        (C::AllowOriginMissing, "CORS header ‘Access-Control-Allow-Origin’ missing)."),
        (
            C::AllowOriginDiffers,
            "CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://other.example.com’).",
        ),
        (C::AllowOriginInvalid, "CORS header ‘Access-Control-Allow-Origin’ does not match ‘app.example.com’)."),
        (
            C::AllowOriginList,
            "CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://a.example,https://b.example’).",
        ),
        (C::AllowOriginTwice, "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed)."),
        (C::CredentialsNotAllowed, "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)."),
        (C::PreflightStatus, "CORS preflight response did not succeed). Status code: 404."),
        (C::PreflightRedirect, "CORS request external redirect not allowed)."),
        (C::MethodNotAllowed, "Did not find method in CORS header ‘Access-Control-Allow-Methods’)."),
        (C::MethodsUnreadable, "invalid token ‘GET PUT’ in CORS header ‘Access-Control-Allow-Methods’)."),
        (
            C::HeaderNotAllowed,
            "header ‘x-api-key’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
        ),
        (
            C::HeadersUnreadable,
            "invalid token ‘Content-Type Authorization’ in CORS header ‘Access-Control-Allow-Headers’).",
        ),
        (C::RequestFailed, "CORS request did not succeed). Status code: (null)."),
        (C::SchemeNotSupported, "CORS request not http)."),
        (C::CorsDisabled, "CORS disabled)."),
        (C::OriginNotSent, "CORS header ‘Origin’ cannot be added)."),
    ] {
        texts.push((Firefox, format!("{FIREFOX}(Reason: {reason}"), vec![cause]));
    }
    texts
}

#[track_caller]
fn only(text: &str) -> Message {
    let decoded = decode(text);
    assert_eq!(decoded.messages.len(), 1, "{text}\n{decoded:#?}");
    decoded.messages.into_iter().next().unwrap()
}

#[test]
fn every_text_is_decoded_to_its_cause() {
    for (browser, text, causes) in texts() {
        let message = only(&text);
        assert_eq!((message.browser, &message.causes, message.cut_off), (browser, &causes, false), "{text}");
        assert_eq!(
            message.preflight,
            text.contains("reflight") || console().entry(causes[0]).unwrap().preflight_only,
            "{text}"
        );
        if text.starts_with("Access to") || text.starts_with(FIREFOX) {
            assert_eq!(message.word("url"), Some("https://api.example.com/data/1?at=2"), "{text}");
        }
        if text.starts_with("Access to") {
            assert_eq!(message.word("origin"), Some("https://app.example.com"), "{text}");
            assert_eq!(message.word("kind"), Some("fetch"), "{text}");
        }
    }
}

#[test]
fn every_text_of_the_table_is_tried() {
    let tried: Vec<Cause> = texts().into_iter().flat_map(|(_, _, causes)| causes).collect();
    for entry in &console().causes {
        assert!(entry.texts.is_empty() || tried.contains(&entry.id), "{:?}", entry.id);
    }
}

#[test]
fn rules_of_the_table_exist() {
    let rules = load(embedded_files()).unwrap();
    for entry in &console().causes {
        for id in entry.rules.iter().chain(&entry.preflight_rules) {
            assert!(rules.iter().any(|rule| *rule.id == **id), "{:?}: there is no rule `{id}`", entry.id);
        }
    }
}

#[test]
fn what_stands_around_a_message_does_not_matter() {
    for (browser, text, causes) in texts() {
        let wrapped: String = text
            .chars()
            .enumerate()
            .flat_map(|(at, c)| (at > 0 && at % 60 == 0).then_some('\n').into_iter().chain([c]))
            .collect();
        let curly = text.replace('\'', "’").replace('"', "”");
        let straight = text.replace(['‘', '’'], "'").replace(['“', '”'], "\"");
        let eaten = text.replace(['\'', '‘', '’', '`', '"', '“', '”'], "");
        for noisy in [
            format!("app.js:12 {text}"),
            format!("(index):1 {text}"),
            format!("12:03:45.678 {text}"),
            format!("[Error] {text}\n"),
            format!("❌ {text} ❌"),
            format!("  > {text}\n  at async load (app.js:3:9)"),
            text.replace(' ', "\u{a0}"),
            text.replace(' ', "  "),
            wrapped,
            curly,
            straight,
            eaten,
        ] {
            let message = only(&noisy);
            assert_eq!(
                (message.browser, message.causes.first(), message.cut_off),
                (browser, causes.first(), false),
                "{noisy}"
            );
        }
    }
}

#[test]
fn lines_that_only_follow_are_not_counted() {
    let text = "\
PUT https://api.example.com/items net::ERR_FAILED
save @ app.js:12
(index):1 Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS \
policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.
app.js:12 Failed to load resource: net::ERR_FAILED
app.js:20 Uncaught (in promise) TypeError: Failed to fetch
    at save (app.js:12:3)";
    let message = only(text);
    assert_eq!((message.cause(), message.word("method")), (Some(Cause::MethodNotAllowed), Some("PUT")));

    let firefox = format!(
        "{FIREFOX}(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 401.\n\n{FIREFOX}(Reason: CORS \
         request did not succeed). Status code: (null).\n\nTypeError: NetworkError when attempting to fetch resource."
    );
    let message = only(&firefox);
    assert_eq!((message.cause(), message.preflight), (Some(Cause::AllowOriginMissing), true));
    assert_eq!(message.word("status"), Some("401"));

    let safari = "[Error] Preflight response is not successful. Status code: 401\n[Error] Fetch API cannot load \
                  https://api.example.com/items due to access control checks.\n[Error] Failed to load resource: Preflight \
                  response is not successful. Status code: 401 (items, line 0)\n[Error] Unhandled Promise Rejection: TypeError: \
                  Load failed";
    let message = only(safari);
    assert_eq!(
        (message.cause(), message.word("url")),
        (Some(Cause::PreflightStatus), Some("https://api.example.com/items"))
    );
}

#[test]
fn several_messages_are_several() {
    let text = format!(
        "{CHROMIUM}Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.\n{CHROMIUM}No \
         'Access-Control-Allow-Origin' header is present on the requested resource.\nAccess to XMLHttpRequest at \
         'https://cdn.example.com/y' (redirected from 'https://api.example.com/y') from origin 'null' has been blocked by CORS \
         policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    );
    let messages = decode(&text).messages;
    let causes: Vec<Option<Cause>> = messages.iter().map(Message::cause).collect();
    let missing = Some(Cause::AllowOriginMissing);
    assert_eq!(causes, [Some(Cause::MethodNotAllowed), missing, missing]);
    assert_eq!(messages[2].word("from"), Some("https://api.example.com/y"));
    assert_eq!(
        (messages[2].word("url"), messages[2].word("origin")),
        (Some("https://cdn.example.com/y"), Some("null"))
    );
}

#[test]
fn a_reason_alone_is_enough() {
    for (text, cause) in [
        ("No 'Access-Control-Allow-Origin' header is present on the requested resource", Cause::AllowOriginMissing),
        ("CORS header 'Access-Control-Allow-Origin' missing", Cause::AllowOriginMissing),
        ("Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response", Cause::MethodNotAllowed),
        (
            "XMLHttpRequest cannot load http://api.example.com/x. No 'Access-Control-Allow-Origin' header is present on the \
             requested resource. Origin 'http://localhost:3000' is therefore not allowed access.",
            Cause::AllowOriginMissing,
        ),
        (
            "Failed to load https://api.example.com/x: Response to preflight request doesn't pass access control check: No \
             'Access-Control-Allow-Origin' header is present on the requested resource.",
            Cause::AllowOriginMissing,
        ),
    ] {
        assert_eq!(only(text).cause(), Some(cause), "{text}");
    }
}

#[test]
fn what_is_cut_off_leaves_what_is_possible() {
    for (browser, text, causes) in texts() {
        let length = text.chars().count();
        let mut known = 0;
        for keep in (1..length).rev().step_by(3) {
            let cut: String = text.chars().take(keep).collect();
            let decoded = decode(&cut);
            for message in &decoded.messages {
                // Shorter is vaguer, never wrong.
                let possible = message.causes.is_empty() || message.causes.iter().any(|cause| causes.contains(cause));
                let lost = message.browser != browser;
                assert!(
                    possible || lost || message.causes.contains(&Cause::ReasonNotSaid),
                    "{cut}\n{message:#?}\n{causes:?}"
                );
            }
            known += usize::from(!decoded.messages.is_empty());
        }
        let framed = text.starts_with("Access to") || text.starts_with("Cross-Origin Request");
        assert!(!framed || known * 3 > length / 2, "{text}: {known} of {length}");
    }
    let message = only(&format!("{CHROMIUM}{PREFLIGHT}No 'Access-Control-All…"));
    assert!(message.cut_off && message.preflight);
    assert_eq!(message.causes, [Cause::AllowOriginMissing, Cause::LocalNetworkPreflight]);
    let message = only(&format!("{CHROMIUM}Request header field content-t"));
    assert_eq!((message.cause(), message.cut_off), (Some(Cause::HeaderNotAllowed), true));
    let message = only("Access to fetch at 'https://api.example.com/items' from origin 'https://app.exa");
    assert_eq!((message.causes.len(), message.word("url")), (0, Some("https://api.example.com/items")));
}

#[test]
fn other_texts_are_no_messages() {
    for text in [
        "",
        "hello",
        "Uncaught ReferenceError: cors is not defined",
        "I need access to files at work",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "We have access to the data at https://data.example.com from origin to end",
        "TypeError: Cannot read properties of undefined (reading 'origin')",
        "Failed to load resource: the server responded with a status of 404 (Not Found)",
        "GET https://api.example.com/items 500 (Internal Server Error)",
        "The method PUT is not allowed",
        "Origin is not allowed",
    ] {
        assert!(decode(text).messages.is_empty(), "{text}: {:#?}", decode(text));
    }
    let policy = "Refused to connect to 'https://api.example.com/' because it violates the following Content Security Policy \
                  directive: \"default-src 'self'\".";
    let decoded = decode(policy);
    assert!(decoded.messages.is_empty() && decoded.strangers.len() == 1, "{decoded:?}");
}

#[test]
fn what_browsers_said_to_the_probes_is_understood() {
    let mut read = 0;
    for line in include_str!("truth/probes.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        for name in ["chromium", "firefox"] {
            let said: Vec<&str> =
                row[name]["console"].as_array().into_iter().flatten().map(|line| line.as_str().unwrap()).collect();
            for text in said {
                if text.starts_with("Not allowed to load local resource") {
                    continue;
                }
                let message = only(text);
                assert!(!message.causes.is_empty() && !message.cut_off, "{text}\n{message:#?}");
                let url = message.word("url").unwrap();
                assert!(text.contains(url) && url.contains("://"), "{text}\n{message:#?}");
                read += 1;
            }
        }
    }
    assert!(read > 200, "{read}");
}

#[test]
fn texts_of_the_table_can_be_written_and_read() {
    let words: Words = [
        ("kind", "fetch"),
        ("url", "https://api.example.com/x"),
        ("origin", "https://app.example.com"),
        ("page", "https://app.example.com/"),
        ("value", "https://other.example.com"),
        ("method", "PATCH"),
        ("header", "x-token"),
        ("status", "403"),
        ("scheme", "foo"),
        ("space", "local"),
        ("other", "public"),
        ("list", "http, https"),
        ("what", "stylesheet"),
    ]
    .map(|(name, word)| (name.to_owned(), word.to_owned()))
    .into();
    for entry in &console().causes {
        for text in &entry.texts {
            let written = text.text.fill(&words).unwrap();
            let message = only(&written);
            // One text may stand for several causes; its words leave some of them.
            let narrowed = ["differs", "list", "invalid", "twice", "status", "redirect"];
            let name = format!("{:?}", entry.id).to_lowercase();
            assert!(
                message.causes.contains(&entry.id) || narrowed.iter().any(|part| name.contains(part)),
                "{written}\n{message:#?}"
            );
            assert_eq!(message.browser, text.browser, "{written}");
        }
    }
}
