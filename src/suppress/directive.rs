//! One comment, read as a directive: `corslint: ignore[rule,…] until=2026-12-31 -- reason`.
//!
//! In: a comment with its marks. Out: what it asks for, or why it cannot be done, or nothing when it is an ordinary
//! comment. It must begin the comment: prose that mentions the form is none. Knows no language and no rules.

use std::ops::Range;

use super::Date;

/// What a comment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directive {
    /// Leave out what these rules say.
    Ignore(Ignore),
    /// It is meant as one and is none.
    Broken(Broken),
}

/// Leave out what some rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ignore {
    /// In the whole file, not only here.
    pub(super) file: bool,
    /// Ids as written, with their bytes in the comment.
    pub(super) rules: Vec<(String, Range<usize>)>,
    /// The last day on which it holds.
    pub(super) until: Option<Date>,
    /// Why.
    pub(super) reason: Option<String>,
}

/// Why a directive cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// What is wrong, to be read after "this suppression".
    pub(super) reason: String,
    /// What to write instead.
    pub(super) remedy: String,
}

/// What every directive begins with.
pub(super) const MARK: &str = "corslint:";

/// Reads a comment.
pub(super) fn read(comment: &str) -> Option<Directive> {
    let rest = body(comment).strip_prefix(MARK)?.trim_start();
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(length);
    let rest = rest.trim_start();
    let file = match word {
        "ignore" => false,
        "ignore-file" => true,
        _ => return is_meant_as_one(word, rest).then(|| unknown_word(word)),
    };
    Some(arguments(comment, file, rest).map_or_else(Directive::Broken, Directive::Ignore))
}

/// The text between the marks of a comment.
fn body(comment: &str) -> &str {
    let inner = if let Some(inner) = comment.strip_prefix("<!--") {
        inner.strip_suffix("-->").unwrap_or(inner)
    } else if let Some(inner) = comment.strip_prefix("/*") {
        inner.strip_suffix("*/").unwrap_or(inner).trim_start_matches(|c: char| c == '*' || c.is_whitespace())
    } else {
        comment.trim_start_matches(['/', '#'])
    };
    inner.trim()
}

/// Words that other linters use, and our own misspelt.
fn is_meant_as_one(word: &str, rest: &str) -> bool {
    const STARTS: [&str; 7] = ["ignore", "disable", "enable", "allow", "skip", "suppress", "noqa"];
    rest.starts_with('[') || STARTS.iter().any(|start| word.starts_with(start))
}

fn unknown_word(word: &str) -> Directive {
    Directive::Broken(Broken {
        reason: format!("says `{word}`, which is not known"),
        remedy: "write `corslint: ignore[rule]`, or `corslint: ignore-file[rule]` at the top of the file".to_owned(),
    })
}

fn arguments(comment: &str, file: bool, rest: &str) -> Result<Ignore, Broken> {
    let word = if file { "ignore-file" } else { "ignore" };
    let blanket = || Broken {
        reason: "names no rule".to_owned(),
        remedy: format!("name what is left out, and why: `corslint: {word}[wildcard-origin] -- reason`"),
    };
    let inner = rest.strip_prefix('[').ok_or_else(blanket)?;
    let Some((list, mut rest)) = inner.split_once(']') else {
        let remedy = format!("close the list of rules: `corslint: {word}[wildcard-origin]`");
        return Err(Broken { reason: "has no `]`".to_owned(), remedy });
    };
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    if names.iter().all(|name| name.is_empty()) {
        return Err(blanket());
    }
    let named = names.into_iter().filter(|name| !name.is_empty());
    let rules = named.map(|name| (name.to_owned(), range_in(comment, name))).collect();
    let mut until = None;
    loop {
        // A comment of several lines may begin each with a star.
        rest = rest.trim_start_matches(|c: char| c == '*' || c.is_whitespace());
        if rest.is_empty() {
            return Ok(Ignore { file, rules, until, reason: None });
        }
        if let Some(reason) = rest.strip_prefix("--") {
            let words: Vec<&str> = reason.split_whitespace().filter(|word| *word != "*").collect();
            let reason = Some(words.join(" ")).filter(|reason| !reason.is_empty());
            return Ok(Ignore { file, rules, until, reason });
        }
        let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let Some(day) = word.strip_prefix("until=") else {
            let remedy = "a reason begins with ` -- `, a last day with `until=`, as in `until=2026-12-31`".to_owned();
            return Err(Broken { reason: format!("goes on with `{word}`, which is not known"), remedy });
        };
        until = Some(Date::parse(day).ok_or_else(|| Broken {
            reason: format!("ends on `{day}`, which is no day"),
            remedy: "write the day as in `until=2026-12-31`".to_owned(),
        })?);
        rest = after;
    }
}

/// The bytes of a part of a text.
fn range_in(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(comment: &str) -> Option<Ignore> {
        match read(comment) {
            Some(Directive::Ignore(ignore)) => Some(ignore),
            _ => None,
        }
    }

    #[test]
    fn every_comment_syntax_is_read() {
        for comment in [
            "// corslint: ignore[a-b] -- it is",
            "# corslint: ignore[a-b] -- it is",
            "/* corslint: ignore[a-b] -- it is */",
            "/**\n * corslint: ignore[a-b] -- it\n * is\n */",
            "<!-- corslint: ignore[a-b] -- it is -->",
            "//corslint:ignore [ a-b , ] --it is",
        ] {
            let found = ignore(comment).map(|found| (found.rules[0].clone(), found.reason));
            let Some(((name, range), reason)) = found else { panic!("{comment} is not read") };
            assert_eq!((name.as_str(), &comment[range], reason.as_deref()), ("a-b", "a-b", Some("it is")), "{comment}");
        }
        let found = ignore("# corslint: ignore-file[a,b] until=2026-12-31 -- c -- d");
        assert!(found.is_some_and(|found| {
            found.file && found.rules.len() == 2 && found.until.is_some() && found.reason.as_deref() == Some("c -- d")
        }));
    }

    #[test]
    fn what_is_meant_and_cannot_be_followed_is_told() {
        for (comment, reason) in [
            ("// corslint: ignore", "names no rule"),
            ("// corslint: ignore -- because", "names no rule"),
            ("// corslint: ignore[]", "names no rule"),
            ("// corslint: ignore[a", "has no `]`"),
            ("// corslint: ignore[a] because", "goes on with `because`"),
            ("// corslint: ignore[a] until=tomorrow", "ends on `tomorrow`"),
            ("// corslint: disable-next-line a", "says `disable-next-line`"),
            ("# corslint: ingore[a]", "says `ingore`"),
        ] {
            let found = read(comment);
            assert!(
                matches!(&found, Some(Directive::Broken(broken)) if broken.reason.contains(reason)),
                "{comment}: {found:?}"
            );
        }
    }

    #[test]
    fn prose_is_no_directive() {
        for comment in [
            "// see corslint: ignore[a]",
            "# corslint: the linter for CORS",
            "// corslint",
            "/* Corslint: ignore[a] */",
            "#",
        ] {
            assert_eq!(read(comment), None, "{comment}");
        }
    }
}
