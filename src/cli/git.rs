//! What changed since a commit, as git says it.
//!
//! In: the name of a commit, and findings. Out: whether a finding, or a label of it, lies in changed lines. The only place
//! that starts a program: git itself, with arguments and never through a shell, with everything off by which a repository
//! could make it start another one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::engine::Settings;
use crate::error::Error;
use crate::finding::Finding;
use crate::globs::normal;
use crate::source::{Sources, Span};

/// Files whose changes are asked for at once: a command line has an end.
const AT_ONCE: usize = 200;

/// A commit of the repository that is checked.
#[derive(Debug)]
pub(super) struct Since {
    root: Utf8PathBuf,
    top: Utf8PathBuf,
    commit: String,
}

/// The changed lines of the files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Changed {
    root: Utf8PathBuf,
    lines: BTreeMap<Utf8PathBuf, Vec<Range<usize>>>,
    /// Files that git does not know: all of each is new.
    unknown: BTreeSet<Utf8PathBuf>,
}

impl Since {
    /// Finds the commit, or says why it cannot be found.
    pub(super) fn new(reference: &str, settings: &Settings) -> Result<Since, Error> {
        if reference.starts_with('-') {
            return Err(Error::new(format!("`{reference}` is no commit: it begins with `-`"))
                .with_help("name a branch, a tag or a commit, as in `--changed-since origin/main`"));
        }
        let root = &settings.root;
        let top = git(root, &["rev-parse", "--show-toplevel"])?.map_err(|reason| {
            Error::new(format!("`--changed-since` needs a git repository, and there is none here: {reason}"))
                .with_help("start corslint in the repository, or leave out `--changed-since`")
        })?;
        let top = normal(Utf8Path::new(top.trim_end_matches(['\n', '\r'])));
        if let Some(outside) = settings.paths.iter().find(|path| !normal(&root.join(path)).starts_with(&top)) {
            return Err(Error::new(format!("`{outside}` is outside of the git repository `{top}`"))
                .with_help("git cannot say what changed there: check it without `--changed-since`"));
        }
        let revision = format!("{reference}^{{commit}}");
        let commit = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &revision])?;
        let commit = commit.map_err(|_| {
            Error::new(format!("`--changed-since` names `{reference}`, and there is no such commit"))
                .with_help("fetch it first: a shallow clone, as CI makes it, has only the newest commit")
        })?;
        // What the other branch went on to change is nobody's change here.
        let base = git(root, &["merge-base", commit.trim(), "HEAD"])?.unwrap_or(commit);
        Ok(Since { root: root.clone(), top, commit: base.trim().to_owned() })
    }

    /// What changed in the files of these findings.
    pub(super) fn changed(&self, findings: &[Finding], sources: &Sources) -> Result<Changed, Error> {
        let spans = findings.iter().flat_map(spans);
        let files: BTreeSet<Utf8PathBuf> = spans.map(|span| normal(&self.root.join(sources.path(span.file)))).collect();
        let (inside, outside): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.starts_with(&self.top));
        let mut changed =
            Changed { root: self.root.clone(), unknown: BTreeSet::from_iter(outside), ..Changed::default() };
        for chunk in inside.chunks(AT_ONCE) {
            let paths: Vec<&str> = chunk.iter().map(|file| file.as_str()).collect();
            let listed = self.ask(&["ls-files", "-z", "--full-name", "--"], &paths)?;
            let tracked: BTreeSet<Utf8PathBuf> =
                listed.split('\0').filter(|name| !name.is_empty()).map(|name| self.top.join(name)).collect();
            changed.unknown.extend(chunk.iter().filter(|file| !tracked.contains(*file)).cloned());
            let fixed = [
                "diff",
                "--no-color",
                "--no-ext-diff",
                "--no-textconv",
                "--no-renames",
                "--no-relative",
                "--unified=0",
                "--src-prefix=a/",
                "--dst-prefix=b/",
                "--ignore-submodules=all",
                &self.commit,
                "--",
            ];
            for (name, lines) in changed_lines(&self.ask(&fixed, &paths)?) {
                changed.lines.entry(self.top.join(name)).or_default().extend(lines);
            }
        }
        Ok(changed)
    }

    fn ask(&self, fixed: &[&str], paths: &[&str]) -> Result<String, Error> {
        let arguments: Vec<&str> = fixed.iter().chain(paths).copied().collect();
        git(&self.root, &arguments)?
            .map_err(|reason| Error::new(format!("git cannot say what changed since {}: {reason}", self.commit)))
    }
}

