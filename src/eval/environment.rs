//! Environment variables: what the repository says they are in production, and the idioms that read them.
//!
//! In: env files, what deploys programs and what the user states. Out: the text of a variable for code at a path, or an unknown
//! `Env` value with its default as the alternative. Never reads the environment of the machine it runs on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use super::operators::env_set;
use super::value::{Args, EnvRead, EnvShape, Kind, Reason, Value};
use super::{EnvRecord, Interp, Target};
use crate::globs::Globs;
use crate::model::origin::{Url, is_loopback};
use crate::model::world::{flag, is_selector};
use crate::source::{Span, Spanned};

/// Which deployment a file of variables is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deployment {
    /// `.env.production`, a production compose file.
    Production,
    /// `.env`, `docker-compose.yml`: may be what production uses, may be somebody's machine.
    Any,
    /// `.env.staging`.
    Staging,
    /// `.env.development`, `.env.local`.
    Development,
    /// `.env.test`.
    Test,
    /// `.env.example`: documentation.
    Example,
}

/// What kind of file gives the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvSource {
    /// What deploys one program: a manifest of Kubernetes, of a hosting platform.
    Manifest,
    /// `.env` files, and services of a compose file.
    File,
    /// A Dockerfile: whatever starts the image may say otherwise.
    Image,
}

/// The variables of one file.
#[derive(Debug, Clone)]
pub struct EnvFile {
    /// Its path.
    pub path: Utf8PathBuf,
    /// The directory whose programs get the variables.
    pub home: Utf8PathBuf,
    /// What kind of file it is.
    pub source: EnvSource,
    /// What it is for.
    pub deployment: Deployment,
    /// Name to text and place, in the file's order.
    pub variables: IndexMap<Arc<str>, Spanned<Arc<str>>>,
    /// Values that its comments show, by variable.
    pub samples: Vec<(Arc<str>, Spanned<Arc<str>>)>,
    /// Names that have a value there which is not written in it.
    pub passed: BTreeSet<Arc<str>>,
    /// Other files that its services take variables from.
    pub others: Vec<Utf8PathBuf>,
}

/// Everything the repository and the user say about variables.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// What the user states on the command line.
    pub stated: BTreeMap<String, String>,
    /// Files in path order.
    pub files: Vec<EnvFile>,
    /// Names that have a value where a deployment is built.
    pub builds: BTreeSet<Arc<str>>,
    /// Files that the user says are for developers' machines.
    pub development: Globs,
    /// Take `.env` for what the deployment uses, whatever stands in it.
    pub trust_local: bool,
    /// This is all there is: a variable that is neither stated nor in a file is not set.
    pub closed: bool,
}

impl Deployment {
    /// Read from a file's name: `.env.production`, `compose.dev.yml`.
    pub fn of_file_name(name: &str) -> Deployment {
        let lower = name.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(['.', '-', '_']).collect();
        let has = |set: &[&str]| words.iter().any(|word| set.contains(word));
        if has(&["example", "sample", "template", "dist", "default", "defaults", "tmpl", "tpl"]) {
            Deployment::Example
        } else if has(&["test", "testing", "tests", "ci", "e2e"]) {
            Deployment::Test
        } else if has(&["development", "dev", "local", "develop", "debug", "override", "localhost"]) {
            Deployment::Development
        } else if has(&["staging", "stage", "preview", "qa", "uat"]) {
            Deployment::Staging
        } else if has(&["production", "prod", "live", "release", "deploy"]) {
            Deployment::Production
        } else {
            Deployment::Any
        }
    }
}

impl EnvFile {
    /// A file without variables, for programs beside it and below.
    pub fn new(path: &Utf8Path, source: EnvSource, deployment: Deployment) -> EnvFile {
        let home = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        EnvFile {
            path: path.to_owned(),
            home,
            source,
            deployment,
            variables: IndexMap::new(),
            samples: Vec::new(),
            passed: BTreeSet::new(),
            others: Vec::new(),
        }
    }

    /// Does it list what a program needs, so that what it lacks is missing? Images and platforms get more from elsewhere.
    pub fn is_list(&self) -> bool {
        self.source == EnvSource::File
    }

