//! Text to trees, one module per language.
//!
//! In: a file's text. Out: a tree whose every node carries its span, and what could not be read. Only these modules
//! name tree-sitter or nom. They know no library, no CORS and no file system, and they never fail: what is broken
//! becomes a gap and a [`Problem`].

pub mod comments;
pub mod component;
pub mod dockerfile;
pub mod document;
pub mod dotenv;
mod interpolate;
pub mod javascript;
pub mod json;
pub mod nginx;
mod number;
mod problems;
pub mod python;
pub mod requirements;
pub mod toml;
mod tree;
pub mod yaml;

/// Something in a file that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Byte offset in the file.
    pub offset: usize,
    /// What is wrong, one line.
    pub message: String,
}
