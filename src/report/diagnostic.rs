//! The one door to miette.
//!
//! In: a message, a severity and labels in one file. Out: the drawn text. Must not know findings: errors in rule files
//! are drawn the same way.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use super::Options;
use super::excerpt::{CONTEXT, Excerpt};
use super::visible::{visible, visible_lines};
use crate::finding::Severity;
use crate::source::{FileId, Sources, Span};

/// Draws diagnostics, with or without colours.
pub(super) struct Painter {
    theme: GraphicalTheme,
    links: bool,
    width: Option<usize>,
}

/// The first line of a diagnostic: who speaks, and what is said.
#[derive(Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) severity: Severity,
    /// Drawn in the colour of the severity.
    pub(super) title: &'a str,
    /// Where the title leads to.
    pub(super) url: Option<&'a str>,
    pub(super) message: &'a str,
}

impl Painter {
    pub(super) fn new(options: Options<'_>) -> Painter {
        let styles = if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
        Painter { theme, links: options.links, width: options.width }
    }

    /// The header and the lines of `file` with its labels, of which the first is named beside the path.
    pub(super) fn draw(&self, header: Header<'_>, labels: &[(Span, &str)], file: FileId, sources: &Sources) -> String {
        let spans: Vec<Span> = labels.iter().map(|(span, _)| *span).collect();
        let excerpt = Excerpt::new(sources, file, &spans, self.width);
        let label = |(index, (_, text)): (usize, &(Span, &str))| {
            let text = Some(visible(text).into_owned()).filter(|text| !text.is_empty());
            let span = excerpt.label(index);
            match index {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        };
        let labels = labels.iter().enumerate().map(label).collect();
        let drawn = Drawn { severity: header.severity, labels, excerpt };
        let handler = GraphicalReportHandler::new_themed(self.theme.clone()).with_links(false);
        let mut text = String::new();
        // Writing into a string fails only if a label cannot be placed; what was written before that stays.
        let _ = handler.with_context_lines(CONTEXT).with_wrap_lines(false).render_report(&mut text, &drawn);
        // In the place of the message, which the header has, stands an empty line.
        format!("{}{}", self.header(header), text.trim_start_matches('\n'))
    }

    fn header(&self, header: Header<'_>) -> String {
        let title = self.severity(header.severity, &visible(header.title));
        let title = header.url.map_or(title.clone(), |url| self.link(url, &title));
        let lines = self.wrap(&visible(header.message), header.title.chars().count() + 1, "  ");
        format!("{title} {}\n", lines.join("\n"))
    }

    /// `key: text`, further lines of the text below its first.
    pub(super) fn line(&self, key: &str, text: &str) -> String {
        let indent = " ".repeat(key.chars().count() + 4);
        let lines = visible_lines(text).into_iter();
        let mut lines = lines.map(|line| self.wrap(&line, indent.len(), &indent).join("\n"));
        let Some(first) = lines.next() else { return String::new() };
        let rest: String = lines.map(|line| format!("{indent}{line}\n")).collect();
        format!("  {} {first}\n{rest}", self.theme.styles.help.style(format!("{key}:")))
    }

    /// `key: address`, each address on its line, and a link where a terminal follows links.
    pub(super) fn addresses(&self, key: &str, addresses: &[String]) -> String {
        let indent = " ".repeat(key.chars().count() + 4);
        let lines: Vec<String> = addresses.iter().map(|url| self.link(url, &visible(url))).collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("  {} {}\n", self.theme.styles.help.style(format!("{key}:")), lines.join(&format!("\n{indent}")))
    }

    /// Prose, indented: as it is written, or in lines that fit the terminal.
    pub(super) fn paragraph(&self, text: &str) -> String {
        let lines = visible_lines(text.trim_end());
        let lines = if self.width.is_some() { self.wrap(&lines.join(" "), 2, "  ") } else { lines };
        let lines = lines.iter().map(|line| format!("  {}\n", line.trim_start()));
        lines.collect()
    }

    /// The text as a link (<https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>).
    fn link(&self, url: &str, text: &str) -> String {
        let safe = url.starts_with("https://") && url.chars().all(|c| c.is_ascii_graphic());
        if self.links && safe { format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\") } else { text.to_owned() }
    }

    /// The text in lines that fit the terminal, where there is one: `used` columns of the first are taken, and the
    /// others begin with `indent`.
    fn wrap(&self, text: &str, used: usize, indent: &str) -> Vec<String> {
        let Some(width) = self.width else { return vec![text.to_owned()] };
        let taken = " ".repeat(used);
        let form = textwrap::Options::new(width.max(used + 20)).initial_indent(&taken).subsequent_indent(indent);
        let form = form
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let lines = textwrap::wrap(text, form).into_iter();
        lines
            .enumerate()
            .map(|(index, line)| if index == 0 { line[used.min(line.len())..].into() } else { line.into() })
            .collect()
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
    severity: Severity,
    labels: Vec<LabeledSpan>,
    excerpt: Excerpt,
}

/// The message stands in the header.
impl fmt::Display for Drawn {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
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
