//! `corslint.toml`: what a repository says about how it is to be checked, and what it means to allow.
//!
//! In: a file, found above the checked paths or named. Out: a [`Configuration`] whose values are of the right kind, each
//! with its place, or an error with one. It decides nothing: `cli` joins it with flags, and what it states of the
//! deployments goes into the model.

mod docs;
mod find;
mod keys;
mod names;
mod read;
mod template;
mod told;

use std::fs;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

pub use docs::{json_schema, page};
pub use find::find;
pub use template::template;

use crate::error::Error;
use crate::finding::Severity;
use crate::globs::{Globs, normal};
use crate::source::{FileId, Span, Spanned};
use crate::suppress::Date;
use crate::syntax::document::{Node, NodeKind};
use crate::syntax::toml;
use read::Form;

/// A text of the file. Its span is one of the configuration, whatever file it names: see [`Configuration::state`].
pub type Placed = Spanned<Arc<str>>;

/// A severity, or nothing for `off`.
pub type Level = Option<Severity>;

/// What the file says.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The file, relative to the working directory.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// Rules and groups to run.
    pub select: Option<Vec<Placed>>,
    /// Rules and groups to leave out.
    pub ignore: Option<Vec<Placed>>,
    /// `regular` or `pedantic`.
    pub persona: Option<Placed>,
    /// The severity that fails a build.
    pub fail_on: Option<Placed>,
    /// Formats with their files.
    pub format: Vec<Placed>,
    /// The file of known findings, relative to the working directory.
    pub baseline: Option<Utf8PathBuf>,
    /// What is not looked at.
    pub exclude: Globs,
    /// Directories of rules, relative to the working directory.
    pub rule_directories: Vec<Utf8PathBuf>,
    /// What is for developers' machines.
    pub development: Globs,
    /// Severities of single rules.
    pub severities: Vec<(Placed, Level)>,
    /// What production sets.
    pub variables: Vec<(Arc<str>, Arc<str>)>,
    directory: Utf8PathBuf,
    entries: Vec<Entry>,
    overrides: Vec<Override>,
    environments: Vec<(Placed, Vec<Placed>, Span)>,
    public: Vec<Placed>,
}

/// Findings of some rules in some files that are left out, and why.
#[derive(Debug, Clone)]
struct Entry {
    paths: Globs,
    rules: Vec<Placed>,
    reason: Option<Arc<str>>,
    until: Option<Date>,
    span: Span,
}

/// Other settings for some files.
#[derive(Debug, Clone)]
struct Override {
    paths: Globs,
    ignore: Vec<Placed>,
    severities: Vec<(Placed, Level)>,
}

/// Spans of a configuration, until it is one of the files of a run.
const OWN: FileId = FileId(0);

impl Configuration {
    /// Reads the file at `path`, which starts from the directory `root`.
    pub fn read(path: &Utf8Path, root: &Utf8Path) -> Result<Configuration, Error> {
        let text = fs::read_to_string(root.join(path)).map_err(|error| Error::path(path, &error))?;
        Configuration::parse(path, text, root)
    }

    /// Reads a text as if it were the file at `path`.
    pub fn parse(path: &Utf8Path, text: impl Into<Arc<str>>, root: &Utf8Path) -> Result<Configuration, Error> {
        let text = text.into();
        let form = Form { path, text: &text };
        let (tree, problems) = toml::parse(OWN, &text);
        if let Some(problem) = problems.first() {
            return Err(syntax_error(&form, problem.offset, &problem.message));
        }
        form.table(&tree, keys::TOP, "the configuration")?;
        let directory = normal(&root.join(path).parent().map(Utf8Path::to_owned).unwrap_or_default());
        let from_here = |text: &Placed| shown(&directory.join(&*text.value), root);
        let globs = |node: &Node, key: &str| globs(&form, node, key, &directory, root);
        let ignored = tree.get("ignore").map_or(&[][..], Node::items);
        let entry = |node: &Node| {
            Ok(Entry {
                paths: globs(node, "path")?,
                rules: texts(node, "rule"),
                reason: text_of(node, "reason").map(|reason| reason.value),
                until: text_of(node, "until").and_then(|until| Date::parse(&until.value)),
                span: header(&text, node.span),
            })
        };
        let exception = |node: &Node| {
            Ok(Override {
                paths: globs(node, "paths")?,
                ignore: texts(node, "ignore"),
                severities: node.get("rules").map(severities).unwrap_or_default(),
            })
        };
        let environments = tree.get("environments").map_or(&[][..], Node::entries);
        let production = environments.iter().find(|(name, _)| &*name.value == "production");
        Ok(Configuration {
            select: tree.get("select").map(|_| texts(&tree, "select")),
            ignore: tree.get("ignore").map(|_| texts(&tree, "ignore")),
            persona: text_of(&tree, "persona"),
            fail_on: text_of(&tree, "fail-on"),
            format: texts(&tree, "format"),
            baseline: text_of(&tree, "baseline").map(|file| from_here(&file)),
            exclude: globs(&tree, "exclude")?,
            rule_directories: texts(&tree, "rules-dir").iter().map(from_here).collect(),
            development: globs(&tree, "dev-files")?,
            severities: tree.get("rules").map(severities).unwrap_or_default(),
            variables: production.map(|(_, node)| variables(node)).unwrap_or_default(),
            entries: ignored
                .iter()
                .filter(|item| matches!(item.kind, NodeKind::Map(_)))
                .map(entry)
                .collect::<Result<_, Error>>()?,
            overrides: tree
                .get("overrides")
                .map_or(&[][..], Node::items)
                .iter()
                .map(exception)
                .collect::<Result<_, Error>>()?,
            environments: environments.iter().map(|(name, node)| environment(name, node)).collect(),
            public: texts(&tree, "public"),
            path: path.to_owned(),
            text: text.clone(),
            directory,
        })
    }

