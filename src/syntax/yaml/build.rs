//! YAML events to nodes.
//!
//! In: the events of the parser with their byte ranges. Out: one node per document. Aliases are copied within a budget,
//! and never past a depth, because a few lines of them can stand for billions of values.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::holes::Holes;
use crate::source::{FileId, Span, Spanned};
use crate::syntax::document::{Node, NodeKind};

/// How many values of a file are read, copies by aliases included.
const MAX_NODES: usize = 1_000_000;

/// How many values aliases may copy.
const MAX_COPIES: usize = 100_000;

/// An alias that would nest deeper than this gives nothing.
const MAX_HEIGHT: usize = 192;

/// A finished value and how much it holds.
#[derive(Clone)]
struct Sized {
    node: Node,
    size: usize,
    height: usize,
}

/// What the next value of a map belongs to.
enum Pending {
    /// A key comes next.
    None,
    Key(Spanned<Arc<str>>),
    /// A key that is no scalar: its value is left out.
    Nameless,
}

/// A list or map being read.
struct Frame {
    items: Vec<Node>,
    entries: Vec<(Spanned<Arc<str>>, Node)>,
    pending: Pending,
    is_map: bool,
    is_block: bool,
    anchor: usize,
    start: usize,
    end: usize,
    size: usize,
    height: usize,
}

/// Puts events together.
pub(super) struct Builder<'a> {
    file: FileId,
    holes: &'a Holes<'a>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Sized>,
    documents: Vec<Node>,
    nodes: usize,
    copies: usize,
    complaints: Vec<(usize, &'static str)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, holes: &'a Holes<'a>) -> Self {
        Builder {
            file,
            holes,
            stack: Vec::new(),
            anchors: HashMap::new(),
            documents: Vec::new(),
            nodes: 0,
            copies: 0,
            complaints: Vec::new(),
        }
    }

    /// Takes an event; false when enough was read.
    pub(super) fn event(&mut self, event: Event<'_>, range: Range<usize>) -> bool {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), range.start);
                self.leaf(kind, anchor, range);
            }
            Event::SequenceStart(style, anchor, _) => self.open(false, style, anchor, range.start),
            Event::MappingStart(style, anchor, _) => self.open(true, style, anchor, range.start),
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::UnresolvedAlias(_) => {
                self.complain(range.start, "no such anchor");
                self.leaf(NodeKind::Null, 0, range);
            }
            _ => {}
        }
        if self.nodes > MAX_NODES {
            self.complain(0, "too long for a configuration: the rest is skipped");
        }
        self.nodes <= MAX_NODES
    }

    /// What was wrong with events that are right in themselves.
    pub(super) fn complaints(&mut self) -> Vec<(usize, &'static str)> {
        std::mem::take(&mut self.complaints)
    }

    /// Closes what is open, and gives how many values were read and the documents.
    pub(super) fn finish(mut self) -> (usize, Vec<Node>) {
        while let Some(frame) = self.stack.last() {
            let end = frame.end;
            self.close(end);
        }
        (self.nodes, self.documents)
    }

    fn complain(&mut self, offset: usize, message: &'static str) {
        self.complaints.push((offset, message));
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, start: usize) -> NodeKind {
        match self.holes.restore(text, start) {
            Some(text) => NodeKind::Str(text.into()),
            None if matches!(style, ScalarStyle::Plain) && tag.is_none() => plain(text),
            None => NodeKind::Str(text.into()),
        }
    }

    fn leaf(&mut self, kind: NodeKind, anchor: usize, range: Range<usize>) {
        self.nodes += 1;
        let node = Node { kind, span: Span::new(self.file, range.start, range.end) };
        self.add(Sized { node, size: 1, height: 1 }, anchor, range.end);
    }

    fn open(&mut self, is_map: bool, style: StructureStyle, anchor: usize, start: usize) {
        self.nodes += 1;
        self.stack.push(Frame {
            items: Vec::new(),
            entries: Vec::new(),
            pending: Pending::None,
            is_map,
            is_block: matches!(style, StructureStyle::Block),
            anchor,
            start,
            end: start,
            size: 1,
            height: 1,
        });
    }

    fn close(&mut self, event_end: usize) {
        let Some(frame) = self.stack.pop() else { return };
        // The end of a block is noticed only at the next token, lines below.
        let end = if frame.is_block { frame.end } else { event_end.max(frame.end) };
        let kind = if frame.is_map { NodeKind::Map(merged(frame.entries)) } else { NodeKind::List(frame.items) };
        let node = Node { kind, span: Span::new(self.file, frame.start, end) };
        self.add(Sized { node, size: frame.size, height: frame.height }, frame.anchor, end);
    }

    /// Copies what an anchor stands for. The copy keeps the spans of what was written there.
    fn alias(&mut self, anchor: usize, range: Range<usize>) {
        let copy = self
            .anchors
            .get(&anchor)
            .filter(|known| self.copies + known.size <= MAX_COPIES && self.stack.len() + known.height <= MAX_HEIGHT);
        let Some(copy) = copy.cloned() else {
            self.complain(range.start, "this alias stands for too much");
            return self.leaf(NodeKind::Null, 0, range);
        };
        self.copies += copy.size;
        self.nodes += copy.size;
        self.add(copy, 0, range.end);
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, value: Sized, anchor: usize, end: usize) {
        if anchor != 0 {
            // Keeping a value for aliases is a copy, too: nested anchors would keep the same values again and again.
            self.copies += value.size;
            if self.copies <= MAX_COPIES {
                self.anchors.insert(anchor, value.clone());
            }
        }
        let Sized { node, size, height } = value;
        let Some(frame) = self.stack.last_mut() else {
            self.documents.push(node);
            return;
        };
        frame.size += size;
        frame.height = frame.height.max(height + 1);
        frame.end = frame.end.max(end);
        if !frame.is_map {
            frame.items.push(node);
            return;
        }
        match std::mem::replace(&mut frame.pending, Pending::None) {
            Pending::Key(key) => frame.entries.push((key, node)),
            Pending::Nameless => {}
            Pending::None => frame.pending = key(node),
        }
    }
}

