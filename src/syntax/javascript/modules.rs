//! Imports and exports of JavaScript and TypeScript.
//!
//! In: import and export statements. Out: their lowered forms without what is only about types.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    classes::{class, decorators},
    expressions::expr,
    functions::function,
    literals::string_text,
    statements::statement,
};
use crate::{
    ir::{Assign, Export, Expr, ExprKind, Import, ImportName, Pattern, Stmt, StmtKind},
    syntax::tree::{Reader, child_of_kind, children, field, first, has_token},
};

/// Lowers an import; nothing for one of types only.
pub(super) fn import(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    if has_token(node, "type") || has_token(node, "typeof") {
        return;
    }
    let span = cx.span(node);
    if let Some(require) = child_of_kind(node, "import_require_clause") {
        let (Some(name), Some(source)) = (first(require), field(require, "source")) else { return };
        let kind = ExprKind::Require(string_text(cx, source));
        let target = Pattern::Name(cx.name(name), cx.span(name));
        let value = Some(Expr { kind, span: cx.span(source) });
        out.push(Stmt { kind: StmtKind::Bind { target, value }, span });
        return;
    }
    let Some(source) = field(node, "source") else { return };
    let mut names = Vec::new();
    let clause = child_of_kind(node, "import_clause");
    for part in clause.map(children).unwrap_or_default() {
        match part.kind() {
            "identifier" => names.push(ImportName::Default(cx.name(part))),
            "namespace_import" => names.extend(first(part).map(|name| ImportName::Namespace(cx.name(name)))),
            "named_imports" => names.extend(children(part).into_iter().filter_map(|name| import_specifier(cx, name))),
            _ => {}
        }
    }
    if clause.is_none() || !names.is_empty() {
        let import = Import { from: string_text(cx, source), names };
        out.push(Stmt { kind: StmtKind::Import(import), span });
    }
}

fn import_specifier(cx: &Reader<'_>, node: Node<'_>) -> Option<ImportName> {
    if node.kind() != "import_specifier" || has_token(node, "type") || has_token(node, "typeof") {
        return None;
    }
    let name = module_name(cx, field(node, "name")?);
    let local = field(node, "alias").map_or_else(|| name.clone(), |alias| cx.name(alias));
    Some(ImportName::Named { name, local })
}

/// A name in braces, which may be a string.
fn module_name(cx: &Reader<'_>, node: Node<'_>) -> Arc<str> {
    if node.kind() == "string" { string_text(cx, node) } else { cx.name(node) }
}

/// Lowers an export; nothing for one of types only.
pub(super) fn export(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    if has_token(node, "type") || has_token(node, "namespace") {
        return;
    }
    let push = |out: &mut Vec<Stmt>, export| out.push(Stmt { kind: StmtKind::Export(export), span: cx.span(node) });
    if let Some(source) = field(node, "source") {
        let from = string_text(cx, source);
        let export = match child_of_kind(node, "export_clause") {
            Some(clause) => Export::NamesFrom { from, names: specifiers(cx, clause) },
            None => {
                let name = child_of_kind(node, "namespace_export").and_then(first);
                Export::StarFrom { from, name: name.map(|name| module_name(cx, name)) }
            }
        };
        push(out, export);
    } else if let Some(clause) = child_of_kind(node, "export_clause") {
        push(out, Export::Names(specifiers(cx, clause)));
    } else if has_token(node, "default") {
        if let Some(value) = default_value(cx, node) {
            push(out, Export::Default(value));
        }
    } else if let Some(declaration) = field(node, "declaration") {
        export_declaration(cx, node, declaration, out);
    } else if has_token(node, "=")
        && let Some(value) = first(node)
    {
        out.push(export_assignment(cx, node, expr(cx, value)));
    }
}

/// `export = x` is `module.exports = x`.
fn export_assignment(cx: &Reader<'_>, node: Node<'_>, value: Expr) -> Stmt {
    let span = cx.span(node);
    let object = Box::new(Expr { kind: ExprKind::Name("module".into()), span });
    let place = Expr { kind: ExprKind::Member { object, property: "exports".into(), property_span: span }, span };
    let assign = Assign { target: Pattern::Place(Box::new(place)), op: None, value };
    Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Assign(Box::new(assign)), span }), span }
}

fn default_value(cx: &Reader<'_>, node: Node<'_>) -> Option<Expr> {
    let value = field(node, "value").or_else(|| field(node, "declaration"))?;
    let kind = match value.kind() {
        "function_declaration" | "generator_function_declaration" => ExprKind::Function(Arc::new(function(cx, value))),
        "class_declaration" | "abstract_class_declaration" | "class" => {
            ExprKind::Class(Arc::new(class(cx, value, decorators(cx, node))))
        }
        "interface_declaration" | "function_signature" | "type_alias_declaration" => return None,
        _ => return Some(expr(cx, value)),
    };
    Some(Expr { kind, span: cx.span(value) })
}

fn export_declaration(cx: &Reader<'_>, node: Node<'_>, declaration: Node<'_>, out: &mut Vec<Stmt>) {
    let mut lowered = Vec::new();
    match declaration.kind() {
        "class_declaration" | "abstract_class_declaration" => {
            let class = class(cx, declaration, decorators(cx, node));
            lowered.push(Stmt { kind: StmtKind::Class(Arc::new(class)), span: cx.span(declaration) });
        }
        _ => statement(cx, declaration, &mut lowered),
    }
    for stmt in lowered {
        let kind = match stmt.kind {
            StmtKind::Block(inner) => StmtKind::Block(inner),
            _ => StmtKind::Export(Export::Declaration(Box::new(stmt))),
        };
        out.push(Stmt { kind, span: cx.span(node) });
    }
}

/// `{ a as b }`: what is before and what is after `as`.
fn specifiers(cx: &Reader<'_>, clause: Node<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let pair = |node: Node<'_>| {
        if has_token(node, "type") || has_token(node, "typeof") {
            return None;
        }
        let name = module_name(cx, field(node, "name")?);
        let alias = field(node, "alias").map_or_else(|| name.clone(), |alias| module_name(cx, alias));
        Some((name, alias))
    };
    children(clause).into_iter().filter(|child| child.kind() == "export_specifier").filter_map(pair).collect()
}
