//! Functions, lambdas and classes of Python.
//!
//! In: definitions with their decorators. Out: their lowered form. Of a class body only methods, fields and nested
//! classes are kept. Setters and deleters are left out: they would hide the property of their name.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    bindings::{pattern, targets},
    expressions::{arguments, expr},
    statements::block,
};
use crate::{
    ir::{Class, Expr, ExprKind, Field, Function, Method, Param, Stmt, StmtKind},
    syntax::tree::{Reader, children, field, first, has_token},
};

/// How many names of `a = b = value` in a class body get the value.
const SHARED_FIELDS: usize = 8;

/// The decorators of a decorated definition.
fn decorators(cx: &Reader<'_>, outer: Node<'_>) -> Vec<Expr> {
    if outer.kind() != "decorated_definition" {
        return Vec::new();
    }
    let all = children(outer).into_iter().filter(|child| child.kind() == "decorator");
    all.filter_map(first).map(|value| expr(cx, value)).collect()
}

/// Lowers a function; `outer` is the decorated definition around it, or the function itself.
pub(super) fn function(cx: &Reader<'_>, node: Node<'_>, outer: Node<'_>) -> Function {
    Function {
        name: field(node, "name").map(|name| cx.name(name)),
        params: params(cx, field(node, "parameters")),
        body: field(node, "body").map(|body| block(cx, body)).unwrap_or_default(),
        is_async: has_token(node, "async"),
        is_arrow: false,
        decorators: decorators(cx, outer),
        span: cx.span(outer),
    }
}

/// Lowers a lambda.
pub(super) fn lambda(cx: &Reader<'_>, node: Node<'_>) -> Function {
    let value = field(node, "body").map(|body| expr(cx, body));
    let body = value.map(|value| {
        let span = value.span;
        Stmt { kind: StmtKind::Return(Some(value)), span }
    });
    Function {
        name: None,
        params: params(cx, field(node, "parameters")),
        body: body.into_iter().collect(),
        is_async: false,
        is_arrow: true,
        decorators: Vec::new(),
        span: cx.span(node),
    }
}

fn params(cx: &Reader<'_>, list: Option<Node<'_>>) -> Vec<Param> {
    list.map(children).unwrap_or_default().into_iter().filter_map(|node| param(cx, node)).collect()
}

fn param(cx: &Reader<'_>, node: Node<'_>) -> Option<Param> {
    let bound = match node.kind() {
        "keyword_separator" | "positional_separator" => return None,
        "default_parameter" | "typed_default_parameter" => field(node, "name")?,
        "typed_parameter" => first(node)?,
        _ => node,
    };
    let rest = matches!(bound.kind(), "list_splat_pattern" | "dictionary_splat_pattern");
    let bound = if rest { first(bound)? } else { bound };
    Some(Param {
        pattern: pattern(cx, bound),
        default: field(node, "value").map(|value| expr(cx, value)),
        annotation: field(node, "type").map(|annotation| expr(cx, annotation)),
        rest,
        decorators: Vec::new(),
        span: cx.span(node),
    })
}

/// Lowers a class; `outer` is the decorated definition around it, or the class itself.
pub(super) fn class(cx: &Reader<'_>, node: Node<'_>, outer: Node<'_>) -> Class {
    let bases = arguments(cx, field(node, "superclasses"));
    let mut class = Class {
        name: field(node, "name").map(|name| cx.name(name)),
        bases: bases.into_iter().filter(|base| base.name.is_none()).map(|base| base.value).collect(),
        methods: Vec::new(),
        fields: Vec::new(),
        decorators: decorators(cx, outer),
        span: cx.span(outer),
    };
    for member in field(node, "body").map(children).unwrap_or_default() {
        if let Some(_level) = cx.enter(member) {
            add_member(cx, member, &mut class);
        }
    }
    class
}

fn add_member(cx: &Reader<'_>, node: Node<'_>, into: &mut Class) {
    let inner = match node.kind() {
        "decorated_definition" => field(node, "definition"),
        "expression_statement" => first(node),
        _ => Some(node),
    };
    let Some(inner) = inner else { return };
    match inner.kind() {
        "function_definition" => into.methods.extend(method(cx, inner, node)),
        "class_definition" => {
            let Some(name) = field(inner, "name") else { return };
            let value = Expr { kind: ExprKind::Class(Arc::new(class(cx, inner, node))), span: cx.span(node) };
            into.fields.push(class_field(cx, name, None, Some(value)));
        }
        "assignment" => add_fields(cx, inner, &mut into.fields),
        _ => {}
    }
}

fn method(cx: &Reader<'_>, node: Node<'_>, outer: Node<'_>) -> Option<Method> {
    let function = function(cx, node, outer);
    let name = function.name.clone()?;
    let (mut is_static, mut is_getter) = (false, false);
    for decorator in &function.decorators {
        match &decorator.kind {
            ExprKind::Name(name) | ExprKind::Member { property: name, .. } => match &**name {
                "staticmethod" | "classmethod" => is_static = true,
                "property" | "cached_property" => is_getter = true,
                "setter" | "deleter" => return None,
                _ => {}
            },
            _ => {}
        }
    }
    Some(Method { name, function: Arc::new(function), is_static, is_getter })
}

fn add_fields(cx: &Reader<'_>, node: Node<'_>, fields: &mut Vec<Field>) {
    let annotation = field(node, "type").map(|annotation| expr(cx, annotation));
    let (targets, value) = targets(node);
    let value = value.map(|value| expr(cx, value));
    let names = targets.into_iter().filter(|target| target.kind() == "identifier").take(SHARED_FIELDS);
    fields.extend(names.map(|name| class_field(cx, name, annotation.clone(), value.clone())));
}

fn class_field(cx: &Reader<'_>, name: Node<'_>, annotation: Option<Expr>, value: Option<Expr>) -> Field {
    Field { name: cx.name(name), name_span: cx.span(name), annotation, value, is_static: true }
}
