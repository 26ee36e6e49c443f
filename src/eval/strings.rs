//! Methods of texts, of request parts and of environment variables.

use std::sync::Arc;

use super::Interp;
use super::operators::request;
use super::value::{Args, EnvRead, EnvShape, Kind, Reason, Value};
use crate::model::condition::Formula;
use crate::model::origin::Url;
use crate::model::term::{Anchor, Relation, Term, TermOp, UrlPart};
use crate::source::Span;

/// The URL component behind a property of `URL` or of Python's `urlparse` result.
pub(super) fn url_part(name: &str) -> Option<UrlPart> {
    Some(match name {
        "origin" => UrlPart::Origin,
        "host" | "netloc" => UrlPart::Host,
        "hostname" => UrlPart::Hostname,
        "protocol" => UrlPart::Protocol,
        "scheme" => UrlPart::Scheme,
        "port" => UrlPart::Port,
        "pathname" | "path" => UrlPart::Pathname,
        "href" => UrlPart::Whole,
        _ => return None,
    })
}

/// A component of a URL that is known as text.
pub(super) fn known_url(text: &Value, part: UrlPart, span: Span) -> Option<Value> {
    let url = Url::parse(text.as_str()?)?;
    Some(Value::text(url.part(part), span))
}

impl Interp<'_> {
    pub(super) fn string_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        let Kind::Str(text) = &receiver.kind else { return None };
        let text = text.clone();
        let first = args.positional.first();
        let kept = |part: &str| {
            // A trimmed piece keeps the place of what is left of it.
            let start = text.find(part).unwrap_or(0);
            Value { span: receiver.part_span(start, start + part.len()), ..Value::text(part, receiver.span) }
                .through(span)
        };
        let with = |text: String| Value { trace: receiver.trace.clone(), ..Value::text(text, receiver.span) };
        Some(match name {
            "trim" | "trimEnd" | "trimStart" if first.is_none() => kept(text.trim()),
            "strip" | "rstrip" | "lstrip" => {
                let set: Vec<char> = match first.and_then(Value::as_str) {
                    Some(set) => set.chars().collect(),
                    None => vec![' ', '\t', '\n', '\r'],
                };
                kept(match name {
                    "strip" => text.trim_matches(set.as_slice()),
                    "rstrip" => text.trim_end_matches(set.as_slice()),
                    _ => text.trim_start_matches(set.as_slice()),
                })
            }
            "toLowerCase" | "toLocaleLowerCase" | "lower" | "casefold" => with(text.to_lowercase()),
            "toUpperCase" | "toLocaleUpperCase" | "upper" => with(text.to_uppercase()),
            "toString" | "valueOf" | "encode" | "decode" | "normalize" => receiver.clone(),
            "split" => return Some(self.split(receiver, first, span)),
            "splitlines" => self.split(receiver, Some(&Value::text("\n", span)), span),
            "includes" | "contains" | "__contains__" => {
                let condition = self.contains(receiver, first?, span);
                Value::condition(condition, span)
            }
            "startsWith" | "startswith" => self.affix(receiver, first?, true, span),
            "endsWith" | "endswith" => self.affix(receiver, first?, false, span),
            "indexOf" | "search" | "find" | "rfind" | "lastIndexOf" => {
                let needle = first?;
                let condition = match &needle.kind {
                    Kind::Regex { .. } => self.matches(needle, receiver, Anchor::Search, span),
                    _ => self.contains(receiver, needle, span),
                };
                position(condition, span)
            }
            "match" | "matchAll" => {
                let condition = self.matches(first?, receiver, Anchor::Search, span);
                Value::condition(condition, span)
            }
            "replace" | "replaceAll" => {
                let (from, to) = (first?, args.positional.get(1)?);
                match (&from.kind, to.as_str()) {
                    (Kind::Str(from), Some(to)) => {
                        let all = name == "replaceAll" || self.language_here() == crate::ir::Language::Python;
                        let count = if all { usize::MAX } else { 1 };
                        if text.len().saturating_mul(to.len() + 1) > self.bounds.text * 100 {
                            return Some(Value::unknown(Reason::Bound, span));
                        }
                        let replaced =
                            if count == 1 { text.replacen(&**from, to, 1) } else { text.replace(&**from, to) };
                        if replaced.len() > self.bounds.text {
                            return Some(Value::unknown(Reason::Bound, span));
                        }
                        with(replaced)
                    }
                    (Kind::Regex { pattern, flags }, Some(to)) => {
                        match replace_known(pattern, flags, &text, to, self.bounds.text) {
                            Some(replaced) => with(replaced),
                            None => Value::unknown(Reason::NotModelled, span),
                        }
                    }
                    _ => Value::unknown(Reason::NotModelled, span),
                }
            }
            "removeprefix" => kept(text.strip_prefix(&**first?.as_str()?).unwrap_or(&text)),
            "removesuffix" => kept(text.strip_suffix(&**first?.as_str()?).unwrap_or(&text)),
            "concat" => {
                let texts = args.positional.iter();
                texts.fold(receiver.clone(), |before, next| self.concat(&before, next, span))
            }
            "join" => return Some(self.join(first?, receiver, span)),
            "slice" | "substring" | "substr" => {
                let bound = |value: Option<&Value>| value.and_then(Value::as_num);
                let (from, to) = (bound(first).unwrap_or(0.0), bound(args.positional.get(1)));
                if name == "substr" && to.is_some() {
                    return Some(Value::unknown(Reason::NotModelled, span));
                }
                with(slice_text(&text, from, to))
            }
            "format" => Value::unknown(Reason::NotModelled, span),
            "test" => return None,
            _ => return None,
        })
    }

    /// `text.split(separator)`: every piece keeps its own place where the text stands in the source as it is.
    fn split(&mut self, receiver: &Value, separator: Option<&Value>, span: Span) -> Value {
        let Kind::Str(text) = &receiver.kind else { return Value::unknown(Reason::NotModelled, span) };
        let mut pieces: Vec<(usize, &str)> = Vec::new();
        match separator.map(|value| &value.kind) {
            None | Some(Kind::Null | Kind::Undefined) => {
                let mut from = 0;
                for word in text.split_whitespace() {
                    let at = text[from..].find(word).map_or(from, |found| from + found);
                    pieces.push((at, word));
                    from = at + word.len();
                }
            }
            Some(Kind::Str(separator)) if !separator.is_empty() => {
                let mut from = 0;
                for piece in text.split(&**separator) {
                    pieces.push((from, piece));
                    from += piece.len() + separator.len();
                }
            }
            Some(Kind::Regex { pattern, .. }) => match split_known(pattern, text) {
                Some(found) => pieces = found,
                None => return Value::unknown(Reason::NotModelled, span),
            },
            _ => return Value::unknown(Reason::NotModelled, span),
        }
        let items = pieces.into_iter().take(self.bounds.items).map(|(at, piece)| Value {
            trace: receiver.trace.through(span),
            ..Value::text(piece, receiver.part_span(at, at + piece.len()))
        });
        Value::list(items, receiver.span)
    }

    /// `separator.join(list)` and `list.join(separator)`.
    pub(super) fn join(&mut self, list: &Value, separator: &Value, span: Span) -> Value {
        let (Some(list), Some(separator)) = (self.items_of(list), separator.as_str().cloned()) else {
            return Value::unknown(Reason::NotModelled, span);
        };
        if list.open || list.items.iter().any(|item| item.when != Formula::True) {
            return Value::unknown(Reason::NotModelled, span);
        }
        let texts: Option<Vec<Arc<str>>> = list.items.iter().map(|item| item.value.as_str().cloned()).collect();
        match texts {
            Some(texts) if texts.iter().map(|text| text.len() + separator.len()).sum::<usize>() <= self.bounds.text => {
                Value::text(texts.join(&*separator), span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }

    /// `startsWith`, `endsWith`; Python takes a tuple too.
    fn affix(&mut self, text: &Value, affix: &Value, start: bool, span: Span) -> Value {
        if let Some(list) = self.items_of(affix) {
            let parts: Vec<Formula> = list
                .items
                .iter()
                .map(|item| {
                    let one = self.affix(text, &item.value, start, span);
                    item.when.clone().and(self.truthy(&one))
                })
                .collect();
            return Value::condition(Formula::any(parts), span);
        }
        let condition = match (&text.kind, &affix.kind) {
            (_, Kind::OneOf(alternatives)) => {
                let parts: Vec<Formula> = alternatives
                    .iter()
                    .map(|(when, value)| {
                        let one = self.affix(text, value, start, span);
                        when.clone().and(self.truthy(&one))
                    })
                    .collect();
                Formula::any(parts)
            }
            (Kind::Str(text), Kind::Str(affix)) => {
                Formula::constant(if start { text.starts_with(&**affix) } else { text.ends_with(&**affix) })
            }
            (Kind::Term(term), Kind::Str(text)) => {
                let relation =
                    if start { Relation::StartsWith(text.clone()) } else { Relation::EndsWith(text.clone()) };
                request(term, relation, affix.span)
            }
            _ => Formula::unknown(span),
        };
        Value::condition(condition, span)
    }

    pub(super) fn term_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        let Kind::Term(term) = &receiver.kind else { return None };
        let first = args.positional.first();
        let then = |op: TermOp| Interp::term_value(term.then(op), receiver.span);
        Some(match name {
            "toLowerCase" | "toLocaleLowerCase" | "lower" | "casefold" => then(TermOp::Lower),
            "toUpperCase" | "toLocaleUpperCase" | "upper" => then(TermOp::Upper),
            "trim" | "strip" if first.is_none() => then(TermOp::Trim),
            "toString" | "decode" | "encode" => receiver.clone(),
            "includes" | "contains" | "__contains__" => Value::condition(self.contains(receiver, first?, span), span),
            "startsWith" | "startswith" => self.affix(receiver, first?, true, span),
            "endsWith" | "endswith" => self.affix(receiver, first?, false, span),
            "indexOf" | "search" | "find" | "lastIndexOf" => {
                let needle = first?;
                let condition = match &needle.kind {
                    Kind::Regex { .. } => self.matches(needle, receiver, Anchor::Search, span),
                    Kind::Str(_) => self.contains(receiver, needle, span),
                    _ => Formula::unknown(span),
                };
                position(condition, span)
            }
            "match" | "matchAll" => Value::condition(self.matches(first?, receiver, Anchor::Search, span), span),
            "replace" | "replaceAll" => match (first?.as_str(), args.positional.get(1)?.as_str()) {
                (Some(from), Some(to)) => {
                    let all = name == "replaceAll" || self.language_here() == crate::ir::Language::Python;
                    then(TermOp::Replace { from: from.clone(), to: to.clone(), all })
                }
                _ => match replace_like(first?) {
                    Some(op) if args.positional.get(1)?.as_str().is_some_and(|to| to.is_empty()) => then(op),
                    _ => other_part(term, name, span),
                },
            },
            "removeprefix" => then(TermOp::StripPrefix(first?.as_str()?.clone())),
            "split" => match first.map(|value| &value.kind) {
                Some(Kind::Str(separator)) => then(TermOp::Split(separator.clone())),
                _ => other_part(term, name, span),
            },
            "slice" | "substring" => {
                let number = |value: Option<&Value>| value.and_then(Value::as_num);
                #[expect(clippy::cast_possible_truncation, reason = "indexes of a header value are small")]
                let (from, to) = (number(first)? as i32, number(args.positional.get(1)).map(|to| to as i32));
                then(TermOp::Slice(from, to))
            }
            "pop" | "at" => then(TermOp::Item(-1)),
            "shift" => then(TermOp::Item(0)),
            _ => other_part(term, name, span),
        })
    }

    pub(super) fn env_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        let Kind::Env(read) = &receiver.kind else { return None };
        let shaped = |shape: EnvShape| Value { kind: Kind::Env(EnvRead { shape, ..read.clone() }), ..receiver.clone() };
        Some(match (name, &read.shape) {
            ("split", EnvShape::Text) => {
                let separator = match args.positional.first().map(|value| &value.kind) {
                    Some(Kind::Str(text)) => text.clone(),
                    Some(Kind::Regex { .. }) => {
                        return Some(shaped(EnvShape::List { separator: ",".into(), trimmed: true }));
                    }
                    _ => " ".into(),
                };
                shaped(EnvShape::List { separator, trimmed: false })
            }
            ("map", EnvShape::List { separator, trimmed }) => {
                let trims = *trimmed || self.callback_trims(args.positional.first());
                shaped(EnvShape::List { separator: separator.clone(), trimmed: trims })
            }
            ("filter", _) => receiver.clone(),
            ("trim" | "strip" | "toString" | "rstrip" | "lstrip", _) => receiver.clone(),
            ("toLowerCase" | "lower" | "toUpperCase" | "upper", _) => receiver.clone(),
            ("replace" | "concat" | "removesuffix" | "replaceAll", EnvShape::Text) => shaped(EnvShape::Changed),
            ("includes", _) if !args.positional.is_empty() => {
                Value::condition(self.contains(receiver, args.positional.first()?, span), span)
            }
            ("indexOf", _) if !args.positional.is_empty() => {
                position(self.contains(receiver, args.positional.first()?, span), span)
            }
            ("includes" | "indexOf" | "some" | "find" | "startsWith" | "endsWith" | "startswith" | "endswith", _) => {
                Value::condition(Formula::unknown(span), span)
            }
            _ => return None,
        })
    }

    /// Does a callback of `map` trim its item? Run with a text that has blanks around it.
    pub(super) fn callback_trims(&mut self, callback: Option<&Value>) -> bool {
        let Some(callback) = callback else { return false };
        match &callback.kind {
            Kind::Function(_) => {
                let probe = Value::text(" x ", callback.span);
                let args = Args { positional: vec![probe], ..Args::default() };
                let result = self.call(callback, &args, None, false, callback.span);
                result.as_str().is_some_and(|text| &**text == "x")
            }
            Kind::External(path) => path.contains("trim") || path.contains("strip"),
            _ => false,
        }
    }
}

