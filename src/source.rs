//! Where things stand: files, byte spans and values that carry a span.
//!
//! In: the text of each file, once. Out: `FileId`, `Span`, `Spanned<T>`, and `Sources`, which turns offsets into
//! lines. Knows nothing of languages, CORS or the file system; everything else may depend on it.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

/// A file of the run, by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open byte range of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end` in `file`; offsets past 4 GiB cannot occur because larger files are not read.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: narrow(start), end: narrow(end.max(start)) }
    }

    /// The smallest span that holds both, or `self` when they are in different files.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Does `self` hold the whole of `other`?
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The byte range, for slicing the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the place it was written at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

/// A line and column as people count them: from 1, columns in characters of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Byte offset in the file.
    pub offset: usize,
}

/// One file as it was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Relative to the checked root, with `/`.
    pub path: Utf8PathBuf,
    /// The text; invalid UTF-8 was replaced when it was read.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

/// All files of the run, in path order.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, path: Utf8PathBuf, text: Arc<str>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let starts = std::iter::once(0).chain(
            text.bytes()
                .enumerate()
                .filter(|&(_, b)| b == b'\n')
                .map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX)),
        );
        let line_starts = starts.collect();
        self.files.push(SourceFile { path, text, line_starts });
        id
    }

    /// The file of an id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The path of an id.
    pub fn path(&self, id: FileId) -> &Utf8Path {
        &self.file(id).path
    }

    /// The text of an id.
    pub fn text(&self, id: FileId) -> &Arc<str> {
        &self.file(id).text
    }

    /// The text a span covers; empty when the span does not fit the file.
    pub fn slice(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Is there no file?
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The id of a path, if it was read.
    pub fn find(&self, path: &Utf8Path) -> Option<FileId> {
        self.ids().find(|&id| self.path(id) == path)
    }

    /// Line and column of a byte offset.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let source = self.file(file);
        let line = source.line_starts.partition_point(|&start| start <= offset).max(1);
        let start = source.line_starts[line - 1] as usize;
        let offset = (offset as usize).min(source.text.len());
        let column = source.text.get(start..offset).map_or(offset - start, |text| text.chars().count()) + 1;
        Position { line, column, offset }
    }

    /// The text of a line (from 1) without its line break; empty when there is no such line.
    pub fn line(&self, file: FileId, line: usize) -> &str {
        let source = self.file(file);
        let Some(&start) = line.checked_sub(1).and_then(|index| source.line_starts.get(index)) else { return "" };
        let end = source.line_starts.get(line).map_or(source.text.len(), |&next| next as usize);
        source.text.get(start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// Something that could not be fully read or understood. Never a failure: counted, and shown with `-v`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The file it is about, relative to the root.
    pub path: Utf8PathBuf,
    /// Line, from 1; 0 when it is about the whole file.
    pub line: usize,
    /// What could not be done.
    pub message: String,
}
