//! From the configuration to what the other parts are told: what is meant, and what is left out.
//!
//! In: a configuration that is a file of the run. Out: [`Intent`] for the model and [`Configured`] for suppression, with
//! spans into that file.

use std::sync::Arc;

use super::{Configuration, Level, Placed};
use crate::model::intent::{Deployed, Intent, StatedOrigin};
use crate::pipeline::Stated;
use crate::scan::Scan;
use crate::source::{FileId, Span, Spanned};
use crate::suppress::{Configured, Entry, Exception};

impl Configuration {
    /// Becomes a file of the run and says what it states. `whole`: everything the file speaks of is looked at.
    pub fn state(&self, scan: &mut Scan, whole: bool) -> Stated {
        let file = scan.add(self.path.clone(), self.text.clone());
        let variables = self.variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Stated {
            variables: variables.collect(),
            intent: self.intent(file, whole),
            development: self.development.clone(),
            configured: self.configured(file),
            ..Stated::default()
        }
    }

    fn intent(&self, file: FileId, whole: bool) -> Intent {
        let here = |span: Span| Span { file, ..span };
        let placed = |text: &Placed| Spanned::new(text.value.clone(), here(text.span));
        let deployed = |(name, origins, span): &(Placed, Vec<Placed>, Span)| Deployed {
            name: placed(name),
            origins: origins
                .iter()
                .map(|origin| StatedOrigin {
                    text: origin.value.clone(),
                    span: inside_quotes(here(origin.span), &self.text),
                })
                .collect(),
            span: here(*span),
        };
        let environments = self.environments.iter().filter(|(_, origins, _)| !origins.is_empty());
        Intent {
            environments: environments.map(deployed).collect(),
            public: self.public.iter().map(placed).collect(),
            whole,
        }
    }

    fn configured(&self, file: FileId) -> Configured {
        let levels = |list: &[(Placed, Level)]| list.iter().map(|(rule, level)| (rule.value.clone(), *level)).collect();
        let names = |list: &[Placed]| -> Vec<Arc<str>> { list.iter().map(|name| name.value.clone()).collect() };
        Configured {
            severities: levels(&self.severities),
            exceptions: self
                .overrides
                .iter()
                .map(|one| Exception {
                    paths: one.paths.clone(),
                    ignore: names(&one.ignore),
                    severities: levels(&one.severities),
                })
                .collect(),
            entries: self
                .entries
                .iter()
                .map(|entry| Entry {
                    paths: entry.paths.clone(),
                    rules: names(&entry.rules),
                    reason: entry.reason.as_deref().map(str::to_owned),
                    until: entry.until,
                    span: Span { file, ..entry.span },
                })
                .collect(),
        }
    }
}

/// The text between the quotes.
fn inside_quotes(span: Span, text: &str) -> Span {
    let written = text.get(span.range()).unwrap_or("");
    let quoted = written.len() >= 2 && written.starts_with(['"', '\'']) && !written.starts_with("\"\"\"");
    if quoted { Span { start: span.start + 1, end: span.end - 1, ..span } } else { span }
}
