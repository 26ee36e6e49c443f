//! Expressions of Python, also where they stand as annotations.
//!
//! In: nodes where expressions stand. Out: lowered expressions; parentheses and `await` are gone.

use std::sync::Arc;

use tree_sitter::Node;

use super::{bindings::pattern, definitions::lambda, literals, operators};
use crate::{
    ir::{Arg, Assign, BinaryOp, Element, Entry, Expr, ExprKind},
    syntax::tree::{Reader, children, field, fields, first},
};

type Form = fn(&Reader<'_>, Node<'_>) -> ExprKind;

/// Lowers an expression.
pub(super) fn expr(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    let node = unwrap(node);
    let kind = match cx.enter(node) {
        Some(_level) => form(node.kind())(cx, node),
        None => ExprKind::Opaque(Vec::new()),
    };
    Expr { kind, span: cx.span(node) }
}

/// Lowers an expression that the parser may not have found.
pub(super) fn or_opaque(cx: &Reader<'_>, parent: Node<'_>, node: Option<Node<'_>>) -> Expr {
    match node {
        Some(node) => expr(cx, node),
        None => Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(parent) },
    }
}

/// Lowers several expressions.
pub(super) fn all(cx: &Reader<'_>, nodes: &[Node<'_>]) -> Vec<Expr> {
    nodes.iter().map(|node| expr(cx, *node)).collect()
}

/// The children of a node as a tuple.
pub(super) fn sequence(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    Expr { kind: list(cx, node), span: cx.span(node) }
}

