//! The YAML form of a rule, exactly as it is written.
//!
//! In: the text of a rule file. Out: its fields with their places, unchecked. Unknown fields are refused here; what the
//! fields mean is decided in `load`. Names of the form are documented by `docs::json_schema`, which a test compares.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// A text with its place in the rule file.
pub(super) type Placed = Spanned<String>;

/// A rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleForm {
    pub(super) id: Placed,
    pub(super) group: Spanned<GroupForm>,
    pub(super) severity: Spanned<SeverityForm>,
    #[serde(default)]
    pub(super) persona: PersonaForm,
    pub(super) title: Placed,
    pub(super) why: Placed,
    pub(super) fix: Spanned<PerPlatform>,
    #[serde(default)]
    pub(super) see: Vec<Placed>,
    pub(super) given: Placed,
    pub(super) when: Placed,
    pub(super) message: Placed,
    pub(super) at: Placed,
    pub(super) text: Option<Placed>,
    #[serde(default)]
    pub(super) labels: Vec<LabelForm>,
    pub(super) witness: Option<Placed>,
    pub(super) help: Option<Spanned<PerPlatform>>,
    pub(super) once: Option<OnceForm>,
    pub(super) apart: Option<Placed>,
    #[serde(default)]
    pub(super) shifts: Vec<ShiftForm>,
    pub(super) examples: Spanned<Vec<Spanned<ExampleForm>>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GroupForm {
    Security,
    Blocked,
    Deploy,
    Performance,
    Upkeep,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SeverityForm {
    Error,
    Warning,
    Info,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PersonaForm {
    #[default]
    Regular,
    Pedantic,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnceForm {
    Server,
    File,
}

/// A further place to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabelForm {
    pub(super) at: Placed,
    pub(super) text: Placed,
    pub(super) when: Option<Placed>,
}

/// Another severity under a condition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShiftForm {
    pub(super) severity: SeverityForm,
    pub(super) when: Placed,
}

/// A project that the rule must find something in, or nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleForm {
    pub(super) bad: Option<Placed>,
    pub(super) good: Option<Placed>,
    pub(super) name: Option<String>,
    pub(super) marks: Option<Placed>,
    pub(super) limit: Option<String>,
    pub(super) files: IndexMap<String, String>,
}

/// One text for every platform, or one per platform with a `default`.
#[derive(Debug)]
pub(super) enum PerPlatform {
    Same(String),
    Each(IndexMap<String, Placed>),
}

impl<'de> Deserialize<'de> for PerPlatform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Written by hand because an untagged enum would buffer the map and lose the places of its texts.
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = PerPlatform;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map from platform to text with a `default`")
            }

            fn visit_str<E>(self, text: &str) -> Result<PerPlatform, E> {
                Ok(PerPlatform::Same(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerPlatform, A::Error> {
                let mut texts = IndexMap::new();
                while let Some(platform) = map.next_key::<String>()? {
                    texts.insert(platform, map.next_value::<Placed>()?);
                }
                Ok(PerPlatform::Each(texts))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
