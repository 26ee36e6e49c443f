//! List and map literals, and what is spread into them.
//!
//! In: the elements and entries of a literal. Out: lists and maps whose parts know under which conditions they are there.

use std::sync::Arc;

use super::Interp;
use super::value::{EnvShape, Item, Kind, List, Map, MapEntry, ScopeId, Value};
use crate::ir::{self, Entry};
use crate::model::condition::Formula;
use crate::source::Span;

impl Interp<'_> {
    pub(super) fn eval_list(&mut self, elements: &[ir::Element], span: Span, scope: ScopeId) -> Value {
        let mut list = List::default();
        for element in elements {
            let value = self.eval(&element.value, scope);
            if element.spread {
                self.spread_into(&mut list, &value);
            } else {
                self.add_item(&mut list, Formula::True, value);
            }
        }
        Value::new(Kind::List(Arc::new(list)), span)
    }

    /// One more item, unless the list is as long as a list may be.
    pub(super) fn add_item(&self, list: &mut List, when: Formula, value: Value) {
        if list.items.len() < self.bounds.items {
            list.items.push(Item { when, value });
        } else {
            list.open = true;
        }
    }

    /// The items of a value that is iterated, appended to a list.
    pub(super) fn spread_into(&mut self, list: &mut List, value: &Value) {
        for (when, value) in value.alternatives() {
            match (&value.kind, self.items_of(&value)) {
                (_, Some(inner)) => {
                    list.open |= inner.open;
                    for item in &inner.items {
                        self.add_item(list, when.clone().and(item.when.clone()), item.value.clone());
                    }
                }
                (Kind::Env(read), _) if read.shape != EnvShape::Text => {
                    self.add_item(list, when, value.clone());
                    list.open = true;
                }
                _ => list.open = true,
            }
        }
    }

    pub(super) fn eval_map(&mut self, entries: &[Entry], span: Span, scope: ScopeId) -> Value {
        if let Some(environment) = self.copied_environment(entries, scope) {
            return environment;
        }
        let mut map = Map::default();
        for entry in entries {
            match entry {
                Entry::Pair { key, value, getter } => {
                    let key_value = self.eval(key, scope);
                    let value = self.eval(value, scope);
                    match super::operators::key_text(&key_value) {
                        Some(name) if map.entries.len() < self.bounds.items => {
                            let entry = MapEntry { key: key.span, when: Formula::True, value, getter: *getter };
                            map.entries.insert(name, entry);
                        }
                        _ => map.open = true,
                    }
                }
                Entry::Spread(value) => {
                    let value = self.eval(value, scope);
                    self.spread_map(&mut map, &value);
                }
            }
        }
        Value::new(Kind::Map(Arc::new(map)), span)
    }

    /// `...value` into a map; later keys win, conditional ones keep the earlier value as the alternative.
    pub(super) fn spread_map(&mut self, map: &mut Map, value: &Value) {
        for (when, value) in value.alternatives() {
            match &value.kind {
                Kind::Map(other) => {
                    map.open |= other.open;
                    for (key, entry) in &other.entries {
                        merge_entry(map, key, entry, &when);
                    }
                }
                Kind::Object(id) => {
                    let fields = self.object(*id).fields.clone();
                    map.open |= self.object(*id).class.is_none();
                    for (key, value) in fields {
                        let entry = MapEntry { key: value.span, when: Formula::True, value, getter: false };
                        merge_entry(map, &key, &entry, &when);
                    }
                }
                Kind::Module(id) => {
                    for (name, value) in self.exports(*id) {
                        let entry = MapEntry { key: value.span, when: Formula::True, value, getter: false };
                        merge_entry(map, &name, &entry, &when);
                    }
                }
                // `...(condition && { … })`: nothing is added when it is falsy.
                Kind::Undefined | Kind::Null | Kind::Bool(false) | Kind::Condition(_) => {}
                Kind::Env(_) | Kind::Term(_) if when != Formula::True => {}
                _ => map.open = true,
            }
        }
    }
}

/// Adds an entry to a map; under a condition the earlier entry stays as the alternative.
pub fn merge_entry(map: &mut Map, key: &Arc<str>, entry: &MapEntry, when: &Formula) {
    let condition = when.clone().and(entry.when.clone());
    let merged = match (map.entries.get(key), &condition) {
        (_, Formula::True) => MapEntry { when: Formula::True, ..entry.clone() },
        (None, _) => MapEntry { when: condition, ..entry.clone() },
        (Some(old), _) => {
            let not = condition.clone().negated();
            let whole = condition.clone().or(old.when.clone());
            let value = Value::one_of(
                [(condition, entry.value.clone()), (not.and(old.when.clone()), old.value.clone())],
                entry.value.span,
            );
            MapEntry {
                key: entry.key,
                when: if old.when == Formula::True { Formula::True } else { whole },
                value,
                getter: false,
            }
        }
    };
    map.entries.insert(key.clone(), merged);
}
