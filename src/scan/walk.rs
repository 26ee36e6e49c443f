//! The walk through directories, and the reading on the way.
//!
//! In: directories. Out: a [`Harvest`] in no order. Every thread of the walk reads what it finds with its own buffer, so
//! nothing waits for a list of files. Must not decide what a file means.

use std::fs::{self, FileType};
use std::path::Path;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::kind::Kind;
use super::read::{FileRead, Outcome, Reader, reason};
use super::{Options, notice, skip};
use crate::source::Notice;

/// What a walk found.
#[derive(Default)]
pub(super) struct Harvest {
    pub(super) files: Vec<FileRead>,
    pub(super) notices: Vec<Notice>,
}

impl Harvest {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Read(file, trouble) => {
                self.files.push(file);
                self.notices.extend(trouble);
            }
            Outcome::Unread(trouble) => self.notices.extend(trouble),
        }
    }

    fn append(&mut self, other: &mut Harvest) {
        self.files.append(&mut other.files);
        self.notices.append(&mut other.notices);
    }
}

/// Walks `directories`, which are relative to the root of `options`.
pub(super) fn walk(directories: &[Utf8PathBuf], options: &Options) -> Harvest {
    let places = directories.iter().map(|directory| options.root.join(directory));
    // An empty path means the working directory, but cannot be opened.
    let mut places = places.map(|place| if place.as_str().is_empty() { Utf8PathBuf::from(".") } else { place });
    let Some(first) = places.next() else { return Harvest::default() };
    let mut builder = WalkBuilder::new(first);
    for place in places {
        builder.add(place);
    }
    let (exclude, root) = (options.exclude.clone(), options.root.clone());
    let is_excluded = move |entry: &DirEntry| {
        let place = Utf8Path::from_path(entry.path());
        place.is_some_and(|place| entry.depth() > 0 && exclude.contains(place.strip_prefix(&root).unwrap_or(place)))
    };
    builder
        .hidden(false)
        .require_git(false)
        .threads(options.threads)
        .filter_entry(move |entry| is_walked(entry) && !is_excluded(entry));
    let harvest = Mutex::new(Harvest::default());
    builder.build_parallel().visit(&mut Crew { options, harvest: &harvest });
    harvest.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn is_walked(entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    let name = entry.file_name().to_str().unwrap_or("");
    let virtual_environment = || name.contains("env") && entry.path().join("pyvenv.cfg").exists();
    !skip::is_skipped_directory(name) && !virtual_environment()
}

struct Crew<'a> {
    options: &'a Options,
    harvest: &'a Mutex<Harvest>,
}

impl<'a> ParallelVisitorBuilder<'a> for Crew<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        let reader = Reader::new(self.options.size_limit);
        Box::new(Walker { options: self.options, shared: self.harvest, harvest: Harvest::default(), reader })
    }
}

struct Walker<'a> {
    options: &'a Options,
    shared: &'a Mutex<Harvest>,
    harvest: Harvest,
    reader: Reader,
}

impl Drop for Walker<'_> {
    fn drop(&mut self) {
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut self.harvest);
    }
}

impl ParallelVisitor for Walker<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => match entry.file_type() {
                Some(kind) if kind.is_dir() => self.env_files(entry.path()),
                Some(kind) => self.file(entry.path(), kind, false),
                None => {}
            },
            Err(error) => self.trouble(&error),
        }
        WalkState::Continue
    }
}

impl Walker<'_> {
    /// Env files are ignored by git almost everywhere, and are what a deployment is made of: they are listed here,
    /// past the ignore files, and left out of the walk.
    fn env_files(&mut self, directory: &Path) {
        // A directory that cannot be listed is reported by the walk itself.
        let Ok(entries) = fs::read_dir(directory) else { return };
        for entry in entries.flatten() {
            let is_env = entry.file_name().to_str().and_then(|name| Kind::of(Utf8Path::new(name))) == Some(Kind::Env);
            if is_env && let Ok(kind) = entry.file_type() {
                self.file(&entry.path(), kind, true);
            }
        }
    }

    fn file(&mut self, place: &Path, file_type: FileType, env: bool) {
        let Some(place) = Utf8Path::from_path(place) else {
            let shown = place.to_string_lossy().into_owned();
            return self.harvest.notices.push(notice(shown.into(), "the name is not UTF-8, not read"));
        };
        let Some(kind) = Kind::of(place) else { return };
        if (kind == Kind::Env) != env || place.file_name().is_some_and(skip::is_built_name) || file_type.is_dir() {
            return;
        }
        let path = self.shown(place);
        if env && self.options.exclude.contains(&path) {
            return;
        }
        if file_type.is_symlink() {
            self.harvest.notices.push(notice(path, "a symbolic link, not followed"));
        } else if !file_type.is_file() {
            // Opening a FIFO would wait for somebody to write to it.
            self.harvest.notices.push(notice(path, "not a regular file, not read"));
        } else {
            self.harvest.add(self.reader.read(place, path, kind, false));
        }
    }

    fn shown(&self, place: &Utf8Path) -> Utf8PathBuf {
        let below = place.strip_prefix(&self.options.root).unwrap_or(place);
        let below = below.strip_prefix(".").unwrap_or(below);
        if std::path::MAIN_SEPARATOR == '/' { below.to_owned() } else { below.as_str().replace('\\', "/").into() }
    }

    fn trouble(&mut self, error: &ignore::Error) {
        let message = error.io_error().map_or_else(|| error.to_string(), reason);
        let place = path_of(error).map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let path = self.shown(Utf8Path::new(&place));
        self.harvest.notices.push(notice(path, format!("cannot be walked: {message}")));
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}
