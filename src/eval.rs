//! Programs to values: a bounded interpreter that records what a program does to its libraries.
//!
//! In: modules (`ir`), a `Loader` for imports, the environment, `Library` knowledge. Out: a log of `Event`s (calls on things that come
//! from packages, each under the condition it happens under) and the values of every scope. It never fails, never
//! prints, never runs anything and never loops without a bound. It knows no platform: a platform reads the log.

mod assign;
mod bounds;
mod budget;
mod builtins;
mod call;
mod classes;
mod config_packages;
mod entry;
pub mod environment;
mod exports;
mod expr;
mod guards;
mod json;
mod literals;
mod many;
mod members;
mod modules;
mod names;
mod operators;
mod run;
mod schema_fields;
mod schemas;
mod scope;
mod sequences;
mod settings;
mod strings;
mod trace;
pub mod value;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use crate::ir;
use crate::model::condition::Formula;
use crate::source::{FileId, Span};
use crate::syntax::document::Node;
use environment::Environment;
use scope::Scope;
use value::{Args, Closure, Kind, ModuleId, ObjectId, ScopeId, Value};

pub use bounds::Bounds;
pub use literals::merge_entry;
pub use modules::ModuleState;
pub use operators::env_lists;

/// Gives the evaluator the files a program imports.
pub trait Loader {
    /// Is there a file at this path?
    fn exists(&self, path: &Utf8Path) -> bool;
    /// The tree of a program file.
    fn module(&mut self, path: &Utf8Path) -> Option<Arc<ir::Module>>;
    /// These program files will be asked for soon.
    fn fetch_ahead(&mut self, paths: &[Utf8PathBuf]) {
        let _ = paths;
    }
    /// The tree of a JSON file.
    fn document(&mut self, path: &Utf8Path) -> Option<Arc<Node>>;
    /// May code of this file matter by itself? Functions that nobody calls are run as entry points only in files that do.
    fn matters(&self, path: &Utf8Path) -> bool {
        let _ = path;
        true
    }
    /// The directory of the package of this name that the repository holds itself, as workspaces do.
    fn package(&mut self, name: &str) -> Option<Utf8PathBuf> {
        let _ = name;
        None
    }
    /// Does this file speak of what is looked for by itself?
    fn speaks(&self, path: &Utf8Path) -> bool {
        let _ = path;
        true
    }
    /// The path of a file that was given out before.
    fn path(&self, file: FileId) -> Utf8PathBuf;
}

/// What a platform knows of the packages it speaks for. Asked before the evaluator's own reading.
pub trait Library: Sync {
    /// The meaning of `path.name` on something external; `None` leaves the plain longer name.
    fn member(&self, run: &mut Interp<'_>, target: &Target, name: &str, span: Span) -> Option<Value> {
        let _ = (run, target, name, span);
        None
    }
    /// The meaning of a call; `None` leaves the default: functions among the arguments are run once, and the result is a
    /// new object. The call is recorded either way.
    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let _ = (run, target, args, span);
        None
    }
    /// Does a call of this never come back, because it throws (Flask's `abort`)?
    fn never_returns(&self, target: &Target) -> bool {
        let _ = target;
        false
    }
    /// Do classes of the program with these bases inherit something of this name that makes them what the library works with?
    /// Its call is then recorded as `class:.name`, with the class as the first argument.
    fn class_member(&self, bases: &[Arc<str>], name: &str) -> bool {
        let _ = (bases, name);
        false
    }
    /// A text put together from two values of which the evaluator knows at most one; `None` leaves its own reading.
    fn concat(&self, run: &mut Interp<'_>, left: &Value, right: &Value, span: Span) -> Option<Value> {
        let _ = (run, left, right, span);
        None
    }
    /// The value a top-level name really has, where a framework gives it another meaning (Django's `DEBUG`).
    fn bind(&self, run: &mut Interp<'_>, module: ModuleId, name: &str, value: &Value) -> Option<Value> {
        let _ = (run, module, name, value);
        None
    }
}

