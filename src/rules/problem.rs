//! What is wrong with a rule, and where.
//!
//! In: places inside a field's value, or inside the file. Out: [`RuleError`], which the command line prints with a
//! label in the rule file. A broken rule is never a finding and never silence.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use camino::Utf8PathBuf;

/// Something wrong inside one value: an expression, a template, a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Bytes of the value; empty when it is about the whole value.
    pub(super) at: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What to do instead.
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { at, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Problem {
        Problem { help: Some(help.into()), ..self }
    }

    /// Adds what to do instead, if there is anything to say.
    pub(super) fn maybe_help(self, help: Option<String>) -> Problem {
        Problem { help, ..self }
    }

    /// The same problem of a value that begins `by` bytes later.
    pub(super) fn shifted(self, by: usize) -> Problem {
        Problem { at: self.at.start + by..self.at.end + by, ..self }
    }
}

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The rule file.
    pub file: Utf8PathBuf,
    /// Its text; empty when it could not be read.
    pub text: Arc<str>,
    /// The bytes of the text it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text.get(..self.span.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        write!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

impl std::error::Error for RuleError {}

/// "did you mean `x`?", when one of the candidates is close enough to be a slip of the finger.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let scored = candidates.into_iter().map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let (score, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.8).then(|| format!("did you mean `{best}`?"))
}
