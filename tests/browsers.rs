//! Our reading of the Fetch standard against what real browsers did with real answers.
//!
//! tests/truth/chromium.jsonl: answers of 238 real servers, what Chromium 156 made of them and what its console said; equal
//! rows are one row, `seen` counts them. tests/truth/probes.jsonl: answers made up to provoke every message, in Chromium
//! 156, Firefox 153 and WebKitGTK 2.50; what the server answers is written in the URL (`po` is Allow-Origin of the
//! preflight's answer, `ro` that of the request's, and so on).
#![allow(clippy::print_stdout, reason = "the figures are what the tests are run for")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use corslint::fetch::answer::Answer;
use corslint::fetch::browser::{Browser, Reader};
use corslint::fetch::message;
use corslint::fetch::request::{Credentials, Initiator, Mode, RedirectMode, Request};
use corslint::fetch::verdict::{Verdict, judge};
use serde_json::Value;

const PAGE: &str = "https://app.example.com";
const STRANGER: &str = "https://evil.test";

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn console(value: &Value) -> Vec<&str> {
    value["console"].as_array().into_iter().flatten().map(|line| line.as_str().unwrap()).collect()
}

/// What the page did, by the name of the case.
fn request(case: &str, url: &str) -> Request {
    let page = if case.starts_with("other-") { STRANGER } else { PAGE };
    let credentials = if case.ends_with("-include") { Credentials::Include } else { Credentials::Omit };
    let (method, header) = match case.trim_start_matches("other-").rsplit_once('-').unwrap().0 {
        "put-json" | "put" => ("PUT", Some(("Content-Type", "application/json"))),
        "get-auth" => ("GET", Some(("Authorization", "Bearer t"))),
        "delete-custom" => ("DELETE", Some(("X-Api-Key", "k"))),
        "get" | "get-404" | "get-500" | "get-401" => ("GET", None),
        other => panic!("unknown case {other}"),
    };
    let request = Request::new(page, method, url).with_credentials(credentials);
    header.into_iter().fold(request, |request, (name, value)| request.with_header(name, value))
}

fn recorded(value: &Value) -> Option<Answer> {
    let mut answer = Answer::new(u16::try_from(value.get(0)?.as_u64().unwrap()).unwrap());
    for (name, values) in value[1].as_object().unwrap() {
        let name = if name == "location" { name.clone() } else { format!("access-control-{name}") };
        values.as_array().unwrap().iter().for_each(|value| answer.append(&name, value.as_str().unwrap()));
    }
    Some(answer)
}

#[test]
fn verdicts_and_messages_are_those_of_chromium() {
    let (mut judged, mut refused, mut elsewhere) = (0, 0, 0);
    let mut wrong = Vec::new();
    for row in rows(include_str!("truth/chromium.jsonl")) {
        let seen = row["seen"].as_u64().unwrap();
        let request = request(row["case"].as_str().unwrap(), row["url"].as_str().unwrap());
        let (preflight, answer) = (recorded(&row["preflight"]), recorded(&row["answer"]));
        let verdict = judge(&request, preflight.as_ref(), answer.as_ref(), Reader::Browser(Browser::Chromium));
        let said = console(&row);
        let (allowed, lines) = match &verdict {
            // The answer at the new place was not recorded.
            Verdict::Redirected(_) => {
                elsewhere += seen;
                continue;
            }
            Verdict::Allowed(_) => (true, Vec::new()),
            Verdict::Blocked(blocked) => (false, message::lines(&request, blocked, Browser::Chromium)),
        };
        judged += seen;
        refused += if allowed { 0 } else { seen };
        if row["ok"].as_bool().unwrap() != allowed || said != lines {
            wrong.push(format!("{row}\n  {verdict:?}\n  {lines:?}"));
        }
    }
    println!(
        "{judged} verdicts of Chromium, {refused} of them refusals with their texts; {elsewhere} redirected elsewhere"
    );
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 3000 && refused > 1900, "{judged} {refused}");
}

/// The probes' server: the query says what it answers.
fn probed(url: &str, prefix: char, status: u16) -> Answer {
    let url = url::Url::parse(url).unwrap();
    let mut answer = Answer::new(status);
    for (key, value) in url.query_pairs() {
        let Some(key) = key.strip_prefix(prefix) else { continue };
        match key {
            "s" => answer.status = value.parse().unwrap(),
            "o" => answer.append("Access-Control-Allow-Origin", &value),
            "c" => answer.append("Access-Control-Allow-Credentials", &value),
            "m" => answer.append("Access-Control-Allow-Methods", &value),
            "h" => answer.append("Access-Control-Allow-Headers", &value),
            "e" => answer.append("Access-Control-Expose-Headers", &value),
            "l" => answer.append("Location", &value),
            "x" => ["X-Custom", "X-Other"].iter().for_each(|name| answer.append(name, &value)),
            "t" => answer.append("Content-Type", &value),
            other => panic!("unknown {other}"),
        }
    }
    answer.append("Content-Length", "2");
    answer
}

