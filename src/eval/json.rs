//! JSON as values: files, and texts that hold some.

use std::sync::Arc;

use super::Interp;
use super::value::{Kind, Map, MapEntry, Reason, Value};
use crate::model::condition::Formula;
use crate::source::Span;
use crate::syntax::document::{Node, NodeKind};

impl Interp<'_> {
    /// A text that holds JSON.
    pub(super) fn parse_json(&mut self, text: &Value, span: Span) -> Value {
        let Some(source) = text.as_str() else { return Value::unknown(Reason::NotModelled, span) };
        match serde_json::from_str::<serde_json::Value>(source) {
            Ok(json) => json_value(&json, text),
            Err(_) => Value::unknown(Reason::NotModelled, span),
        }
    }
}

/// JSON inside a text: every value keeps the place of the text, pieces their own where they can be found in it.
fn json_value(json: &serde_json::Value, text: &Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::Null,
        serde_json::Value::Bool(flag) => Kind::Bool(*flag),
        serde_json::Value::Number(number) => Kind::Num(number.as_f64().unwrap_or(0.0)),
        serde_json::Value::String(piece) => {
            let at = text.as_str().and_then(|whole| whole.find(piece.as_str()));
            let span = at.map_or(text.span, |at| text.part_span(at, at + piece.len()));
            return Value { span, kind: Kind::Str(piece.as_str().into()), trace: text.trace.clone() };
        }
        serde_json::Value::Array(items) => {
            return Value::list(items.iter().map(|item| json_value(item, text)), text.span);
        }
        serde_json::Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let entry =
                    MapEntry { key: text.span, when: Formula::True, value: json_value(value, text), getter: false };
                (Arc::from(key.as_str()), entry)
            });
            Kind::Map(Arc::new(Map { entries: entries.collect(), open: false }))
        }
    };
    Value { kind, span: text.span, trace: text.trace.clone() }
}

/// A JSON file as a value.
pub(super) fn node_value(node: &Node) -> Value {
    let kind = match &node.kind {
        NodeKind::Null => Kind::Null,
        NodeKind::Bool(flag) => Kind::Bool(*flag),
        NodeKind::Num(number) => Kind::Num(*number),
        NodeKind::Str(text) => Kind::Str(text.clone()),
        NodeKind::List(items) => return Value::list(items.iter().map(node_value), node.span),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let entry = MapEntry { key: key.span, when: Formula::True, value: node_value(value), getter: false };
                (key.value.clone(), entry)
            });
            Kind::Map(Arc::new(Map { entries: entries.collect(), open: false }))
        }
    };
    Value::new(kind, node.span)
}
