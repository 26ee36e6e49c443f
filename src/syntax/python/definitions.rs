//! Functions, parameters and classes of Python.
//!
//! In: their nodes and the decorators around them. Out: their lowered form.

use std::sync::Arc;

use tree_sitter::Node;

use super::expressions::{arguments, expr, pattern};
use super::statements;
use crate::{
    ir::{Class, Expr, ExprKind, Field, Function, Method, Param, Pattern, Stmt, StmtKind},
    syntax::tree::{Reader, children, field, first, has_token},
};

/// Lowers `def`.
pub(super) fn function(cx: &Reader<'_>, node: Node<'_>, decorators: Vec<Expr>) -> Function {
    Function {
        name: field(node, "name").map(|name| cx.name(name)),
        params: field(node, "parameters").map(|list| params(cx, list)).unwrap_or_default(),
        body: field(node, "body").map(|body| statements::block(cx, body)).unwrap_or_default(),
        is_async: has_token(node, "async"),
        is_arrow: false,
        decorators,
        span: cx.span(node),
    }
}

/// Lowers `lambda`.
pub(super) fn lambda(cx: &Reader<'_>, node: Node<'_>) -> Function {
    let body = field(node, "body").map(|body| {
        let value = expr(cx, body);
        Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }
    });
    Function {
        name: None,
        params: field(node, "parameters").map(|list| params(cx, list)).unwrap_or_default(),
        body: body.into_iter().collect(),
        is_async: false,
        is_arrow: true,
        decorators: Vec::new(),
        span: cx.span(node),
    }
}

fn params(cx: &Reader<'_>, list: Node<'_>) -> Vec<Param> {
    children(list).into_iter().filter_map(|node| param(cx, node)).collect()
}

fn param(cx: &Reader<'_>, node: Node<'_>) -> Option<Param> {
    let span = cx.span(node);
    let annotation = field(node, "type").map(|written| expr(cx, written));
    let default = field(node, "value").map(|value| expr(cx, value));
    let bound = match node.kind() {
        "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" => node,
        "typed_parameter" => first(node)?,
        "default_parameter" | "typed_default_parameter" => field(node, "name")?,
        _ => return None,
    };
    let rest = matches!(bound.kind(), "list_splat_pattern" | "dictionary_splat_pattern");
    let bound = if rest { first(bound)? } else { bound };
    Some(Param { pattern: pattern(cx, bound), default, annotation, rest, span })
}

/// Lowers `class`.
pub(super) fn class(cx: &Reader<'_>, node: Node<'_>, decorators: Vec<Expr>) -> Class {
    let arguments = field(node, "superclasses").map(|list| arguments(cx, list)).unwrap_or_default();
    let mut class = Class {
        name: field(node, "name").map(|name| cx.name(name)),
        bases: arguments.into_iter().filter(|arg| arg.name.is_none()).map(|arg| arg.value).collect(),
        methods: Vec::new(),
        fields: Vec::new(),
        decorators,
        span: cx.span(node),
    };
    for child in field(node, "body").map(children).unwrap_or_default() {
        member(cx, child, &mut class);
    }
    class
}

fn member(cx: &Reader<'_>, node: Node<'_>, class: &mut Class) {
    match node.kind() {
        "function_definition" => method(cx, node, Vec::new(), class),
        "class_definition" => nested(cx, node, Vec::new(), class),
        "decorated_definition" => {
            let decorators = statements::decorators(cx, node);
            match field(node, "definition") {
                Some(inner) if inner.kind() == "function_definition" => method(cx, inner, decorators, class),
                Some(inner) => nested(cx, inner, decorators, class),
                None => {}
            }
        }
        "expression_statement" => {
            for inner in children(node).into_iter().filter(|inner| inner.kind() == "assignment") {
                assignment(cx, inner, class);
            }
        }
        "assignment" => assignment(cx, node, class),
        _ => {}
    }
}

fn method(cx: &Reader<'_>, node: Node<'_>, decorators: Vec<Expr>, class: &mut Class) {
    let named = |name: &str| {
        decorators.iter().any(|one| match &one.kind {
            ExprKind::Name(own) => &**own == name,
            ExprKind::Member { property, .. } => &**property == name,
            _ => false,
        })
    };
    let is_static = named("staticmethod") || named("classmethod");
    let is_getter = named("property") || named("cached_property") || named("computed_field");
    if named("setter") {
        return;
    }
    let function = Arc::new(function(cx, node, decorators));
    if let Some(name) = function.name.clone() {
        class.methods.push(Method { name, function, is_static, is_getter });
    }
}

/// `class Config:` inside a class is a field whose value is a class.
fn nested(cx: &Reader<'_>, node: Node<'_>, decorators: Vec<Expr>, outer: &mut Class) {
    let Some(name) = field(node, "name") else { return };
    let inner = class(cx, node, decorators);
    let value = Expr { span: inner.span, kind: ExprKind::Class(Arc::new(inner)) };
    push_field(cx, name, None, Some(value), outer);
}

fn assignment(cx: &Reader<'_>, node: Node<'_>, class: &mut Class) {
    let Some(left) = field(node, "left") else { return };
    let annotation = field(node, "type").map(|written| expr(cx, written));
    let value = field(node, "right").map(|right| expr(cx, right));
    if let Pattern::Name(..) = pattern(cx, left) {
        push_field(cx, left, annotation, value, class);
    }
}

fn push_field(cx: &Reader<'_>, name: Node<'_>, annotation: Option<Expr>, value: Option<Expr>, class: &mut Class) {
    class.fields.push(Field { name: cx.name(name), name_span: cx.span(name), annotation, value, is_static: true });
}
