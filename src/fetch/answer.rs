//! An answer, reduced to what the standard's algorithms read: the status and the header lines.
//!
//! In: header lines in the order in which they were sent, from a recording or from a run through the model. Out: lookups
//! by name. Does not know where an answer comes from nor what its headers mean.

/// A response: its status and its header list (<https://fetch.spec.whatwg.org/#concept-response-header-list>).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in the order of their first line; the values of one name in the order of their lines.
    pub headers: Vec<(String, Vec<String>)>,
}

impl Answer {
    /// An answer without headers.
    pub fn new(status: u16) -> Answer {
        Answer { status, headers: Vec::new() }
    }

    /// The same answer with one more header line.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Answer {
        self.append(name, value);
        self
    }

    /// Adds a header line after those of the same name (<https://fetch.spec.whatwg.org/#concept-header-list-append>).
    pub fn append(&mut self, name: &str, value: &str) {
        match self.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => values.push(value.to_owned()),
            None => self.headers.push((name.to_owned(), vec![value.to_owned()])),
        }
    }

    /// The values of all lines with this name, whatever its case, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        lines.flat_map(|(_, values)| values).map(String::as_str).collect()
    }

    /// Is there a line with this name?
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, values)| known.eq_ignore_ascii_case(name) && !values.is_empty())
    }

    /// The values of all lines joined with `, `; `None` without a line
    /// (<https://fetch.spec.whatwg.org/#concept-header-list-get>).
    ///
    /// Each value is normalised first: no HTTP white space at its ends
    /// (<https://fetch.spec.whatwg.org/#concept-header-value-normalize>).
    pub fn get(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        let normalised = values.iter().map(|value| value.trim_matches(['\t', '\n', '\r', ' '])).collect::<Vec<_>>();
        (!values.is_empty()).then(|| normalised.join(", "))
    }

    /// Is the status an ok status (<https://fetch.spec.whatwg.org/#ok-status>)?
    pub fn is_ok(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// Is the status a redirect status (<https://fetch.spec.whatwg.org/#redirect-status>)?
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}
