//! The subject `setting`: one option as the user wrote it.

use super::declare::facts;
use super::{Flag, Text, Word};

facts! {
    /// One option of a CORS library or platform, as the user wrote it.
    subject SettingFacts = "setting" {
        /// The library that reads it, or should.
        library: Word,
        /// Its name as written.
        name: Text,
        /// The name or value to use instead.
        suggestion: Text,
        /// Why it has no effect, or what it conflicts with.
        reason: Text,
        /// The version in which it changed.
        since: Text,
        /// It was renamed or removed.
        deprecated: Flag,
        /// Nobody reads it.
        ineffective: Flag,
        /// Another setting disables it, or it disables another; `other` is that one.
        conflicting: Flag,
        /// One string stands where a list is read.
        string_as_list: Flag,
        /// The other setting of a conflict.
        other: Option<OtherSettingFacts>,
    }
}

facts! {
    /// The other setting of a conflict.
    record OtherSettingFacts = "other" {
        /// As it is written.
        text: Text,
    }
}
