//! Expressions and patterns of Python.
//!
//! In: nodes where expressions stand. Out: lowered expressions; parentheses and `await` are gone.

use std::sync::Arc;

use tree_sitter::Node;

use super::{definitions, literals};
use crate::{
    ir::{Arg, Assign, BinaryOp, Element, Entry, Expr, ExprKind, Pattern, UnaryOp},
    syntax::{
        number,
        tree::{Reader, children, field, first},
    },
};

/// Lowers an expression.
pub(super) fn expr(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    let node = unwrap(node);
    let kind = match cx.enter(node) {
        Some(_level) => form(cx, node),
        None => ExprKind::Opaque(Vec::new()),
    };
    Expr { kind, span: cx.span(node) }
}

fn unwrap(mut node: Node<'_>) -> Node<'_> {
    while matches!(node.kind(), "parenthesized_expression" | "await" | "type" | "expression_statement") {
        match first(node) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

fn form(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    match node.kind() {
        "none" => ExprKind::Null { undefined: false },
        "true" => ExprKind::Bool(true),
        "false" => ExprKind::Bool(false),
        "integer" | "float" => {
            number::value(cx.text(node)).map_or_else(|| ExprKind::Opaque(Vec::new()), ExprKind::Num)
        }
        "string" | "concatenated_string" => literals::string(cx, node),
        "identifier" => cx.name_form(node),
        "attribute" => attribute(cx, node),
        "subscript" => subscript(cx, node),
        "call" => call(cx, node),
        "list" | "tuple" | "set" | "expression_list" => {
            ExprKind::List(children(node).into_iter().map(|child| element(cx, child)).collect())
        }
        "dictionary" => dictionary(cx, node),
        "unary_operator" => {
            let operand = Box::new(part(cx, node, "argument"));
            match field(node, "operator").map(|operator| operator.kind()) {
                Some("-") => ExprKind::Unary { op: UnaryOp::Minus, operand },
                Some("+") => ExprKind::Unary { op: UnaryOp::Plus, operand },
                _ => ExprKind::Opaque(vec![*operand]),
            }
        }
        "not_operator" => ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(part(cx, node, "argument")) },
        "boolean_operator" | "binary_operator" => {
            let op = operator(field(node, "operator").map_or("", |operator| operator.kind()));
            ExprKind::Binary { op, left: Box::new(part(cx, node, "left")), right: Box::new(part(cx, node, "right")) }
        }
        "comparison_operator" => comparison(cx, node),
        "conditional_expression" => match children(node).as_slice() {
            [then, test, otherwise] => ExprKind::Conditional {
                test: Box::new(expr(cx, *test)),
                then: Box::new(expr(cx, *then)),
                otherwise: Box::new(expr(cx, *otherwise)),
            },
            _ => opaque(cx, node),
        },
        "lambda" => ExprKind::Function(Arc::new(definitions::lambda(cx, node))),
        "named_expression" => {
            let Some(name) = field(node, "name") else { return opaque(cx, node) };
            let value = part(cx, node, "value");
            ExprKind::Assign(Box::new(Assign { target: pattern(cx, name), op: None, value }))
        }
        "list_comprehension" | "set_comprehension" | "generator_expression" => comprehension(cx, node),
        _ => opaque(cx, node),
    }
}

fn opaque(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Opaque(children(node).into_iter().map(|child| expr(cx, child)).collect())
}

/// The expression in a field, opaque when the parser found none.
pub(super) fn part(cx: &Reader<'_>, node: Node<'_>, name: &str) -> Expr {
    match field(node, name) {
        Some(child) => expr(cx, child),
        None => Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) },
    }
}

fn attribute(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let Some(property) = field(node, "attribute") else { return opaque(cx, node) };
    let object = Box::new(part(cx, node, "object"));
    ExprKind::Member { object, property: cx.name(property), property_span: cx.span(property) }
}

fn subscript(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let object = Box::new(part(cx, node, "value"));
    let Some(index) = field(node, "subscript") else { return opaque(cx, node) };
    if index.kind() != "slice" {
        return ExprKind::Index { object, index: Box::new(expr(cx, index)) };
    }
    let mut cursor = index.walk();
    let (mut start, mut stop, mut colons) = (None, None, 0);
    for child in index.children(&mut cursor) {
        match (child.kind(), colons) {
            (":", _) => colons += 1,
            (_, 0) => start = Some(Box::new(expr(cx, child))),
            (_, 1) => stop = Some(Box::new(expr(cx, child))),
            _ => {}
        }
    }
    ExprKind::Slice { object, start, stop }
}

