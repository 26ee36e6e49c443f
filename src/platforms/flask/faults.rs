//! Faults of order and registration.
//!
//! In: servers with their handlers. Out: `HandlerFault`s.

use super::apps::Found;
use crate::eval::Interp;
use crate::model::project::Project;

pub(super) fn gather(_run: &mut Interp<'_>, _found: &Found, _project: &mut Project) {}