/// Something external that is asked or called: its canonical name and, when it is an object, which.
#[derive(Debug, Clone)]
pub struct Target {
    /// `npm:express().use`, `py:fastapi.FastAPI`.
    pub path: Arc<str>,
    /// The object whose method it is, or that is called itself.
    pub object: Option<ObjectId>,
}

/// Something on the heap.
#[derive(Debug)]
pub struct Object {
    /// What made it: `npm:express()`; for instances of the program's own classes `class:Name`.
    pub path: Arc<str>,
    /// The object whose method made it (`app.route('/x')` → `app`).
    pub parent: Option<ObjectId>,
    /// The class, for instances of the program's own classes.
    pub class: Option<Value>,
    /// The arguments it was made with.
    pub args: Args,
    /// What was assigned to its fields.
    pub fields: IndexMap<Arc<str>, Value>,
    /// Where it was made.
    pub span: Span,
    /// When it is made.
    pub when: Formula,
    /// It is there for certain: made with `new`. What a call gives back may be nothing.
    pub exists: bool,
}

/// Something a program did to a library.
#[derive(Debug, Clone)]
pub struct Event {
    /// What was called; `path[]=` for an assignment of a key, whose arguments are key and value.
    pub target: Target,
    /// The arguments.
    pub args: Args,
    /// When it happens.
    pub when: Formula,
    /// The call.
    pub span: Span,
    /// The module whose code did it.
    pub module: ModuleId,
    /// What it returned.
    pub result: Option<ObjectId>,
}

/// What a `throw` is in the log that nothing around it in the same program catches.
pub const THROW: &str = "throw";
/// What it is where a `try` around it, in the same function or in one that called it, has a handler.
const CAUGHT: &str = "caught";

/// One evaluation of a set of programs.
pub struct Interp<'a> {
    loader: &'a mut dyn Loader,
    libraries: &'a [&'a dyn Library],
    environment: &'a Environment,
    /// The heap.
    pub objects: Vec<Object>,
    /// What the programs did, in order.
    pub log: Vec<Event>,
    scopes: Vec<Scope>,
    modules: IndexMap<Utf8PathBuf, ModuleState>,
    path: Vec<Formula>,
    frames: Vec<run::Frame>,
    steps_left: usize,
    entry_steps_left: usize,
    nesting: usize,
    bounds: Bounds,
    called: HashSet<Span>,
    pending: Vec<Arc<Closure>>,
    classes: Vec<Value>,
    instantiated: HashMap<Span, ObjectId>,
    seen_pending: HashSet<Span>,
    reads: Vec<EnvRecord>,
    /// Where the lists and maps are written that were read by a name.
    pub looked_up: HashSet<Span>,
    /// Functions that take their first argument apart by name: `({ req, res }) => …`.
    pub destructuring: Vec<Arc<Closure>>,
    /// Calls of the program's own functions in which something outside was called, or something was thrown.
    pub fallible: HashSet<Span>,
    /// Where a missing variable is replaced by `*`.
    pub open_defaults: Vec<EnvRecord>,
    alias_cache: HashMap<Utf8PathBuf, Arc<modules::Aliases>>,
    returned: HashSet<ObjectId>,
    bindings: HashMap<(usize, Arc<str>), Span>,
    joined: HashMap<Span, Span>,
    far: usize,
    /// Places on the path that only say which of several objects a method is called on.
    picked: Vec<usize>,
    budget: budget::Budget,
}

/// A read of an environment variable, wherever it happens.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvRecord {
    /// Its name.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
}

