//! What Python binds: names, tuples, places that are assigned to.
//!
//! In: assignments and nodes on their left. Out: patterns and the statements that assign. In `a = b = value` the value
//! stands once; the other targets take it from the first, because all of them are the same object.

use tree_sitter::Node;

use super::{
    expressions::{expr, or_opaque},
    operators::{binary_operator, is_simple},
};
use crate::{
    ir::{Assign, Expr, ExprKind, Pattern, Stmt, StmtKind},
    source::Span,
    syntax::tree::{Reader, children, field, first},
};

/// Lowers what is bound.
pub(super) fn pattern(cx: &Reader<'_>, node: Node<'_>) -> Pattern {
    let Some(_level) = cx.enter(node) else { return Pattern::Opaque(cx.span(node)) };
    match node.kind() {
        "identifier" => Pattern::Name(cx.name(node), cx.span(node)),
        "pattern_list" | "expression_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" => {
            Pattern::List(children(node).into_iter().map(|child| Some(pattern(cx, child))).collect())
        }
        "attribute" | "subscript" => Pattern::Place(Box::new(expr(cx, node))),
        "parenthesized_expression" => match first(node) {
            Some(inner) => pattern(cx, inner),
            None => Pattern::Opaque(cx.span(node)),
        },
        _ => Pattern::Opaque(cx.span(node)),
    }
}

/// The targets of `a = b = value` in order and the value; `a: type` has none.
pub(super) fn targets(node: Node<'_>) -> (Vec<Node<'_>>, Option<Node<'_>>) {
    let mut targets = Vec::new();
    let mut rest = Some(node);
    while let Some(assignment) = rest.filter(|node| node.kind() == "assignment") {
        targets.extend(field(assignment, "left"));
        rest = field(assignment, "right");
    }
    (targets, rest)
}

/// Lowers an assignment, also an annotation without a value.
pub(super) fn assignment(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let span = cx.span(node);
    let (targets, value) = targets(node);
    let Some(value) = value else {
        let annotation = field(node, "type").map(|annotation| expr(cx, annotation));
        if let (Some(name), Some(annotation)) = (targets.first().filter(|name| name.kind() == "identifier"), annotation)
        {
            out.push(Stmt { kind: StmtKind::Annotation { name: cx.name(*name), annotation }, span });
        }
        return;
    };
    let value = expr(cx, value);
    let patterns: Vec<Pattern> = targets.into_iter().map(|target| pattern(cx, target)).collect();
    let source = patterns.iter().position(|pattern| matches!(pattern, Pattern::Name(..))).unwrap_or(0);
    let shared = patterns.get(source).and_then(read_back).filter(|_| patterns.len() > 1);
    let mut value = Some(value);
    let mut others = Vec::new();
    for (index, target) in patterns.into_iter().enumerate() {
        if index == source {
            out.extend(value.take().map(|value| assign(target, value, span)));
        } else if let Some(shared) = &shared {
            others.push(assign(target, shared.clone(), span));
        }
    }
    out.extend(others);
}

/// The expression that reads a target, if it is so small that it may stand again for every other target.
fn read_back(target: &Pattern) -> Option<Expr> {
    match target {
        Pattern::Name(name, span) => Some(Expr { kind: ExprKind::Name(name.clone()), span: *span }),
        Pattern::Place(place) if is_simple(place) => Some(Expr::clone(place)),
        _ => None,
    }
}

fn assign(target: Pattern, value: Expr, span: Span) -> Stmt {
    let kind = match target {
        Pattern::Place(_) => {
            StmtKind::Expr(Expr { kind: ExprKind::Assign(Box::new(Assign { target, op: None, value })), span })
        }
        _ => StmtKind::Bind { target, value: Some(value) },
    };
    Stmt { kind, span }
}

/// Lowers `a += value` and its kin.
pub(super) fn augmented_assignment(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let span = cx.span(node);
    let target = field(node, "left").map_or(Pattern::Opaque(span), |left| pattern(cx, left));
    let op = field(node, "operator").map(|op| binary_operator(op.kind().strip_suffix('=').unwrap_or_default()));
    let value = or_opaque(cx, node, field(node, "right"));
    let kind = ExprKind::Assign(Box::new(Assign { target, op, value }));
    out.push(Stmt { kind: StmtKind::Expr(Expr { kind, span }), span });
}
