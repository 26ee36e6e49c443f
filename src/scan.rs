//! Which files of a repository can matter, and their texts.
//!
//! In: the paths of the command line. Out: a [`Scan`]: every file that could matter in path order, the texts of those
//! that do, and a notice for what could not be read. Bytes are searched before anything is decoded, so a large tree
//! costs little more than a search for a word. Knows file names and needles; must not know how anything is parsed.

mod kind;
mod needles;
mod read;
mod skip;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

pub use kind::Kind;
pub use needles::Needles;

use crate::error::Error;
use crate::globs::Globs;
use crate::source::{FileId, Notice, Sources};
use read::{Outcome, Reader};

/// How to walk and read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Paths are shown relative to this directory, and given paths start from it.
    pub root: Utf8PathBuf,
    /// Larger files are not read, in bytes.
    pub size_limit: usize,
    /// How many threads read; 0 lets the machine decide.
    pub threads: usize,
    /// What is not walked into and not read, unless it is named.
    pub exclude: Globs,
}

impl Options {
    /// The usual limits, from `root`.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Options { root: root.into(), size_limit: 1 << 20, threads: 0, exclude: Globs::default() }
    }
}

/// A file that could matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Relative to the root, with `/`.
    pub path: Utf8PathBuf,
    /// How it is to be read.
    pub kind: Kind,
    /// Which words its bytes hold.
    pub needles: Needles,
    /// Its text, if it was kept or loaded.
    pub id: Option<FileId>,
}

/// What the walk brought home.
#[derive(Debug)]
pub struct Scan {
    /// The texts that were kept: in path order, then those that were loaded later.
    pub sources: Sources,
    /// Every file that could matter, in path order, with or without a kept text.
    pub files: Vec<Found>,
    /// What could not be read, in path order.
    pub notices: Vec<Notice>,
    /// How many files were looked into.
    pub looked_at: usize,
    kinds: Vec<(Kind, Needles)>,
    directories: Vec<Utf8PathBuf>,
    outside: BTreeMap<Utf8PathBuf, FileId>,
    options: Options,
}

/// Walks `paths` and reads what can matter. Fails only when a given path does not exist.
pub fn scan(paths: &[Utf8PathBuf], options: Options) -> Result<Scan, Error> {
    let mut directories = Vec::new();
    let mut single = Vec::new();
    for path in paths {
        let shown = shown_path(&options.root, path);
        match fs::metadata(options.root.join(&shown)) {
            Ok(metadata) if metadata.is_dir() => directories.push(shown),
            Ok(metadata) => single.push((shown, metadata.is_file())),
            Err(error) => return Err(Error::path(path, &error)),
        }
    }
    let mut harvest = walk::walk(&directories, &options);
    let mut reader = Reader::new(options.size_limit);
    for (path, is_file) in single {
        match Kind::of(&path) {
            _ if !is_file => harvest.notices.push(notice(path, "not a regular file, not read")),
            Some(kind) => harvest.add(reader.read(&options.root.join(&path), path, kind, false)),
            None => harvest.notices.push(notice(path, "not a kind of file that corslint reads")),
        }
    }
    Ok(Scan::gather(harvest, directories, options))
}

/// Reads one text as if it were the file at `path`. What it imports is read from the disk.
pub fn scan_text(path: &Utf8Path, text: &[u8], options: Options) -> Scan {
    let path = shown_path(&options.root, path);
    let mut harvest = walk::Harvest::default();
    match Kind::of(&path) {
        Some(kind) => harvest.add(Reader::new(options.size_limit).read_text(text, path, kind)),
        None => harvest.notices.push(notice(path, "not a kind of file that corslint reads")),
    }
    Scan::gather(harvest, Vec::new(), options)
}

impl Scan {
    /// Takes in a text that is no part of the repository's program, for spans to point into.
    pub fn add(&mut self, path: Utf8PathBuf, text: Arc<str>) -> FileId {
        self.kinds.push((Kind::Toml, Needles::default()));
        self.sources.add(path, text)
    }

    fn gather(mut harvest: walk::Harvest, directories: Vec<Utf8PathBuf>, options: Options) -> Scan {
        // Overlapping arguments and the second look for env files may bring a file twice.
        harvest.files.sort_unstable_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
        harvest.files.dedup_by(|a, b| a.path == b.path);
        harvest.notices.sort_by(|a, b| (a.path.as_str(), &a.message).cmp(&(b.path.as_str(), &b.message)));
        harvest.notices.dedup();
        let mut sources = Sources::default();
        let mut kinds = Vec::new();
        let looked_at = harvest.files.len();
        let files = harvest.files.into_iter().map(|read| {
            let id = read.text.map(|text| {
                kinds.push((read.kind, read.needles));
                sources.add(read.path.clone(), text)
            });
            Found { path: read.path, kind: read.kind, needles: read.needles, id }
        });
        let files = files.collect();
        let notices = harvest.notices;
        Scan { files, sources, notices, looked_at, kinds, directories, outside: BTreeMap::new(), options }
    }