impl Changed {
    /// Does the finding, or a label of it, lie in a changed line?
    pub(super) fn touch(&self, finding: &Finding, sources: &Sources) -> bool {
        spans(finding).any(|span| {
            let file = normal(&self.root.join(sources.path(span.file)));
            let first = sources.position(span.file, span.start).line;
            let last = sources.position(span.file, span.end.max(span.start + 1) - 1).line.max(first);
            let ranges = self.lines.get(&file).map_or(&[][..], Vec::as_slice);
            self.unknown.contains(&file) || ranges.iter().any(|range| range.start <= last && first < range.end)
        })
    }
}

fn spans(finding: &Finding) -> impl Iterator<Item = Span> + '_ {
    std::iter::once(&finding.primary).chain(&finding.labels).map(|label| label.span)
}

/// Runs git. The outer error: it cannot be started. The inner one: what it complains about.
fn git(root: &Utf8Path, arguments: &[&str]) -> Result<Result<String, String>, Error> {
    let output = Command::new("git")
        .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "it is not installed, or not on the PATH".to_owned(),
                _ => error.to_string(),
            };
            Error::new(format!("`--changed-since` needs git: {reason}"))
                .with_help("install git, or leave out `--changed-since`")
        })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(Ok(text(&output.stdout)));
    }
    let complaint = text(&output.stderr);
    Ok(Err(complaint.lines().next().unwrap_or("it fails without a word").trim_start_matches("fatal: ").to_owned()))
}

/// The new lines of each file in a diff without context.
fn changed_lines(diff: &str) -> Vec<(String, Vec<Range<usize>>)> {
    let mut files: Vec<(String, Vec<Range<usize>>)> = Vec::new();
    // A file that is gone has no lines to be changed.
    let mut is_there = false;
    let mut lines = diff.lines();
    while let Some(line) = lines.next() {
        if let Some(written) = line.strip_prefix("+++ ") {
            let name = new_name(written);
            is_there = name.is_some();
            files.extend(name.map(|name| (name, Vec::new())));
        } else if let Some((removed, added)) = line.strip_prefix("@@ ").and_then(hunk) {
            // The lines themselves are passed over: one of them may look like a header.
            let mut left = removed + added.len();
            while left > 0
                && let Some(line) = lines.next()
            {
                left -= usize::from(!line.starts_with('\\'));
            }
            if let Some((_, ranges)) = files.last_mut().filter(|_| is_there) {
                // Where lines were only taken away, those on either side of the gap have changed.
                let end = if added.is_empty() { added.start + 2 } else { added.end };
                ranges.push(added.start..end);
            }
        }
    }
    files
}

/// `b/path`, in quotes with escapes where the name holds something unusual.
fn new_name(written: &str) -> Option<String> {
    let written = written.trim_end_matches('\t');
    match written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        None => written.strip_prefix("b/").map(str::to_owned),
        Some(quoted) => unescaped(quoted).strip_prefix("b/").map(str::to_owned),
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let digits = rest.iter().take(3).take_while(|digit| (b'0'..=b'7').contains(*digit)).count();
        if digits == 3 {
            let value = rest[..3].iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            bytes.push(u8::try_from(value).unwrap_or(b'?'));
            rest = &rest[3..];
        } else if let Some((&escape, after)) = rest.split_first() {
            rest = after;
            bytes.push(match escape {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                other => other,
            });
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `-3,2 +4 @@`: how many lines were taken away, and which are new.
fn hunk(header: &str) -> Option<(usize, Range<usize>)> {
    let mut parts = header.split(' ');
    let removed = parts.next()?.strip_prefix('-')?;
    let added = parts.next()?.strip_prefix('+')?;
    let numbers = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let (start, count) = numbers(added)?;
    Some((numbers(removed)?.1, start..start.checked_add(count)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_says_which_lines_are_new() {
        let diff = "diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1 +1,2 @@ x\n-old\n\\ No newline\n+++ b/not-a-file\n+new\n\\ No newline\n@@ -9,2 +9,0 @@\n-x\n-y\n--- a/gone.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n--- a/b\n+++ \"b/\\303\\244 \\\"b\\\".js\"\n@@ -0,0 +1 @@\n+x\n";
        let found = changed_lines(diff);
        assert_eq!(found[0], ("a.js".to_owned(), vec![1..3, 9..11]));
        assert_eq!((&*found[1].0, found[1].1.len(), &found[1].1[0]), ("ä \"b\".js", 1, &(1..2)));
    }
}
