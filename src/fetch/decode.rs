//! What a console message says: which browser wrote it, why, about which request.
//!
//! In: a text as people paste it, with whatever stands around the message. Out: the messages in it with their causes and words.
//! Says nothing about a repository; `explain` does.

use std::collections::BTreeMap;

use super::browser::Browser;
use super::cause::Cause;
use super::console::{Console, Entry, Stranger, Text, console};
use super::cors_check::difference;
use super::matching::{self, Found};
use super::squeeze::Squeezed;

/// What a text says.
#[derive(Debug, Clone, Default)]
pub struct Decoded {
    /// The messages, in the order of the text.
    pub messages: Vec<Message>,
    /// Messages of others that stand where those of CORS do.
    pub strangers: Vec<&'static Stranger>,
}

/// A message about a cross-origin request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it.
    pub browser: Browser,
    /// Why the request was refused, most likely first: some texts stand for several causes. Empty when the reason is not
    /// known or was cut off.
    pub causes: Vec<Cause>,
    /// It is about the answer to a preflight.
    pub preflight: bool,
    /// The text ends before the message does.
    pub cut_off: bool,
    /// The words in it: `url`, `origin`, `value`, `method`, `header`, `status` …
    pub words: BTreeMap<String, String>,
}

impl Message {
    /// A word of the message.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str)
    }

    /// The most likely cause.
    pub fn cause(&self) -> Option<Cause> {
        self.causes.first().copied()
    }

    /// Does it say nothing that another message of the same text does not say better?
    fn is_echo(&self) -> bool {
        matches!(self.cause(), Some(Cause::ReasonNotSaid | Cause::RequestFailed))
    }
}

/// As much of a cut-off message as must be there to be recognised, in bytes without blanks: more than a header's name.
const LEAST: usize = 34;
/// The same for the beginning of a frame, which is unlike anything else.
const LEAST_OF_FRAME: usize = 10;

/// A message that is cut off is the last of its text; as many beginnings before its end as are tried.
const MOST_STARTS: usize = 8;
/// As much of a text as is read.
const MOST: usize = 1 << 16;

/// Reads a text, if it is very long only its beginning.
pub fn decode(text: &str) -> Decoded {
    let end = (0..=text.len().min(MOST)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let (text, console) = (Squeezed::new(&text[..end]), console());
    let found = whole(&text, console);
    let last = found.last().map_or(0, |hit| hit.found.end);
    let mut messages: Vec<(usize, Message)> =
        found.iter().map(|hit| (hit.found.start, framed(hit, &text, console))).collect();
    messages.extend(rest(&text, last, console));
    let strangers =
        console.strangers.iter().filter(|stranger| text.key.contains(&super::squeeze::squeeze(&stranger.text)));
    Decoded {
        messages: tidy(messages.into_iter().map(|(_, message)| message).collect()),
        strangers: strangers.collect(),
    }
}

/// A text of the table that stands in the text as a whole, and the causes it stands for.
struct Hit {
    found: Found<'static>,
    browser: Browser,
    text: &'static Text,
    entries: Vec<&'static Entry>,
}

/// All texts that stand there as a whole; of those that overlap the longest.
fn whole(text: &Squeezed, console: &'static Console) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for entry in &console.causes {
        for of_browser in &entry.texts {
            for found in matching::find_all(&of_browser.text, text) {
                let same = |hit: &&mut Hit| hit.browser == of_browser.browser && hit.found == found;
                match hits.iter_mut().find(same) {
                    Some(hit) => hit.entries.push(entry),
                    None => {
                        hits.push(Hit { found, browser: of_browser.browser, text: of_browser, entries: vec![entry] });
                    }
                }
            }
        }
    }
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.text.text.weight(), hit.found.end - hit.found.start)));
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if kept.iter().all(|other| hit.found.end <= other.found.start || other.found.end <= hit.found.start) {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| hit.found.start);
    kept
}

