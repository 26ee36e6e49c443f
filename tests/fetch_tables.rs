//! The algorithms of the Fetch standard, one table each: what goes in, what comes out.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use corslint::fetch::answer::Answer;
use corslint::fetch::browser::{Browser, Reader};
use corslint::fetch::cause::{Cause, Refusal};
use corslint::fetch::request::{Credentials, Mode, Reason, Request};
use corslint::fetch::safelist::{Unsafe, check, unsafe_names};
use corslint::fetch::verdict::{Stage, Verdict, judge};
use corslint::fetch::{
    cors_check, forbidden, list, max_age, method, mime, mixed_content, preflight, redirect, response,
};

const PAGE: &str = "https://app.example.com";
const API: &str = "https://api.example.com/items";
const CHROMIUM: Reader = Reader::Browser(Browser::Chromium);

#[test]
fn methods_are_sent_as_the_standard_says() {
    for (written, sent) in
        [("get", "GET"), ("Put", "PUT"), ("delete", "DELETE"), ("patch", "patch"), ("query", "query")]
    {
        assert_eq!(method::normalize(written), sent);
    }
    for (name, safelisted, forbidden) in [
        ("GET", true, false),
        ("POST", true, false),
        ("PUT", false, false),
        ("OPTIONS", false, false),
        ("TRACE", false, true),
    ] {
        assert_eq!((method::is_safelisted(name), method::is_forbidden(name)), (safelisted, forbidden), "{name}");
    }
}

#[test]
fn forbidden_headers_are_dropped() {
    for (name, value, dropped) in [
        ("Cookie", "a=b", true),
        ("ORIGIN", "x", true),
        ("Sec-Fetch-Mode", "cors", true),
        ("Proxy-Authorization", "x", true),
        ("Host", "x", true),
        ("X-HTTP-Method-Override", "PATCH", false),
        ("X-HTTP-Method-Override", "PATCH, trace", true),
        ("Authorization", "x", false),
        ("User-Agent", "x", false),
        ("Access-Control-Allow-Origin", "*", false),
    ] {
        assert_eq!(forbidden::is_forbidden_request_header(name, value), dropped, "{name}: {value}");
        assert_eq!(Request::new(PAGE, "GET", API).with_header(name, value).headers.is_empty(), dropped, "{name}");
    }
}

#[test]
fn safelisted_request_headers() {
    let long = "a".repeat(129);
    let json = |essence: &str| Err(Unsafe::ContentType(Some(essence.to_owned())));
    for (name, value, expected) in [
        ("Accept", "text/html, */*;q=0.8", Ok(())),
        ("accept", &long[..128], Ok(())),
        ("Accept", &long, Err(Unsafe::TooLong(129))),
        ("Accept", "(x)", Err(Unsafe::Byte(b'('))),
        ("Accept", "a\tb", Ok(())),
        ("Accept", "a\u{7f}", Err(Unsafe::Byte(0x7f))),
        ("Accept", "ä", Ok(())),
        ("Accept-Language", "de-CH, en;q=0.5, *", Ok(())),
        ("Accept-Language", "de_CH", Err(Unsafe::Byte(b'_'))),
        ("Content-Language", "en", Ok(())),
        ("Content-Type", "text/plain", Ok(())),
        ("Content-Type", "Text/Plain ; charset=utf-8", Ok(())),
        ("Content-Type", "multipart/form-data; boundary=x", Ok(())),
        ("Content-Type", "application/x-www-form-urlencoded", Ok(())),
        ("Content-Type", "application/json", json("application/json")),
        ("Content-Type", "text/plain, application/json", json("text/plain, application/json")),
        ("Content-Type", "text", Err(Unsafe::ContentType(None))),
        ("Content-Type", "", Err(Unsafe::ContentType(None))),
        ("Content-Type", "text/plain; x=\"y\"", Err(Unsafe::Byte(b'"'))),
        ("Range", "bytes=0-", Ok(())),
        ("Range", "bytes=10-20", Ok(())),
        ("Range", "bytes=20-10", Err(Unsafe::Range)),
        ("Range", "bytes=-10", Err(Unsafe::Range)),
        ("Range", "bytes=0-1,3-4", Err(Unsafe::Range)),
        ("Range", "bytes = 0-", Err(Unsafe::Range)),
        ("Authorization", "Bearer t", Err(Unsafe::Name)),
        ("X-Requested-With", "x", Err(Unsafe::Name)),
        ("Save-Data", "on", Err(Unsafe::Name)),
    ] {
        // A list of types is one value whose subtype is no token.
        let expected = if value == "text/plain, application/json" { Err(Unsafe::ContentType(None)) } else { expected };
        assert_eq!(check(name, value), expected, "{name}: {value}");
    }
}