    /// Does it say what a variable is? What is left blank in a file whose secrets are blank is to be filled in.
    fn says(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|value| !value.value.is_empty() || !self.is_form())
    }

    /// Its place among the files that speak to code at a path; none where it does not.
    fn precedence(&self, from: &Utf8Path) -> Option<Precedence> {
        let steps = from.ancestors().skip(1).position(|directory| directory == self.home)?;
        Some((self.source == EnvSource::Image, steps, self.source))
    }

    /// It has names of secrets, and nothing behind any of them.
    fn is_form(&self) -> bool {
        let is_secret = |name: &str| {
            name.split('_').any(|word| matches!(word, "KEY" | "SECRET" | "PASSWORD" | "PASS" | "TOKEN" | "PWD"))
        };
        let mut secrets = self.variables.iter().filter(|(name, _)| is_secret(name)).peekable();
        secrets.peek().is_some() && secrets.all(|(_, value)| value.value.trim().is_empty())
    }
}

impl Environment {
    /// The text of a variable in production, for code at `from`: what the user states, else the production file nearest
    /// above it, else a plain `.env` that does not look like somebody's own machine.
    pub fn production(&self, name: &str, from: &Utf8Path) -> Option<Spanned<Arc<str>>> {
        let nearest = |deployment: Deployment| {
            let saying = self.files.iter().filter(|file| file.deployment == deployment && file.says(name));
            let believed = saying.filter(|file| {
                deployment == Deployment::Production
                    || file.variables.get(name).is_some_and(|value| self.is_told(name, value))
            });
            let placed: Vec<(Precedence, &Spanned<Arc<str>>)> =
                believed.filter_map(|file| Some((file.precedence(from)?, file.variables.get(name)?))).collect();
            let (first, found) = placed.iter().min_by_key(|(order, _)| *order)?;
            // Two programs that are told different things, and nothing says which of them this is.
            let unclear = first.2 != EnvSource::File
                && placed.iter().any(|(order, other)| order == first && other.value != found.value);
            (!unclear).then(|| (*found).clone())
        };
        nearest(Deployment::Production).or_else(|| nearest(Deployment::Any))
    }

    /// Is it what a deployment uses, written in a file that may be somebody's own machine's?
    fn is_told(&self, name: &str, value: &Spanned<Arc<str>>) -> bool {
        let about_environment = is_selector(name) || flag(name).is_some();
        let own_machine = value.value.is_empty() || looks_local(&value.value) || about_environment;
        self.trust_local || !own_machine
    }

    /// Does a production file near this code say that the variable is set, without saying to what?
    pub fn is_passed(&self, name: &str, from: &Utf8Path) -> bool {
        self.files.iter().any(|file| {
            let deployed = match file.source {
                EnvSource::Manifest => matches!(file.deployment, Deployment::Production | Deployment::Any),
                _ => file.deployment == Deployment::Production,
            };
            deployed && file.passed.contains(name) && from.starts_with(&file.home)
        })
    }

    /// Is a variable given to what is built, by a file that says so without saying to what?
    pub fn is_built_in(&self, name: &str) -> bool {
        let deployed = |file: &&EnvFile| {
            !matches!(file.deployment, Deployment::Development | Deployment::Test | Deployment::Example)
        };
        self.builds.contains(name) || self.files.iter().filter(deployed).any(|file| file.passed.contains(name))
    }

    /// What the files put into the holes of templates: of each variable the value for the deployment, else the one that people
    /// are shown, unless it names somebody's own machine.
    pub fn filling(&self) -> BTreeMap<String, String> {
        let mut filling: BTreeMap<String, (Deployment, String)> = BTreeMap::new();
        for file in &self.files {
            let deployed = matches!(file.deployment, Deployment::Production | Deployment::Any | Deployment::Example);
            for (name, value) in file.variables.iter().filter(|_| deployed) {
                let known = filling.get(&**name).is_some_and(|(deployment, _)| *deployment <= file.deployment);
                if !known && !value.value.is_empty() && !looks_local(&value.value) {
                    filling.insert(name.to_string(), (file.deployment, value.value.to_string()));
                }
            }
        }
        filling.into_iter().map(|(name, (_, value))| (name, value)).collect()
    }

    /// Does a file take variables from another one that is not in the repository?
    pub fn is_open(&self, file: &EnvFile) -> bool {
        file.others.iter().any(|other| !self.files.iter().any(|known| known.path == *other))
    }

    /// Files that name a variable, in path order.
    pub fn naming<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e EnvFile> + 'e {
        self.files.iter().filter(move |file| file.variables.contains_key(name) || file.passed.contains(name))
    }
}

