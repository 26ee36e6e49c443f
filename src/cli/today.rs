//! The day of the run, for suppressions that end.
//!
//! In: `CORSLINT_TODAY` (for tests), `SOURCE_DATE_EPOCH` (as reproducible builds set it), or the clock. Out: a day of UTC.
//! The only place that asks what day it is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::suppress::Date;

/// Today.
pub(super) fn today() -> Result<Date, Error> {
    let said = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    if let Some(text) = said("CORSLINT_TODAY") {
        return Date::parse(&text).ok_or_else(|| Error::new(format!("CORSLINT_TODAY is `{text}`, which is no day")));
    }
    let seconds = match said("SOURCE_DATE_EPOCH") {
        Some(text) => text
            .parse()
            .map_err(|_| Error::new(format!("SOURCE_DATE_EPOCH is `{text}`, not a number of seconds since 1970")))?,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
    };
    Ok(Date::of_seconds(seconds))
}
