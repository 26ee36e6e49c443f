//! Worlds in which conditions are asked: the production environment, an environment where a variable is missing, a request.
//!
//! In: an assumption about the environment and perhaps a request. Out: answers to tests. Knows no platform.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Test, World};
use super::term::{Part, Relation, Term, TermValue};

/// Which environment is assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assume {
    /// The variables that name the environment say production; others may be anything.
    Production,
    /// The same machine with one variable not set.
    Missing(String),
    /// A developer's machine.
    Development,
    /// These variables have these values; all others as in production.
    Stated(BTreeMap<String, String>),
}

/// A request as a server sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The method, as sent.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// Headers by lower-case name; `origin` is one of them.
    pub headers: BTreeMap<String, String>,
    /// Headers, lower-case, that may have any value.
    pub open: BTreeSet<String>,
    /// `http` or `https`; `None` when nobody says.
    pub scheme: Option<&'static str>,
}

impl Request {
    /// A request without headers.
    pub fn new(method: &str, path: &str) -> Request {
        Request { method: method.to_owned(), path: path.to_owned(), ..Request::default() }
    }

    /// The same request with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Request {
        self.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }

    /// The same request, sent to a URL with this scheme.
    pub fn sent_with(mut self, scheme: &str) -> Request {
        self.scheme = ["http", "https"].into_iter().find(|known| *known == scheme);
        self
    }

    /// The same request with a header that may have any value.
    pub fn with_any(mut self, name: &str) -> Request {
        self.open.insert(name.to_ascii_lowercase());
        self
    }

    /// Its value of a request part.
    pub fn part(&self, part: &Part) -> TermValue {
        match part {
            Part::Method => TermValue::Text(self.method.clone()),
            Part::Path | Part::Target => TermValue::Text(self.path.clone()),
            Part::Header(name) if self.open.contains(&**name) => TermValue::Unknown,
            Part::Header(name) => match (self.headers.get(&**name), &**name) {
                (Some(value), _) => TermValue::Text(value.clone()),
                // A host is always sent, whatever the probe says of it.
                (None, "host") => TermValue::Unknown,
                (None, _) => TermValue::Absent,
            },
            Part::Scheme => self.scheme.map_or(TermValue::Unknown, |scheme| TermValue::Text(scheme.to_owned())),
            Part::Status | Part::Other(_) => TermValue::Unknown,
        }
    }
}

/// An environment and perhaps a request.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The environment.
    pub assume: &'a Assume,
    /// The request; without one every test on it is unknown.
    pub request: Option<&'a Request>,
    /// The status of the answer, where it is known.
    pub status: Option<u16>,
}

impl<'a> Situation<'a> {
    /// An environment alone.
    pub fn of(assume: &'a Assume) -> Situation<'a> {
        Situation { assume, request: None, status: None }
    }

    /// An environment and a request.
    pub fn with(assume: &'a Assume, request: &'a Request) -> Situation<'a> {
        Situation { assume, request: Some(request), status: None }
    }
}

impl World for Situation<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        match test {
            // A header that may have any value is there.
            Test::Request { term: Term { part: Part::Header(name), ops }, relation: Relation::Present }
                if ops.is_empty() && self.request.is_some_and(|request| request.open.contains(&**name)) =>
            {
                Some(true)
            }
            Test::Request { term, relation } => match (&term.part, self.status) {
                (Part::Status, Some(status)) => relation.holds(&term.apply(TermValue::Text(status.to_string()))),
                _ => relation.holds(&term.apply(self.request?.part(&term.part))),
            },
            Test::EnvEquals { variable, value } => env_equals(self.assume, variable, value),
            Test::EnvSet { variable } => match self.assume {
                Assume::Missing(missing) if **missing == **variable => Some(false),
                Assume::Stated(values) if values.contains_key(&**variable) => Some(!values[&**variable].is_empty()),
                // Production sets what says which environment it is, whatever the default for want of it.
                _ if is_selector(variable) || flag(variable).is_some() => Some(true),
                _ => None,
            },
            Test::EnvTrue { variable } => env_true(self.assume, variable),
            Test::EnvLists { variable, separator, trimmed, term } => {
                let text = match self.assume {
                    Assume::Missing(missing) if **missing == **variable => return Some(false),
                    Assume::Stated(values) => values.get(&**variable)?,
                    _ => return None,
                };
                let asked = match term.apply(self.request?.part(&term.part)) {
                    TermValue::Text(asked) => asked,
                    TermValue::Absent => return Some(false),
                    _ => return None,
                };
                let same = |item: &str| if *trimmed { item.trim() == asked } else { item == asked };
                Some(match separator {
                    Some(separator) => text.split(&**separator).any(same),
                    None => same(text),
                })
            }
            Test::Authenticated => Some(false),
            Test::Thrown(_) => Some(false),
            Test::Sent(_) | Test::Unknown(_) => None,
        }
    }
}

