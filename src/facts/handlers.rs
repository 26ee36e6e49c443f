//! Faults of order and hand-written answers, as rules see them.

use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::rules::facts::{Facts, FurtherFacts, HandlerFacts, Number, Text};

/// Further places that are named.
const MOST_FURTHER: usize = 20;

pub(super) fn gather(project: &Project, facts: &mut Facts) {
    for (index, fault) in project.faults.iter().enumerate() {
        let Some(others) = others(&project.faults, index) else { continue };
        let mut one = handler_facts(fault);
        one.more = others.len().try_into().ok().filter(|more| *more > 0).map(Number::new).unwrap_or_default();
        let further = |other: &&HandlerFault| FurtherFacts { span: Some(other.span), status: status(other) };
        one.further = others.iter().take(MOST_FURTHER).map(further).collect();
        facts.handlers.push(one);
    }
}

/// The faults that are told together with this one, which is the first a page meets; `None` where another one is that. What a
/// handler's errors lack is one mistake, however many answers show it; on nginx every line is changed by itself.
fn others(faults: &[HandlerFault], index: usize) -> Option<Vec<&HandlerFault>> {
    let fault = &faults[index];
    if fault.kind != FaultKind::ErrorsWithoutHeaders || fault.platform == "nginx" {
        return Some(Vec::new());
    }
    let same = |other: &HandlerFault| {
        other.kind == fault.kind
            && other.platform == fault.platform
            && other.name == fault.name
            && other.span.file == fault.span.file
    };
    let all = faults.iter().enumerate().filter(|(_, other)| same(other));
    let first = all.clone().min_by_key(|(_, other)| (urgency(other.status), other.span.start))?;
    (first.0 == index).then(|| {
        let mut others: Vec<&HandlerFault> = Vec::new();
        for (_, other) in all {
            if other.span != fault.span && others.iter().all(|known| known.span != other.span) {
                others.push(other);
            }
        }
        others
    })
}

/// What a page does differently by the status comes first: signing in, waiting, telling what was wrong with the request.
fn urgency(status: Option<u16>) -> u8 {
    match status {
        Some(401 | 403) => 0,
        Some(429) => 1,
        Some(400..=499) => 2,
        _ => 3,
    }
}

fn status(fault: &HandlerFault) -> Number {
    fault.status.map(|status| Number::new(i64::from(status))).unwrap_or_default()
}

pub(super) fn handler_facts(fault: &HandlerFault) -> HandlerFacts {
    let mut one = HandlerFacts {
        span: Some(fault.span),
        server: None,
        platform: fault.platform.into(),
        environment: "production".into(),
        name: Text::at(fault.name.clone(), fault.span),
        reason: Text::new(fault.detail.clone()),
        missing: Text::new(fault.detail.clone()),
        status: status(fault),
        cors: fault.cors.map(|span| Text::at("CORS", span)).unwrap_or_default(),
        other: fault.other.as_ref().map(|other| Text::at(other.value.clone(), other.span)).unwrap_or_default(),
        ..HandlerFacts::default()
    };
    let flag = match fault.kind {
        FaultKind::AnswersPreflight => &mut one.answers_before_cors,
        FaultKind::CorsTooLate => &mut one.cors_too_late,
        FaultKind::CorsTooLateMinor => &mut one.cors_too_late_minor,
        FaultKind::NotInstalled => &mut one.not_installed,
        FaultKind::HalfInstalled => &mut one.half_installed,
        FaultKind::NotCalled => &mut one.not_called,
        FaultKind::PreflightStatus => &mut one.bad_preflight_status,
        FaultKind::PreflightHeaders => &mut one.missing_preflight_headers,
        FaultKind::ErrorsWithoutHeaders => &mut one.headers_missing_on_errors,
        FaultKind::InheritanceLost => &mut one.loses_headers_by_inheritance,
        FaultKind::ReplacedBlock => &mut one.replaces_block,
        FaultKind::SentByBoth => &mut one.sent_by_both,
        FaultKind::HeadersHidden => &mut one.hides_headers,
        FaultKind::OriginHidden => &mut one.hides_origin,
        FaultKind::UnusedOptions => &mut one.unused_options,
        FaultKind::MethodInPath => &mut one.method_in_path,
        FaultKind::MissingOriginRefused => &mut one.refuses_missing_origin,
        FaultKind::UnsupportedPattern => &mut one.unsupported_pattern,
        FaultKind::PreflightUnhandled => &mut one.preflight_unhandled,
        // What clients ask says whether it is one.
        FaultKind::PreflightUnasked => return one,
        FaultKind::SentTwice => &mut one.sent_twice,
        FaultKind::Shadowed => &mut one.shadowed,
        FaultKind::PreflightOnly => &mut one.preflight_only,
        FaultKind::StripsCors => &mut one.strips_cors,
        FaultKind::ApiIgnored => &mut one.api_ignored,
    };
    *flag = true.into();
    one
}
