//! One finding per line, for `jq`, `grep` and programs that read as they go.
//!
//! In: a report. Out: the findings of the format `json`, each as one line. Nothing found is nothing written.

use std::io::{self, Write};

use super::{Options, json, json_text};
use crate::finding::Report;
use crate::source::Sources;

/// Writes one line per finding.
pub(super) fn write(report: &Report, sources: &Sources, _: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    json::findings(report, sources).try_for_each(|finding| json_text::line(&finding, out))
}
