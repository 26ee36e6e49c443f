//! `corslint trace`
//!
//! In: a request of a page, or requests as curl would send them, and the repository's code. Out: what the servers answer, and what a
//! browser makes of it. Judges nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::common::Configured;
use super::engine::{Deployment, Engine, Model};
use super::judging::{assignment, working_directory};
use super::{Color, print};
use crate::error::Error;
use crate::fetch::request as fetch;
use crate::fetch::route::{Asked, route};
use crate::fetch::trace::trace;
use crate::model::origin::{Url, is_loopback};
use crate::model::world::{Assume, Request};
use crate::report::{self, visible};

/// Follow a request from a page through the servers and back, without running anything
///
/// `corslint trace [PATH] --from https://www.example.com PUT /api/items`
#[derive(Debug, Args)]
pub(super) struct Trace {
    /// Where the servers' code lies (`.` unless given), the method, and the path or URL
    #[arg(value_name = "[PATH] METHOD URL", num_args = 0..=3, hide = false)]
    words: Vec<String>,

    /// The origin of the page
    #[arg(long, value_name = "ORIGIN", env = "CORSLINT_FROM")]
    from: Option<String>,

    /// The credentials mode of the request
    #[arg(long, value_name = "MODE", default_value = "same-origin")]
    credentials: Mode,

    /// A request header that the page sets (repeatable)
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,

    /// Send the request exactly as given, as curl would; what neither --env nor an env file sets is not set
    #[arg(long)]
    raw: bool,

    /// Send the requests of a JSON file: an array of objects with label, method, path, origin, headers
    #[arg(long, value_name = "FILE")]
    requests: Option<Utf8PathBuf>,

    /// Say what the deployment sets (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    env: Vec<(String, String)>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    format: Form,

    #[command(flatten)]
    configured: Configured,

    /// Use colours
    #[arg(long, value_name = "WHEN", env = "CORSLINT_COLOR", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for people
    Full,
    /// For other programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Cookies never go along
    Omit,
    /// Cookies go along to the page's own origin
    SameOrigin,
    /// Cookies go along wherever they are for
    Include,
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("expected `NAME: VALUE`".to_owned()),
    }
}

/// A request as a file of requests gives it.
#[derive(Debug, Deserialize)]
struct Asking {
    label: Option<String>,
    method: String,
    path: String,
    origin: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// It is sent with TLS; curl does not unless the URL says so.
    #[serde(skip)]
    secure: bool,
}

#[derive(Debug, Serialize)]
struct Answering {
    label: Option<String>,
    response: Option<Response>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
}

#[derive(Debug, Serialize)]
struct Response {
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
}

impl Asking {
    fn request(&self) -> Request {
        let path = self.path.split(['?', '#']).next().unwrap_or("");
        let mut request = Request::new(&self.method, path).sent_with(if self.secure { "https" } else { "http" });
        for (name, value) in &self.headers {
            request = request.with(name, value);
        }
        match &self.origin {
            Some(origin) => request.with("origin", origin),
            None => request,
        }
    }
}

/// What the words of the command line ask for.
struct Words<'w> {
    path: &'w str,
    /// Method and path or URL; nothing when the requests stand in a file.
    asked: Option<(&'w str, &'w str)>,
}

