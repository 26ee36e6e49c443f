//! The common model, in the words of the Fetch standard.
//!
//! In: built by `platforms/`. Out: asked by `fetch/` and `rules/`. Depends on `source` alone: no language, no library.

pub mod client;
pub mod condition;
pub mod dev_server;
pub mod intent;
pub mod layers;
pub mod link;
pub mod origin;
pub mod path;
pub mod policy;
pub mod probe;
pub mod project;
pub mod server;
pub mod term;
pub mod world;
