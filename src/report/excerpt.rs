//! The lines of one file that a diagnostic shows, ready for miette.
//!
//! In: a file's text and labels. Out: an [`Excerpt`]: those lines and their neighbours, with hidden characters made
//! visible, long lines cut around the labels, and the labels moved to match. Line numbers and columns stay those of the
//! file. Must not know findings.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::visible::{ends_command, is_hidden, push_named, push_visible, visible};
use crate::source::{FileId, Sources, Span};

/// Lines shown above and below a label.
pub(super) const CONTEXT: usize = 1;
/// A label over more lines than this is shown by its first line: the whole options object would bury the point.
const TALL: usize = 8;
/// Longer lines, in characters, are cut, unless the terminal is narrower.
const WIDE: usize = 140;
/// What line numbers and frame take of a terminal's width.
const FRAME: usize = 10;

/// One shown line.
#[derive(Debug)]
struct Line {
    /// In the file, from 0.
    number: usize,
    /// Where it starts in the excerpt's text.
    start: usize,
    /// One past its line break in the excerpt's text.
    end: usize,
}

/// Some lines of a file.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
    labels: Vec<Moved>,
    wide: usize,
}

/// A label in the coordinates of the excerpt.
#[derive(Debug, Clone)]
struct Moved {
    range: Range<usize>,
    /// In the file, from 0.
    column: usize,
}

impl Excerpt {
    /// The excerpt of `file` that shows `spans`, all of that file.
    pub(super) fn new(sources: &Sources, file: FileId, spans: &[Span], width: Option<usize>) -> Excerpt {
        let places: Vec<Place> = spans.iter().map(|span| Place::new(sources, *span)).collect();
        let mut excerpt = Excerpt {
            name: visible(sources.path(file).as_str()).into_owned(),
            text: String::new(),
            lines: Vec::new(),
            labels: vec![Moved { range: 0..0, column: 0 }; spans.len()],
            wide: width.map_or(WIDE, |width| width.saturating_sub(FRAME).clamp(40, WIDE)),
        };
        let wanted = |number: usize| {
            places.iter().any(|place| number + CONTEXT >= place.first && number <= place.last + CONTEXT)
        };
        let first = places.iter().map(|place| place.first.saturating_sub(CONTEXT)).min().unwrap_or(0).max(1);
        let last = places.iter().map(|place| place.last + CONTEXT).max().unwrap_or(0);
        // What follows the last line break is a line only when a label says so.
        let end = sources.position(file, u32::MAX).line;
        let labelled = places.iter().any(|place| place.last >= end);
        let end = if sources.line(file, end).is_empty() && !labelled { end - 1 } else { end };
        let last = last.min(end);
        for number in (first..=last).filter(|&number| wanted(number)) {
            excerpt.push_line(sources.line(file, number), number, &places);
        }
        excerpt
    }

    /// Where the label of this index lies in the excerpt.
    pub(super) fn label(&self, index: usize) -> SourceSpan {
        let range = &self.labels[index].range;
        (range.start, range.len()).into()
    }

    fn push_line(&mut self, raw: &str, number: usize, places: &[Place]) {
        let clamp = |column: usize| (0..=column.min(raw.len())).rev().find(|&at| raw.is_char_boundary(at)).unwrap_or(0);
        let on_line = |place: &Place| {
            let from = if place.first == number { clamp(place.from) } else { 0 };
            let to = if place.last == number { clamp(place.to) } else { raw.len() };
            from..to.max(from)
        };
        let marks = places.iter().filter(|place| place.first <= number && number <= place.last).map(on_line);
        let window = window(raw, marks.map(|mark| mark.start).min(), self.wide);
        let start = self.text.len();
        // For every character of the window, where it stands in the line and where in the excerpt.
        let mut stations = Vec::with_capacity(window.len() + 1);
        if window.start > 0 {
            self.text.push('…');
        }
        for (at, c) in raw[window.clone()].char_indices() {
            stations.push((window.start + at, self.text.len()));
            match c {
                '\t' => self.text.push(c),
                '[' if ends_command(raw, window.start + at, c) => push_named(&mut self.text, c),
                c => push_visible(&mut self.text, c),
            }
        }
        stations.push((window.end, self.text.len()));
        if window.end < raw.len() {
            self.text.push('…');
        }
        let moved = |column: usize| {
            let index = stations.partition_point(|&(at, _)| at < column).min(stations.len() - 1);
            stations[index].1
        };
        for (place, label) in places.iter().zip(&mut self.labels) {
            let range = on_line(place);
            if place.first == number {
                label.range = moved(range.start)..moved(range.end);
                label.column = raw[..range.start].chars().count();
            } else if place.last == number {
                label.range.end = moved(range.end);
            }
        }
        self.text.push('\n');
        self.lines.push(Line { number: number - 1, start, end: self.text.len() });
    }
}

