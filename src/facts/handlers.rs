//! Faults of order and hand-written answers, as rules see them.

use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::rules::facts::{Facts, HandlerFacts, Number, Text};

pub(super) fn gather(project: &Project, facts: &mut Facts) {
    for fault in &project.faults {
        facts.handlers.push(handler_facts(fault));
    }
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
        status: fault.status.map(|status| Number::new(i64::from(status))).unwrap_or_default(),
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