/// The number `indexOf` gives: a condition turned into 0 or -1 keeps every comparison that people write right.
fn position(found: Formula, span: Span) -> Value {
    let at = |number: f64| Value::new(Kind::Num(number), span);
    match found {
        Formula::True => at(0.0),
        Formula::False => at(-1.0),
        found => Value::one_of([(found.clone(), at(0.0)), (found.negated(), at(-1.0))], span),
    }
}

/// Something made of a request part in a way that is not modelled: there when the part is.
fn other_part(term: &Term, name: &str, span: Span) -> Value {
    let part = crate::model::term::Part::Other(format!("{:?}.{name}", term.part).into());
    Interp::term_value(Term::of(part), span)
}

/// `/^https?:\/\//` replaced by nothing strips the scheme.
fn replace_like(pattern: &Value) -> Option<TermOp> {
    match &pattern.kind {
        Kind::Regex { pattern, .. } if matches!(&**pattern, r"^https?:\/\/" | "^https?://" | r"(^\w+:|^)\/\/") => {
            Some(TermOp::Url(UrlPart::Host))
        }
        Kind::Regex { pattern, .. } if matches!(&**pattern, r"\/$" | "/$" | r"\/+$") => Some(TermOp::Trim),
        _ => None,
    }
}

fn replace_known(pattern: &str, flags: &str, text: &str, to: &str, longest: usize) -> Option<String> {
    let source = if flags.contains('i') { format!("(?i){pattern}") } else { pattern.to_owned() };
    let regex = fancy_regex::RegexBuilder::new(&source).backtrack_limit(20_000).build().ok()?;
    let limit = usize::from(!flags.contains('g'));
    if text.len().saturating_mul(to.len() + 1) > longest {
        return None;
    }
    regex.try_replacen(text, limit, to).ok().map(|text| text.into_owned())
}

/// Pieces between the matches of a pattern, with their offsets.
fn split_known<'t>(pattern: &str, text: &'t str) -> Option<Vec<(usize, &'t str)>> {
    let regex = fancy_regex::RegexBuilder::new(pattern).backtrack_limit(20_000).build().ok()?;
    let mut pieces = Vec::new();
    let mut from = 0;
    for found in regex.find_iter(text) {
        let found = found.ok()?;
        pieces.push((from, &text[from..found.start()]));
        from = found.end();
    }
    pieces.push((from, &text[from..]));
    Some(pieces)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "text positions are small")]
fn slice_text(text: &str, from: f64, to: Option<f64>) -> String {
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len() as f64;
    let clamp = |at: f64| (if at < 0.0 { length + at } else { at }).clamp(0.0, length) as i64;
    let (from, to) = (clamp(from), clamp(to.unwrap_or(length)));
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to.max(from)).unwrap_or(0);
    characters.get(range).unwrap_or_default().iter().collect()
}
