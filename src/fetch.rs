//! The algorithms of the Fetch standard that decide about a cross-origin request, as pure functions.
//!
//! In: what a page asks for and what a server answers. Out: the preflight, the checks, the verdict and what browsers say
//! about it. One file per algorithm, each with its anchor in <https://fetch.spec.whatwg.org/>. Knows no platform, no rule
//! and no file.

pub mod answer;
pub mod browser;
pub mod cause;
pub mod client;
pub mod console;
pub mod cors_check;
pub mod decode;
pub mod evidence;
pub mod exchange;
pub mod forbidden;
pub mod grants;
pub mod list;
pub mod matching;
pub mod max_age;
pub mod message;
pub mod method;
pub mod mime;
pub mod mixed_content;
pub mod outcome;
pub mod preflight;
pub mod redirect;
pub mod replay;
pub mod request;
pub mod response;
pub mod route;
pub mod safelist;
pub mod squeeze;
pub mod step;
pub mod template;
pub mod trace;
pub mod verdict;