fn probe_request(row: &Value) -> Request {
    let page = row["page"].as_str().unwrap();
    let origin = if page.contains("csp=sandbox") {
        "null".to_owned()
    } else {
        url::Url::parse(page).unwrap().origin().ascii_serialization()
    };
    let init = &row["init"];
    let method = row["xhr"].as_str().or(init["method"].as_str()).unwrap_or("GET");
    let mut request = Request::new(&origin, method, row["url"].as_str().unwrap());
    for (name, value) in init["headers"].as_object().into_iter().flatten() {
        request = request.with_header(name, value.as_str().unwrap());
    }
    if init["credentials"] == "include" {
        request.credentials = Credentials::Include;
    }
    request.mode = match init["mode"].as_str() {
        Some("no-cors") => Mode::NoCors,
        Some("same-origin") => Mode::SameOrigin,
        _ => Mode::Cors,
    };
    if init["redirect"] == "error" {
        request.redirect = RedirectMode::Error;
    }
    if row["xhr"].is_string() {
        request.initiator = Initiator::XmlHttpRequest;
    }
    request
}

fn probe_verdict(request: &mut Request, reader: Reader) -> Verdict {
    loop {
        let reachable = request.url.starts_with("http") && !request.url.contains("refused.invalid");
        let preflight = reachable.then(|| probed(&request.url, 'p', 204));
        let answer = reachable.then(|| probed(&request.url, 'r', 200));
        match judge(request, preflight.as_ref(), answer.as_ref(), reader) {
            Verdict::Redirected(next) => *request = *next,
            other => return other,
        }
    }
}

/// Probes about something else than what is judged here.
fn is_elsewhere(row: &Value) -> bool {
    // Elements and not scripts; an error of `new Request()`; whether local addresses may be reached.
    let label = row["label"].as_str().unwrap();
    row["element"] == true || label == "no-cors-put" || label.starts_with("public-page-to-loopback")
}

#[test]
fn probes_end_as_in_every_browser() {
    let mut judged = [0; 3];
    let mut wrong = Vec::new();
    for row in rows(include_str!("truth/probes.jsonl")).iter().filter(|row| !is_elsewhere(row)) {
        for (index, (browser, name)) in
            [(Browser::Chromium, "chromium"), (Browser::Firefox, "firefox"), (Browser::Safari, "webkit")]
                .iter()
                .enumerate()
        {
            let Some(ok) = row[name]["ok"].as_bool() else { continue };
            let mut request = probe_request(row);
            let verdict = probe_verdict(&mut request, Reader::Browser(*browser));
            judged[index] += 1;
            if matches!(verdict, Verdict::Allowed(_)) != ok {
                wrong.push(format!("{name}: {row}\n  {verdict:?}"));
            }
        }
    }
    println!("probes judged in Chromium, Firefox, WebKit: {judged:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged.iter().all(|&count| count > 100), "{judged:?}");
}

#[test]
fn probes_are_told_in_the_words_of_each_browser() {
    // No request was made, and browsers say it with a text of another kind or not at all.
    const NOT_SAID: [&str; 3] = ["file-scheme", "redirect-data", "connection-refused"];
    // Chromium 156 shows an empty location, and Firefox names the failure alone.
    const SPECIAL: &str = "redirect-with-credentials-in-url";
    let (mut texts, mut wrong) = (0, Vec::new());
    for row in rows(include_str!("truth/probes.jsonl")).iter().filter(|row| !is_elsewhere(row)) {
        let label = row["label"].as_str().unwrap();
        if NOT_SAID.contains(&label) || label == SPECIAL {
            continue;
        }
        for (browser, name) in [(Browser::Chromium, "chromium"), (Browser::Firefox, "firefox")] {
            let mut request = probe_request(row);
            let Verdict::Blocked(blocked) = probe_verdict(&mut request, Reader::Browser(browser)) else { continue };
            let said = console(&row[name]);
            let lines = message::lines(&request, &blocked, browser);
            texts += 1;
            if lines != said {
                wrong.push(format!("{name} {label}\n  said {said:#?}\n  ours {lines:#?}"));
            }
        }
    }
    println!("{texts} texts of probes");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(texts > 120, "{texts}");
}

#[test]
fn scripts_see_the_headers_that_chromium_shows_them() {
    let mut shown = 0;
    for row in rows(include_str!("truth/probes.jsonl")) {
        let Some(visible) = row["chromium"]["visible"].as_array() else { continue };
        let mut request = probe_request(&row);
        let Verdict::Allowed(allowed) = probe_verdict(&mut request, Reader::Browser(Browser::Chromium)) else {
            panic!("{row}")
        };
        // The real server's own headers are not among those that the probe asks for.
        let visible: Vec<&str> = visible.iter().map(|name| name.as_str().unwrap()).collect();
        let visible: Vec<&str> =
            visible.into_iter().filter(|name| !["date", "connection", "keep-alive"].contains(name)).collect();
        assert_eq!(allowed.exposed.iter().map(String::as_str).collect::<Vec<_>>(), visible, "{row}");
        shown += 1;
    }
    assert!(shown >= 4, "{shown}");
}
