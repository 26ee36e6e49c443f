//! Whether errors of a place leave from another one, with headers of its own: `error_page 401 500 = @errors`.
//!
//! In: the level of a place. Out: whether the usual errors of the server behind get Allow-Origin there. Judges nothing.

use super::headers::{ALLOW_ORIGIN, Answers, Level};
use super::tree::Item;

/// Are errors of the server behind taken, those of requests and those of the server, and answered with the header?
pub(super) fn send_headers(level: &Level<'_, '_>) -> bool {
    let intercepts =
        ["proxy_intercept_errors", "fastcgi_intercept_errors", "uwsgi_intercept_errors", "grpc_intercept_errors"];
    let on = |name: &&str| level.nearest(name).last().is_some_and(|item| item.first() == "on");
    if !intercepts.iter().any(on) {
        return false;
    }
    let pages = level.nearest("error_page");
    let covered = |codes: std::ops::Range<u16>| pages.iter().any(|page| covers(page, &codes) && grants(page, level));
    covered(400..500) && covered(500..600)
}

fn covers(page: &Item<'_>, codes: &std::ops::Range<u16>) -> bool {
    page.args().iter().filter_map(|word| word.text.parse::<u16>().ok()).any(|code| codes.contains(&code))
}

/// Does the location that a page leads to send the header with an answer of that status?
fn grants(page: &Item<'_>, level: &Level<'_, '_>) -> bool {
    let Some(target) = page.args().last() else { return false };
    let mended = page.args().iter().any(|word| word.text.starts_with("=2") || word.text.starts_with("=3"));
    let mut around = level.outer;
    while let Some(outer) = around {
        let leads = |item: &&Item<'_>| {
            item.name() == "location" && item.args().last().is_some_and(|path| path.text == target.text)
        };
        if let Some(location) = outer.items.iter().find(leads) {
            let lines = Level::inside(outer, location).lines();
            return lines.iter().any(|line| line.sends(ALLOW_ORIGIN) && (mended || line.answers == Answers::Every));
        }
        around = outer.outer;
    }
    false
}
