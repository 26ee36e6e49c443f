//! nginx text to tokens.
//!
//! In: the text and whether a directive is about to start. Out: words by their place, `;`, `{` and `}`; comments and
//! lines that belong to a template language are passed over. Knows no directive. Every search for an end is remembered
//! in [`Ends`], so that broken input costs one look at the text.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, char, digit0, digit1, multispace0, not_line_ending};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use super::RawWord;

/// What the text is made of; the numbers are byte offsets.
pub(super) enum Token {
    Word(RawWord),
    /// `;`, with the offset after it.
    Semicolon(usize),
    /// `{`, with its offset.
    Open(usize),
    /// `}`, with its offset.
    Close(usize),
    End,
}

/// The opening and closing marks of template languages.
pub(super) const TEMPLATES: [(&str, &str); 4] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%", "%>")];

/// The words that make `{{ }}` a statement in Go templates and Jinja-like dialects.
const STATEMENTS: [&str; 10] = ["if", "else", "end", "range", "with", "define", "template", "include", "block", "each"];

pub(super) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    ends: Ends,
    /// Quotes known to have no further partner.
    unclosed: Vec<char>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let pos = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Lexer { text, pos, ends: Ends::default(), unclosed: Vec::new() }
    }

    /// The next token. At the start of a directive, template statements are passed over.
    pub(super) fn next(&mut self, start_of_directive: bool) -> Token {
        loop {
            self.pass_blanks_and_comments();
            let start = self.pos;
            let Some(first) = self.rest().chars().next() else { return Token::End };
            match first {
                ';' => {
                    self.pos += 1;
                    return Token::Semicolon(self.pos);
                }
                '}' => {
                    self.pos += 1;
                    return Token::Close(start);
                }
                '"' | '\'' => return Token::Word(self.quoted(first)),
                _ => {}
            }
            if start_of_directive && self.statement() {
                continue;
            }
            if first == '{' && self.template().is_none() && !self.quantifier() {
                self.pos += 1;
                return Token::Open(start);
            }
            self.pos = start;
            let only_templates = self.bare();
            if start_of_directive && only_templates && self.stands_alone() {
                continue;
            }
            return Token::Word(RawWord { start, end: self.pos, quoted: false, closed: true });
        }
    }

    /// Passes over the Lua of a block whose `{` was just read. Gives the offset after its `}`, and whether there is one.
    pub(super) fn skip_lua(&mut self) -> (usize, bool) {
        let mut depth = 1_usize;
        while let Ok((rest, piece)) = lua_piece(self.rest()) {
            self.pos = self.text.len() - rest.len();
            match piece {
                "{" => depth += 1,
                "}" => depth -= 1,
                "[[" | "--[[" => {
                    self.pos = self.ends.after(self.text, self.pos, "]]").unwrap_or(self.pos);
                }
                _ => {}
            }
            if depth == 0 {
                return (self.pos, true);
            }
        }
        (self.pos, false)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    /// Takes what `parser` accepts; false, and nothing taken, when it does not.
    fn take(&mut self, mut parser: impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>>) -> bool {
        match parser.parse(self.rest()) {
            Ok((rest, _)) => {
                self.pos = self.text.len() - rest.len();
                true
            }
            Err(_) => false,
        }
    }

    fn pass_blanks_and_comments(&mut self) {
        let comment = preceded(char('#'), not_line_ending::<&str, nom::error::Error<&str>>);
        self.take(recognize(pair(multispace0, many0_count(pair(comment, multispace0)))));
    }

    fn quoted(&mut self, quote: char) -> RawWord {
        let start = self.pos;
        if !self.unclosed.contains(&quote) {
            if self.take(recognize((char(quote), |input| quoted_text(input, quote), char(quote)))) {
                return RawWord { start, end: self.pos, quoted: true, closed: true };
            }
            self.unclosed.push(quote);
        }
        // The quote was forgotten most likely at the end of its line, before the `;`.
        self.pos += 1;
        self.take(take_while(|c| !matches!(c, ';' | '\n' | '\r')));
        RawWord { start, end: self.pos, quoted: true, closed: false }
    }

    /// Takes a word without quotes; true when it is made of templates only.
    fn bare(&mut self) -> bool {
        let mut only_templates = true;
        loop {
            if self.template().is_some() || self.take(environment_variable) {
                continue;
            }
            if !self.quantifier() && !self.take(bare_piece) {
                return only_templates;
            }
            only_templates = false;
        }
    }

    /// Takes `{2,3}`: nginx would see a block here, but the author meant a regular expression.
    fn quantifier(&mut self) -> bool {
        self.take(recognize((char('{'), digit1, opt(pair(char(','), digit0)), char('}'))))
    }

    /// Takes a template, and gives what is between its marks.
    fn template(&mut self) -> Option<&'a str> {
        if self.take(recognize((tag("%%"), take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_'), tag("%%")))) {
            return Some("");
        }
        let (open, close) = TEMPLATES.into_iter().find(|(open, _)| self.rest().starts_with(open))?;
        let inside = self.pos + open.len();
        let end = self.ends.after(self.text, inside, close)?;
        // `server {# comment` is a block; a comment of Jinja closes on its line.
        if open == "{#" && self.ends.after(self.text, inside, "\n").is_some_and(|line| line < end) {
            return None;
        }
        self.pos = end;
        // Handlebars writes `{{{ raw }}}`.
        if open == "{{" && self.text[inside..].starts_with('{') && self.rest().starts_with('}') {
            self.pos += 1;
        }
        Some(&self.text[inside..end - close.len()])
    }

    /// Takes a template that only steers the template language.
    fn statement(&mut self) -> bool {
        let start = self.pos;
        let opening = self.rest();
        let Some(inside) = self.template() else { return false };
        let inside = inside.trim_start_matches(['-', '~']).trim_start();
        let word = inside.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let is_statement = if opening.starts_with("{{") {
            inside.starts_with(['#', '/', '!', '>', '^']) || STATEMENTS.contains(&word)
        } else {
            !opening.starts_with("%%") && !inside.starts_with('=')
        };
        if !is_statement {
            self.pos = start;
        }
        is_statement
    }

    /// Is there nothing more on this line, or only the end of the block? Then a template stands for whole directives.
    fn stands_alone(&self) -> bool {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || rest.starts_with(['\n', '}', '#'])
    }
}

/// Where the next closing mark stands, remembered: asking again before it costs nothing.
#[derive(Default)]
struct Ends(Vec<(&'static str, usize, Option<usize>)>);

impl Ends {
    /// The offset after the first `mark` at or after `from`. Offsets asked for never go back far: a known answer holds
    /// until it is passed.
    fn after(&mut self, text: &str, from: usize, mark: &'static str) -> Option<usize> {
        let index = match self.0.iter().position(|(known, ..)| *known == mark) {
            Some(index) => index,
            None => {
                self.0.push((mark, usize::MAX, None));
                self.0.len() - 1
            }
        };
        let (_, asked, found) = &mut self.0[index];
        let holds = *asked <= from && found.is_none_or(|at| from <= at);
        if !holds {
            *asked = from;
            *found = text.get(from..).and_then(|rest| rest.find(mark)).map(|at| from + at);
        }
        found.map(|at| at + mark.len())
    }
}

/// The inside of a quoted word: anything but the quote, a backslash protecting what follows it.
fn quoted_text(input: &str, quote: char) -> IResult<&str, &str> {
    let plain = take_while1(move |c| c != quote && c != '\\');
    recognize(many0_count(alt((plain, escape)))).parse(input)
}

fn escape(input: &str) -> IResult<&str, &str> {
    recognize(pair(char('\\'), opt(anychar))).parse(input)
}

/// `${CORS_ORIGIN}`: alone on a line it stands for whole directives.
fn environment_variable(input: &str) -> IResult<&str, &str> {
    let name = take_while1(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    recognize((tag("${"), name, char('}'))).parse(input)
}

/// A piece of a word without quotes.
fn bare_piece(input: &str) -> IResult<&str, &str> {
    let plain = take_while1(|c: char| !is_blank(c) && !matches!(c, ';' | '{' | '}' | '\\' | '$' | '<' | '%'));
    let variable = recognize((tag("${"), take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'), opt(char('}'))));
    alt((plain, escape, variable, inner_brace, tag("$"), tag("<"), tag("%"))).parse(input)
}

/// A `}` that goes on as a word, as in `a}b`. nginx keeps every `}` inside a word; at a word's end it is more likely
/// that the `;` was forgotten.
fn inner_brace(input: &str) -> IResult<&str, &str> {
    let (rest, brace) = tag("}")(input)?;
    nom::combinator::peek(nom::combinator::verify(anychar, |&c| !is_blank(c) && !matches!(c, '}' | ';')))
        .parse(rest)?;
    Ok((rest, brace))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A piece of Lua: a brace, a whole string or comment, the start of a long one, or anything else.
fn lua_piece(input: &str) -> IResult<&str, &str> {
    let string = |quote| {
        let plain = take_while1(move |c| c != quote && c != '\\' && c != '\n');
        recognize((char(quote), many0_count(alt((plain, escape))), opt(char(quote))))
    };
    alt((
        take_while1(|c| !matches!(c, '{' | '}' | '"' | '\'' | '[' | '-')),
        tag("{"),
        tag("}"),
        string('"'),
        string('\''),
        tag("[["),
        tag("--[["),
        recognize(pair(tag("--"), not_line_ending)),
        recognize(anychar),
    ))
    .parse(input)
}
