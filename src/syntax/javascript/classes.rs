//! Classes and object literals of JavaScript and TypeScript: all that has keys and methods.
//!
//! In: class and object nodes. Out: their lowered form. Setters of classes are methods named `set x`, so that they
//! do not hide the getters of their name; those of object literals are left out.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    expressions::expr,
    functions::{annotation, function},
    literals::string_text,
    statements,
};
use crate::{
    ir::{Class, Entry, Expr, ExprKind, Field, Function, Method},
    syntax::{
        number,
        tree::{Reader, child_of_kind, children, field, fields, first, has_token},
    },
};

/// The key of an entry, field, method or enum member; plain ones are strings.
pub(super) fn key(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    let kind = match node.kind() {
        "computed_property_name" => match first(node) {
            Some(inner) => return expr(cx, inner),
            None => ExprKind::Opaque(Vec::new()),
        },
        "string" => ExprKind::Str(string_text(cx, node)),
        "number" => {
            let text = cx.text(node);
            ExprKind::Str(number::value(text).map_or_else(|| Arc::from(text), |value| Arc::from(value.to_string())))
        }
        _ => ExprKind::Str(cx.name(node)),
    };
    Expr { kind, span: cx.span(node) }
}

/// An object literal.
pub(super) fn object(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Map(children(node).into_iter().filter_map(|child| entry(cx, child)).collect())
}

fn entry(cx: &Reader<'_>, node: Node<'_>) -> Option<Entry> {
    match node.kind() {
        "pair" => {
            let (name, value) = (field(node, "key")?, field(node, "value")?);
            Some(Entry::Pair { key: key(cx, name), value: expr(cx, value), getter: false })
        }
        "shorthand_property_identifier" => {
            let key = Expr { kind: ExprKind::Str(cx.name(node)), span: cx.span(node) };
            Some(Entry::Pair { key, value: cx.name_expr(node), getter: false })
        }
        "method_definition" if !has_token(node, "set") => {
            let key = key(cx, field(node, "name")?);
            let value = Expr { kind: ExprKind::Function(Arc::new(function(cx, node))), span: cx.span(node) };
            Some(Entry::Pair { key, value, getter: has_token(node, "get") })
        }
        "spread_element" => Some(Entry::Spread(expr(cx, first(node)?))),
        _ => None,
    }
}

/// The decorators directly in a node.
pub(super) fn decorators(cx: &Reader<'_>, node: Node<'_>) -> Vec<Expr> {
    fields(node, "decorator").into_iter().filter_map(|decorator| decorated(cx, decorator)).collect()
}

fn decorated(cx: &Reader<'_>, decorator: Node<'_>) -> Option<Expr> {
    first(decorator).map(|value| expr(cx, value))
}

/// Lowers a class; `outer` are decorators that stand before its `export`.
pub(super) fn class(cx: &Reader<'_>, node: Node<'_>, outer: Vec<Expr>) -> Class {
    let mut all = outer;
    all.extend(decorators(cx, node));
    let mut class = Class {
        name: field(node, "name").map(|name| cx.name(name)),
        bases: child_of_kind(node, "class_heritage").map(|heritage| bases(cx, heritage)).unwrap_or_default(),
        methods: Vec::new(),
        fields: Vec::new(),
        decorators: all,
        span: cx.span(node),
    };
    let mut pending = Vec::new();
    for member in field(node, "body").map(children).unwrap_or_default() {
        match member.kind() {
            "decorator" => pending.extend(decorated(cx, member)),
            "method_definition" => class.methods.extend(method(cx, member, std::mem::take(&mut pending))),
            "field_definition" | "public_field_definition" => class.fields.extend(class_field(cx, member)),
            "class_static_block" => class.fields.push(static_block(cx, member)),
            _ => pending.clear(),
        }
    }
    class
}

fn bases(cx: &Reader<'_>, heritage: Node<'_>) -> Vec<Expr> {
    let mut bases = Vec::new();
    for child in children(heritage) {
        match child.kind() {
            "extends_clause" => bases.extend(fields(child, "value").into_iter().map(|base| expr(cx, base))),
            "implements_clause" => {}
            _ => bases.push(expr(cx, child)),
        }
    }
    bases
}

fn method(cx: &Reader<'_>, node: Node<'_>, mut outer: Vec<Expr>) -> Option<Method> {
    let ExprKind::Str(mut name) = key(cx, field(node, "name")?).kind else { return None };
    if has_token(node, "set") {
        name = format!("set {name}").into();
    }
    outer.extend(decorators(cx, node));
    let function = Function { decorators: outer, ..function(cx, node) };
    Some(Method {
        name,
        function: Arc::new(function),
        is_static: has_token(node, "static"),
        is_getter: has_token(node, "get"),
    })
}

fn class_field(cx: &Reader<'_>, node: Node<'_>) -> Option<Field> {
    let name = field(node, "name").or_else(|| field(node, "property"))?;
    let Expr { kind: ExprKind::Str(text), span } = key(cx, name) else { return None };
    Some(Field {
        name: text,
        name_span: span,
        annotation: annotation(cx, node),
        value: field(node, "value").map(|value| expr(cx, value)),
        is_static: has_token(node, "static"),
    })
}

/// `static { … }` runs once with the class: a nameless field whose value is a call of its body.
fn static_block(cx: &Reader<'_>, node: Node<'_>) -> Field {
    let span = cx.span(node);
    let function = Function {
        name: None,
        params: Vec::new(),
        body: statements::body(cx, field(node, "body")),
        is_async: false,
        is_arrow: true,
        decorators: Vec::new(),
        span,
    };
    let callee = Box::new(Expr { kind: ExprKind::Function(Arc::new(function)), span });
    let value = Some(Expr { kind: ExprKind::Call { callee, args: Vec::new(), new: false }, span });
    Field { name: "".into(), name_span: span, annotation: None, value, is_static: true }
}