impl Trace {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let words = self.words()?;
        let root = working_directory()?;
        let configuration = self.configured.configuration(words.path.into(), &root)?;
        let model = engine.model(&Deployment {
            root,
            configuration,
            paths: vec![words.path.into()],
            environment: self.env.iter().cloned().collect(),
            closed: self.raw || self.requests.is_some(),
        })?;
        let text = match (words.asked, self.raw) {
            (None, _) => {
                let answers: Vec<Answering> = self.asked()?.iter().map(|asking| answer(&model, asking)).collect();
                json(&answers)?
            }
            (Some((method, target)), true) => self.as_given(&model, method, target)?,
            (Some((method, target)), false) => self.as_of_a_page(&model, method, target)?,
        };
        print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    fn words(&self) -> Result<Words<'_>, Error> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let usage = "write `corslint trace [PATH] --from https://www.example.com PUT /api/items`";
        match (&*words, &self.requests) {
            ([], Some(_)) => Ok(Words { path: ".", asked: None }),
            ([path], Some(_)) => Ok(Words { path, asked: None }),
            ([method, target], None) => Ok(Words { path: ".", asked: Some((method, target)) }),
            ([path, method, target], None) => Ok(Words { path, asked: Some((method, target)) }),
            (_, Some(_)) => Err(Error::new("a file of requests and a request on the command line").with_help(usage)),
            (_, None) => Err(Error::new("a trace needs a method and a path or URL").with_help(usage)),
        }
    }

    /// A request as curl would send it.
    fn as_given(&self, model: &Model, method: &str, target: &str) -> Result<String, Error> {
        let asking = Asking {
            label: None,
            method: method.to_owned(),
            path: Url::parse(target).map_or_else(|| target.to_owned(), |url| url.path),
            origin: self.from.clone(),
            headers: self.header.iter().cloned().collect(),
            secure: Url::parse(target).is_some_and(|url| url.scheme == "https"),
        };
        let answered = answer(model, &asking);
        if self.format == Form::Json {
            return json(&answered);
        }
        let mut text = String::new();
        match (&answered.response, &answered.unknown) {
            (Some(response), _) => {
                let _ = writeln!(text, "{}", response.status);
                for (name, values) in &response.headers {
                    for value in values {
                        let _ = writeln!(text, "{}: {}", visible(name), visible(value));
                    }
                }
            }
            (None, why) => {
                let _ = writeln!(text, "not known: {}", visible(why.as_deref().unwrap_or("")));
            }
        }
        Ok(text)
    }

    /// A request as a page makes it.
    fn as_of_a_page(&self, model: &Model, method: &str, target: &str) -> Result<String, Error> {
        let help = "say which page asks: `--from https://www.example.com`";
        let from = self.from.as_deref().ok_or_else(|| Error::new("a trace needs the page's origin").with_help(help))?;
        if from != "null" && Url::parse(from).is_none_or(|url| url.origin() != from) {
            let meant =
                Url::parse(from).map_or_else(|| help.to_owned(), |url| format!("did you mean `{}`?", url.origin()));
            return Err(Error::new(format!("`{from}` is no origin")).with_help(meant));
        }
        let mut request = fetch::Request::new(from, method, &address(model, from, target));
        for (name, value) in &self.header {
            request = request.with_header(name, value);
        }
        request = request.with_credentials(match self.credentials {
            Mode::Omit => fetch::Credentials::Omit,
            Mode::SameOrigin => fetch::Credentials::SameOrigin,
            Mode::Include => fetch::Credentials::Include,
        });
        // Of a route whose code is not understood only that it answers is taken for granted.
        let asked = Asked { assume: &Assume::Production, routes_answer: Some(200) };
        let traced = trace(&model.project, &request, asked);
        match self.format {
            Form::Full => Ok(report::trace::text(&traced, &model.project, &model.scan.sources)),
            Form::Json => json(&report::trace::json(&traced, &model.scan.sources)),
        }
    }

    fn asked(&self) -> Result<Vec<Asking>, Error> {
        let Some(file) = &self.requests else { return Ok(Vec::new()) };
        let text = fs::read_to_string(file).map_err(|error| Error::path(file, &error))?;
        serde_json::from_str(&text).map_err(|error| {
            Error::new(format!("`{file}` holds no requests: {error}"))
                .with_help("write an array of objects with `method`, `path`, `origin` and `headers`")
        })
    }
}

/// The URL that is asked for: a path alone is one of the project's own host, or of some host that is not the page's.
fn address(model: &Model, from: &str, target: &str) -> String {
    if Url::parse(target).is_some() {
        return target.to_owned();
    }
    let local = Url::parse(from).filter(|url| is_loopback(&url.host));
    let port = model.project.servers.iter().flat_map(|server| &server.ports).next();
    // A bare name is one that a server answers to; what has a scheme may as well be the address of a page.
    let is_name = |host: &&str| host.contains('.') && !host.contains([':', '/', '*']);
    let named = model.project.hosts.iter().map(|host| host.value.as_str()).find(is_name);
    let host = match (local, named) {
        (Some(page), _) => format!("http://{}:{}", page.host, port.copied().unwrap_or(8000)),
        (None, Some(host)) => format!("https://{host}"),
        (None, None) => "https://api.example".to_owned(),
    };
    format!("{}/{}", host.trim_end_matches('/'), target.trim_start_matches('/'))
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Error::new(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

fn answer(model: &Model, asking: &Asking) -> Answering {
    let asked = Asked { assume: &Assume::Production, routes_answer: None };
    match route(&model.project, &asking.request(), asked).outcome.answer() {
        Ok(answer) => {
            let headers = answer.headers.into_iter().map(|(name, values)| (name.to_lowercase(), values)).collect();
            let response = Some(Response { status: answer.status, headers });
            Answering { label: asking.label.clone(), response, unknown: None }
        }
        Err(why) => Answering { label: asking.label.clone(), response: None, unknown: Some(why) },
    }
}