    /// Files that exist in memory only: for rules' examples and tests.
    pub fn of_texts(files: &[(Utf8PathBuf, String)]) -> Scan {
        let mut harvest = walk::Harvest::default();
        for (path, text) in files {
            if let Some(kind) = Kind::of(path) {
                let needles = Needles::search(text.as_bytes());
                harvest.files.push(read::FileRead {
                    path: path.clone(),
                    kind,
                    needles,
                    text: Some(text.as_str().into()),
                });
            }
        }
        Scan::gather(harvest, vec![Utf8PathBuf::new()], Options::new(""))
    }

    /// A file's path below the directory that was asked for: what its folders say about it starts there.
    pub fn below(&self, id: FileId) -> &Utf8Path {
        let path = self.sources.path(id);
        self.directories
            .iter()
            .filter_map(|directory| path.strip_prefix(directory).ok())
            .min_by_key(|path| path.as_str().len())
            .unwrap_or(path)
    }

    /// How a kept or loaded file is to be read.
    pub fn kind(&self, id: FileId) -> Kind {
        self.kinds[id.0 as usize].0
    }

    /// Which words a kept or loaded file holds.
    pub fn needles(&self, id: FileId) -> Needles {
        self.kinds[id.0 as usize].1
    }

    /// Which words the file at a path holds; none when the walk did not see it.
    pub fn needles_at(&self, path: &Utf8Path) -> Needles {
        self.place(path).map_or(Needles::default(), |place| self.files[place].needles)
    }

    /// Is there such a file? For resolving imports: answered from the walk, and from the disk only outside of it.
    pub fn exists(&self, path: &Utf8Path) -> bool {
        self.place(path).is_ok() || self.outside.contains_key(path) || self.is_readable_outside(path)
    }

    /// The text of a path that an import leads to: the kept one, or read now. `None` when there is no such file or it
    /// cannot be read, with a notice for the latter.
    pub fn load(&mut self, path: &Utf8Path) -> Option<FileId> {
        let place = self.place(path);
        if let Some(id) = place.ok().and_then(|place| self.files[place].id).or(self.outside.get(path).copied()) {
            return Some(id);
        }
        if place.is_err() && !self.is_readable_outside(path) {
            return None;
        }
        let kind = Kind::of(path)?;
        let mut reader = Reader::new(self.options.size_limit);
        match reader.read(&self.options.root.join(path), path.to_owned(), kind, true) {
            Outcome::Read(read, trouble) => {
                self.notices.extend(trouble);
                let id = self.sources.add(read.path, read.text?);
                self.kinds.push((kind, read.needles));
                match place {
                    Ok(place) => self.files[place].id = Some(id),
                    Err(_) => drop(self.outside.insert(path.to_owned(), id)),
                }
                Some(id)
            }
            Outcome::Unread(trouble) => {
                self.notices.extend(trouble);
                None
            }
        }
    }

    fn place(&self, path: &Utf8Path) -> Result<usize, usize> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path.as_str()))
    }

    /// `corslint src/server.js` must still see `src/options.js`; below a walked directory the walk has the last word,
    /// because what it left out (ignored, vendored) was left out on purpose.
    fn is_readable_outside(&self, path: &Utf8Path) -> bool {
        let walked =
            self.directories.iter().any(|directory| directory.as_str().is_empty() || path.starts_with(directory));
        let vendored = || path.parent().is_some_and(|parent| parent.iter().any(skip::is_skipped_directory));
        !walked && !vendored() && Kind::of(path).is_some() && self.options.root.join(path).is_file()
    }
}

fn notice(path: Utf8PathBuf, message: impl Into<String>) -> Notice {
    Notice { path, line: 0, message: message.into() }
}

/// A path argument as reports show it: relative to the root where it lies below it, without `.` and, where links
/// allow, without inner `..`, so that one file has one name.
fn shown_path(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let mut path = path.to_owned();
    let leading = path.components().take_while(|part| *part == Utf8Component::ParentDir).count();
    let parents = path.components().filter(|part| *part == Utf8Component::ParentDir).count();
    if parents > leading
        && let Ok(real) = root.join(&path).canonicalize_utf8()
    {
        path = real;
    }
    if path.is_absolute() {
        let real_root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
        let below = path.strip_prefix(root).or_else(|_| path.strip_prefix(&real_root));
        path = below.map(Utf8Path::to_owned).unwrap_or(path);
    }
    path.components().filter(|part| *part != Utf8Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_shown_relative_to_the_root() {
        let shown = |path: &str| shown_path("/repo".into(), path.into()).to_string();
        assert_eq!(shown("."), "");
        assert_eq!(shown("./src/./a.js"), "src/a.js");
        assert_eq!(shown("/repo/src"), "src");
        assert_eq!(shown("/elsewhere/src"), "/elsewhere/src");
        assert_eq!(shown("../other"), "../other");
    }
}