fn unwrap(mut node: Node<'_>) -> Node<'_> {
    loop {
        let inner = match node.kind() {
            "parenthesized_expression" | "await" | "type" | "as_pattern" | "as_pattern_target" => first(node),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

fn form(kind: &str) -> Form {
    match kind {
        "none" => |_, _| ExprKind::Null { undefined: false },
        "true" => |_, _| ExprKind::Bool(true),
        "false" => |_, _| ExprKind::Bool(false),
        "integer" | "float" => literals::number,
        "string" => literals::string,
        "concatenated_string" => literals::concatenated,
        "identifier" => |cx, node| cx.name_form(node),
        "attribute" => attribute,
        "dotted_name" => |cx, node| cx.dotted(&children(node)),
        "subscript" => subscript,
        "generic_type" => generic_type,
        "member_type" => member_type,
        "union_type" => union_type,
        "call" => call,
        "list" | "tuple" | "set" | "expression_list" | "pattern_list" => list,
        "dictionary" => dictionary,
        "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension" => {
            comprehension
        }
        "lambda" => |cx, node| ExprKind::Function(Arc::new(lambda(cx, node))),
        "conditional_expression" => operators::conditional,
        "boolean_operator" => operators::boolean,
        "comparison_operator" => operators::comparison,
        "binary_operator" => operators::binary,
        "not_operator" => operators::not,
        "unary_operator" => operators::unary,
        "named_expression" => walrus,
        _ => |cx, node| ExprKind::Opaque(all(cx, &children(node))),
    }
}

fn attribute(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let object = Box::new(or_opaque(cx, node, field(node, "object")));
    match field(node, "attribute") {
        Some(name) => ExprKind::Member { object, property: cx.name(name), property_span: cx.span(name) },
        None => ExprKind::Opaque(vec![*object]),
    }
}

fn subscript(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let object = Box::new(or_opaque(cx, node, field(node, "value")));
    match fields(node, "subscript").as_slice() {
        [one] if one.kind() == "slice" => slice(cx, object, *one),
        [one] => ExprKind::Index { object, index: Box::new(expr(cx, *one)) },
        several => ExprKind::Index { object, index: Box::new(tuple_of(cx, node, several)) },
    }
}

fn tuple_of(cx: &Reader<'_>, node: Node<'_>, items: &[Node<'_>]) -> Expr {
    let span = match items {
        [first, .., last] => cx.span(*first).to(cx.span(*last)),
        _ => cx.span(node),
    };
    Expr { kind: ExprKind::List(items.iter().map(|item| element(cx, *item)).collect()), span }
}

/// `object[start:stop:step]`; the step is left out.
fn slice(cx: &Reader<'_>, object: Box<Expr>, node: Node<'_>) -> ExprKind {
    let mut bounds = [None, None, None];
    let mut place = 0;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            ":" => place += 1,
            "comment" => {}
            _ => {
                if let Some(bound) = bounds.get_mut(place) {
                    *bound = Some(Box::new(expr(cx, child)));
                }
            }
        }
    }
    let [start, stop, _] = bounds;
    ExprKind::Slice { object, start, stop }
}

/// `list[str]` as an annotation.
fn generic_type(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let parts = children(node);
    let [name, parameters] = parts.as_slice() else { return ExprKind::Opaque(all(cx, &parts)) };
    let object = Box::new(expr(cx, *name));
    let index = match children(*parameters).as_slice() {
        [one] => expr(cx, *one),
        several => tuple_of(cx, *parameters, several),
    };
    ExprKind::Index { object, index: Box::new(index) }
}

/// `a.B` as an annotation.
fn member_type(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    match children(node).as_slice() {
        [object, name] => {
            let object = Box::new(expr(cx, *object));
            ExprKind::Member { object, property: cx.name(*name), property_span: cx.span(*name) }
        }
        other => ExprKind::Opaque(all(cx, other)),
    }
}

/// `A | B` as an annotation.
fn union_type(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    match children(node).as_slice() {
        [left, right] => {
            let (left, right) = (Box::new(expr(cx, *left)), Box::new(expr(cx, *right)));
            ExprKind::Binary { op: BinaryOp::Other, left, right }
        }
        other => ExprKind::Opaque(all(cx, other)),
    }
}

fn call(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let callee = or_opaque(cx, node, field(node, "function"));
    let args = arguments(cx, field(node, "arguments"));
    if matches!(&callee.kind, ExprKind::Name(name) if &**name == "__import__")
        && let [Arg { name: None, spread: false, value: Expr { kind: ExprKind::Str(from), .. } }, ..] = args.as_slice()
    {
        return ExprKind::Require(from.clone());
    }
    ExprKind::Call { callee: Box::new(callee), args, new: false }
}

/// The arguments of a call or the bases of a class.
pub(super) fn arguments(cx: &Reader<'_>, node: Option<Node<'_>>) -> Vec<Arg> {
    match node {
        Some(list) if list.kind() == "argument_list" => {
            children(list).into_iter().map(|child| argument(cx, child)).collect()
        }
        Some(generator) => vec![Arg { name: None, spread: false, value: expr(cx, generator) }],
        None => Vec::new(),
    }
}

fn argument(cx: &Reader<'_>, node: Node<'_>) -> Arg {
    if let (true, Some(name)) = (node.kind() == "keyword_argument", field(node, "name")) {
        let value = or_opaque(cx, node, field(node, "value"));
        return Arg { name: Some(cx.name(name)), spread: false, value };
    }
    let Element { spread, value } = element(cx, node);
    Arg { name: None, spread, value }
}

fn list(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::List(children(node).into_iter().map(|child| element(cx, child)).collect())
}

fn element(cx: &Reader<'_>, node: Node<'_>) -> Element {
    let node = unwrap(node);
    let spread = matches!(
        node.kind(),
        "list_splat" | "dictionary_splat" | "list_splat_pattern" | "dictionary_splat_pattern" | "splat_type"
    );
    match first(node) {
        Some(inner) if spread => Element { spread, value: expr(cx, inner) },
        Some(inner) if node.kind() == "parenthesized_list_splat" => {
            let inner = first(inner).unwrap_or(inner);
            Element { spread: true, value: expr(cx, inner) }
        }
        _ => Element { spread: false, value: expr(cx, node) },
    }
}

fn dictionary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let entry = |child: Node<'_>| match child.kind() {
        "pair" => {
            let key = or_opaque(cx, child, field(child, "key"));
            let value = or_opaque(cx, child, field(child, "value"));
            Some(Entry::Pair { key, value, getter: false })
        }
        "dictionary_splat" => first(child).map(|inner| Entry::Spread(expr(cx, inner))),
        _ => None,
    };
    ExprKind::Map(children(node).into_iter().filter_map(entry).collect())
}

/// A comprehension; of maps or with several loops it is opaque.
fn comprehension(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let clauses = children(node);
    let loops: Vec<Node<'_>> = clauses.iter().filter(|clause| clause.kind() == "for_in_clause").copied().collect();
    let ifs = clauses.iter().filter(|clause| clause.kind() == "if_clause").filter_map(|clause| first(*clause));
    let conditions: Vec<Expr> = ifs.map(|condition| expr(cx, condition)).collect();
    let element = or_opaque(cx, node, field(node, "body"));
    if let [only] = loops.as_slice()
        && node.kind() != "dictionary_comprehension"
        && let (Some(left), Some(right)) = (field(*only, "left"), field(*only, "right"))
    {
        let (target, iterable) = (pattern(cx, left), Box::new(expr(cx, right)));
        return ExprKind::Comprehension { element: Box::new(element), target, iterable, conditions };
    }
    let iterables = loops.into_iter().filter_map(|clause| field(clause, "right")).map(|iterable| expr(cx, iterable));
    ExprKind::Opaque(std::iter::once(element).chain(iterables).chain(conditions).collect())
}

fn walrus(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let value = or_opaque(cx, node, field(node, "value"));
    match field(node, "name") {
        Some(name) => ExprKind::Assign(Box::new(Assign { target: pattern(cx, name), op: None, value })),
        None => ExprKind::Opaque(vec![value]),
    }
}