/// The message around a text: the mark of a preflight and the frame before it.
fn framed(hit: &Hit, text: &Squeezed, console: &'static Console) -> Message {
    let mut words = words_of(&hit.found, text);
    let mut preflight = hit.entries.iter().all(|entry| entry.preflight_only);
    if !hit.text.bare {
        let mut at = hit.found.start;
        if let Some(mark) = console.mark(hit.browser).and_then(|mark| matching::ending_at(&mark.text, text, at)) {
            (at, preflight) = (mark.start, true);
        }
        let frames = console.frames.iter().filter(|frame| frame.browser == hit.browser);
        if let Some(frame) = frames.filter_map(|frame| matching::ending_at(&frame.text, text, at)).next() {
            words.extend(words_of(&frame, text));
        }
    }
    let causes = hit.entries.iter().map(|entry| entry.id).collect();
    let causes = narrow(causes, &words);
    Message { browser: hit.browser, causes, preflight, cut_off: false, words }
}

/// Behind the last whole message: one that was cut off, or a frame with a reason that nobody knows.
fn rest(text: &Squeezed, from: usize, console: &'static Console) -> Option<(usize, Message)> {
    // The words of a message that is cut off may be so too: nothing is concluded from them.
    let message = |browser, causes, preflight, cut_off, words| Message { browser, causes, preflight, cut_off, words };
    for frame in console.frames.iter().filter(|frame| !frame.tied) {
        if let Some(found) = matching::find_all(&frame.text, text).into_iter().find(|found| found.start >= from) {
            let words = words_of(&found, text);
            let (causes, preflight, cut_off, more) = reason(text, found.end, frame.browser, console);
            let words = words.into_iter().chain(more).collect();
            return Some((found.start, message(frame.browser, causes, preflight, cut_off, words)));
        }
    }
    let beginnings = console.frames.iter().filter(|frame| !frame.tied).map(|frame| (frame.browser, &frame.text, None));
    let texts = console.causes.iter().flat_map(|entry| entry.texts.iter().map(move |text| (text, entry)));
    let texts = texts.map(|(text, entry)| (text.browser, &text.text, Some(entry)));
    let mut best: Option<(usize, Browser, Vec<Option<&Entry>>, Found)> = None;
    for (browser, template, entry) in beginnings.chain(texts) {
        let Some((weight, found)) = first_cut_off(template, text, from, entry.is_none()) else { continue };
        match &mut best {
            Some((most, _, entries, _)) if *most == weight => entries.push(entry),
            Some((most, ..)) if *most > weight => {}
            _ => best = Some((weight, browser, vec![entry], found)),
        }
    }
    let (_, browser, entries, found) = best?;
    // As long as it may be the beginning of a frame, every reason may follow.
    let entries: Vec<&Entry> = entries.into_iter().collect::<Option<_>>().unwrap_or_default();
    let preflight = !entries.is_empty() && entries.iter().all(|entry| entry.preflight_only);
    let causes = entries.iter().map(|entry| entry.id).collect();
    Some((found.start, message(browser, causes, preflight, true, words_of(&found, text))))
}

fn first_cut_off<'t>(
    template: &'t super::template::Template,
    text: &Squeezed,
    from: usize,
    is_frame: bool,
) -> Option<(usize, Found<'t>)> {
    let Some(super::template::Part::Text(_, first)) = template.parts.first() else { return None };
    let least = if is_frame { LEAST_OF_FRAME } else { LEAST };
    // The beginning may itself be cut off, but not to less than can be recognised.
    let begin = first.get(..least.min(first.len())).unwrap_or(first);
    let starts = text.key[from..].rmatch_indices(begin).map(|(at, _)| from + at).take(MOST_STARTS);
    starts.filter_map(|at| matching::cut_off(template, text, at)).find(|(weight, _)| *weight >= least)
}

type Reason = (Vec<Cause>, bool, bool, BTreeMap<String, String>);

