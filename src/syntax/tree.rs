//! What the lowerings of programming languages share: a bounded parse and a reader of tree-sitter nodes.
//!
//! In: a grammar and a file's text. Out: a syntax tree with the first few places that could not be parsed, and a
//! [`Reader`] that turns nodes into spans and text and stops the lowering before it nests too deeply. It must not know
//! which language is read.

use std::{
    cell::Cell,
    ops::{ControlFlow, Range},
    sync::Arc,
};

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};

use super::Problem;
use crate::{
    ir::{Expr, ExprKind},
    source::{FileId, Span},
};

/// How deeply expressions, patterns and statements may nest in each other before the lowering stops. Everything that
/// walks the lowered tree recurses, so this keeps all of it within a thread's stack.
const DEPTH_LIMIT: usize = 200;

/// How often the parser may look up from the work on one file, and how often more for every byte of it. Ordinary code needs one
/// look for about 120 bytes; what needs far more is input that the parser tries over and over. Work is counted and not time, so that what
/// is found does not depend on how busy the machine is.
const LOOKS: usize = 20_000;
const BYTES_PER_LOOK: usize = 16;

/// How many syntax errors of one file are worth telling.
const PROBLEM_LIMIT: usize = 3;

/// Parses a text; there is no tree when that is too much work, and then a problem says so.
pub(super) fn parse(language: &Language, text: &str) -> (Option<Tree>, Vec<Problem>) {
    let mut parser = Parser::new();
    if parser.set_language(language).is_err() {
        return (None, vec![Problem { offset: 0, message: "the grammar of this language is not usable".to_owned() }]);
    }
    let mut left = LOOKS + text.len() / BYTES_PER_LOOK;
    let mut watch = |_: &ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut chunk = |offset: usize, _| text.as_bytes().get(offset..).unwrap_or_default();
    match parser.parse_with_options(&mut chunk, None, Some(ParseOptions::new().progress_callback(&mut watch))) {
        Some(tree) => {
            let problems = problems(&tree);
            (Some(tree), problems)
        }
        None => {
            let message = "parsing is far more work than files of this size are; the file is skipped".to_owned();
            (None, vec![Problem { offset: 0, message }])
        }
    }
}

/// The byte ranges of all nodes of these kinds, in order; what is inside of one is not looked at.
pub(super) fn ranges(language: &Language, text: &str, kinds: &[&str]) -> Vec<Range<usize>> {
    let (Some(tree), _) = parse(language, text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let wanted = kinds.contains(&node.kind());
        if wanted {
            found.push(node.byte_range());
        }
        if !wanted && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// The first broken places of a tree, in order.
fn problems(tree: &Tree) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let message = if node.is_missing() {
            Some(format!("syntax error: `{}` is missing", node.kind().escape_default()))
        } else if node.is_error() {
            Some("syntax error: this part was not understood".to_owned())
        } else {
            None
        };
        let descend = message.is_none() && node.has_error();
        if let Some(message) = message {
            found.push(Problem { offset: node.start_byte(), message });
            if found.len() == PROBLEM_LIMIT {
                return found;
            }
        }
        if descend && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// Reads nodes of one file and counts how deeply their lowering nests.
pub(super) struct Reader<'t> {
    file: FileId,
    text: &'t str,
    depth: Cell<usize>,
    too_deep: Cell<Option<usize>>,
}

/// One level of nesting, left when dropped.
pub(super) struct Level<'r>(&'r Cell<usize>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<'t> Reader<'t> {
    /// A reader of a file's text.
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Reader { file, text, depth: Cell::new(0), too_deep: Cell::new(None) }
    }

    /// Enters one level of nesting; `None` when the node is nested too deeply to be lowered.
    pub(super) fn enter(&self, node: Node<'_>) -> Option<Level<'_>> {
        if self.levels_left() == 0 {
            self.mark_too_deep(node);
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        Some(Level(&self.depth))
    }

    /// How many levels of nesting may still be entered.
    fn levels_left(&self) -> usize {
        DEPTH_LIMIT.saturating_sub(self.depth.get())
    }

    /// Remembers that a node was left out because it is nested too deeply.
    fn mark_too_deep(&self, node: Node<'_>) {
        if self.too_deep.get().is_none() {
            self.too_deep.set(Some(node.start_byte()));
        }
    }

    /// What the reader had to leave out.
    pub(super) fn problem(&self) -> Option<Problem> {
        let offset = self.too_deep.get()?;
        Some(Problem { offset, message: "nested too deeply; what is inside is not read".to_owned() })
    }

    /// The bytes of a node.
    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.range(node.start_byte(), node.end_byte())
    }

    /// A range of bytes of this file.
    pub(super) fn range(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.slice(node.start_byte(), node.end_byte())
    }

    /// The text of a range of bytes.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The text of a node, to keep.
    pub(super) fn name(&self, node: Node<'_>) -> Arc<str> {
        Arc::from(self.text(node))
    }

    /// A name of the program; opaque where the parser had to invent it.
    pub(super) fn name_form(&self, node: Node<'_>) -> ExprKind {
        match self.text(node) {
            "" => ExprKind::Opaque(Vec::new()),
            name => ExprKind::Name(Arc::from(name)),
        }
    }

    /// A name as an expression.
    pub(super) fn name_expr(&self, node: Node<'_>) -> Expr {
        Expr { kind: self.name_form(node), span: self.span(node) }
    }

    /// The dotted name `a.b.c` from its identifiers; opaque when it is longer than may be nested.
    pub(super) fn dotted(&self, segments: &[Node<'_>]) -> ExprKind {
        let Some((&first, rest)) = segments.split_first() else { return ExprKind::Opaque(Vec::new()) };
        if rest.len() > self.levels_left() {
            self.mark_too_deep(first);
            return ExprKind::Opaque(Vec::new());
        }
        let member = |object: Expr, &segment: &Node<'_>| {
            let property_span = self.span(segment);
            let span = object.span.to(property_span);
            let kind = ExprKind::Member { object: Box::new(object), property: self.name(segment), property_span };
            Expr { kind, span }
        };
        rest.iter().fold(self.name_expr(first), member).kind
    }
}

/// The named children of a node without comments.
pub(super) fn children<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(*child)).collect()
}

/// The first named child that is no comment.
pub(super) fn first(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_comment(*child))
}

/// The first child of one kind.
pub(super) fn child_of_kind<'n>(node: Node<'n>, kind: &str) -> Option<Node<'n>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|child| child.kind() == kind)
}

/// Is there a keyword or punctuation of this form directly in the node?
pub(super) fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}

/// The child in a field.
pub(super) fn field<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    node.child_by_field_name(name)
}

/// All children in a field that are no comments.
pub(super) fn fields<'n>(node: Node<'n>, name: &str) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).filter(|child| !is_comment(*child)).collect()
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "comment" | "html_comment" | "line_continuation")
}
