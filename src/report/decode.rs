//! What a console message says, for people and for programs.
//!
//! In: decoded messages, each with the places that explain it. Out: text, coloured when asked, or one JSON object. The shape
//! of that object is a promise like that of `json`. Decides nothing about causes or their order.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use camino::Utf8Path;
use serde::Serialize;

use super::Options;
use super::diagnostic::{Header, Painter};
use super::visible::visible;
use crate::fetch::browser::Browser;
use crate::fetch::cause::Cause;
use crate::fetch::console::{Entry, Stranger, console};
use crate::fetch::decode::Message;
use crate::finding::{Finding, Label, Severity, Summary};
use crate::source::{Position, Sources};

/// A message and what explains it.
#[derive(Debug)]
pub struct Explained<'a> {
    /// The message.
    pub message: &'a Message,
    /// The places, most likely first.
    pub places: Vec<Place>,
}

/// A place that explains a message.
#[derive(Debug, Clone)]
pub struct Place {
    /// The rule that found it; without one it is the model that knows it.
    pub rule: Option<Arc<str>>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where, the first being the place itself; all in one file.
    pub labels: Vec<Label>,
    /// What a replay of the request showed at this place.
    pub proof: Option<String>,
    /// Checks leave it out, because somebody said so.
    pub suppressed: bool,
}

impl Place {
    /// The place of a finding.
    pub fn of_finding(finding: &Finding) -> Place {
        let own = finding.labels.iter().filter(|label| label.span.file == finding.primary.span.file);
        Place {
            rule: Some(finding.rule.clone()),
            severity: finding.severity,
            message: finding.message.clone(),
            help: finding.help.clone(),
            labels: std::iter::once(&finding.primary).chain(own).cloned().collect(),
            proof: None,
            suppressed: false,
        }
    }
}

/// The repository that was looked at.
#[derive(Debug)]
pub struct Repository<'a> {
    /// Where it lies, as it was given.
    pub path: &'a Utf8Path,
    /// Its texts.
    pub sources: &'a Sources,
    /// What was found.
    pub summary: Summary,
}

/// As many places as are shown; the rest is counted.
const MOST_PLACES: usize = 5;
/// As many causes as are explained, briefly when there are several; of more only the names are.
const MOST_CAUSES: usize = 3;

/// Writes for people.
pub fn write(
    explained: &[Explained],
    strangers: &[&Stranger],
    repository: Option<&Repository>,
    options: Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let painter = Painter::new(options);
    for (index, one) in explained.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write_message(one.message, &painter, out)?;
        if let Some(repository) = repository {
            write_places(&one.places, repository, &painter, out)?;
        }
    }
    if explained.is_empty() && strangers.is_empty() {
        writeln!(out, "This is no CORS message of Chromium, Firefox or Safari.")?;
        writeln!(out, "Copy the whole line from the console of the browser, in English, with its beginning.")?;
    }
    for stranger in strangers {
        writeln!(out, "{} {}", painter.severity(Severity::Info, "No CORS message:"), stranger.says)?;
    }
    Ok(())
}

