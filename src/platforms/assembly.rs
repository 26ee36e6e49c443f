//! Handlers that become a server together: whose policies they are, and which of two lines of one header arrives.
//!
//! In: handlers. Out: changed handlers and policies. Knows no platform.

use super::express::registration::policies_of;
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::model::server::{Effect, Handler};

/// Makes the policies of a handler those of a server, in force at the handler's path.
pub(super) fn adopt(handler: &Handler, index: usize, project: &mut Project) {
    for policy in policies_of(handler) {
        let policy = &mut project.policies[policy];
        policy.installed = Known::Yes;
        policy.server.get_or_insert(index);
        policy.paths.extend(handler.scope.path.clone());
        if policy.place.is_empty() || policy.place == "cors()" {
            policy.place = handler.name.clone();
        }
    }
}

/// What the handler sends gives way to what was sent outside of it.
pub(super) fn yield_to_outer(handler: &mut Handler) {
    for guarded in &mut handler.effects {
        if let Effect::Set(name, value) | Effect::Append(name, value) = &guarded.effect {
            guarded.effect = Effect::Default(name.clone(), value.clone());
        }
    }
}
