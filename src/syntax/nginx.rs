//! nginx configuration to a tree of directives.
//!
//! In: a file's text, a whole `nginx.conf`, a snippet meant for `include` or a template of one (envsubst, Jinja, ERB,
//! Handlebars, Go). Out: directives with spans, words with their variables, and the few places that made no sense.
//! Reads words as nginx does (`ngx_conf_read_token`), but never gives up where nginx would. Knows no directive beyond
//! what reading needs: `if` has parentheses and `*_by_lua_block` holds Lua.

mod lexer;
mod word;

use std::sync::Arc;

use self::lexer::{Lexer, Token};
use super::Problem;
use super::problems::Problems;
use crate::source::{FileId, Span};

/// Blocks nested deeper than this are skipped; nginx itself knows no use for more than six or so.
const MAX_DEPTH: usize = 128;

/// A file with more words than this is not a configuration; what follows is skipped, so that memory stays bounded.
const MAX_WORDS: usize = 1_000_000;

/// A directive, or an entry of a `map`, `geo`, `types` or `split_clients` block, whose first word is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The name and the arguments, never empty. The parentheses of an `if` are not part of them.
    pub words: Vec<Word>,
    /// What stands between `{` and `}`; `None` when the directive ends with `;`. Empty for a block of Lua.
    pub block: Option<Vec<Directive>>,
    /// From the name to the closing `;` or `}`.
    pub span: Span,
}

impl Directive {
    /// The first word: the directive's name, or the key of an entry.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| &word.text)
    }

    /// The words after the name.
    pub fn args(&self) -> &[Word] {
        self.words.get(1..).unwrap_or(&[])
    }

    /// The directives of its block; none when there is no block.
    pub fn children(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or(&[])
    }
}

/// One word of a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Without quotes, escapes resolved; variables and templates as written.
    pub text: Arc<str>,
    /// The text in its pieces; empty for an empty text.
    pub parts: Vec<WordPart>,
    /// Was it written in quotes?
    pub quoted: bool,
    /// The word as written, quotes included.
    pub span: Span,
}

impl Word {
    /// Is the text what nginx will see: free of variables and templates?
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, WordPart::Text(_)))
    }
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordPart {
    /// Literal text.
    Text(Arc<str>),
    /// A variable of nginx, `$http_origin` or `${http_origin}`, without its marks.
    Variable(Arc<str>),
    /// A hole filled before nginx reads the file, without its marks: `${UPPER_CASE}`, `{{ }}`, `{% %}`, `<%= %>`,
    /// `%%X%%`.
    Template(Arc<str>),
}

/// Reads a file. Never fails: what is broken is skipped and named, the rest is understood.
pub fn parse(file: FileId, text: &str) -> (Vec<Directive>, Vec<Problem>) {
    let mut builder = Builder::new(file, text);
    if let Some(offset) = text.find('\0') {
        builder.problems.add(offset, "not a text file");
        return (Vec::new(), builder.problems.finish());
    }
    let mut lexer = Lexer::new(text);
    let mut words_read = 0;
    loop {
        let start_of_directive = builder.words.is_empty();
        match lexer.next(start_of_directive) {
            Token::Word(raw) => {
                if !raw.closed {
                    builder.problems.add(raw.start, "this quote is never closed");
                }
                words_read += 1;
                if words_read > MAX_WORDS {
                    builder.problems.add(raw.start, "too long for a configuration: the rest is skipped");
                    break;
                }
                builder.words.push(raw);
            }
            Token::Semicolon(end) => builder.directive(end, None),
            Token::Open(start) if builder.holds_lua() => {
                let (end, closed) = lexer.skip_lua();
                if !closed {
                    builder.problems.add(start, "this block of Lua is never closed");
                }
                builder.directive(end, Some(Vec::new()));
            }
            Token::Open(start) => builder.open(start),
            Token::Close(start) => builder.close(start, start + 1),
            Token::End => break,
        }
    }
    builder.finish()
}

/// A word before its quotes and escapes are resolved.
#[derive(Debug, Clone, Copy)]
struct RawWord {
    /// First byte, the opening quote included.
    start: usize,
    /// One past the last byte, the closing quote included.
    end: usize,
    /// In quotes?
    quoted: bool,
    /// Is there a closing quote, where one is needed?
    closed: bool,
}

