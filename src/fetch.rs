//! The algorithms of the Fetch standard that decide about a cross-origin request, as pure functions.
//!
//! In: what a page asks for and what a server answers. Out: the preflight, the checks, the verdict and what browsers say
//! about it. One file per algorithm, each with its anchor in <https://fetch.spec.whatwg.org/>. Knows no platform, no rule
//! and no file.

pub mod answer;
pub mod exchange;
pub mod route;