fn write_message(message: &Message, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<&Entry> = message.causes.iter().filter_map(|&cause| console().entry(cause)).collect();
    let title = match (entries.as_slice(), message.cut_off) {
        ([], true) => "The message is cut off before it says what is wrong: copy the whole line",
        ([], false) => "A CORS message whose reason is not known here",
        ([only], _) => &only.title,
        _ => "The message stands for several causes",
    };
    writeln!(out, "{}", painter.severity(Severity::Error, title))?;
    let mut line = |key: &str, text: &str| write!(out, "{}", painter.line(key, text));
    line("browser", browser(message.browser))?;
    for (key, name) in [
        ("page", "origin"),
        ("asks for", "url"),
        ("redirected from", "from"),
        ("value", "value"),
        ("method", "method"),
        ("header", "header"),
        ("status", "status"),
    ] {
        if let Some(word) = message.word(name) {
            line(key, if word.is_empty() { "(empty)" } else { word })?;
        }
    }
    if message.preflight {
        line("when", "at the answer to the preflight (`OPTIONS`); the request itself was never sent")?;
    }
    if message.cut_off && !entries.is_empty() {
        line("note", "the message is cut off; the whole line may say more")?;
    }
    for entry in &entries {
        if entries.len() > 1 {
            writeln!(out, "\n{}", painter.severity(Severity::Warning, &entry.title))?;
        }
        let step = entry.id.step();
        write!(out, "{}", painter.line("step", step.title()))?;
        write!(out, "{}", painter.line("see", step.anchor()))?;
        match entries.len() {
            1 => write_prose(entry, message.preflight, painter, out)?,
            2..=MOST_CAUSES => {
                writeln!(out)?;
                write!(out, "{}", painter.paragraph(&entry.means))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn write_prose(entry: &Entry, preflight: bool, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    write!(out, "{}", painter.paragraph(&entry.means))?;
    if preflight && !entry.preflight.is_empty() {
        writeln!(out)?;
        write!(out, "{}", painter.paragraph(&entry.preflight))?;
    }
    for (title, items) in [("It is not", &entry.not), ("Cures that do not help", &entry.wrong)] {
        writeln!(out, "\n  {}", painter.severity(Severity::Info, title))?;
        for item in items {
            writeln!(out, "  - {item}")?;
        }
    }
    Ok(())
}

fn write_places(places: &[Place], repository: &Repository, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    let path = visible(repository.path.as_str());
    writeln!(out)?;
    if repository.summary.servers == 0 && repository.summary.policies == 0 {
        return writeln!(out, "No CORS was found in `{path}`: say where the server's code lies with --in PATH.");
    }
    if places.is_empty() {
        return writeln!(
            out,
            "Nothing in `{path}` explains it: perhaps another server answers, or a value set in the deployment."
        );
    }
    writeln!(out, "{}\n", painter.severity(Severity::Warning, &format!("In `{path}`, most likely first:")))?;
    for place in places.iter().take(MOST_PLACES) {
        let title = match &place.rule {
            Some(rule) => format!("{}[{}]:", place.severity, visible(rule)),
            None => "here:".to_owned(),
        };
        let Some(first) = place.labels.first() else { continue };
        let labels: Vec<_> = place.labels.iter().map(|label| (label.span, label.text.as_str())).collect();
        let (file, sources) = (first.span.file, repository.sources);
        let header = Header { severity: place.severity, title: &title, url: None, message: &place.message };
        let mut text = painter.draw(header, &labels, file, sources);
        text += &painter.line("proof", place.proof.as_deref().unwrap_or_default());
        text += &painter.line("help", &place.help);
        text += &painter.line(
            "note",
            if place.suppressed { "checks leave this out, because a comment or the configuration says so" } else { "" },
        );
        writeln!(out, "{text}")?;
    }
    match places.len().saturating_sub(MOST_PLACES) {
        0 => Ok(()),
        more => writeln!(out, "And {more} less likely: `--format json` has them all."),
    }
}

fn browser(browser: Browser) -> &'static str {
    match browser {
        Browser::Chromium => "Chromium (Chrome, Edge, Opera and others)",
        Browser::Firefox => "Firefox",
        Browser::Safari => "Safari (and every browser on iOS)",
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    messages: Vec<JsonMessage<'a>>,
    strangers: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonMessage<'a> {
    browser: Browser,
    causes: Vec<JsonCause<'a>>,
    preflight: bool,
    cut_off: bool,
    words: &'a BTreeMap<String, String>,
    explanations: Vec<JsonPlace<'a>>,
}

#[derive(Serialize)]
struct JsonCause<'a> {
    id: Cause,
    title: &'a str,
    step: &'static str,
    see: &'static str,
    means: &'a str,
    not: &'a [String],
    wrong: &'a [String],
    rules: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    rule: Option<&'a str>,
    severity: &'static str,
    message: &'a str,
    help: &'a str,
    path: &'a str,
    start: JsonPosition,
    end: JsonPosition,
    proof: Option<&'a str>,
    suppressed: bool,
}

#[derive(Serialize)]
struct JsonPosition {
    line: usize,
    column: usize,
    offset: usize,
}

/// Writes for programs.
pub fn write_json(
    explained: &[Explained],
    strangers: &[&Stranger],
    repository: Option<&Repository>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cause = |entry: &'static Entry, preflight: bool| JsonCause {
        id: entry.id,
        title: &entry.title,
        step: entry.id.step().title(),
        see: entry.id.step().anchor(),
        means: entry.means.trim_end(),
        not: &entry.not,
        wrong: &entry.wrong,
        rules: entry.rules(preflight, true),
    };
    let message = |one: &'_ Explained<'_>| {
        let preflight = one.message.preflight;
        let entries = one.message.causes.iter().filter_map(|&id| console().entry(id));
        (entries.map(|entry| cause(entry, preflight)).collect::<Vec<_>>(), preflight)
    };
    let messages = explained.iter().map(|one| {
        let (causes, preflight) = message(one);
        JsonMessage {
            browser: one.message.browser,
            causes,
            preflight,
            cut_off: one.message.cut_off,
            words: &one.message.words,
            explanations: repository.map_or(Vec::new(), |repository| {
                one.places.iter().filter_map(|place| json_place(place, repository)).collect()
            }),
        }
    });
    let strangers = strangers.iter().map(|stranger| stranger.says.as_str()).collect();
    let document = Document { version: "1", messages: messages.collect(), strangers };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn json_place<'a>(place: &'a Place, repository: &'a Repository) -> Option<JsonPlace<'a>> {
    let span = place.labels.first()?.span;
    let position = |offset| {
        let Position { line, column, offset } = repository.sources.position(span.file, offset);
        JsonPosition { line, column, offset }
    };
    Some(JsonPlace {
        rule: place.rule.as_deref(),
        severity: place.severity.name(),
        message: &place.message,
        help: &place.help,
        path: repository.sources.path(span.file).as_str(),
        start: position(span.start),
        end: position(span.end),
        proof: place.proof.as_deref(),
        suppressed: place.suppressed,
    })
}