/// An open block.
struct Frame {
    words: Vec<Word>,
    start: usize,
    siblings: Vec<Directive>,
}

/// Puts tokens together. A stack of its own instead of recursion, so that depth is only a number.
struct Builder<'a> {
    file: FileId,
    text: &'a str,
    /// The words of the directive being read.
    words: Vec<RawWord>,
    /// The directives of the innermost open block.
    current: Vec<Directive>,
    open: Vec<Frame>,
    /// How many blocks are open beyond [`MAX_DEPTH`].
    skipped: usize,
    problems: Problems,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        let (words, current, open) = (Vec::new(), Vec::new(), Vec::new());
        Builder { file, text, words, current, open, skipped: 0, problems: Problems::default() }
    }

    /// Ends the directive being read, if there is one.
    fn directive(&mut self, end: usize, block: Option<Vec<Directive>>) {
        let raw = std::mem::take(&mut self.words);
        let Some(first) = raw.first() else { return };
        if self.skipped > 0 {
            return;
        }
        let words = raw.iter().map(|&raw| self.word(raw)).collect();
        self.current.push(Directive { words, block, span: Span::new(self.file, first.start, end) });
    }

    fn open(&mut self, start: usize) {
        let mut raw = std::mem::take(&mut self.words);
        if self.skipped > 0 || self.open.len() >= MAX_DEPTH {
            if self.skipped == 0 {
                self.problems.add(start, "blocks nested too deeply: skipped");
            }
            self.skipped += 1;
            return;
        }
        if raw.is_empty() {
            self.problems.add(start, "a block without a name");
        }
        if raw.first().is_some_and(|name| &self.text[name.start..name.end] == "if") {
            strip_parentheses(self.text, &mut raw);
        }
        let start = raw.first().map_or(start, |word| word.start);
        let words = raw.iter().map(|&raw| self.word(raw)).collect();
        self.open.push(Frame { words, start, siblings: std::mem::take(&mut self.current) });
    }

    fn close(&mut self, start: usize, end: usize) {
        if let Some(word) = self.words.first() {
            self.problems.add(word.start, "this directive does not end with ;");
            let end = self.words.last().map_or(start, |word| word.end);
            self.directive(end, None);
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(frame) = self.open.pop() else {
            self.problems.add(start, "this } closes nothing");
            return;
        };
        let mut children = std::mem::replace(&mut self.current, frame.siblings);
        if frame.words.is_empty() {
            self.current.append(&mut children);
        } else {
            let span = Span::new(self.file, frame.start, end);
            self.current.push(Directive { words: frame.words, block: Some(children), span });
        }
    }

    fn finish(mut self) -> (Vec<Directive>, Vec<Problem>) {
        let end = self.text.len();
        self.skipped = 0;
        if let Some(word) = self.words.first() {
            self.problems.add(word.start, "this directive does not end with ;");
            self.directive(self.words.last().map_or(end, |word| word.end), None);
        }
        if let Some(frame) = self.open.last() {
            self.problems.add(frame.start, "this block is never closed");
        }
        while !self.open.is_empty() {
            self.close(end, end);
        }
        (self.current, self.problems.finish())
    }

    /// Does the directive being read hold Lua between its braces?
    fn holds_lua(&self) -> bool {
        self.words.first().is_some_and(|name| self.text[name.start..name.end].ends_with("_by_lua_block"))
    }

    fn word(&self, raw: RawWord) -> Word {
        let written = &self.text[raw.start..raw.end];
        let inside = match (raw.quoted, raw.closed) {
            (true, true) => &written[1..written.len() - 1],
            (true, false) => &written[1..],
            (false, _) => written,
        };
        let text = word::unescape(inside);
        let parts = word::parts(&text);
        Word { text: text.into(), parts, quoted: raw.quoted, span: Span::new(self.file, raw.start, raw.end) }
    }
}

/// Takes the first `(` and the last `)` off the condition of an `if`, as nginx does, so that parentheses of a regular
/// expression stay whole.
fn strip_parentheses(text: &str, words: &mut Vec<RawWord>) {
    if let Some(first) = words.get_mut(1)
        && !first.quoted
        && text[first.start..first.end].starts_with('(')
    {
        first.start += 1;
    }
    if let Some(last) = words.last_mut()
        && !last.quoted
        && text[last.start..last.end].ends_with(')')
    {
        last.end -= 1;
    }
    words.retain(|word| word.start < word.end);
}
