//! Operators of Python: arithmetic, comparison chains, boolean and conditional expressions.
//!
//! In: operator nodes. Out: their lowered form.

use tree_sitter::Node;

use super::expressions::{all, expr, or_opaque};
use crate::{
    ir::{BinaryOp, Expr, ExprKind, UnaryOp},
    syntax::tree::{Reader, children, field, fields},
};

/// How many comparisons a chain may have to be understood.
const CHAIN_LIMIT: usize = 8;

/// The operator of `a + b`.
pub(super) fn binary_operator(text: &str) -> BinaryOp {
    match text {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulo,
        _ => BinaryOp::Other,
    }
}

fn comparison_operator(text: &str) -> BinaryOp {
    match text {
        "==" | "is" => BinaryOp::Equal,
        "!=" | "<>" | "is not" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "in" => BinaryOp::In,
        "not in" => BinaryOp::NotIn,
        _ => BinaryOp::Other,
    }
}

fn part(cx: &Reader<'_>, node: Node<'_>, name: &str) -> Box<Expr> {
    Box::new(or_opaque(cx, node, field(node, name)))
}

/// `a + b`.
pub(super) fn binary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let op = binary_operator(field(node, "operator").map_or("", |operator| operator.kind()));
    ExprKind::Binary { op, left: part(cx, node, "left"), right: part(cx, node, "right") }
}

/// `a and b`, `a or b`.
pub(super) fn boolean(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let is_and = field(node, "operator").is_some_and(|operator| operator.kind() == "and");
    let op = if is_and { BinaryOp::And } else { BinaryOp::Or };
    ExprKind::Binary { op, left: part(cx, node, "left"), right: part(cx, node, "right") }
}

/// `not a`.
pub(super) fn not(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Unary { op: UnaryOp::Not, operand: part(cx, node, "argument") }
}

/// `-a`, `+a`, `~a`.
pub(super) fn unary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let operand = part(cx, node, "argument");
    match field(node, "operator").map_or("", |operator| operator.kind()) {
        "-" => ExprKind::Unary { op: UnaryOp::Minus, operand },
        "+" => ExprKind::Unary { op: UnaryOp::Plus, operand },
        _ => ExprKind::Opaque(vec![*operand]),
    }
}

/// `a < b < c` is `a < b and b < c`, if what is compared twice is simple enough to stand twice.
pub(super) fn comparison(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let operators = fields(node, "operators");
    // What is chained nests in the links before it.
    let levels: Vec<_> = operators.iter().take(CHAIN_LIMIT).map_while(|_| cx.enter(node)).collect();
    let operands: Vec<Expr> = children(node).into_iter().map(|child| expr(cx, child)).collect();
    let inner = operands.get(1..operands.len().saturating_sub(1)).unwrap_or_default();
    let understood =
        operands.len() == operators.len() + 1 && operators.len() == levels.len() && inner.iter().all(is_simple);
    if !understood {
        return ExprKind::Opaque(operands);
    }
    let mut chain: Option<Expr> = None;
    let last = operators.len();
    let mut operands = operands.into_iter();
    let mut left = operands.next();
    for (index, (right, operator)) in operands.zip(operators).enumerate() {
        let Some(before) = left.take() else { break };
        left = (index + 1 < last).then(|| right.clone());
        let link = join(comparison_operator(operator.kind()), before, right);
        chain = Some(match chain {
            Some(chain) => join(BinaryOp::And, chain, link),
            None => link,
        });
    }
    chain.map_or(ExprKind::Opaque(Vec::new()), |chain| chain.kind)
}

fn join(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span }
}

/// Is an expression so small that it may stand twice?
pub(super) fn is_simple(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Str(_) | ExprKind::Num(_) | ExprKind::Bool(_) | ExprKind::Null { .. } => true,
        ExprKind::Member { object, .. } => matches!(object.kind, ExprKind::Name(_)),
        _ => false,
    }
}

/// `then if test else otherwise`.
pub(super) fn conditional(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    match children(node).as_slice() {
        [then, test, otherwise] => ExprKind::Conditional {
            test: Box::new(expr(cx, *test)),
            then: Box::new(expr(cx, *then)),
            otherwise: Box::new(expr(cx, *otherwise)),
        },
        other => ExprKind::Opaque(all(cx, other)),
    }
}
