//! `facts!`: the one declaration from which a record's Rust struct, its description and its look-up all come.
//!
//! In: a struct with a doc comment on every field. Out: the struct (with `span`, and for a subject also `platform`,
//! `environment` and `server`), `Record`, `Described`, `AsField` and, for a subject, `Subject`.

/// Declares a record (`record Name = "name" { .. }`) or a subject (`subject Name = "name" { .. }`).
macro_rules! facts {
    (
        $(#[doc = $doc:literal])*
        subject $name:ident = $word:literal {
            $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)*
        }
    ) => {
        $crate::rules::facts::declare::facts! {
            @declare
            $(#[doc = $doc])*
            $name = $word {
                /// The platform whose configuration it is: `express`, `django`, `nginx`.
                platform: $crate::rules::facts::Word,
                /// The environment it is about: `production` unless said otherwise.
                environment: $crate::rules::facts::Word,
                $($(#[doc = $field_doc])* $field: $kind,)*
            } {
                /// The server it belongs to: the same number means the same server.
                pub server: Option<u32>,
            }
        }

        impl $crate::rules::facts::Subject for $name {
            fn platform(&self) -> &str {
                &self.platform.0
            }
            fn environment(&self) -> &str {
                &self.environment.0
            }
            fn server(&self) -> Option<u32> {
                self.server
            }
        }
    };
    (
        $(#[doc = $doc:literal])*
        record $name:ident = $word:literal {
            $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)*
        }
    ) => {
        $crate::rules::facts::declare::facts! {
            @declare
            $(#[doc = $doc])*
            $name = $word { $($(#[doc = $field_doc])* $field: $kind,)* } {}
        }
    };
    (
        @declare
        $(#[doc = $doc:literal])*
        $name:ident = $word:literal {
            $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)*
        } {
            $($hidden:tt)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            /// Where the whole of it is written.
            pub span: Option<$crate::source::Span>,
            $($hidden)*
            $($(#[doc = $field_doc])* pub $field: $kind,)*
        }

        impl $crate::rules::facts::Described for $name {
            fn described() -> &'static $crate::rules::facts::Schema {
                static SCHEMA: $crate::rules::facts::Schema = $crate::rules::facts::Schema {
                    name: $word,
                    docs: &[$($doc),*],
                    fields: &[$($crate::rules::facts::Field {
                        name: stringify!($field),
                        docs: &[$($field_doc),*],
                        kind: <$kind as $crate::rules::facts::AsField>::KIND,
                    },)*],
                };
                &SCHEMA
            }
        }

        impl $crate::rules::facts::Record for $name {
            fn schema(&self) -> &'static $crate::rules::facts::Schema {
                <$name as $crate::rules::facts::Described>::described()
            }
            fn fact(&self, field: &str) -> Option<$crate::rules::facts::Fact<'_>> {
                match field {
                    $(stringify!($field) => Some($crate::rules::facts::AsField::fact(&self.$field)),)*
                    _ => None,
                }
            }
            fn span(&self) -> Option<$crate::source::Span> {
                self.span
            }
        }

        impl $crate::rules::facts::AsField for $name {
            const KIND: $crate::rules::facts::Kind =
                $crate::rules::facts::Kind::Record(<$name as $crate::rules::facts::Described>::described);
            fn fact(&self) -> $crate::rules::facts::Fact<'_> {
                $crate::rules::facts::Fact::Record(self)
            }
        }
    };
}
pub(crate) use facts;
