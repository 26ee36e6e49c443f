//! What a browser writes into its console about a request that was blocked.
//!
//! In: the request and the verdict. Out: the lines, in the order in which they appear. The texts are those of `console`.

use super::browser::Browser;
use super::cause::Cause;
use super::console::{Entry, Text, console};
use super::request::Request;
use super::template::Words;
use super::verdict::{Blocked, Stage};

/// The lines; none where the browser says nothing.
pub fn lines(request: &Request, blocked: &Blocked, browser: Browser) -> Vec<String> {
    if blocked.refusal.cause == Cause::RedirectRefused {
        // The page asked for it: no browser has a word for that.
        return Vec::new();
    }
    let words = words(request, blocked);
    let line = |cause: Cause| self::line(request, cause, blocked.stage, &words, browser);
    let mut lines: Vec<String> = line(blocked.refusal.cause).into_iter().collect();
    match browser {
        Browser::Chromium => {}
        Browser::Firefox => {
            let before = request.redirected_from.last().filter(|_| blocked.stage == Stage::Before);
            let redirected = before.is_some() || blocked.status.is_some_and(|status| (300..400).contains(&status));
            if blocked.refusal.cause == Cause::PreflightRedirect {
                lines.extend(line(Cause::PreflightStatus));
            }
            // The channel ends with an error of its own, which has no status to show.
            if blocked.refusal.cause != Cause::RequestFailed && (blocked.stage == Stage::Preflight || redirected) {
                let mut words = words.clone();
                words.insert("status".to_owned(), "(null)".to_owned());
                // A request that was never sent has no channel: it is the one before that failed.
                words.extend(before.map(|url| ("url".to_owned(), url.clone())));
                lines.extend(self::line(request, Cause::RequestFailed, blocked.stage, &words, browser));
            }
        }
        Browser::Safari if blocked.stage == Stage::Before => {}
        Browser::Safari => {
            let loader = if request.initiator.name() == "fetch" { "Fetch API" } else { request.initiator.name() };
            lines.push(format!("{loader} cannot load {} due to access control checks.", request.url));
        }
    }
    lines
}

fn words(request: &Request, blocked: &Blocked) -> Words {
    let mut words = Words::new();
    let mut say = |name: &str, word: &str| words.insert(name.to_owned(), word.to_owned());
    say("kind", request.initiator.name());
    say("url", &request.url);
    say("origin", &request.origin);
    say("page", &format!("{}/", request.origin));
    for name in ["value", "method", "header", "scheme"] {
        say(name, &blocked.refusal.value);
    }
    if let Some(first) = request.redirected_from.first() {
        say("from", first);
    }
    let status = blocked.status.map_or_else(|| "(null)".to_owned(), |status| status.to_string());
    say("status", &status);
    words
}

fn line(request: &Request, cause: Cause, stage: Stage, words: &Words, browser: Browser) -> Option<String> {
    let console = console();
    let entry = console.entry(cause)?;
    let fits = |text: &&Text| {
        text.browser == browser && !text.old && text.kind.as_ref().is_none_or(|kind| kind == request.initiator.name())
    };
    let filled = |text: &'static Text| Some((text, text.text.fill(words)?));
    let (text, reason) = entry.texts.iter().filter(fits).find_map(filled)?;
    if text.bare {
        return Some(reason);
    }
    let frame = console.frames.iter().filter(|frame| frame.browser == browser && !frame.tied);
    let frame = frame.filter_map(|frame| frame.text.fill(words)).next();
    let mark =
        console.mark(browser).filter(|_| text.marked || marks(entry, stage)).and_then(|mark| mark.text.fill(words));
    Some([frame, mark, Some(reason)].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// Checks that are made of both answers say which of them they mean.
fn marks(entry: &Entry, stage: Stage) -> bool {
    stage == Stage::Preflight && !entry.preflight_only
}
