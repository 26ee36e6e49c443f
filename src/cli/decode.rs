//! `corslint decode [MESSAGE]`
//!
//! In: a text from a browser's console, and a repository. Out: what the message says, and the places of the repository that
//! explain it, most likely first. Which places those are is ranked in `ranking`; nothing is drawn here.

mod ranking;

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::engine::{Engine, Outcome, Settings};
use super::judging::{assignment, working_directory};
use super::{Common, output, print, today};
use crate::error::Error;
use crate::fetch::console::console;
use crate::fetch::decode::{Decoded, decode};
use crate::report;
use crate::report::decode::{Explained, Repository};

/// Explain a CORS message of a browser's console, and find the line that causes it
///
/// Exits with 0 whatever the text says, also when it is no CORS message, and with 2 when there is no text.
#[derive(Debug, Args)]
pub(super) struct Decode {
    /// The message, as it stands in the console; `-` or nothing reads it from standard input
    #[arg(value_name = "MESSAGE")]
    message: Vec<String>,

    /// Where the code of the server lies
    #[arg(long = "in", value_name = "PATH", default_value = ".")]
    path: Utf8PathBuf,

    /// The origin of the page, for messages that do not name it
    #[arg(long, value_name = "ORIGIN")]
    from: Option<String>,

    /// Say what the deployment sets (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    env: Vec<(String, String)>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    format: Form,

    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for people
    Full,
    /// For other programs
    Json,
}

/// As much of a text as is read: a console that was left open for a day is more than anybody asks about.
const MOST: u64 = 1 << 16;

impl Decode {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let text = self.text()?;
        if text.trim().is_empty() {
            return Err(Error::new("there is no message to decode").with_help(
                "give the line of the console in quotes, or on standard input: `corslint decode < console.txt`",
            ));
        }
        let decoded = self.decoded(&text);
        let outcome = if decoded.messages.is_empty() { None } else { Some(engine.check(&self.settings()?)?) };
        let explained = self.explain(&decoded, outcome.as_ref());
        let repository = outcome.as_ref().map(|outcome| Repository {
            path: &self.path,
            sources: &outcome.scan.sources,
            summary: outcome.report.summary,
        });
        let mut bytes = Vec::new();
        let written = match self.format {
            Form::Full => {
                let options = output::screen(self.common.color, report::Options::default());
                report::decode::write(&explained, &decoded.strangers, repository.as_ref(), options, &mut bytes)
            }
            Form::Json => report::decode::write_json(&explained, &decoded.strangers, repository.as_ref(), &mut bytes),
        };
        written.map_err(|error| Error::new(format!("cannot report: {error}")))?;
        print(&bytes)?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> Result<String, Error> {
        // A shell that met unquoted blanks has only taken the message apart.
        let text = self.message.join(" ");
        if !matches!(text.as_str(), "" | "-") {
            return Ok(text);
        }
        let stdin = io::stdin();
        if text.is_empty() && stdin.is_terminal() {
            return Ok(String::new());
        }
        let mut bytes = Vec::new();
        let read = stdin.lock().take(MOST).read_to_end(&mut bytes);
        read.map_err(|error| Error::new(format!("cannot read standard input: {error}")))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn decoded(&self, text: &str) -> Decoded {
        let mut decoded = decode(text);
        for message in &mut decoded.messages {
            if let (None, Some(origin)) = (message.word("origin"), &self.from) {
                message.words.insert("origin".to_owned(), origin.clone());
            }
        }
        decoded
    }

    /// All rules that can explain a message, pedantic ones too: something is wrong, and the question is what.
    fn settings(&self) -> Result<Settings, Error> {
        let asked = console().causes.iter().flat_map(|entry| entry.rules.iter().chain(&entry.preflight_rules));
        let root = working_directory()?;
        let configuration = self.common.configuration(&self.path, &root)?;
        Ok(Settings {
            root,
            paths: vec![self.path.clone()],
            rule_directories: self.common.rule_directories(configuration.as_ref()),
            rules: asked.cloned().collect(),
            environment: self.env.iter().cloned().collect(),
            configuration,
            text: None,
            today: today::today()?,
            show_model: false,
        })
    }

    fn explain<'a>(&self, decoded: &'a Decoded, outcome: Option<&Outcome>) -> Vec<Explained<'a>> {
        let explain = |message| {
            let places = outcome.map_or(Vec::new(), |outcome| ranking::ranked(message, outcome));
            Explained { message, places }
        };
        decoded.messages.iter().map(explain).collect()
    }
}
