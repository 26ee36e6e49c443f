//! What JavaScript and TypeScript bind: names, destructuring, and places that are assigned to.
//!
//! In: nodes on the left of an assignment, in a declaration or a parameter list. Out: patterns. The defaults of list
//! elements have no form in the tree and are left out.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    classes::key,
    expressions::{expr, unwrap},
};
use crate::{
    ir::{Expr, ExprKind, Pattern},
    syntax::tree::{Reader, children, field, first},
};

/// Lowers what is bound.
pub(super) fn pattern(cx: &Reader<'_>, node: Node<'_>) -> Pattern {
    let node = unwrap(cx, node);
    let Some(_level) = cx.enter(node) else { return Pattern::Opaque(cx.span(node)) };
    match node.kind() {
        "identifier" | "shorthand_property_identifier_pattern" | "undefined" => {
            Pattern::Name(cx.name(node), cx.span(node))
        }
        "object_pattern" => map(cx, node),
        "array_pattern" => list(cx, node),
        "assignment_pattern" | "object_assignment_pattern" => match field(node, "left") {
            Some(left) => pattern(cx, left),
            None => Pattern::Opaque(cx.span(node)),
        },
        "member_expression" | "subscript_expression" => Pattern::Place(Box::new(expr(cx, node))),
        _ => Pattern::Opaque(cx.span(node)),
    }
}

/// Lowers what is bound together with its default.
pub(super) fn with_default(cx: &Reader<'_>, node: Node<'_>) -> (Pattern, Option<Expr>) {
    let default = match node.kind() {
        "assignment_pattern" | "object_assignment_pattern" => field(node, "right").map(|right| expr(cx, right)),
        _ => None,
    };
    (pattern(cx, node), default)
}

fn map(cx: &Reader<'_>, node: Node<'_>) -> Pattern {
    let mut entries: Vec<(Arc<str>, Pattern, Option<Expr>)> = Vec::new();
    let mut rest = None;
    for child in children(node) {
        match child.kind() {
            "shorthand_property_identifier_pattern" => entries.push((cx.name(child), pattern(cx, child), None)),
            "object_assignment_pattern" => {
                if let Some(left) = field(child, "left") {
                    let (bound, default) = with_default(cx, child);
                    entries.push((cx.name(left), bound, default));
                }
            }
            "pair_pattern" => {
                let (Some(name), Some(value)) = (field(child, "key"), field(child, "value")) else { continue };
                let Expr { kind: ExprKind::Str(name), .. } = key(cx, name) else { continue };
                let (bound, default) = with_default(cx, value);
                entries.push((name, bound, default));
            }
            "rest_pattern" => rest = first(child).filter(|name| name.kind() == "identifier").map(|name| cx.name(name)),
            _ => {}
        }
    }
    Pattern::Map { entries, rest }
}

fn list(cx: &Reader<'_>, node: Node<'_>) -> Pattern {
    let mut items = Vec::new();
    let mut filled = false;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "," if filled => filled = false,
            "," => items.push(None),
            _ if child.is_named() && child.kind() != "comment" => {
                items.push(Some(pattern(cx, child)));
                filled = true;
            }
            _ => {}
        }
    }
    Pattern::List(items)
}