/// What speaks first: anything rather than an image, what is near, what deploys rather than what programs read.
type Precedence = (bool, usize, EnvSource);

/// Does a value name the machine it runs on, in any of its pieces?
fn looks_local(text: &str) -> bool {
    text.split([',', ' ', ';', '"', '[', ']'])
        .any(|piece| piece.contains("localhost") || Url::parse(piece).is_some_and(|url| is_loopback(&url.host)))
}

impl Interp<'_> {
    /// Reads a variable: known text in its shape, or an unknown with the default as the other alternative.
    pub fn read_env(&mut self, name: &Arc<str>, shape: EnvShape, default: Option<Value>, span: Span) -> Value {
        self.reads.push(EnvRecord { name: name.clone(), span });
        let from = self.module_path(self.current_module()).to_owned();
        if let Some(stated) = self.environment.stated.get(&**name) {
            let text = Value::text(stated.as_str(), span);
            return self.shaped(text, &shape, span);
        }
        if let Some(found) = self.environment.production(name, &from) {
            let text = Value::text(found.value, found.span).through(span);
            return self.shaped(text, &shape, span);
        }
        // What names the environment itself is what the question assumes: production.
        if self.environment.closed && !is_selector(name) {
            return default.unwrap_or_else(|| Value::undefined(span));
        }
        let read = EnvRead { name: name.clone(), shape, read: span };
        let set = env_set(&read);
        let value = Value::new(Kind::Env(read), span);
        let default = default.filter(|_| !self.environment.is_passed(name, &from));
        match default {
            None => value,
            Some(default) => Value::one_of([(set.clone(), value), (set.negated(), default)], span),
        }
    }

    /// A known text brought into the shape it is read in.
    pub(super) fn shaped(&mut self, text: Value, shape: &EnvShape, span: Span) -> Value {
        match shape {
            EnvShape::Text | EnvShape::Changed => text,
            EnvShape::List { separator, trimmed } => {
                let args = Args { positional: vec![Value::text(separator.clone(), span)], ..Args::default() };
                let list = self.string_method(&text, "split", &args, span).unwrap_or_else(|| text.clone());
                if !trimmed {
                    return list;
                }
                let Some(items) = self.items_of(&list) else { return list };
                let trimmed: Vec<Value> = items
                    .items
                    .iter()
                    .filter_map(|item| self.string_method(&item.value, "strip", &Args::default(), span))
                    .filter(|item| item.as_str().is_some_and(|text| !text.is_empty()))
                    .collect();
                Value::list(trimmed, text.span)
            }
            EnvShape::Bool => {
                let truth = text.as_str().map(|text| text.to_ascii_lowercase());
                let flag = matches!(truth.as_deref(), Some("true" | "1" | "yes" | "y" | "on" | "t" | "ok"));
                Value { kind: Kind::Bool(flag), ..text }
            }
            EnvShape::Num => match text.as_str().and_then(|text| text.trim().parse().ok()) {
                Some(number) => Value { kind: Kind::Num(number), ..text },
                None => Value::unknown(Reason::NotModelled, span),
            },
            EnvShape::Json => self.parse_json(&text, span),
        }
    }

    /// Functions of packages that read variables; `None` when the call is something else.
    pub(super) fn env_call(&mut self, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let path = target.path.clone();
        let name = || {
            args.positional
                .first()
                .or_else(|| args.named("var"))
                .or_else(|| args.named("option"))
                .and_then(Value::as_str)
                .cloned()
        };
        match &*path {
            "py:os.environ.get" | "py:os.getenv" | "py:os.environ.setdefault" => {
                let default = args.get(1, "default").cloned().or_else(|| Some(Value::new(Kind::Null, span)));
                return Some(self.read_env(&name()?, EnvShape::Text, default, span));
            }
            "py:dotenv.dotenv_values" => return Some(Value::new(Kind::External("py:os.environ".into()), span)),
            "js:Deno.env.get" | "js:env.get" => return Some(self.read_env(&name()?, EnvShape::Text, None, span)),
            "py:decouple.config" | "py:decouple.Config()()" | "py:starlette.config.Config()()" => {
                return Some(self.read_cast(&name()?, args, 1, span));
            }
            _ => {}
        }
        let prefixes = ["py:environ.Env()", "py:environ.FileAwareEnv()", "py:environs.Env()", "py:environs.env"];
        if let Some(method) = prefixes.iter().find_map(|prefix| path.strip_prefix(prefix)) {
            let trimmed = path.starts_with("py:environs");
            let shape = match method {
                "()" | ".get_value" => {
                    let scheme = target.object.and_then(|id| self.object(id).args.named(&name()?).cloned());
                    return Some(self.read_django_env(&name()?, args, scheme, span));
                }
                ".list" | ".tuple" => EnvShape::List { separator: ",".into(), trimmed },
                ".bool" => EnvShape::Bool,
                ".int" | ".float" => EnvShape::Num,
                ".json" | ".dict" => EnvShape::Json,
                ".str" | ".unicode" | ".url" => EnvShape::Text,
                _ => return None,
            };
            // django-environ's sequences take a cast before the default.
            let cast_first = !trimmed && matches!(method, ".list" | ".tuple" | ".dict");
            let default = args.get(if cast_first { 2 } else { 1 }, "default").cloned();
            return Some(self.read_env(&name()?, shape, default, span));
        }
        // Nest's ConfigService and its kin: `config.get('CORS_ORIGIN')` with a name written like a variable.
        if path.ends_with("ConfigService().get") || path.ends_with("ConfigService().getOrThrow") {
            let name = name()?;
            let variable =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            return variable.then(|| self.read_env(&name, EnvShape::Text, args.positional.get(1).cloned(), span));
        }
        None
    }

    /// `config('X', default=…, cast=…)` of decouple and Starlette.
    fn read_cast(&mut self, name: &Arc<str>, args: &Args, position: usize, span: Span) -> Value {
        let default = args.get(position + 1, "default").or_else(|| args.named("default")).cloned();
        let cast = args.named("cast").or_else(|| args.positional.get(position)).cloned();
        let default = if args.named("default").is_some() { default } else { None };
        let Some(cast) = cast else { return self.read_env(name, EnvShape::Text, default, span) };
        let cast_path = self.path_of(&cast);
        let shape = match cast_path.as_deref() {
            Some(path) if path.contains("Csv") || path.ends_with("CommaSeparatedStrings") => {
                EnvShape::List { separator: ",".into(), trimmed: true }
            }
            Some("py:bool") => EnvShape::Bool,
            Some("py:int" | "py:float") => EnvShape::Num,
            Some("py:str") => EnvShape::Text,
            _ => {
                if let Kind::Function(_) = &cast.kind {
                    let raw = self.read_env(name, EnvShape::Text, default, span);
                    let parts: Vec<_> = raw
                        .alternatives()
                        .into_iter()
                        .map(|(when, value)| {
                            let args = Args { positional: vec![value], ..Args::default() };
                            (when, self.call(&cast, &args, None, false, span))
                        })
                        .collect();
                    return Value::one_of(parts, span);
                }
                EnvShape::Changed
            }
        };
        // The default is cast as well: `default='a,b'` becomes a list.
        let default = default
            .map(|default| if default.as_str().is_some() { self.shaped(default, &shape, span) } else { default });
        self.read_env(name, shape, default, span)
    }

    /// `env('X')` of django-environ: the cast is a keyword, the default's type, or the scheme given to `Env(X=(list, []))`.
    fn read_django_env(&mut self, name: &Arc<str>, args: &Args, scheme: Option<Value>, span: Span) -> Value {
        let mut default = args.get(2, "default").cloned();
        let mut cast = args.get(1, "cast").and_then(|cast| self.path_of(cast));
        if let Some(parts) = scheme.as_ref().and_then(Value::as_list).cloned() {
            cast = cast.or_else(|| parts.items.first().and_then(|item| self.path_of(&item.value)));
            default = default.or_else(|| parts.items.get(1).map(|item| item.value.clone()));
        } else if let Some(scheme) = &scheme {
            cast = cast.or_else(|| self.path_of(scheme));
        }
        let by_default = default.as_ref().map(|default| &default.kind);
        let shape = match (cast.as_deref(), by_default) {
            (Some("py:list" | "py:tuple"), _) | (None, Some(Kind::List(_))) => {
                EnvShape::List { separator: ",".into(), trimmed: false }
            }
            (Some("py:bool"), _) | (None, Some(Kind::Bool(_))) => EnvShape::Bool,
            (Some("py:int" | "py:float"), _) | (None, Some(Kind::Num(_))) => EnvShape::Num,
            (Some(path), _) if path.contains('[') => EnvShape::List { separator: ",".into(), trimmed: false },
            _ => EnvShape::Text,
        };
        self.read_env(name, shape, default, span)
    }
}
