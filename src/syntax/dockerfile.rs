//! Dockerfiles to the instructions that give variables.
//!
//! In: a file's text. Out: its `FROM`, `ENV`, `ARG` and `COPY --from` in order, with names and values in spans; other
//! instructions are passed over. Never fails. References stay as they are written: what they mean depends on the stage.

use std::collections::HashMap;
use std::sync::Arc;

use super::interpolate::Interpolation;
use crate::source::{FileId, Span, Spanned};

/// One instruction that has to do with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// `FROM image AS stage` begins a stage.
    From {
        /// The image, or an earlier stage.
        image: Arc<str>,
        /// What it is called.
        stage: Option<Arc<str>>,
    },
    /// `ENV name=value` and `ENV name value`: one variable of it.
    Env(Assignment),
    /// `ARG name=default`, `ARG name`.
    Arg(Arc<str>, Option<Assignment>),
    /// `COPY --from=stage` takes in what another stage built.
    Copy(Arc<str>),
}

/// A name and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: Arc<str>,
    /// Its text without quotes, escapes and references as written.
    pub value: Spanned<Arc<str>>,
    /// Do single quotes keep `$` from meaning anything?
    pub literal: bool,
}

/// Reads a file.
pub fn parse(file: FileId, text: &str) -> Vec<Instruction> {
    let text = text.strip_prefix('\u{feff}').map_or_else(|| text.to_owned(), |rest| format!("   {rest}"));
    if text.contains('\0') {
        return Vec::new();
    }
    let mut reader = Reader { file, text: &text, escape: escape(&text), unclosed: false };
    let mut found = Vec::new();
    let mut pos = 0;
    while pos < text.len() {
        let (words_end, next) = reader.extent(pos);
        reader.instruction(pos, words_end, &mut found);
        pos = reader.past_documents(pos, words_end, next);
    }
    found
}

/// Puts values together; one for a file.
#[derive(Debug, Default)]
pub struct Values(Interpolation);