/// A span as lines (from 1) and byte columns (from 0).
struct Place {
    first: usize,
    from: usize,
    last: usize,
    to: usize,
}

impl Place {
    fn new(sources: &Sources, span: Span) -> Place {
        let text = sources.text(span.file);
        let column = |offset: usize| {
            let before = text.as_bytes().get(..offset).unwrap_or_default();
            offset - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1)
        };
        let start = sources.position(span.file, span.start);
        let end = sources.position(span.file, span.end);
        let place = Place { first: start.line, from: column(start.offset), last: end.line, to: column(end.offset) };
        // A span that ends with a line break ends on that line, and a tall one is shown by its head.
        let ends_before = place.last > place.first && place.to == 0;
        if ends_before && place.last - place.first == 1 || place.last - place.first >= TALL {
            return Place { last: place.first, to: usize::MAX, ..place };
        }
        if ends_before { Place { last: place.last - 1, to: usize::MAX, ..place } } else { place }
    }
}

/// The part of a line that is shown, `wide` columns at most, given where its first label starts.
fn window(raw: &str, label: Option<usize>, wide: usize) -> Range<usize> {
    // Hidden characters take more room than one column.
    let width = |c: char| if is_hidden(c) && c != '\t' { 8 } else { 1 };
    if raw.chars().map(width).sum::<usize>() <= wide {
        return 0..raw.len();
    }
    let label = label.unwrap_or(0);
    let mut start = label;
    // Some of what stands before the label, and more of what follows.
    let mut room = wide * 2 / 7;
    for (at, c) in raw[..label].char_indices().rev() {
        room = room.saturating_sub(width(c));
        if room == 0 {
            break;
        }
        start = at;
    }
    let mut end = start;
    let mut room = wide;
    for (at, c) in raw[start..].char_indices() {
        room = room.saturating_sub(width(c));
        if room == 0 {
            break;
        }
        end = start + at + c.len_utf8();
    }
    start..end
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let line_at = |offset: usize| self.lines.partition_point(|line| line.end <= offset).min(self.lines.len() - 1);
        if self.lines.is_empty() || end > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (first, last) = (line_at(span.offset()), line_at(end.max(span.offset() + 1) - 1));
        let is_gap = |index: usize| self.lines[index + 1].number != self.lines[index].number + 1;
        if (first..last).any(is_gap) {
            return Err(MietteError::OutOfBounds);
        }
        let number = self.lines[first].number;
        // Without context miette asks for the label's own line and column, to print them in the header.
        if before == 0 && after == 0 {
            let label = self.labels.iter().find(|label| label.range.start == span.offset());
            let column = label.map_or(0, |label| label.column);
            let data = &self.text.as_bytes()[span.offset()..end];
            return Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, *span, number, column, 1)));
        }
        let top =
            (first.saturating_sub(before)..first).rev().take_while(|&index| !is_gap(index)).last().unwrap_or(first);
        let most = (last + after).min(self.lines.len() - 1);
        let bottom = (last..most).take_while(|&index| !is_gap(index)).last().map_or(last, |index| index + 1);
        let (start, stop) = (self.lines[top].start, self.lines[bottom].end);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[start..stop],
            (start, stop - start).into(),
            self.lines[top].number,
            0,
            bottom - top + 1,
        )))
    }
}