impl<'a> Interp<'a> {
    /// A new evaluation.
    pub fn new(
        loader: &'a mut dyn Loader,
        libraries: &'a [&'a dyn Library],
        environment: &'a Environment,
    ) -> Interp<'a> {
        let bounds = Bounds::default();
        Interp {
            loader,
            libraries,
            environment,
            objects: Vec::new(),
            log: Vec::new(),
            scopes: Vec::new(),
            modules: IndexMap::new(),
            path: Vec::new(),
            frames: Vec::new(),
            steps_left: bounds.steps,
            entry_steps_left: bounds.entry_steps,
            nesting: 0,
            bounds,
            called: HashSet::new(),
            pending: Vec::new(),
            classes: Vec::new(),
            instantiated: HashMap::new(),
            seen_pending: HashSet::new(),
            reads: Vec::new(),
            looked_up: HashSet::new(),
            destructuring: Vec::new(),
            fallible: HashSet::new(),
            open_defaults: Vec::new(),
            alias_cache: HashMap::new(),
            returned: HashSet::new(),
            bindings: HashMap::new(),
            joined: HashMap::new(),
            far: 0,
            picked: Vec::new(),
            budget: budget::Budget::default(),
        }
    }

    /// The same evaluation within other bounds.
    pub fn within(mut self, bounds: Bounds) -> Interp<'a> {
        self.steps_left = bounds.steps;
        self.entry_steps_left = bounds.entry_steps;
        self.bounds = bounds;
        self
    }

    /// Ends the evaluation; what it leaves behind is large and may be dropped elsewhere.
    pub fn into_remains(self) -> impl Send + use<> {
        (self.objects, self.log, self.scopes, self.modules)
    }

    /// Calls one of the program's functions as a part of what is going on: what it does is recorded like anything else.
    pub fn apply(&mut self, closure: &Arc<Closure>, args: &Args, span: Span) -> Value {
        self.call_closure(closure, args, None, span)
    }

    /// Where a text begins that was put together from several: the place of the first of them that says something.
    pub fn first_piece(&self, span: Span) -> Span {
        self.joined.get(&span).copied().unwrap_or(span)
    }

    /// The object of an id.
    pub fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.0]
    }

    /// All modules that were evaluated, in the order in which they were met.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleId, &Utf8PathBuf, &ModuleState)> {
        self.modules.iter().enumerate().map(|(index, (path, state))| (ModuleId(index), path, state))
    }

    /// The path of a module.
    pub fn module_path(&self, module: ModuleId) -> &Utf8Path {
        self.modules.get_index(module.0).map_or(Utf8Path::new(""), |(path, _)| path)
    }

    /// The module of a path, if it was evaluated.
    pub fn module_at(&self, path: &Utf8Path) -> Option<ModuleId> {
        self.modules.get_index_of(path).map(ModuleId)
    }

    /// Does a module, or one whose functions it has at its top, speak of what is looked for? `steps` imports are followed.
    pub fn speaks(&self, module: ModuleId, steps: usize) -> bool {
        let mut seen = HashSet::from([module]);
        let mut open = vec![(module, steps)];
        while let Some((module, steps)) = open.pop() {
            if self.loader.speaks(self.module_path(module)) {
                return true;
            }
            if steps == 0 {
                continue;
            }
            for (_, value) in self.top_level_names(module) {
                let mut homes = Vec::new();
                value.homes(&mut homes);
                open.extend(homes.into_iter().filter(|home| seen.insert(*home)).map(|home| (home, steps - 1)));
            }
        }
        false
    }

    /// Is there a file at this path?
    pub fn has_file(&self, path: &Utf8Path) -> bool {
        self.loader.exists(path)
    }

    /// A JSON file as a value.
    pub fn json_file(&mut self, path: &Utf8Path) -> Option<Value> {
        self.loader.document(path).map(|document| json::node_value(&document))
    }

    /// The file of an evaluated module's path.
    pub fn file_of(&self, path: &Utf8Path) -> Option<FileId> {
        self.modules.get(path).and_then(|state| state.file)
    }

    /// The path of the file a span is in.
    pub fn path_of_span(&self, span: Span) -> Utf8PathBuf {
        self.loader.path(span.file)
    }

    /// The value of a name at the top of a module.
    pub fn top_level(&self, module: ModuleId, name: &str) -> Option<Value> {
        let (_, state) = self.modules.get_index(module.0)?;
        self.scopes[state.scope.0].get(name).map(|variable| variable.value.clone())
    }

    /// Where a name at the top of a module was bound last.
    pub fn binding(&self, module: ModuleId, name: &str) -> Option<Span> {
        let (_, state) = self.modules.get_index(module.0)?;
        self.bindings.get(&(state.scope.0, Arc::from(name))).copied()
    }

    /// All names at the top of a module, in the order in which they were bound.
    pub fn top_level_names(&self, module: ModuleId) -> Vec<(Arc<str>, Value)> {
        let Some((_, state)) = self.modules.get_index(module.0) else { return Vec::new() };
        self.scopes[state.scope.0].iter().map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
    }

    /// Objects that some function of the program gives back.
    pub fn returned_objects(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.returned.iter().copied()
    }

    /// Everything that modules give out.
    pub fn exported_values(&mut self) -> Vec<Value> {
        let ids: Vec<ModuleId> = (0..self.modules.len()).map(ModuleId).collect();
        let mut values = Vec::new();
        for id in ids {
            values.extend(self.exports(id).into_iter().map(|(_, value)| value));
            if let Some((_, state)) = self.modules.get_index(id.0) {
                values.extend(state.whole().cloned());
            }
        }
        values
    }

    /// Every read of an environment variable so far.
    pub fn env_reads(&self) -> &[EnvRecord] {
        &self.reads
    }

    /// What is known of the environment.
    pub fn environment(&self) -> &Environment {
        self.environment
    }

    /// The language of a module.
    pub fn language(&self, module: ModuleId) -> ir::Language {
        self.modules.get_index(module.0).map_or(ir::Language::JavaScript, |(_, state)| state.language)
    }

    /// Puts something new on the heap.
    pub fn make_object(
        &mut self,
        path: impl Into<Arc<str>>,
        args: Args,
        parent: Option<ObjectId>,
        span: Span,
    ) -> ObjectId {
        let id = ObjectId(self.objects.len());
        let when = self.condition();
        self.objects.push(Object {
            path: path.into(),
            parent,
            class: None,
            args,
            fields: IndexMap::new(),
            span,
            when,
            exists: false,
        });
        id
    }

    /// The condition under which the current statement runs.
    pub fn condition(&self) -> Formula {
        Formula::all(self.path.iter().cloned())
    }

    /// The same for what is done to an object: that it is this object of several goes without saying.
    pub fn condition_for(&self, id: ObjectId) -> Formula {
        let parts = self.path.iter().enumerate().filter(|(place, _)| !self.picked.contains(place));
        Formula::all(parts.map(|(_, part)| part.clone())).given(&self.object(id).when.conjuncts())
    }

    /// Writes down that a library was used.
    fn record(&mut self, target: Target, args: Args, span: Span, result: Option<ObjectId>) {
        if self.log.len() < self.bounds.events {
            let when = self.condition();
            let module = self.current_module();
            self.log.push(Event { target, args, when, span, module, result });
        }
    }

    fn current_module(&self) -> ModuleId {
        self.frames.last().map_or(ModuleId(0), |frame| frame.module)
    }

    /// Counts one step; false when the budget is used up.
    fn step(&mut self) -> bool {
        // Under many conditions everything costs more: values are asked about all of them.
        self.charge(1 + self.path.len());
        self.steps_left.min(self.entry_steps_left) > 0
    }

    /// Counts the cost of working with a large condition.
    fn charge(&mut self, steps: usize) {
        self.steps_left = self.steps_left.saturating_sub(steps);
        self.entry_steps_left = self.entry_steps_left.saturating_sub(steps);
    }

    fn new_scope(&mut self, parent: Option<ScopeId>, function: bool) -> ScopeId {
        self.scopes.push(Scope::new(parent, function));
        ScopeId(self.scopes.len() - 1)
    }

    /// The canonical name of something external, or of what made an object.
    pub fn path_of(&self, value: &Value) -> Option<Arc<str>> {
        match &value.kind {
            Kind::External(path) => Some(path.clone()),
            Kind::Object(id) => Some(self.object(*id).path.clone()),
            Kind::Method { receiver, name } => {
                let receiver = self.path_of(receiver)?;
                Some(format!("{receiver}.{name}").into())
            }
            _ => None,
        }
    }
}
