//! How a run begins: files, functions nobody calls, and what platforms ask for.
//!
//! In: paths, and functions that a platform knows to be called. Out: what they did, in the log, and what they gave back.

use std::sync::Arc;

use camino::Utf8Path;

use super::value::{Args, Closure, ModuleId, Value};
use super::{Event, Interp};
use crate::source::Span;

impl Interp<'_> {
    /// Evaluates a file as the start of a program, unless it was imported before.
    pub fn run_file(&mut self, path: &Utf8Path) {
        self.far = 0;
        self.entry_steps_left = self.bounds.entry_steps;
        self.load_module(path);
    }

    /// Runs the functions nobody called, as entry points with unknown arguments; then the classes nobody made an instance of.
    pub fn run_uncalled(&mut self) {
        self.run_uncalled_functions();
        let mut at = 0;
        while at < self.classes.len() {
            let class = self.classes[at].clone();
            at += 1;
            if !self.loader.matters(&self.loader.path(class.span.file)) {
                continue;
            }
            self.path.clear();
            self.entry_steps_left = self.bounds.entry_steps;
            self.run_uncalled_class(&class);
            self.run_uncalled_functions();
        }
        self.classes.clear();
    }

    fn run_uncalled_functions(&mut self) {
        let mut at = 0;
        while at < self.pending.len() {
            let closure = self.pending[at].clone();
            at += 1;
            let span = closure.function.span;
            if self.called.contains(&span) || !self.loader.matters(&self.loader.path(span.file)) {
                continue;
            }
            self.path.clear();
            self.entry_steps_left = self.bounds.entry_steps;
            let args = Args { open: true, ..Args::default() };
            self.call_closure(&closure, &args, None, span);
        }
        self.pending.clear();
    }

    /// Calls a function on its own, under no condition, and returns what it did and what it gave back.
    pub fn run_function(&mut self, closure: &Arc<Closure>, args: &Args) -> (Vec<Event>, Value) {
        let path = std::mem::take(&mut self.path);
        self.entry_steps_left = self.bounds.entry_steps;
        // What a platform asks for is run however much the programs around it have cost.
        self.steps_left = self.steps_left.max(self.bounds.entry_steps);
        // Functions given to something unknown are seen once in each run.
        let called = std::mem::take(&mut self.called);
        let start = self.log.len();
        let budget = std::mem::replace(&mut self.budget.answering, true);
        self.budget.cut = false;
        let value = self.call_closure(closure, args, None, closure.function.span);
        self.budget.answering = budget;
        let run = std::mem::replace(&mut self.called, called);
        self.called.extend(run);
        self.path = path;
        (self.log.split_off(start.min(self.log.len())), value)
    }

    /// Calls a value where the program stands: under its conditions, with what it does in the log.
    pub fn call_value(&mut self, callee: &Value, args: &Args, span: Span) -> Value {
        self.call(callee, args, None, false, span)
    }

    /// Did the last run end because it took too long? What it gave back is then not all.
    pub fn is_exhausted(&self) -> bool {
        self.budget.cut || self.steps_left.min(self.entry_steps_left) == 0
    }

    /// A name that a module gives out; what is given out and not known is an unknown value.
    pub fn exported(&mut self, module: ModuleId, name: &str) -> Option<Value> {
        self.exports(module).into_iter().find(|(given, _)| &**given == name).map(|(_, value)| value)
    }

    /// What a module gives out as a whole: its default export, or `module.exports`.
    pub fn default_export(&mut self, module: ModuleId) -> Option<Value> {
        let whole = self.modules.get_index(module.0).and_then(|(_, state)| state.whole().cloned());
        whole.or_else(|| self.exported(module, "default"))
    }
}
