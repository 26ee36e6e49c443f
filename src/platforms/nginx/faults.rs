//! Facts about a place and CORS: headers that get lost, preflights that are refused.
//!
//! In: a `Leaf`. Out: `HandlerFault`s, only where it is certain for every request of the kind. Whether they matter is for rules.

use super::headers::{ALLOW_ORIGIN, Answers, Change, Line};
use super::leaf::{Content, Group, Leaf, Method};
use super::place::{PathKind, Place};
use super::tree::Item;
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::Effect;
use crate::source::{Span, Spanned};

/// Methods of actual requests that CORS is about.
const ACTUAL: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Everything that is to be said about a place. `preflighted`: requests to it need a preflight.
pub(super) fn faults(leaf: &Leaf<'_, '_, '_>, preflighted: bool) -> Vec<HandlerFault> {
    let mut faults = inheritance(leaf);
    faults.extend(twice(leaf));
    let replaced = replaced(leaf, preflighted);
    let explained = !replaced.is_empty();
    faults.extend(replaced);
    if leaf.groups.iter().any(|group| group.allow_origin().is_some()) {
        faults.extend(errors(leaf, preflighted));
        if preflighted {
            faults.extend(refused_preflight(leaf));
            faults.extend(bare_preflight(leaf).filter(|_| !explained));
            faults.extend(authentication(leaf));
        }
    }
    faults
}

fn fault(kind: FaultKind, span: Span, name: impl Into<String>, cors: Option<&Line>) -> HandlerFault {
    HandlerFault {
        kind,
        platform: "nginx",
        span,
        name: name.into(),
        cors: cors.map(|line| line.span),
        other: None,
        status: None,
        detail: String::new(),
    }
}

/// The names of lines, each once, that others lack.
fn missing<'x>(of: &'x [Line], in_these: &[Line]) -> Vec<&'x str> {
    let mut names: Vec<&str> = Vec::new();
    for line in of.iter().filter(|line| line.is_cors()) {
        let name = &*line.name.value;
        let known = |other: &&str| other.eq_ignore_ascii_case(name);
        if line.sends(name) && !in_these.iter().any(|line| line.sends(name)) && !names.iter().any(known) {
            names.push(name);
        }
    }
    names
}

/// One own `add_header` dropped the Allow-Origin of the level around.
fn inheritance(leaf: &Leaf<'_, '_, '_>) -> Vec<HandlerFault> {
    let mut faults = Vec::new();
    let Some(base) = leaf.groups.first() else { return faults };
    let own = leaf.level.own("add_header");
    let outer = leaf.level.outer.map(|outer| outer.lines()).unwrap_or_default();
    let unreachable = leaf.access.denies
        || leaf.is_partial()
        || leaf.level.has(&["internal"])
        || leaf.place.kind == PathKind::Named
        || leaf.only_answers(|status| status >= 300)
        || is_health_check(leaf);
    // An `if` for OPTIONS alone helps no actual answer.
    let granted = |group: &Group<'_, '_>| {
        group.allow_origin().is_some() && ACTUAL.iter().any(|method| leaf.reaches_content(group, method))
    };
    let somewhere = leaf.groups.iter().any(granted);
    if let (Some(first), Some(lost)) = (own.first(), outer.iter().rev().find(|line| line.sends(ALLOW_ORIGIN)))
        && !somewhere
        && !unreachable
    {
        let mut fault = fault(FaultKind::InheritanceLost, first.head(), &leaf.place.name, Some(lost));
        fault.other = Some(Spanned::new(leaf.place.name.clone(), leaf.place.span));
        fault.detail = missing(&outer, &base.lines).join(", ");
        faults.push(fault);
    }
    for group in &leaf.groups {
        let (Some(block), Some(lost)) = (group.block, base.allow_origin()) else { continue };
        let first = block.children.iter().find(|item| item.name() == "add_header");
        let refuses = leaf
            .script
            .answers
            .iter()
            .any(|answer| answer.inside == group.index && answer.status.is_none_or(|status| status >= 300));
        if let Some(first) = first
            && group.allow_origin().is_none()
            && !refuses
            && !block.children.iter().any(|item| item.is_hole())
        {
            let words: Vec<&str> = block.args().iter().map(|word| &*word.text).collect();
            let name = format!("if ({})", words.join(" "));
            let mut fault = fault(FaultKind::InheritanceLost, first.head(), &name, Some(lost));
            fault.other = Some(Spanned::new(name, block.head()));
            fault.detail = missing(&base.lines, &group.lines).join(", ");
            faults.push(fault);
        }
    }
    faults
}

