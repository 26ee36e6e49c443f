//! An allowed origin beside those that the configuration states.
//!
//! In: an origin that passes in production, and the stated ones. Out: whether it is meant, and what was meant instead.
//! Where nothing is stated nothing is claimed.

use crate::model::intent::{Deployed, Intent};
use crate::model::origin::{Url, malformation};
use crate::model::probe::{NamedOrigin, Standing};
use crate::rules::facts::Text;

/// What the configuration says about one origin.
#[derive(Debug, Default)]
pub(super) struct Intended {
    /// It is stated for production.
    pub(super) stated: bool,
    /// It is certainly not: others are stated, or it is stated for another deployment.
    pub(super) unstated: bool,
    /// The deployment it is stated for instead.
    pub(super) stated_for: Text,
    /// The origin that was probably meant.
    pub(super) meant: Option<String>,
    /// The place that says otherwise.
    pub(super) place: Text,
    /// The stated twin.
    pub(super) twin: Option<Text>,
    /// Production's origins are stated and the twin is none of them: it needs no allowing.
    pub(super) twin_is_settled: bool,
}

impl Intended {
    /// `twin` is the other one of apex and www, where it is certainly not allowed.
    pub(super) fn of(one: &NamedOrigin, twin: Option<&Url>, intent: &Intent) -> Intended {
        let mut intended = Intended::default();
        let production = intent.production();
        if let Some(production) = production {
            intended.stated = production.stating(&one.text).is_some();
            let stated_twin = twin.and_then(|twin| production.stating(&twin.origin()));
            intended.twin = stated_twin.map(|stated| Text::at(stated.text.to_string(), stated.span));
            intended.twin_is_settled = stated_twin.is_none();
        }
        if intended.stated {
            return intended;
        }
        if let Some(meant) = production.and_then(|production| production.meant_by(&one.text)) {
            intended.meant = Some(meant.text.to_string());
            intended.place = Text::at(meant.text.to_string(), meant.span);
        }
        if one.standing == Standing::Production && is_origin(&one.text) && intended.twin.is_none() {
            intended.contradict(one, production, intent);
        }
        intended
    }

    fn contradict(&mut self, one: &NamedOrigin, production: Option<&Deployed>, intent: &Intent) {
        if let Some((other, stated)) = intent.elsewhere(&one.text) {
            self.unstated = true;
            self.stated_for = Text::at(other.name.value.to_string(), other.name.span);
            self.place = Text::at(stated.text.to_string(), stated.span);
        } else if let Some(production) = production {
            self.unstated = true;
            if self.place.span.is_none() {
                self.place = Text::at(production.name.value.to_string(), production.span);
            }
        }
    }
}

/// Only what a browser can send is held against the stated ones; everything else has a fault of its own.
fn is_origin(text: &str) -> bool {
    malformation(text).is_none() && Url::parse(text).is_some()
}