#[test]
fn unsafe_names_are_sorted_lower_case_and_count_together() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let names = |headers: &[(String, String)]| -> Vec<String> {
        unsafe_names(headers).into_iter().map(|(name, _)| name).collect()
    };
    let headers = [header("X-Zed", "1"), header("Authorization", "t"), header("Accept", "a"), header("x-zed", "2")];
    assert_eq!(names(&headers), ["authorization", "x-zed"]);
    // Nine values of 128 bytes are more than 1024, though each alone is safelisted.
    let many: Vec<_> = (0..9).map(|_| header("Accept", &"a".repeat(128))).collect();
    assert_eq!(names(&many[..8]), [] as [&str; 0]);
    assert_eq!(names(&many), ["accept"]);
    assert_eq!(unsafe_names(&many)[0].1, Unsafe::Together(1152));
}

#[test]
fn mime_essences() {
    for (value, essence) in [
        (" text/HTML;charset=x", Some("text/html")),
        ("application/vnd.api+json", Some("application/vnd.api+json")),
        ("text/plain ;x", Some("text/plain")),
        ("text /plain", None),
        ("/plain", None),
        ("text/", None),
        ("text/pl ain", None),
    ] {
        assert_eq!(mime::essence(value).as_deref(), essence, "{value}");
    }
}

#[test]
fn a_preflight_is_needed_for_these_reasons() {
    let request = |method: &str, headers: &[(&str, &str)]| {
        headers.iter().fold(Request::new(PAGE, method, API), |request, (name, value)| request.with_header(name, value))
    };
    let reasons = |request: &Request| request.preflight_reasons().iter().map(Reason::to_string).collect::<Vec<_>>();
    assert!(reasons(&request("GET", &[])).is_empty());
    assert!(reasons(&request("post", &[("Content-Type", "text/plain")])).is_empty());
    assert_eq!(reasons(&request("PUT", &[])), ["the method PUT is not CORS-safelisted"]);
    assert_eq!(
        reasons(&request("POST", &[("Content-Type", "application/json"), ("Authorization", "x")])),
        [
            "the header `authorization` is not CORS-safelisted",
            "the header `content-type` is `application/json`, and only the types of forms are safelisted",
        ]
    );
    assert_eq!(
        reasons(&request("GET", &[("Accept", "{}")])),
        ["the header `accept` has `{` in its value, which is not safelisted"]
    );
    let mut upload = request("POST", &[]);
    upload.use_preflight = true;
    assert_eq!(reasons(&upload), ["the page watches an upload"]);
    // The page's own server is not asked first, nor is anybody without CORS.
    assert!(reasons(&Request::new("https://api.example.com", "PUT", API)).is_empty());
    assert!(reasons(&Request { mode: Mode::NoCors, ..request("GET", &[("Accept", "{}")]) }).is_empty());
}

#[test]
fn origins_are_tuples_of_scheme_host_and_port() {
    for (page, url, cross, header) in [
        (PAGE, "https://app.example.com/x", false, None),
        (PAGE, "https://app.example.com:443/x", false, None),
        (PAGE, "https://APP.example.com/x", false, None),
        (PAGE, "https://app.example.com:8443/x", true, Some(PAGE)),
        (PAGE, "http://app.example.com/x", true, Some(PAGE)),
        (PAGE, "https://example.com/x", true, Some(PAGE)),
        ("null", "https://app.example.com/x", true, Some("null")),
        ("http://localhost:3000", "http://localhost:4000/x", true, Some("http://localhost:3000")),
    ] {
        let request = Request::new(page, "GET", url);
        assert_eq!((request.is_cross_origin(), request.origin_header().as_deref()), (cross, header), "{page} {url}");
    }
    assert!(Request::new(PAGE, "POST", "https://app.example.com/x").is_cors_request());
}

