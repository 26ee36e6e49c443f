//! `corslint trace`
//!
//! In: a request, or a file of them, and the repository's code. Out: what the server answers. Judges nothing.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::engine::{Deployment, Engine, Model};
use super::judging::{assignment, working_directory};
use super::{Color, print};
use crate::error::Error;
use crate::fetch::route::{Asked, route};
use crate::model::world::{Assume, Request};

/// Say what a server answers to a request, without running it
#[derive(Debug, Args)]
pub(super) struct Trace {
    /// Where the server's code lies
    #[arg(value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,

    /// Send the request exactly as given, as curl would; what neither --env nor an env file sets is not set
    #[arg(long)]
    raw: bool,

    /// Read requests from a JSON file: an array of objects with label, method, path, origin, headers
    #[arg(long, value_name = "FILE")]
    requests: Option<Utf8PathBuf>,

    /// Say what the deployment sets (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    env: Vec<(String, String)>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    format: Form,

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

/// A request as a file of requests gives it.
#[derive(Debug, Deserialize)]
struct Asking {
    label: Option<String>,
    method: String,
    path: String,
    origin: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
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
        let mut request = Request::new(&self.method, self.path.split(['?', '#']).next().unwrap_or(""));
        for (name, value) in &self.headers {
            request = request.with(name, value);
        }
        match &self.origin {
            Some(origin) => request.with("origin", origin),
            None => request,
        }
    }
}

impl Trace {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let model = engine.model(&Deployment {
            root: working_directory()?,
            paths: vec![self.path.clone()],
            environment: self.env.iter().cloned().collect(),
            closed: self.raw,
        })?;
        let answers: Vec<Answering> = self.asked()?.iter().map(|asking| answer(&model, asking)).collect();
        let mut text = serde_json::to_string_pretty(&answers).map_err(|error| Error::new(error.to_string()))?;
        text.push('\n');
        print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
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
