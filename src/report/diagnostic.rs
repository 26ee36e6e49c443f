//! The one door to miette.
//!
//! In: a message, a severity and labels in one file. Out: the drawn text. Must not know findings: errors in rule files
//! are drawn the same way.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level, SourceCode, ThemeCharacters,
    ThemeStyles,
};

use super::excerpt::{CONTEXT, Excerpt};
use super::visible::{visible, visible_lines};
use crate::finding::Severity;
use crate::source::{FileId, Sources, Span};

/// Draws diagnostics, with or without colours.
pub(super) struct Painter {
    theme: GraphicalTheme,
}

impl Painter {
    pub(super) fn new(color: bool) -> Painter {
        let styles = if color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        Painter { theme: GraphicalTheme { characters: ThemeCharacters::unicode(), styles } }
    }

    /// `title message` and the lines of `file` with its labels, of which the first is the one in the header.
    pub(super) fn draw(
        &self,
        title: &str,
        message: &str,
        severity: Severity,
        labels: &[(Span, &str)],
        file: FileId,
        sources: &Sources,
    ) -> String {
        let spans: Vec<Span> = labels.iter().map(|(span, _)| *span).collect();
        let excerpt = Excerpt::new(sources, file, &spans);
        let label = |(index, (_, text)): (usize, &(Span, &str))| {
            let text = Some(visible(text).into_owned()).filter(|text| !text.is_empty());
            let span = excerpt.label(index);
            match index {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        };
        let labels = labels.iter().enumerate().map(label).collect();
        let drawn = Drawn { message: visible(message).into_owned(), severity, labels, excerpt };
        // Title and severity stand where miette would draw an icon.
        let mut theme = self.theme.clone();
        for icon in [&mut theme.characters.error, &mut theme.characters.warning, &mut theme.characters.advice] {
            title.clone_into(icon);
        }
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut text = String::new();
        // Writing into a string fails only if a label cannot be placed; what was written before that stays.
        let _ = handler.with_context_lines(CONTEXT).with_wrap_lines(false).render_report(&mut text, &drawn);
        text.trim_start().to_owned()
    }

    /// `key: text`, further lines of the text below its first.
    pub(super) fn line(&self, key: &str, text: &str) -> String {
        let mut out = String::new();
        for (index, text) in visible_lines(text).iter().enumerate() {
            match index {
                0 => out += &format!("  {} {text}\n", self.theme.styles.help.style(format!("{key}:"))),
                _ => out += &format!("  {} {text}\n", " ".repeat(key.len() + 1)),
            }
        }
        out
    }

    /// `text` in the colour of a severity.
    pub(super) fn severity(&self, severity: Severity, text: &str) -> String {
        let styles = &self.theme.styles;
        match severity {
            Severity::Error => styles.error.style(text).to_string(),
            Severity::Warning => styles.warning.style(text).to_string(),
            Severity::Info => styles.advice.style(text).to_string(),
        }
    }
}

#[derive(Debug)]
struct Drawn {
    message: String,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    excerpt: Excerpt,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn severity(&self) -> Option<Level> {
        Some(match self.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
