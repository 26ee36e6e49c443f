//! Header values that are lists of names: `Access-Control-Allow-Methods`, `-Allow-Headers`, `-Expose-Headers`.
//!
//! In: an answer and a header name. Out: the names, or the member that is no name and spoils the whole list.

use super::answer::Answer;

/// Is it a token, as method and header names are (<https://httpwg.org/specs/rfc9110.html#rule.token.separators>)?
pub fn is_token(text: &str) -> bool {
    const MARKS: &[u8] = b"!#$%&'*+-.^_`|~";
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || MARKS.contains(&byte))
}

/// The names of all lines in order; empty without a line; the member that is no token is an error
/// (<https://fetch.spec.whatwg.org/#extract-header-list-values>).
pub fn extract(answer: &Answer, name: &str) -> Result<Vec<String>, String> {
    let value = answer.get(name).unwrap_or_default();
    let members = value.split(',').map(|member| member.trim_matches(['\t', ' '])).filter(|member| !member.is_empty());
    members.map(|member| if is_token(member) { Ok(member.to_owned()) } else { Err(member.to_owned()) }).collect()
}
