//! The vocabulary of rules: what they can be given, and the questions they can ask.
//!
//! In: facts that the model works out, each with its span. Out: for every subject a Rust struct, its description, and
//! the look-up of its fields, all from one declaration. Adding a field is one line in the subject's file; adding a
//! subject is one struct and one line in `subjects!` below. Knows nothing of rules, YAML or the expression language.

mod calls;
mod client;
mod declare;
mod env;
mod fallback;
mod handler;
mod header;
mod kinds;
mod names;
mod origin;
mod policy;
mod schema;
mod setting;
mod stated;
mod suppression;

pub use calls::CallsFacts;
pub use client::ClientFacts;
pub use env::EnvFacts;
pub use fallback::FallbackFacts;
pub use handler::{FurtherFacts, HandlerFacts};
pub use header::HeaderFacts;
pub use kinds::{Flag, Known, Number, Question, Text, Word};
pub use names::Names;
pub use origin::OriginFacts;
pub use policy::{AllowOriginFacts, LineFacts, ListedOriginFacts, LiteralWildcardFacts, PolicyFacts};
pub use schema::{AsField, Described, Fact, Field, Kind, Record, Schema, Subject};
pub use setting::{OtherSettingFacts, SettingFacts};
pub use stated::StatedFacts;
pub use suppression::SuppressionFacts;

/// Declares [`Facts`] and the closed list of subjects: `given word => field: Struct`.
macro_rules! subjects {
    ($($(#[doc = $doc:literal])* $variant:ident => $field:ident: $facts:ty,)*) => {
        /// Everything the rules are given about one run.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Facts {
            $($(#[doc = $doc])* pub $field: Vec<$facts>,)*
        }

        /// What a rule is given: one of the subjects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Given {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Given {
            /// All subjects, in the order of their declaration.
            pub const ALL: &'static [Given] = &[$(Given::$variant,)*];

            /// The description of the subject.
            pub fn schema(self) -> &'static Schema {
                match self {
                    $(Given::$variant => <$facts as Described>::described(),)*
                }
            }

            /// The kind of the subject: a record that is always there.
            pub fn kind(self) -> Kind {
                match self {
                    $(Given::$variant => Kind::Record(<$facts as Described>::described),)*
                }
            }
        }

        impl Facts {
            /// All facts of one subject, in the order in which they were given.
            pub fn of(&self, given: Given) -> Vec<&dyn Subject> {
                match given {
                    $(Given::$variant => self.$field.iter().map(|fact| fact as &dyn Subject).collect(),)*
                }
            }
        }
    };
}

subjects! {
    /// What servers grant.
    Policy => policies: PolicyFacts,
    /// Allowed origins, one by one.
    Origin => origins: OriginFacts,
    /// Options as the user wrote them.
    Setting => settings: SettingFacts,
    /// Header and method names as the user wrote them.
    Header => headers: HeaderFacts,
    /// What requests meet.
    Handler => handlers: HandlerFacts,
    /// Environment variables that origins come from.
    Env => envs: EnvFacts,
    /// Addresses of the developer's machine that are used for want of a variable.
    Fallback => fallbacks: FallbackFacts,
    /// Requests that code for browsers sends.
    Client => clients: ClientFacts,
    /// Origins that the configuration states.
    Stated => stated: StatedFacts,
    /// Comments and entries of the configuration that leave findings out.
    Suppression => suppressions: SuppressionFacts,
}

impl Given {
    /// The word used in rule files and expressions: `policy`.
    pub fn name(self) -> &'static str {
        self.schema().name
    }

    /// The subject of that name.
    pub fn named(name: &str) -> Option<Given> {
        Given::ALL.iter().copied().find(|given| given.name() == name)
    }
}
