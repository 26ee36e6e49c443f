//! corslint reads a repository the way a browser will meet it.
//!
//! The way of the data: paths → files → trees → values → servers and policies → findings → reports.

pub mod cli;
pub mod error;
pub mod finding;
pub mod ir;
pub mod report;
pub mod scan;
pub mod source;
pub mod syntax;