#[test]
fn the_preflight_asks_in_these_words() {
    let request = Request::new(PAGE, "put", API)
        .with_header("X-Zed", "1")
        .with_header("Content-Type", "application/json")
        .with_header("Accept", "*/*");
    let headers: Vec<String> =
        preflight::headers(&request).iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let expected = [
        "Accept: */*",
        "Access-Control-Request-Method: PUT",
        "Access-Control-Request-Headers: content-type,x-zed",
        "Origin: https://app.example.com",
    ];
    assert_eq!(headers, expected);
    assert_eq!(preflight::headers(&Request::new(PAGE, "DELETE", API)).len(), 3);
}

#[test]
fn the_cors_check() {
    let refused = |cause: Cause, value: &str| Err(Refusal::new(cause).with_value(value));
    for (origins, credentials, plain, included) in [
        (vec![], None, refused(Cause::AllowOriginMissing, ""), refused(Cause::AllowOriginMissing, "")),
        (vec!["*"], Some("true"), Ok(()), refused(Cause::WildcardWithCredentials, "")),
        (vec![PAGE], None, Ok(()), refused(Cause::CredentialsNotAllowed, "")),
        (vec![PAGE], Some("true"), Ok(()), Ok(())),
        (vec![PAGE], Some("True"), Ok(()), refused(Cause::CredentialsNotAllowed, "True")),
        (vec![PAGE], Some("false"), Ok(()), refused(Cause::CredentialsNotAllowed, "false")),
        (vec![" https://app.example.com\t"], Some(" true "), Ok(()), Ok(())),
    ] {
        let mut answer = Answer::new(200);
        origins.iter().for_each(|origin| answer.append("access-control-allow-ORIGIN", origin));
        credentials.into_iter().for_each(|value| answer.append("Access-Control-Allow-Credentials", value));
        let request = Request::new(PAGE, "GET", API);
        assert_eq!(cors_check::check(&request, &answer), plain, "{answer:?}");
        let request = request.with_credentials(Credentials::Include);
        assert_eq!(cors_check::check(&request, &answer), included, "{answer:?}");
    }
    for (values, cause) in [
        (vec!["https://app.example.com/"], Cause::AllowOriginDiffers),
        (vec!["https://App.example.com"], Cause::AllowOriginDiffers),
        (vec!["https://app.example.com:443"], Cause::AllowOriginDiffers),
        (vec!["http://app.example.com"], Cause::AllowOriginDiffers),
        (vec!["https://*.example.com"], Cause::AllowOriginDiffers),
        (vec!["null"], Cause::AllowOriginDiffers),
        (vec!["localhost:3000"], Cause::AllowOriginDiffers),
        (vec!["app.example.com"], Cause::AllowOriginInvalid),
        (vec![""], Cause::AllowOriginInvalid),
        (vec!["undefined"], Cause::AllowOriginInvalid),
        (vec!["https://"], Cause::AllowOriginInvalid),
        (vec!["https://app.example.com, https://b.example"], Cause::AllowOriginList),
        (vec!["https://app.example.com https://b.example"], Cause::AllowOriginList),
        (vec![PAGE, PAGE], Cause::AllowOriginTwice),
        (vec!["*", "*"], Cause::AllowOriginTwice),
    ] {
        let mut answer = Answer::new(200);
        values.iter().for_each(|value| answer.append("Access-Control-Allow-Origin", value));
        let refusal = cors_check::check(&Request::new(PAGE, "GET", API), &answer).unwrap_err();
        assert_eq!((refusal.cause, refusal.value), (cause, values.join(", ")));
    }
    // A page without an origin of its own is told `null`, letter by letter.
    let null = Answer::new(200).with("Access-Control-Allow-Origin", "null");
    assert!(cors_check::check(&Request::new("null", "GET", API), &null).is_ok());
}