fn call(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let callee = Box::new(part(cx, node, "function"));
    let Some(list) = field(node, "arguments") else { return ExprKind::Call { callee, args: Vec::new(), new: false } };
    if list.kind() == "generator_expression" {
        let arg = Arg { name: None, spread: false, value: expr(cx, list) };
        return ExprKind::Call { callee, args: vec![arg], new: false };
    }
    ExprKind::Call { callee, args: arguments(cx, list), new: false }
}

/// The arguments of a call or of a class definition.
pub(super) fn arguments(cx: &Reader<'_>, list: Node<'_>) -> Vec<Arg> {
    let argument = |child: Node<'_>| match child.kind() {
        "keyword_argument" => Arg {
            name: field(child, "name").map(|name| cx.name(name)),
            spread: false,
            value: part(cx, child, "value"),
        },
        "list_splat" | "dictionary_splat" => {
            let value = first(child).map(|inner| expr(cx, inner));
            let value = value.unwrap_or(Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(child) });
            Arg { name: None, spread: true, value }
        }
        _ => Arg { name: None, spread: false, value: expr(cx, child) },
    };
    children(list).into_iter().map(argument).collect()
}

fn element(cx: &Reader<'_>, node: Node<'_>) -> Element {
    match first(node) {
        Some(inner) if node.kind() == "list_splat" => Element { spread: true, value: expr(cx, inner) },
        _ => Element { spread: false, value: expr(cx, node) },
    }
}

fn dictionary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut entries = Vec::new();
    for child in children(node) {
        match child.kind() {
            "pair" => entries.push(Entry::Pair {
                key: part(cx, child, "key"),
                value: part(cx, child, "value"),
                getter: false,
            }),
            "dictionary_splat" => entries.extend(first(child).map(|inner| Entry::Spread(expr(cx, inner)))),
            _ => {}
        }
    }
    ExprKind::Map(entries)
}

fn operator(text: &str) -> BinaryOp {
    match text {
        "and" => BinaryOp::And,
        "or" => BinaryOp::Or,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulo,
        "==" | "is" => BinaryOp::Equal,
        "!=" | "is not" | "<>" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "in" => BinaryOp::In,
        "not in" => BinaryOp::NotIn,
        _ => BinaryOp::Other,
    }
}

/// The operator of `+=` and its kin.
pub(super) fn augmented(text: &str) -> BinaryOp {
    operator(text.trim_end_matches('='))
}

/// `a < b`, and `a < b < c` as both comparisons.
fn comparison(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let mut cursor = node.walk();
    let operators: Vec<BinaryOp> = node
        .children_by_field_name("operators", &mut cursor)
        .map(|child| operator(&cx.text(child).split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    let operands: Vec<Expr> = children(node).into_iter().map(|child| expr(cx, child)).collect();
    let mut chain: Option<Expr> = None;
    for (pair, op) in operands.windows(2).zip(operators) {
        let (left, right) = (Box::new(pair[0].clone()), Box::new(pair[1].clone()));
        let span = left.span.to(right.span);
        let one = Expr { kind: ExprKind::Binary { op, left, right }, span };
        chain = Some(match chain {
            None => one,
            Some(before) => {
                let span = before.span.to(span);
                let (left, right) = (Box::new(before), Box::new(one));
                Expr { kind: ExprKind::Binary { op: BinaryOp::And, left, right }, span }
            }
        });
    }
    chain.map_or_else(|| opaque(cx, node), |chain| chain.kind)
}

fn comprehension(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let clauses: Vec<Node<'_>> = children(node).into_iter().filter(|child| child.kind() == "for_in_clause").collect();
    let ([clause], Some(body)) = (clauses.as_slice(), field(node, "body")) else { return opaque(cx, node) };
    let Some(left) = field(*clause, "left") else { return opaque(cx, node) };
    let conditions = children(node).into_iter().filter(|child| child.kind() == "if_clause").filter_map(first);
    ExprKind::Comprehension {
        element: Box::new(expr(cx, body)),
        target: pattern(cx, left),
        iterable: Box::new(part(cx, *clause, "right")),
        conditions: conditions.map(|condition| expr(cx, condition)).collect(),
    }
}

/// Lowers what is bound or assigned.
pub(super) fn pattern(cx: &Reader<'_>, node: Node<'_>) -> Pattern {
    let Some(_level) = cx.enter(node) else { return Pattern::Opaque(cx.span(node)) };
    match node.kind() {
        "identifier" => Pattern::Name(cx.name(node), cx.span(node)),
        "tuple_pattern" | "list_pattern" | "pattern_list" | "tuple" | "list" => {
            Pattern::List(children(node).into_iter().map(|child| Some(pattern(cx, child))).collect())
        }
        "parenthesized_expression" => first(node).map_or(Pattern::Opaque(cx.span(node)), |inner| pattern(cx, inner)),
        "attribute" | "subscript" => Pattern::Place(Box::new(expr(cx, node))),
        _ => Pattern::Opaque(cx.span(node)),
    }
}