/// A node in the place of a key.
fn key(node: Node) -> Pending {
    let text: Arc<str> = match node.kind {
        NodeKind::Str(text) => text,
        NodeKind::Num(number) => number.to_string().into(),
        NodeKind::Bool(value) => value.to_string().into(),
        NodeKind::Null => "null".into(),
        NodeKind::List(_) | NodeKind::Map(_) => return Pending::Nameless,
    };
    Pending::Key(Spanned::new(text, node.span))
}

/// Resolves `<<`: its entries come after the map's own, which win; of several maps the first wins.
fn merged(entries: Vec<(Spanned<Arc<str>>, Node)>) -> Vec<(Spanned<Arc<str>>, Node)> {
    let is_merge = |(key, value): &(Spanned<Arc<str>>, Node)| {
        &*key.value == "<<" && (!value.entries().is_empty() || !value.items().is_empty())
    };
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_merge);
    if merges.is_empty() {
        return own;
    }
    let mut known: HashSet<Arc<str>> = own.iter().map(|(key, _)| key.value.clone()).collect();
    for (_, value) in merges {
        let maps = match value.kind {
            NodeKind::List(maps) => maps,
            _ => vec![value],
        };
        for map in maps {
            let NodeKind::Map(entries) = map.kind else { continue };
            own.extend(entries.into_iter().filter(|(key, _)| known.insert(key.value.clone())));
        }
    }
    own
}

/// The value of a plain scalar by the core schema, <https://yaml.org/spec/1.2.2/#1032-tag-resolution>. `yes` and `no`
/// are text there.
fn plain(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" => NodeKind::Bool(false),
        _ => number(text).map_or_else(|| NodeKind::Str(text.into()), NodeKind::Num),
    }
}

fn number(text: &str) -> Option<f64> {
    let radix = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().map(f64::from);
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    // Rust also reads `inf`, `nan` and the like.
    let digits = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    digits.then(|| text.parse().ok()).flatten()
}
