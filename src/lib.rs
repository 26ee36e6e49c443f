//! corslint reads a repository the way a browser will meet it.
//!
//! The way of the data: paths → files → trees → values → servers and policies → findings → reports.

pub mod baseline;
pub mod cli;
pub mod config;
pub mod engine;
pub mod error;
pub mod eval;
pub mod facts;
pub mod fetch;
pub mod finding;
pub mod globs;
pub mod ir;
pub mod model;
pub mod pipeline;
pub mod platforms;
pub mod report;
pub mod rules;
pub mod scan;
pub mod show;
pub mod source;
pub mod suppress;
pub mod syntax;
pub mod workspace;
