//! One file's bytes, searched and, when they matter, decoded.
//!
//! In: a path and its kind. Out: an [`Outcome`]. One buffer is reused for all files of a thread, and only texts that
//! are kept are copied out of it. Must not walk directories.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::kind::{Kind, is_compose};
use super::needles::Needles;
use super::{notice, skip};
use crate::source::Notice;

/// How far into a file a NUL byte makes it binary; git looks as far.
const BINARY_HEAD: usize = 8 << 10;

/// A file that was read.
pub(super) struct FileRead {
    pub(super) path: Utf8PathBuf,
    pub(super) kind: Kind,
    pub(super) needles: Needles,
    /// Present when it is kept.
    pub(super) text: Option<Arc<str>>,
}

/// What became of a file.
pub(super) enum Outcome {
    /// It was read, perhaps with loss.
    Read(FileRead, Option<Notice>),
    /// It is none of ours, or could not be read.
    Unread(Option<Notice>),
}

/// Reads files into one buffer.
pub(super) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    pub(super) fn new(size_limit: usize) -> Reader {
        // One byte more than the limit tells a file of the limit's size from a larger one.
        Reader { buffer: vec![0; size_limit + 1] }
    }

    /// Reads the file at `place`, shown as `path`. `wanted`: its text is kept whatever it holds.
    pub(super) fn read(&mut self, place: &Utf8Path, path: Utf8PathBuf, kind: Kind, wanted: bool) -> Outcome {
        match self.fill(place) {
            Ok(length) => self.search(length, path, kind, wanted),
            Err(error) => Outcome::Unread(Some(notice(path, format!("cannot be read: {}", reason(&error))))),
        }
    }

    /// Reads a text that was given instead of a file.
    pub(super) fn read_text(&mut self, text: &[u8], path: Utf8PathBuf, kind: Kind) -> Outcome {
        let length = text.len().min(self.buffer.len());
        self.buffer[..length].copy_from_slice(&text[..length]);
        self.search(length, path, kind, true)
    }

    /// Looks through the first `length` bytes of the buffer.
    fn search(&mut self, length: usize, path: Utf8PathBuf, kind: Kind, wanted: bool) -> Outcome {
        let too_large = length == self.buffer.len();
        let bytes = &self.buffer[..length];
        let decoded = utf16(bytes);
        let bytes = decoded.as_deref().map_or(bytes, str::as_bytes);
        let needles = Needles::search(bytes);
        if too_large {
            // A large bundle that never speaks of CORS is nobody's loss.
            let lost = wanted || needles.meets(Needles::CORS | Needles::SERVER | Needles::CLIENT | Needles::FUNCTION);
            return Outcome::Unread(lost.then(|| notice(path, format!("larger than {} bytes, not read", length - 1))));
        }
        if kind == Kind::Nginx && !skip::looks_like_nginx(bytes) {
            return Outcome::Unread(None);
        }
        let kept = wanted || is_kept(&path, kind, needles);
        if !kept {
            return Outcome::Read(FileRead { path, kind, needles, text: None }, None);
        }
        if bytes[..bytes.len().min(BINARY_HEAD)].contains(&0) {
            return Outcome::Unread(Some(notice(path, "binary, not read")));
        }
        if kind.is_code() && !wanted && (skip::is_minified(bytes) || skip::is_generated(bytes)) {
            let lost = needles.contains(Needles::CORS);
            return Outcome::Unread(lost.then(|| notice(path, "minified or generated, not read")));
        }
        let (text, trouble) = match std::str::from_utf8(bytes) {
            Ok(text) => (Arc::from(text), None),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
                let message = "not valid UTF-8; what is not was replaced".to_owned();
                (String::from_utf8_lossy(bytes).into(), Some(Notice { path: path.clone(), line, message }))
            }
        };
        let trouble = trouble.or_else(|| decoded.is_some().then(|| notice(path.clone(), "UTF-16; read as UTF-8")));
        Outcome::Read(FileRead { path, kind, needles, text: Some(text) }, trouble)
    }

    fn fill(&mut self, place: &Utf8Path) -> io::Result<usize> {
        let mut file = File::open(place)?;
        let mut length = 0;
        while length < self.buffer.len() {
            match file.read(&mut self.buffer[length..]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }
}

fn is_kept(path: &Utf8Path, kind: Kind, needles: Needles) -> bool {
    match kind {
        Kind::JavaScript | Kind::TypeScript | Kind::Tsx | Kind::Python => {
            needles.meets(Needles::CORS | Needles::SERVER | Needles::CLIENT | Needles::FUNCTION)
        }
        Kind::Component => needles.contains(Needles::CLIENT),
        Kind::Yaml => {
            let workflow = path.parent().is_some_and(|folder| folder.ends_with(".github/workflows"));
            let deploys = needles.meets(Needles::CORS | Needles::DEPLOYS);
            workflow || deploys || path.file_name().is_some_and(is_compose)
        }
        Kind::Nginx | Kind::Env | Kind::Json | Kind::Toml | Kind::Requirements | Kind::Dockerfile | Kind::Manifest => {
            true
        }
    }
}

/// Windows tools still write env files and requirements in UTF-16, always with a mark in front.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// The operating system's words without its error number.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it vanished while corslint ran".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
