//! Values with more alternatives than are told apart.
//!
//! In: alternatives and their conditions. Out: one value that is as small as it can be without losing the answers of a
//! function. Knows nothing of what the objects are.

use super::value::{Kind, Reason, Value};
use crate::model::condition::Formula;
use crate::source::Span;

impl Value {
    /// A function with many ways to answer gives back as many objects; each is as small as the next, and what else it gives
    /// back is one unknown beside them.
    pub(super) fn many(flat: Vec<(Formula, Value)>, span: Span) -> Value {
        let is_small = |one: &Value| match &one.kind {
            Kind::Object(_) => true,
            Kind::Method { receiver, .. } => receiver.as_object().is_some(),
            _ => one.is_nullish(),
        };
        let (mut small, others): (Vec<_>, Vec<_>) = flat.into_iter().partition(|(_, one)| is_small(one));
        let objects = small.iter().any(|(_, one)| !one.is_nullish());
        if !objects || small.len() > Value::MOST_OBJECTS {
            return Value::unknown(Reason::Bound, span);
        }
        if !others.is_empty() {
            let when = Formula::any(others.into_iter().map(|(when, _)| when));
            small.push((when, Value::unknown(Reason::NotModelled, span)));
        }
        Value::new(Kind::OneOf(small.into()), span)
    }
}
