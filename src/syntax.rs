//! Text to trees, one module per language.
//!
//! In: a file's text. Out: a tree whose every node carries its span, and what could not be read. Only these modules
//! name tree-sitter or nom. They know no library, no CORS and no file system, and they never fail: what is broken
//! becomes a gap and a [`Problem`].

pub mod javascript;
mod number;
pub mod python;
mod tree;

/// Something in a file that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Byte offset in the file.
    pub offset: usize,
    /// What is wrong, one line.
    pub message: String,
}
