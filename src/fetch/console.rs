//! The table of console messages and what they mean, out of `console.yaml`.
//!
//! In: the embedded table. Out: frames, texts and prose by cause. Written by `message`, read by `decode`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::browser::Browser;
use super::cause::Cause;
use super::template::Template;

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// What stands before a reason.
    pub frames: Vec<Frame>,
    /// What stands between frame and reason when the answer to a preflight is refused.
    pub preflight: Vec<Frame>,
    /// The causes.
    pub causes: Vec<Entry>,
    /// Messages of others.
    pub strangers: Vec<Stranger>,
}

/// The beginning of a message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Who writes it.
    pub browser: Browser,
    /// The text.
    pub text: Template,
    /// It means nothing without a reason behind it.
    #[serde(default)]
    pub tied: bool,
}

/// A cause: its texts and what is to be said about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub id: Cause,
    /// A fact, as a headline.
    pub title: String,
    /// What options have in their names that have to do with it.
    #[serde(default)]
    pub topic: String,
    /// What it means.
    pub means: String,
    /// What it means at a preflight besides.
    #[serde(default)]
    pub preflight: String,
    /// It occurs at a preflight alone.
    #[serde(default)]
    pub preflight_only: bool,
    /// What the message rules out.
    pub not: Vec<String>,
    /// Cures that do not help.
    pub wrong: Vec<String>,
    /// The rules whose findings explain it, most likely first.
    pub rules: Vec<String>,
    /// The same for the answer to a preflight, where they are others.
    #[serde(default)]
    pub preflight_rules: Vec<String>,
    /// Its texts.
    pub texts: Vec<Text>,
}

/// What a browser says about a cause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Who writes it.
    pub browser: Browser,
    /// The text.
    pub text: Template,
    /// It has no frame.
    #[serde(default)]
    pub bare: bool,
    /// The mark of a preflight is always before it.
    #[serde(default)]
    pub marked: bool,
    /// No browser of today writes it.
    #[serde(default)]
    pub old: bool,
    /// For this initiator only.
    #[serde(default)]
    pub kind: Option<String>,
}

/// A message that is none of CORS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stranger {
    /// What it is known by.
    pub text: String,
    /// What it is about.
    pub says: String,
}

impl Entry {
    /// The rules whose findings explain a message; a preflight that is not said to be one may still be.
    pub fn rules(&self, preflight: bool, said: bool) -> Vec<&str> {
        let (first, second): (&[String], &[String]) = match (preflight && !self.preflight_rules.is_empty(), said) {
            (true, _) => (&self.preflight_rules, &[]),
            (false, true) => (&self.rules, &[]),
            (false, false) => (&self.rules, &self.preflight_rules),
        };
        first.iter().chain(second).map(String::as_str).collect()
    }
}

impl Console {
    /// The entry of a cause.
    pub fn entry(&self, cause: Cause) -> Option<&Entry> {
        self.causes.iter().find(|entry| entry.id == cause)
    }

    /// The mark of a preflight in the messages of a browser.
    pub fn mark(&self, browser: Browser) -> Option<&Frame> {
        self.preflight.iter().find(|mark| mark.browser == browser)
    }
}

/// The table.
pub fn console() -> &'static Console {
    static CONSOLE: LazyLock<Console> =
        LazyLock::new(|| serde_saphyr::from_str(include_str!("console.yaml")).expect("the tests read the same table"));
    &CONSOLE
}