impl Values {
    /// The text of a value where `known` is set; none when it refers to something else.
    pub fn resolve(&mut self, given: &Assignment, known: &HashMap<Arc<str>, Arc<str>>) -> Option<Arc<str>> {
        let written = &given.value.value;
        if given.literal {
            return Some(written.clone());
        }
        let plain = written.replace("\\ ", " ").replace("\\\"", "\"");
        let (text, refers) = self.0.resolve(&plain, false, known);
        let open = text.contains('\\') || refers && text.contains('$');
        (!open).then(|| text.into())
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    escape: u8,
    /// Was a here-document never closed? Then nobody looks for the end of another one.
    unclosed: bool,
}

/// `# escape=` in the first comments of a file says what continues a line.
fn escape(text: &str) -> u8 {
    let head = text.lines().map(str::trim).take_while(|line| line.starts_with('#') && line.contains('='));
    let said = head.filter_map(|line| line.trim_start_matches('#').split_once('='));
    let mut said = said.filter(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    if said.any(|(_, mark)| mark.trim() == "`") { b'`' } else { b'\\' }
}

impl Reader<'_> {
    /// Where the instruction that starts at `pos` ends, continued lines included, and where the next line starts.
    fn extent(&self, pos: usize) -> (usize, usize) {
        let mut at = pos;
        let mut first = true;
        loop {
            let end = self.line_end(at);
            let line = self.text[at..end].trim();
            // Comments and blank lines between continued lines do not end them.
            let skipped = !first && (line.starts_with('#') || line.is_empty());
            let continued = line.as_bytes().last() == Some(&self.escape) && !line.starts_with('#');
            if !(skipped || continued) || end >= self.text.len() {
                return (end, end + 1);
            }
            first = false;
            at = end + 1;
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |found| at + found)
    }

    /// The line after the here-documents that an instruction opens: `RUN <<EOF`.
    fn past_documents(&mut self, start: usize, end: usize, next: usize) -> usize {
        let line = &self.text[start..end];
        let name = |rest: &str| -> Option<String> {
            let rest = rest.trim_start_matches('-').trim_start_matches(['"', '\'']);
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
        };
        let opens = ["RUN", "COPY", "ADD"].iter().any(|word| starts_with_word(line, word));
        let mut at = next;
        let marks = line.match_indices("<<").filter(|_| opens).filter_map(|(at, _)| name(&line[at + 2..]));
        for mark in marks {
            let mut look = at;
            let mut closed = false;
            while !closed && !self.unclosed && look < self.text.len() {
                let end = self.line_end(look);
                closed = self.text[look..end].trim() == mark;
                look = end + 1;
            }
            match closed {
                true => at = look,
                false => self.unclosed = true,
            }
        }
        at
    }

    fn instruction(&self, start: usize, end: usize, found: &mut Vec<Instruction>) {
        let line = &self.text[start..end];
        let blanks = line.len() - line.trim_start().len();
        let word = line.trim_start().split(|c: char| c.is_whitespace()).next().unwrap_or("");
        let rest = start + blanks + word.len();
        match word.to_ascii_uppercase().as_str() {
            "FROM" => {
                let plain: Vec<&str> = self.plain_words(rest, end).filter(|word| !word.starts_with("--")).collect();
                let Some(image) = plain.first() else { return };
                let named = plain.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
                let stage = plain.get(2).filter(|_| named).map(|stage| Arc::from(stage.to_ascii_lowercase()));
                found.push(Instruction::From { image: Arc::from(*image), stage });
            }
            "COPY" => {
                let from = self.plain_words(rest, end).find_map(|word| word.strip_prefix("--from="));
                found.extend(from.map(|stage| Instruction::Copy(stage.to_ascii_lowercase().into())));
            }
            "ENV" => {
                let given = self.assignments(rest, end, true).into_iter().filter_map(|(_, given)| given);
                found.extend(given.map(Instruction::Env));
            }
            "ARG" => {
                let given = self.assignments(rest, end, false).into_iter();
                found.extend(given.map(|(name, given)| Instruction::Arg(name, given)));
            }
            _ => {}
        }
    }

    fn plain_words(&self, start: usize, end: usize) -> impl Iterator<Item = &str> {
        let escape = char::from(self.escape);
        self.text[start..end].split_whitespace().filter(move |word| !(word.len() == 1 && word.starts_with(escape)))
    }

    /// `A=1 B="2 3"`, or with `old` the older `A all of this`.
    fn assignments(&self, start: usize, end: usize, old: bool) -> Vec<(Arc<str>, Option<Assignment>)> {
        let mut found = Vec::new();
        let mut at = self.skip(start, end);
        while at < end {
            let rest = &self.text[at..end];
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let name: Arc<str> = Arc::from(&rest[..length]);
            let sign = at + length;
            if length == 0 {
                return found;
            }
            if self.text[sign..end].starts_with('=') {
                let close = self.word_end(sign + 1, end);
                found.push((name.clone(), Some(self.value(name, sign + 1, close))));
                at = self.skip(close, end);
            } else if old && found.is_empty() {
                let from = self.skip(sign, end);
                let to = from.max(self.text[..end].trim_end().len());
                found.push((name.clone(), Some(self.value(name, from, to))));
                return found;
            } else {
                found.push((name, None));
                at = self.skip(sign, end);
                if at == sign {
                    return found;
                }
            }
        }
        found
    }

    /// Past blanks, line breaks that are continued, and the comments between them.
    fn skip(&self, mut at: usize, end: usize) -> usize {
        while at < end {
            let rest = &self.text[at..end];
            let byte = rest.as_bytes()[0];
            let line_starts = self.text[..at].ends_with('\n');
            at += match byte {
                b' ' | b'\t' | b'\n' | b'\r' => 1,
                b'#' if line_starts || self.text[..at].trim_end_matches([' ', '\t']).ends_with('\n') => {
                    rest.find('\n').unwrap_or(rest.len())
                }
                _ if self.continues(at, end) => 1,
                _ => return at,
            };
        }
        end
    }

    /// Does what stands here join the line with the next?
    fn continues(&self, at: usize, end: usize) -> bool {
        let bytes = &self.text.as_bytes()[..end];
        let blanks = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\r');
        bytes[at] == self.escape && bytes[at + 1..].iter().find(|byte| !blanks(byte)) == Some(&b'\n')
    }

    /// The end of a value: a blank that no quote and no escape protects.
    fn word_end(&self, start: usize, end: usize) -> usize {
        let bytes = &self.text.as_bytes()[..end];
        let mut quote = None;
        let mut at = start;
        while at < end {
            let byte = bytes[at];
            match quote {
                None if byte.is_ascii_whitespace() || self.continues(at, end) => return at,
                None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                Some(open) if byte == open => quote = None,
                _ if byte == self.escape && quote != Some(b'\'') => at += 1,
                _ => {}
            }
            at += 1;
        }
        end
    }

    /// A value without the quotes around it.
    fn value(&self, name: Arc<str>, start: usize, end: usize) -> Assignment {
        let raw = &self.text[start..end.max(start)];
        let quoted = ['"', '\''].into_iter().find(|quote| {
            raw.len() >= 2 && raw.starts_with(*quote) && raw.ends_with(*quote) && raw.matches(*quote).count() == 2
        });
        let (from, to) = if quoted.is_some() { (start + 1, end - 1) } else { (start, start + raw.len()) };
        let value = Spanned::new(Arc::from(&self.text[from..to]), Span::new(self.file, from, to));
        Assignment { name, value, literal: quoted == Some('\'') }
    }
}

fn starts_with_word(line: &str, word: &str) -> bool {
    let line = line.trim_start();
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}