/// Variables that name the environment itself.
pub fn is_selector(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "ENV",
        "STAGE",
        "MODE",
        "APP_STAGE",
        "APP_MODE",
        "DEPLOYMENT",
        "ENV_MODE",
        "ENV_NAME",
        "ENV_STATE",
        "ENV_TYPE",
        "RUN_MODE",
        "PROFILE",
    ];
    let name = name.trim_start_matches('.');
    NAMES.contains(&name) || name.ends_with("ENVIRONMENT") || name.ends_with("_ENV")
}

/// A name of the program's code in the place of a variable's, where nobody knows what stands behind it: spelt as a variable
/// would be, after a dot, which no variable has.
pub fn written_in_code(name: &str) -> String {
    format!(".{}", words(name).join("_"))
}

/// Is it such a name, and no variable?
pub fn is_written_in_code(variable: &str) -> bool {
    variable.starts_with('.')
}

/// The environment in which something of this name is true: `DEBUG`, `isDev`, `IS_PRODUCTION`. A name that says more than that
/// (`DEV_ORIGIN`) says nothing here.
pub fn flag(name: &str) -> Option<Stage> {
    let mut found = None;
    let mut not = false;
    for word in words(name) {
        let stage = match word.as_str() {
            "DEBUG" | "DEBUGGING" | "DEV" | "DEVELOPMENT" | "DEVMODE" | "LOCAL" | "LOCALDEV" | "TESTING" => {
                Stage::Development
            }
            "PROD" | "PRODUCTION" => Stage::Production,
            "NOT" | "NON" => {
                not = !not;
                continue;
            }
            "IS" | "IN" | "ON" | "APP" | "APPLICATION" | "DJANGO" | "FLASK" | "FASTAPI" | "NODE" | "ENV"
            | "ENVIRONMENT" | "MODE" | "ENABLED" | "RUNNING" | "FLAG" | "SERVER" | "BUILD" => continue,
            _ => return None,
        };
        if found.is_some_and(|found| found != stage) {
            return None;
        }
        found = Some(stage);
    }
    match (found?, not) {
        (Stage::Production, true) => Some(Stage::Development),
        (_, true) => None,
        (stage, false) => Some(stage),
    }
}

/// The words of a name in capitals, however it is written: `isDevMode`, `IS_DEV_MODE`, `is-dev-mode`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            open = false;
            continue;
        }
        if !open || (lower && c.is_ascii_uppercase()) {
            words.push(String::new());
            open = true;
        }
        lower = c.is_ascii_lowercase();
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_uppercase());
        }
    }
    words
}

/// What a selector's value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `production`, `prod`, `live`.
    Production,
    /// `staging`, `preview`.
    Staging,
    /// `development`, `local`, `test`.
    Development,
}

/// The stage a text names.
pub fn stage(value: &str) -> Option<Stage> {
    Some(match value.to_ascii_lowercase().as_str() {
        "production" | "prod" | "live" | "prd" | "release" => Stage::Production,
        "staging" | "stage" | "stg" | "preview" | "uat" | "qa" | "preprod" => Stage::Staging,
        "development" | "dev" | "develop" | "local" | "localhost" | "test" | "testing" | "ci" | "debug" | "docker" => {
            Stage::Development
        }
        _ => return None,
    })
}

fn env_equals(assume: &Assume, variable: &str, value: &str) -> Option<bool> {
    if matches!(assume, Assume::Missing(missing) if missing == variable) {
        return Some(false);
    }
    if let Assume::Stated(values) = assume
        && let Some(stated) = values.get(variable)
    {
        return Some(stated == value || stated.split(',').any(|piece| piece.trim() == value));
    }
    if !is_selector(variable) {
        return None;
    }
    let stage = stage(value)?;
    Some(match assume {
        Assume::Development => stage == Stage::Development,
        Assume::Production | Assume::Missing(_) | Assume::Stated(_) => stage == Stage::Production,
    })
}

fn env_true(assume: &Assume, variable: &str) -> Option<bool> {
    if matches!(assume, Assume::Missing(missing) if missing == variable) {
        return Some(false);
    }
    if let Assume::Stated(values) = assume
        && let Some(stated) = values.get(variable)
    {
        return Some(matches!(stated.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "y" | "on" | "t" | "ok"));
    }
    if let Some(stage) = flag(variable) {
        return Some((stage == Stage::Development) == (*assume == Assume::Development));
    }
    let words: Vec<String> = variable.split('_').map(str::to_ascii_uppercase).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let development = has(&["DEBUG", "DEV", "DEVELOPMENT", "LOCAL", "TESTING", "TEST", "DEVMODE"]);
    let production = has(&["PROD", "PRODUCTION", "LIVE"]);
    match (development, production) {
        (true, false) => Some(*assume == Assume::Development),
        (false, true) => Some(*assume != Assume::Development),
        _ => None,
    }
}