/// What stands behind a frame: the causes whose text begins like it, or none when it is no known reason.
fn reason(text: &Squeezed, at: usize, browser: Browser, console: &'static Console) -> Reason {
    let rest = text.key[at..].trim_end_matches(['…', '.']);
    let none = |cut_off| (Vec::new(), false, cut_off, BTreeMap::new());
    if rest.is_empty() {
        return none(true);
    }
    let mark = console.mark(browser).and_then(|mark| match mark.text.parts.first() {
        Some(super::template::Part::Text(_, key)) => Some(key.as_str()),
        _ => None,
    });
    let (at, marked) = match mark {
        Some(mark) if rest.starts_with(mark) => (at + mark.len(), true),
        Some(mark) if mark.starts_with(rest) => (text.key.len(), true),
        _ => (at, false),
    };
    let mut best = (0, Vec::new(), BTreeMap::new());
    for entry in &console.causes {
        for own in entry.texts.iter().filter(|text| text.browser == browser && !text.bare) {
            // With the mark of a preflight stand those that always have it, and the checks of both answers.
            let possible = if marked { own.marked || !entry.preflight_only } else { !own.marked };
            let Some((weight, found)) = matching::cut_off(&own.text, text, at).filter(|_| possible) else { continue };
            if weight > best.0 || (best.1.is_empty() && weight == best.0) {
                best = (weight, vec![entry.id], words_of(&found, text));
            } else if weight == best.0 && !best.1.contains(&entry.id) {
                best.1.push(entry.id);
            }
        }
    }
    let (_, causes, words) = best;
    // Nothing but the mark is left, or nothing that is known: then no cause is more likely than another.
    if causes.is_empty() || at >= text.key.len() {
        return (Vec::new(), marked, marked, BTreeMap::new());
    }
    (causes, marked, true, words)
}

fn words_of(found: &Found, text: &Squeezed) -> BTreeMap<String, String> {
    let word = |&(name, start, end): &(&str, usize, usize)| {
        let written = text.between(start, end);
        let is_url = matches!(name, "url" | "from" | "origin" | "page");
        // A line break inside a URL came with the copy, one inside a value is a blank.
        let word = written.split_whitespace().collect::<Vec<_>>().join(if is_url { "" } else { " " });
        (name.to_owned(), word)
    };
    found.words.iter().map(word).collect()
}

/// The causes that the words leave possible, most likely first.
fn narrow(mut causes: Vec<Cause>, words: &BTreeMap<String, String>) -> Vec<Cause> {
    causes.dedup();
    if let Some(value) = words.get("value") {
        const BY_VALUE: [Cause; 3] = [Cause::AllowOriginDiffers, Cause::AllowOriginList, Cause::AllowOriginInvalid];
        if causes.len() > 1 && causes.iter().all(|cause| BY_VALUE.contains(cause)) {
            causes = vec![difference(value)];
        }
        // Two lines are joined with a comma and a blank; a list without the blank was written as one. Blanks at the end are
        // lost when a text is copied.
        let joined = value.contains(", ") || value.ends_with(',');
        if !joined && causes.contains(&Cause::AllowOriginList) {
            causes.retain(|cause| *cause != Cause::AllowOriginTwice);
        }
    }
    if let Some(status) = words.get("status") {
        let redirect = matches!(status.as_str(), "301" | "302" | "303" | "307" | "308");
        if causes.contains(&Cause::PreflightStatus) && causes.contains(&Cause::PreflightRedirect) {
            // Such a status without a place to go to is only a status.
            causes = vec![Cause::PreflightRedirect, Cause::PreflightStatus];
            causes.retain(|cause| redirect || *cause == Cause::PreflightStatus);
        }
    }
    causes
}

/// Equal messages once; those that only echo another are left out, after what they add.
fn tidy(messages: Vec<Message>) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::new();
    let (echoes, own): (Vec<Message>, Vec<Message>) = messages.into_iter().partition(Message::is_echo);
    let alone = own.is_empty();
    for message in own.into_iter().chain(if alone { echoes.clone() } else { Vec::new() }) {
        let same = |other: &Message| {
            (other.browser, other.preflight, &other.causes) == (message.browser, message.preflight, &message.causes)
                && message.words.iter().all(|(name, word)| other.word(name).is_none_or(|own| own == word))
        };
        match kept.iter_mut().find(|other| same(other)) {
            Some(other) => other.words.extend(message.words),
            None => kept.push(message),
        }
    }
    if !alone {
        for echo in &echoes {
            for message in kept.iter_mut().filter(|message| message.browser == echo.browser) {
                if let (None, Some(url)) = (message.word("url"), echo.word("url")) {
                    message.words.insert("url".to_owned(), url.to_owned());
                }
                // Firefox ends every refused preflight with this line, and refused redirects.
                let redirected = message.word("status").is_some_and(|status| status.starts_with('3'));
                message.preflight |= echo.cause() == Some(Cause::RequestFailed) && !redirected;
            }
        }
    }
    kept
}
