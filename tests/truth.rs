//! What we say a server answers is what the real server answered.
//!
//! `truth/cases/` holds small projects and what the real frameworks answered to the same 27 requests each. Every recorded
//! answer of a platform that we know is predicted from the code alone and compared: the status, and every
//! `Access-Control-*` and `Vary` line. A prediction may be unknown, seldom; it may be wrong only where [`LIMITS`] says why.

#![allow(clippy::print_stdout, reason = "the figure is what the test is run for")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use corslint::fetch::route::{Asked, route};
use corslint::model::world::{Assume, Request};
use corslint::pipeline::Stated;
use corslint::{pipeline, scan};
use serde::Deserialize;

/// The platforms whose servers are predicted, by the names the recordings use.
const PLATFORMS: [&str; 10] =
    ["django", "express", "express4", "fastapi", "flask", "hono", "koa", "next", "nginx", "node-http"];

/// Wrong answers that are known, with the reason.
const LIMITS: [(&str, &str, &str); 1] = [(
    "058-express-fn-crash-on-missing-origin",
    "get-none",
    "a method called on a missing Origin throws, which is not followed",
)];

#[derive(Deserialize, Clone)]
struct Asking {
    method: String,
    path: String,
    origin: Option<String>,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Recorded {
    framework: String,
    #[serde(default)]
    run: Run,
    #[serde(default)]
    requests: BTreeMap<String, Asking>,
    answers: Vec<Answers>,
}

#[derive(Deserialize, Default)]
struct Run {
    #[serde(default)]
    env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answers {
    labels: Vec<String>,
    /// None: the connection ended without an answer.
    status: Option<u16>,
    headers: BTreeMap<String, Vec<String>>,
}

type Seen = (u16, BTreeMap<String, Vec<String>>);

#[derive(Debug, Default, Clone)]
struct Score {
    exact: usize,
    unknown: usize,
    wrong: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth")
}

fn relevant(status: u16, headers: impl IntoIterator<Item = (String, Vec<String>)>) -> Seen {
    let named = headers.into_iter().map(|(name, values)| (name.to_lowercase(), values));
    (status, named.filter(|(name, _)| name.starts_with("access-control-") || name == "vary").collect())
}

fn request(asking: &Asking) -> Request {
    let path = asking.path.split('?').next().expect("a first piece");
    // The recorded servers stood on plain HTTP.
    let mut request = Request::new(&asking.method, path).sent_with("http");
    for (name, value) in &asking.headers {
        request = request.with(name, value);
    }
    match &asking.origin {
        Some(origin) => request.with("origin", origin),
        None => request,
    }
}

/// Predicts the answers of one recorded project.
fn score(folder: &Path, standard: &BTreeMap<String, Asking>) -> Option<(String, Score)> {
    let recorded = fs::read_to_string(folder.join("recorded.json")).expect("a recording");
    let recorded: Recorded = serde_json::from_str(&recorded).expect("the form of a recording");
    if !PLATFORMS.contains(&&*recorded.framework) {
        return None;
    }
    let name = folder.file_name().expect("a folder").to_string_lossy().into_owned();
    let root = Utf8PathBuf::from_path_buf(folder.to_owned()).expect("UTF-8");
    let mut scan = scan::scan(&[".".into()], scan::Options::new(&root)).expect("a folder");
    let stated = Stated { variables: recorded.run.env.clone(), closed: true, ..Stated::default() };
    let project = pipeline::analyse(&mut scan, &stated).project;
    let asked = Asked { assume: &Assume::Production, routes_answer: None };
    let mut score = Score::default();
    for answers in &recorded.answers {
        let Some(status) = answers.status else { continue };
        let expected = relevant(status, answers.headers.clone());
        for label in &answers.labels {
            let asking = recorded.requests.get(label).or_else(|| standard.get(label)).expect("a request");
            match route(&project, &request(asking), asked).outcome.answer() {
                Err(_) => score.unknown += 1,
                Ok(answer) => {
                    let predicted = relevant(answer.status, answer.headers);
                    let limit = LIMITS.iter().any(|(case, at, _)| *case == name && at == label);
                    match (predicted == expected, limit) {
                        (true, false) => score.exact += 1,
                        (true, true) => {
                            score.wrong.push(format!("{name} {label} is right now: it is no limit any more"))
                        }
                        (false, true) => score.unknown += 1,
                        (false, false) => {
                            score
                                .wrong
                                .push(format!("{name} {label}\n  recorded  {expected:?}\n  predicted {predicted:?}"));
                        }
                    }
                }
            }
        }
    }
    Some((recorded.framework, score))
}

#[test]
fn recorded_answers_are_predicted() {
    let standard = fs::read_to_string(root().join("requests.json")).expect("the requests");
    let standard: BTreeMap<String, Asking> = serde_json::from_str(&standard).expect("the form of requests");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("cases")).expect("cases").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let scores: Vec<(String, Score)> = folders.iter().filter_map(|folder| score(folder, &standard)).collect();
    let mut by_platform: BTreeMap<String, Score> = BTreeMap::new();
    for (platform, score) in scores {
        let sum = by_platform.entry(platform).or_default();
        sum.exact += score.exact;
        sum.unknown += score.unknown;
        sum.wrong.extend(score.wrong);
    }
    let mut wrong = Vec::new();
    let (mut exact, mut unknown) = (0, 0);
    for (platform, score) in by_platform {
        println!("{platform:10} {:5} exact {:4} unknown {:4} wrong", score.exact, score.unknown, score.wrong.len());
        exact += score.exact;
        unknown += score.unknown;
        wrong.extend(score.wrong);
    }
    let all = exact + unknown + wrong.len();
    println!("all        {exact:5} exact of {all}: {:.1} %", 100.0 * exact as f64 / all as f64);
    assert!(wrong.is_empty(), "{} answers are not what the server answers:\n{}", wrong.len(), wrong.join("\n"));
    assert!(exact * 100 >= all * 97, "{exact} of {all} answers are predicted");
}
