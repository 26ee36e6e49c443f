//! Who is allowed: the three origin settings of django-cors-headers as one decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::values::{in_variable, list_arms, origin_is, origin_matches};
use crate::eval::value::{EnvShape, Item, Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::origin::Url;
use crate::model::policy::{Arm, OriginAnswer, OriginDecision};
use crate::model::term::Anchor;
use crate::source::Span;

/// The three settings, as far as they are given.
pub(super) struct OriginSettings {
    /// `CORS_ALLOW_ALL_ORIGINS`.
    pub(super) all: Option<Value>,
    /// `CORS_ALLOWED_ORIGINS`.
    pub(super) list: Option<Value>,
    /// `CORS_ALLOWED_ORIGIN_REGEXES`.
    pub(super) regexes: Option<Value>,
}

/// A setting that is a text where a list is read, with what the library does with it.
pub(super) struct TextForList {
    pub(super) span: Span,
    pub(super) effect: &'static str,
}

/// The decision, and texts that stand where lists are read.
pub(super) fn decision(settings: &OriginSettings, fallback: Span) -> (OriginDecision, Vec<TextForList>) {
    let mut arms = Vec::new();
    let mut texts = Vec::new();
    if let Some(all) = &settings.all {
        for (when, value) in all.alternatives() {
            let condition = match &value.kind {
                Kind::Bool(flag) => Formula::constant(*flag),
                Kind::Condition(formula) => formula.clone(),
                Kind::Env(read) => Formula::test(Test::EnvTrue { variable: read.name.clone() }, value.span),
                Kind::Null | Kind::Undefined => Formula::False,
                _ => Formula::unknown(value.span),
            };
            let when = when.and(condition);
            if when != Formula::False {
                arms.push(Arm { when, answer: OriginAnswer::Wildcard, span: value.span });
            }
        }
    }
    if let Some(list) = &settings.list {
        for (when, value) in list.alternatives() {
            for arm in listed(&value, &mut texts) {
                arms.push(Arm { when: when.clone().and(arm.when), ..arm });
            }
        }
    }
    if let Some(regexes) = &settings.regexes {
        for (when, value) in regexes.alternatives() {
            for arm in patterns(&value, &mut texts) {
                arms.push(Arm { when: when.clone().and(arm.when), ..arm });
            }
        }
    }
    let certainly_open = matches!(arms.first(), Some(Arm { when: Formula::True, answer: OriginAnswer::Wildcard, .. }));
    let by = if certainly_open { settings.all.as_ref() } else { None };
    let span = by.or(settings.list.as_ref()).or(settings.regexes.as_ref()).or(settings.all.as_ref());
    (OriginDecision { arms, span: span.map_or(fallback, |value| value.span) }, texts)
}

fn unknown(span: Span) -> Vec<Arm> {
    vec![Arm { when: Formula::unknown(span), answer: OriginAnswer::Unknown, span }]
}

/// A text without scheme and host equals the origin `null`, which has neither. What is wrong is the text: that has its own
/// fault, and nothing certain is said of `null` beside it.
fn perhaps_null(span: Span) -> Arm {
    let when = origin_is(&Arc::from("null"), span).and(Formula::unknown(span));
    Arm { when, answer: OriginAnswer::Unknown, span }
}

fn listed(value: &Value, texts: &mut Vec<TextForList>) -> Vec<Arm> {
    let text_effect = "django-cors-headers then reads it character by character, so no origin is allowed";
    match &value.kind {
        Kind::List(list) => {
            let mut arms = list_arms(&list.items, list.open, value.span, &|item| match &item.kind {
                Kind::Str(text) => Some(origin_is(&Arc::from(text.trim()), item.span)),
                _ => None,
            });
            // Only scheme and host are compared: a trailing slash or path does no harm to the comparison itself.
            let stripped: Vec<Arm> = list
                .items
                .iter()
                .filter_map(|item| {
                    let text = item.value.as_str()?;
                    let origin = text.trim().trim_end_matches('/');
                    let bare = match origin.split_once("://") {
                        Some((scheme, rest)) => format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest)),
                        None => return None,
                    };
                    let differs = bare != text.trim() && Url::parse(&bare).is_some();
                    let when = item.when.clone().and(origin_is(&bare.into(), item.value.span));
                    differs.then_some(Arm { when, answer: OriginAnswer::Echo, span: item.value.span })
                })
                .collect();
            arms.extend(stripped);
            let bare = |item: &Item| item.value.as_str().is_some_and(|text| !text.contains([':', '/']));
            if list.items.iter().any(bare) {
                arms.push(perhaps_null(value.span));
            }
            arms
        }
        Kind::Str(text) if text.is_empty() => Vec::new(),
        Kind::Str(_) => {
            texts.push(TextForList { span: value.span, effect: text_effect });
            vec![perhaps_null(value.span)]
        }
        Kind::Env(read) if read.shape == EnvShape::Text => {
            texts.push(TextForList { span: value.span, effect: text_effect });
            unknown(value.span)
        }
        Kind::Env(read) if matches!(read.shape, EnvShape::List { .. }) => {
            let listed = in_variable(read).unwrap_or_else(|| Formula::unknown(value.span));
            let perhaps_null = perhaps_null(value.span);
            vec![Arm { when: listed, answer: OriginAnswer::Echo, span: value.span }, perhaps_null]
        }
        Kind::Null | Kind::Undefined => Vec::new(),
        _ => unknown(value.span),
    }
}

fn patterns(value: &Value, texts: &mut Vec<TextForList>) -> Vec<Arm> {
    match &value.kind {
        Kind::List(list) => list_arms(&list.items, list.open, value.span, &|item| match &item.kind {
            Kind::Str(pattern) => Some(origin_matches(pattern, false, Anchor::Prefix, item.span)),
            Kind::Regex { pattern, flags } => {
                Some(origin_matches(pattern, flags.contains('i'), Anchor::Prefix, item.span))
            }
            Kind::Env(_) => Some(Formula::unknown(item.span)),
            _ => None,
        }),
        Kind::Str(text) if !text.is_empty() => {
            let effect = "django-cors-headers then takes each character for an expression of its own, and a dot matches every origin";
            texts.push(TextForList { span: value.span, effect });
            // In their order: the first that matches decides, before one that is no expression by itself is met.
            let mut seen = BTreeSet::new();
            text.chars()
                .filter(|c| seen.insert(*c))
                .map(|c| {
                    let when = origin_matches(&Arc::from(c.to_string()), false, Anchor::Prefix, value.span);
                    Arm { when, answer: OriginAnswer::Echo, span: value.span }
                })
                .collect()
        }
        Kind::Str(_) | Kind::Null | Kind::Undefined => Vec::new(),
        _ => unknown(value.span),
    }
}