/// The headers stand in an `if`, and a later `if` that matches as well takes its place.
fn replaced(leaf: &Leaf<'_, '_, '_>, preflighted: bool) -> Vec<HandlerFault> {
    let mut faults = Vec::new();
    if leaf.groups.first().is_some_and(|base| base.allow_origin().is_some()) || leaf.is_partial() {
        return faults;
    }
    for (index, entered) in leaf.script.entered.iter().enumerate() {
        let lines = leaf.lines_inside(index);
        let refuses = leaf
            .script
            .answers
            .iter()
            .any(|answer| answer.inside == Some(index) && answer.status.is_none_or(|status| status >= 300));
        if refuses
            || lines.iter().any(|line| line.sends(ALLOW_ORIGIN))
            || entered.block.children.iter().any(Item::is_hole)
        {
            continue;
        }
        let ends_here = leaf.script.ends_in(index);
        let lost =
            ACTUAL.into_iter().chain(["OPTIONS"]).filter(|method| certain(&ends_here, method)).find_map(|method| {
                let earlier = (0..index).rev().filter(|&earlier| leaf.script.may_enter(earlier, &Method(method)));
                let mut earlier = earlier.map(|earlier| leaf.lines_inside(earlier));
                let lost = earlier.find(|lines| lines.iter().any(|line| line.sends(ALLOW_ORIGIN)))?;
                let lists = |line: &Line| {
                    line.sends("access-control-allow-methods") || line.sends("access-control-allow-headers")
                };
                // Files that are only read need no preflight.
                (method != "OPTIONS" || preflighted || lost.iter().any(lists)).then_some(lost)
            });
        let Some(lost) = lost else { continue };
        let words: Vec<&str> = entered.block.args().iter().map(|word| &*word.text).collect();
        let name = format!("if ({})", words.join(" "));
        let cors = lost.iter().find(|line| line.sends(ALLOW_ORIGIN));
        let mut fault = fault(FaultKind::ReplacedBlock, entered.block.head(), name, cors);
        fault.detail = missing(&lost, &lines).join(", ");
        faults.push(fault);
    }
    faults
}

/// A fixed text for probes of uptime, which no page reads.
fn is_health_check(leaf: &Leaf<'_, '_, '_>) -> bool {
    leaf.only_answers(|status| status < 300)
        && leaf.script.answers.iter().all(|answer| answer.has_text)
        && leaf.level.own_lines().iter().all(|line| line.name.value.eq_ignore_ascii_case("content-type"))
}

/// Two lines that are always sent together with the same answer.
fn twice(leaf: &Leaf<'_, '_, '_>) -> Vec<HandlerFault> {
    let mut faults = Vec::new();
    for group in &leaf.groups {
        let lines: Vec<&Line> = group
            .lines
            .iter()
            .filter(|line| line.change == Change::Add && line.sends(ALLOW_ORIGIN) && line.text().is_some())
            .collect();
        if lines.len() > 1 {
            let texts = lines.iter().filter_map(|line| line.text()).collect::<Vec<_>>().join("` and `");
            let detail =
                format!("sends `{texts}` in lines of their own, and browsers refuse an answer with two values");
            for line in lines {
                let mut fault = fault(FaultKind::SentTwice, line.span, &leaf.place.name, Some(line));
                fault.detail.clone_from(&detail);
                faults.push(fault);
            }
        }
    }
    faults
}