#[test]
fn lists_of_names() {
    for (lines, expected) in [
        (vec![], Ok(vec![])),
        (vec!["GET, PUT"], Ok(vec!["GET", "PUT"])),
        (vec!["GET", "PUT"], Ok(vec!["GET", "PUT"])),
        (vec![",GET,\t,PUT , "], Ok(vec!["GET", "PUT"])),
        (vec!["*"], Ok(vec!["*"])),
        (vec!["GET PUT"], Err("GET PUT")),
        (vec!["GET; PUT"], Err("GET; PUT")),
        (vec!["GET, \"PUT\""], Err("\"PUT\"")),
    ] {
        let mut answer = Answer::new(204);
        lines.iter().for_each(|line| answer.append("Access-Control-Allow-Methods", line));
        let found = list::extract(&answer, "access-control-allow-methods");
        assert_eq!(found, expected.map(|names| names.iter().map(ToString::to_string).collect()).map_err(str::to_owned));
    }
}

#[test]
fn authorization_needs_its_name_in_the_standard_and_not_yet_in_browsers() {
    let request = Request::new(PAGE, "GET", API).with_header("Authorization", "Bearer t");
    let answer = |names: &str| {
        Answer::new(204).with("Access-Control-Allow-Origin", "*").with("Access-Control-Allow-Headers", names)
    };
    let refused = Err(Refusal::new(Cause::HeaderNotAllowed).with_value("authorization"));
    assert_eq!(preflight::check(&request, &answer("*"), Reader::Standard), refused);
    for browser in Browser::ALL {
        let grant = preflight::check(&request, &answer("*"), Reader::Browser(browser)).unwrap();
        assert!(grant.against_the_standard, "{browser}");
    }
    for reader in [Reader::Standard, CHROMIUM] {
        assert!(!preflight::check(&request, &answer("*, AUTHORIZATION"), reader).unwrap().against_the_standard);
        let include = request.clone().with_credentials(Credentials::Include);
        let answer = Answer::new(204)
            .with("Access-Control-Allow-Origin", PAGE)
            .with("Access-Control-Allow-Credentials", "true")
            .with("Access-Control-Allow-Headers", "*");
        assert_eq!(preflight::check(&include, &answer, reader), refused);
    }
}

#[test]
fn browsers_look_in_their_own_order() {
    let request = Request::new(PAGE, "PUT", API);
    let bare = Answer::new(404);
    let redirect = Answer::new(301).with("Location", "https://api.example.com/items/");
    let cause =
        |answer: &Answer, browser| preflight::check(&request, answer, Reader::Browser(browser)).unwrap_err().cause;
    for browser in [Browser::Chromium, Browser::Firefox] {
        assert_eq!(cause(&bare, browser), Cause::AllowOriginMissing);
        assert_eq!(cause(&redirect, browser), Cause::PreflightRedirect);
    }
    assert_eq!(cause(&bare, Browser::Safari), Cause::PreflightStatus);
    assert_eq!(cause(&redirect, Browser::Safari), Cause::PreflightRedirect);
}

#[test]
fn max_age_is_kept_for_so_long() {
    use Browser::{Chromium, Firefox, Safari};
    for (value, standard, chromium, firefox, safari) in [
        (None, 5, 5, 5, 5),
        (Some("0"), 0, 0, 0, 0),
        (Some("600"), 600, 600, 600, 600),
        (Some("86400"), 86400, 7200, 86400, 600),
        (Some("86400000"), 86_400_000, 7200, 86400, 600),
        (Some("99999999999999999999999"), u64::MAX, 7200, 86400, 600),
        (Some("-1"), 5, 0, 0, 5),
        (Some("abc"), 5, 5, 0, 5),
        (Some("1.5"), 5, 5, 0, 5),
        (Some("600, 600"), 5, 5, 0, 5),
        (Some(""), 5, 5, 0, 5),
    ] {
        let seconds = |reader| max_age::seconds(value, reader);
        let found = [Chromium, Firefox, Safari].map(|browser| seconds(Reader::Browser(browser)));
        assert_eq!((seconds(Reader::Standard), found), (standard, [chromium, firefox, safari]), "{value:?}");
    }
}