    /// An error at a place of the file.
    pub fn error(&self, span: Span, message: impl Into<String>, label: impl Into<String>) -> Error {
        Form { path: &self.path, text: &self.text }.error(span, message, label)
    }

    /// Does one of these paths hold everything the file speaks of?
    pub fn is_within(&self, paths: &[Utf8PathBuf], root: &Utf8Path) -> bool {
        paths.iter().any(|path| self.directory.starts_with(normal(&root.join(path))))
    }
}

fn syntax_error(form: &Form<'_>, offset: usize, message: &str) -> Error {
    let end =
        form.text.get(offset..).and_then(|rest| rest.find('\n')).map_or(form.text.len(), |length| offset + length);
    let line = form.text.get(offset..end).unwrap_or("").trim_end();
    let span = Span::new(OWN, offset, offset + line.len());
    let error = form.error(span, format!("`{}` is no TOML: {message}", form.path), message);
    if line.starts_with("[[ignore]]") || line.starts_with("ignore]]") || line.starts_with("ignore") {
        return error.with_help(
            "`ignore` stands in one place: put rules into the `[rules]` table as \"off\" to have `[[ignore]]` entries as well",
        );
    }
    error
}

/// The texts under a key that holds one or several; entries that are tables are passed over.
fn texts(node: &Node, key: &str) -> Vec<Placed> {
    let Some(node) = node.get(key) else { return Vec::new() };
    let text = |node: &Node| match &node.kind {
        NodeKind::Str(text) => Some(Spanned::new(text.clone(), node.span)),
        _ => None,
    };
    text(node).map_or_else(|| node.items().iter().filter_map(text).collect(), |one| vec![one])
}

fn text_of(node: &Node, key: &str) -> Option<Placed> {
    texts(node, key).into_iter().next()
}

fn globs(form: &Form<'_>, node: &Node, key: &str, base: &Utf8Path, root: &Utf8Path) -> Result<Globs, Error> {
    let patterns = texts(node, key);
    if let Some(outside) = patterns.iter().find(|pattern| pattern.value.split('/').any(|part| part == "..")) {
        return Err(form
            .error(
                outside.span,
                format!("`{}` leads out of the directory of `{}`", outside.value, form.path),
                "nothing is there",
            )
            .with_help("patterns reach what is below the configuration; put it into a directory above"));
    }
    Globs::new(patterns.iter().map(|pattern| &*pattern.value), base, root).map_err(|(number, reason)| {
        let span = patterns.get(number).map_or(node.span, |pattern| pattern.span);
        form.error(span, format!("`{key}` holds something that is no pattern: {reason}"), "cannot be matched")
            .with_help("patterns are written as in `.gitignore`")
    })
}

fn severities(node: &Node) -> Vec<(Placed, Level)> {
    let level = |node: &Node| match node.as_str() {
        Some("error") => Some(Severity::Error),
        Some("warning") => Some(Severity::Warning),
        Some("info") => Some(Severity::Info),
        _ => None,
    };
    node.entries().iter().map(|(rule, value)| (rule.clone(), level(value))).collect()
}

fn environment(name: &Placed, node: &Node) -> (Placed, Vec<Placed>, Span) {
    let span = node.get("origins").map_or(name.span, |origins| origins.span);
    (name.clone(), texts(node, "origins"), span)
}

fn variables(node: &Node) -> Vec<(Arc<str>, Arc<str>)> {
    let entries = node.get("variables").map_or(&[][..], Node::entries);
    entries.iter().filter_map(|(name, value)| Some((name.value.clone(), value.as_str()?.into()))).collect()
}

/// The first line of a table: what a label points at.
fn header(text: &str, span: Span) -> Span {
    let length = text.get(span.range()).and_then(|text| text.lines().next()).map_or(0, |line| line.trim_end().len());
    Span::new(span.file, span.start as usize, span.start as usize + length)
}

/// A path as the user of the working directory would write it.
fn shown(path: &Utf8Path, root: &Utf8Path) -> Utf8PathBuf {
    let (path, root) = (normal(path), normal(root));
    for (steps, above) in root.ancestors().enumerate() {
        if let Ok(below) = path.strip_prefix(above)
            && (steps == 0 || above.parent().is_some())
        {
            return std::iter::repeat_n("..", steps).collect::<Utf8PathBuf>().join(below);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_working_directory() {
        assert_eq!(shown("/repo/corslint.toml".into(), "/repo".into()), "corslint.toml");
        assert_eq!(shown("/repo/corslint.toml".into(), "/repo/web/src".into()), "../../corslint.toml");
        assert_eq!(shown("/etc/x".into(), "/repo".into()), "/etc/x");
    }
}