/// Allow-Origin without `always` where errors come from a server behind.
fn errors(leaf: &Leaf<'_, '_, '_>, preflighted: bool) -> Option<HandlerFault> {
    // A fragment does not say what it is included in; lists of methods or headers do.
    let lists = |line: &Line| line.sends("access-control-allow-methods") || line.sends("access-control-allow-headers");
    let is_fragment = leaf.place.path.is_none() && leaf.content == Content::Unknown;
    let serves_api = match leaf.content {
        Content::Forward => !leaf.place.is_assets(),
        Content::Unknown => is_fragment && preflighted && leaf.groups.iter().any(|group| group.lines.iter().any(lists)),
        // A fragment that lists methods which change something is not made for files.
        Content::File => !leaf.place.is_assets() && !leaf.is_in_server && leaf.groups.iter().any(lists_changes),
    };
    if !serves_api || leaf.errors_elsewhere {
        return None;
    }
    let reached = leaf.groups.iter().filter(|group| ACTUAL.iter().any(|method| leaf.reaches_content(group, method)));
    let line = reached.filter_map(Group::allow_origin).find(|line| matches!(line.answers, Answers::Status(_)))?;
    let mut fault = fault(FaultKind::ErrorsWithoutHeaders, line.span, &leaf.place.name, Some(line));
    fault.detail = "add_header without always is left out of answers with an error status".to_owned();
    Some(fault)
}

/// Do these lines allow methods that change something?
fn lists_changes(group: &Group<'_, '_>) -> bool {
    let line = group.line("access-control-allow-methods");
    line.and_then(Line::text)
        .is_some_and(|text| ["POST", "PUT", "PATCH", "DELETE"].iter().any(|method| text.contains(method)))
}

/// A location whose pattern names a method, as if locations were chosen by it.
pub(super) fn method_in_path(place: &Place, block: &Item<'_>) -> Option<HandlerFault> {
    let path = place.path.as_ref().filter(|_| place.kind == PathKind::Pattern)?;
    let pattern = block.args().iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
    let names_options = pattern.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "OPTIONS");
    let answers = block.children.iter().any(|item| item.name() == "return" && item.first().starts_with('2'));
    (names_options && answers).then(|| fault(FaultKind::MethodInPath, path.span, &place.name, None))
}

/// Does a condition certainly hold for a method?
fn certain(when: &Formula, method: &'static str) -> bool {
    when.eval(&Method(method)) == Some(true)
}

/// The header lines that an OPTIONS request certainly gets.
fn preflight_group<'g, 'l, 'a>(leaf: &'g Leaf<'l, '_, 'a>) -> Option<&'g Group<'l, 'a>> {
    leaf.groups.iter().find(|group| certain(&group.when, "OPTIONS"))
}

/// OPTIONS is refused where other methods are not.
fn refused_preflight(leaf: &Leaf<'_, '_, '_>) -> Option<HandlerFault> {
    let expects = leaf.groups.iter().any(|group| {
        ["access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"]
            .iter()
            .any(|name| group.line(name).is_some())
    });
    let mut before = leaf.script.alive.clone();
    for guarded in leaf.answers().iter().chain(&leaf.access.effects) {
        let Effect::Answer(status) = guarded.effect else { continue };
        let is_access = leaf.access.effects.iter().any(|other| other.span == guarded.span);
        let when = if is_access { before.clone().and(guarded.when.clone()) } else { guarded.when.clone() };
        if !certain(&when, "OPTIONS") {
            before = before.and(guarded.when.clone().negated());
            continue;
        }
        let status = status.filter(|status| *status >= 400 && !leaf.replaced.contains(status))?;
        let served = |method: &&'static str| guarded.when.eval(&Method(method)) == Some(false);
        let actual: Vec<&'static str> = ACTUAL.into_iter().filter(served).collect();
        // Reading alone needs no preflight; then lists of methods or headers have to say that one is expected.
        let needed = expects || actual.iter().any(|method| *method != "GET");
        if actual.is_empty() || !needed {
            return None;
        }
        let cors = leaf.groups.iter().find_map(Group::allow_origin);
        let mut fault = fault(FaultKind::PreflightStatus, guarded.span, &leaf.place.name, cors);
        fault.status = Some(status);
        return Some(fault);
    }
    None
}