#[test]
fn scripts_see_what_is_exposed() {
    let answer = |expose: Option<&str>| {
        let answer =
            Answer::new(200).with("Content-Type", "x").with("ETag", "x").with("X-Total", "1").with("Set-Cookie", "a=b");
        expose.into_iter().fold(answer, |answer, names| answer.with("Access-Control-Expose-Headers", names))
    };
    let request = Request::new(PAGE, "GET", API);
    let include = request.clone().with_credentials(Credentials::Include);
    let seen = |request: &Request, expose| response::exposed(request, &answer(expose)).into_iter().collect::<Vec<_>>();
    assert_eq!(seen(&request, None), ["content-type"]);
    assert_eq!(seen(&request, Some("x-total, Set-Cookie")), ["content-type", "x-total"]);
    assert_eq!(seen(&request, Some("*")), ["access-control-expose-headers", "content-type", "etag", "x-total"]);
    assert_eq!(seen(&include, Some("*")), ["content-type"]);
    let own = Request::new("https://api.example.com", "GET", API);
    assert_eq!(seen(&own, None), ["content-type", "etag", "x-total"]);
}

#[test]
fn mixed_content_is_never_sent() {
    for (page, url, blocked) in [
        (PAGE, "http://api.example.com/x", true),
        (PAGE, "https://api.example.com/x", false),
        (PAGE, "http://localhost:3000/x", false),
        (PAGE, "http://127.0.0.1/x", false),
        (PAGE, "http://0.0.0.0/x", true),
        (PAGE, "http://192.168.1.4/x", true),
        ("http://app.example.com", "http://api.example.com/x", false),
    ] {
        assert_eq!(mixed_content::is_blocked(page, url), blocked, "{page} {url}");
    }
    let verdict = judge(&Request::new(PAGE, "GET", "http://api.example.com/x"), None, None, CHROMIUM);
    assert!(matches!(verdict, Verdict::Blocked(blocked) if blocked.stage == Stage::Before));
}

#[test]
fn redirects_change_the_request() {
    let request = Request::new(PAGE, "POST", "https://api.example.com/a/b?c")
        .with_header("Content-Type", "application/json")
        .with_header("Authorization", "x");
    let next = |status, location| redirect::follow(&request, status, location);
    let get = next(302, "/y").unwrap();
    assert_eq!((get.url.as_str(), get.method.as_str()), ("https://api.example.com/y", "GET"));
    assert_eq!(get.headers, [("Authorization".to_owned(), "x".to_owned())]);
    assert_eq!(get.serialized_origin(), PAGE);
    let kept = next(307, "c").unwrap();
    assert_eq!(
        (kept.url.as_str(), kept.method.as_str(), kept.headers.len()),
        ("https://api.example.com/a/c", "POST", 2)
    );
    let elsewhere = next(308, "//cdn.example.com/z").unwrap();
    assert_eq!((elsewhere.url.as_str(), elsewhere.serialized_origin().as_str()), ("https://cdn.example.com/z", "null"));
    assert!(elsewhere.headers.iter().all(|(name, _)| name != "Authorization"));
    assert_eq!(next(302, "https://u:p@api.example.com/").unwrap_err().cause, Cause::RedirectWithCredentials);
    assert_eq!(next(302, "data:text/plain,x").unwrap_err().cause, Cause::SchemeNotSupported);
    let home = redirect::follow(&elsewhere, 302, "https://app.example.com/").unwrap();
    assert!(home.is_cross_origin() && home.serialized_origin() == "null");
    let circle = (0..20).try_fold(request.clone(), |request, _| redirect::follow(&request, 307, "/again")).unwrap();
    assert_eq!(redirect::follow(&circle, 307, "/again").unwrap_err().cause, Cause::RedirectRefused);
}

#[test]
fn no_answer_is_a_network_error() {
    let cause = |verdict: Verdict| {
        if let Verdict::Blocked(blocked) = verdict { blocked.refusal.cause } else { panic!("{verdict:?}") }
    };
    let (get, put) = (Request::new(PAGE, "GET", API), Request::new(PAGE, "PUT", API));
    assert_eq!(cause(judge(&get, None, None, CHROMIUM)), Cause::RequestFailed);
    assert_eq!(cause(judge(&put, None, Some(&Answer::new(200)), CHROMIUM)), Cause::RequestFailed);
    let mode = Request { mode: Mode::SameOrigin, ..get.clone() };
    assert_eq!(cause(judge(&mode, None, Some(&Answer::new(200)), CHROMIUM)), Cause::SameOriginMode);
    let opaque = judge(&Request { mode: Mode::NoCors, ..get }, None, Some(&Answer::new(200)), CHROMIUM);
    assert!(matches!(opaque, Verdict::Allowed(allowed) if allowed.opaque));
}
