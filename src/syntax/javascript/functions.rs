//! Functions and parameters of JavaScript and TypeScript.
//!
//! In: functions, arrow functions and methods. Out: their lowered form.

use tree_sitter::Node;

use super::{classes::decorators, expressions::expr, patterns, statements};
use crate::{
    ir::{Assign, Expr, ExprKind, Function, Param, Pattern, Stmt, StmtKind},
    syntax::tree::{Reader, child_of_kind, children, field, first, has_token},
};

/// Lowers a function of any form. Methods get their name too; decorators are the caller's.
pub(super) fn function(cx: &Reader<'_>, node: Node<'_>) -> Function {
    let name = field(node, "name").filter(|name| name.kind() != "computed_property_name");
    let is_arrow = node.kind() == "arrow_function";
    let list = field(node, "parameters").map(children).unwrap_or_default();
    let single = field(node, "parameter");
    let mut body = match field(node, "body") {
        Some(value) if value.kind() != "statement_block" => {
            vec![Stmt { kind: StmtKind::Return(Some(expr(cx, value))), span: cx.span(value) }]
        }
        block => statements::body(cx, block),
    };
    if name.is_some_and(|name| cx.text(name) == "constructor") {
        body.splice(..0, list.iter().filter_map(|&node| property_assignment(cx, node)));
    }
    Function {
        name: name.map(|name| cx.name(name)),
        params: single.into_iter().chain(list).filter_map(|node| param(cx, node)).collect(),
        body,
        is_async: has_token(node, "async"),
        is_arrow,
        decorators: Vec::new(),
        span: cx.span(node),
    }
}

fn param(cx: &Reader<'_>, node: Node<'_>) -> Option<Param> {
    let span = cx.span(node);
    let (bound, annotation, value) = match node.kind() {
        "required_parameter" | "optional_parameter" => {
            let bound = field(node, "pattern").or_else(|| field(node, "name"))?;
            if bound.kind() == "this" {
                return None;
            }
            (bound, annotation(cx, node), field(node, "value").map(|value| expr(cx, value)))
        }
        _ => (node, None, None),
    };
    let rest = bound.kind() == "rest_pattern";
    let bound = if rest { first(bound)? } else { bound };
    let (pattern, default) = patterns::with_default(cx, bound);
    Some(Param { pattern, default: default.or(value), annotation, rest, decorators: decorators(cx, node), span })
}

/// `constructor(private app: Express)` also means `this.app = app`.
fn property_assignment(cx: &Reader<'_>, node: Node<'_>) -> Option<Stmt> {
    let is_property = child_of_kind(node, "accessibility_modifier").is_some()
        || child_of_kind(node, "override_modifier").is_some()
        || has_token(node, "readonly");
    let name = field(node, "pattern").filter(|name| is_property && name.kind() == "identifier")?;
    let span = cx.span(name);
    let object = Box::new(Expr { kind: ExprKind::Name("this".into()), span });
    let place = Expr { kind: ExprKind::Member { object, property: cx.name(name), property_span: span }, span };
    let assign = Assign { target: Pattern::Place(Box::new(place)), op: None, value: cx.name_expr(name) };
    Some(Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Assign(Box::new(assign)), span }), span })
}

/// The name of a node's type, if it has a plain one.
pub(super) fn annotation(cx: &Reader<'_>, node: Node<'_>) -> Option<Expr> {
    let mut written = field(node, "type").and_then(first)?;
    if written.kind() == "generic_type" {
        written = field(written, "name")?;
    }
    let kind = match written.kind() {
        "type_identifier" | "predefined_type" => cx.name_form(written),
        "nested_type_identifier" => {
            let mut segments = vec![field(written, "name")?];
            let mut rest = field(written, "module");
            while let Some(module) = rest {
                segments.push(field(module, "property").unwrap_or(module));
                rest = field(module, "object");
            }
            segments.reverse();
            cx.dotted(&segments)
        }
        _ => return None,
    };
    Some(Expr { kind, span: cx.span(written) })
}