/// The preflight is answered here, without headers that actual answers have.
fn bare_preflight(leaf: &Leaf<'_, '_, '_>) -> Option<HandlerFault> {
    let answer = leaf.script.answers.iter().find(|answer| certain(&answer.when, "OPTIONS"))?;
    if !answer.status.is_some_and(|status| (200..300).contains(&status)) || leaf.is_partial() {
        return None;
    }
    let group = preflight_group(leaf)?;
    let actual: Vec<&Group<'_, '_>> =
        leaf.groups.iter().filter(|group| ACTUAL.iter().any(|method| leaf.reaches_content(group, method))).collect();
    let cors = actual.iter().find_map(|group| group.allow_origin())?;
    let mut lacking = Vec::new();
    if group.allow_origin().is_none() {
        // A block whose own lines dropped the outer ones is told apart as lost inheritance.
        if group.block.is_some() && leaf.groups.first().is_some_and(|base| base.allow_origin().is_some()) {
            return None;
        }
        lacking.push("Access-Control-Allow-Origin");
    }
    let lists = |name: &str, plain: &[&str]| {
        let asked = |text: &str| {
            text.split(',')
                .map(str::trim)
                .any(|one| !one.is_empty() && !plain.iter().any(|p| p.eq_ignore_ascii_case(one)))
        };
        group.line(name).is_none()
            && actual
                .iter()
                .filter_map(|group| group.line(name))
                .any(|line| line.text().is_some_and(|text| asked(&text)))
    };
    let names = ["access-control-allow-methods", "access-control-allow-headers"];
    if lists("access-control-allow-methods", &["GET", "HEAD", "POST", "OPTIONS"]) {
        lacking.push("Access-Control-Allow-Methods");
    }
    let safelisted = ["Accept", "Accept-Language", "Content-Language", "Range", "Origin", "DNT"];
    if lists("access-control-allow-headers", &safelisted) {
        lacking.push("Access-Control-Allow-Headers");
    }
    if lacking.is_empty() && group.block.is_some() && names.iter().all(|name| group.line(name).is_none()) {
        // A block for preflights that grants an origin: a preflight is only sent for a method or a header that has to be
        // allowed, so one of the two lists is always needed.
        lacking.extend(["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]);
    }
    if lacking.is_empty() {
        return None;
    }
    let mut fault = fault(FaultKind::PreflightHeaders, answer.span, &leaf.place.name, Some(cors));
    fault.status = answer.status;
    fault.detail = lacking.join(", ");
    Some(fault)
}

/// Authentication meets the preflight, which never carries credentials.
fn authentication(leaf: &Leaf<'_, '_, '_>) -> Option<HandlerFault> {
    if leaf.content == Content::File || leaf.is_partial() {
        return None;
    }
    let cors = leaf.groups.iter().find_map(Group::allow_origin)?;
    for guarded in &leaf.access.effects {
        let Effect::RequireAuth(status) = guarded.effect else { continue };
        if certain(&leaf.script.alive.clone().and(guarded.when.clone()), "OPTIONS") {
            let mut fault = fault(FaultKind::AnswersPreflight, guarded.span, "", Some(cors));
            fault.name = "authentication".to_owned();
            fault.status = Some(status);
            return Some(fault);
        }
    }
    None
}
