//! Patterns for paths, as `.gitignore` files write them.
//!
//! In: patterns, and the directory they start from. Out: whether a path, as reports show it, is meant. A pattern without
//! a slash means a name anywhere below, `legacy/` a directory, `/a.js` a file directly here, `!` takes back. Opens
//! nothing.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// A set of paths, given by patterns.
#[derive(Debug, Clone)]
pub struct Globs {
    matcher: Gitignore,
    base: Utf8PathBuf,
    root: Utf8PathBuf,
}

impl Default for Globs {
    /// No path at all.
    fn default() -> Globs {
        Globs { matcher: Gitignore::empty(), base: Utf8PathBuf::new(), root: Utf8PathBuf::new() }
    }
}

impl Globs {
    /// `patterns` start from the directory `base`; paths are relative to `root`. Fails with the number of the pattern
    /// that is none, and why.
    pub fn new<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
        base: &Utf8Path,
        root: &Utf8Path,
    ) -> Result<Globs, (usize, String)> {
        let mut builder = GitignoreBuilder::new("");
        for (number, pattern) in patterns.into_iter().enumerate() {
            builder.add_line(None, pattern).map_err(|error| (number, reason(&error)))?;
        }
        let matcher = builder.build().map_err(|error| (0, reason(&error)))?;
        Ok(Globs { matcher, base: normal(base), root: normal(root) })
    }

    /// Is this path one of them? It, or a directory above it, is matched.
    pub fn contains(&self, path: &Utf8Path) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        let place = normal(&self.root.join(path));
        place
            .strip_prefix(&self.base)
            .is_ok_and(|below| !below.has_root() && self.matcher.matched_path_or_any_parents(below, false).is_ignore())
    }

    /// Is there no pattern?
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }
}

fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}

/// The path without `.` and, as far as names go, without `..`.
pub fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut result = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if result.file_name().is_some_and(|name| name != "..") => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(pattern: &str, path: &str) -> bool {
        let globs = Globs::new([pattern], "/repo".into(), "/repo/web".into());
        globs.is_ok_and(|globs| globs.contains(path.into()))
    }

    #[test]
    fn patterns_start_from_the_configuration_and_paths_from_the_working_directory() {
        assert!(contains("web/legacy/**", "legacy/a/b.js"));
        assert!(contains("web/legacy", "legacy/a/b.js"));
        assert!(contains("compose.dev.yml", "deploy/compose.dev.yml"));
        assert!(contains("/api", "../api/server.js"));
        assert!(!contains("/legacy/**", "legacy/a.js"));
        assert!(!contains("web/legacy/**", "legacy.js"));
        assert!(!contains("**", "../../elsewhere/a.js"));
    }

    #[test]
    fn what_is_no_pattern_says_so() {
        assert!(Globs::new(["a", "[z-a"], "".into(), "".into()).is_err_and(|(number, _)| number == 1));
    }
}
