//! Number literals, which JavaScript and Python write alike.
//!
//! In: the literal's text. Out: its value, if it is a number that the tree can hold. It knows no tree.

/// The value of a decimal, hexadecimal, octal or binary literal with optional `_` between its digits.
pub(super) fn value(literal: &str) -> Option<f64> {
    let digits: String = literal.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect();
    let based = |radix: u32, digits: &str| {
        let add = |sum: f64, digit: char| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?));
        digits.trim_end_matches('n').chars().try_fold(0.0, add)
    };
    match digits.get(..2) {
        Some("0x") => based(16, &digits[2..]),
        Some("0o") => based(8, &digits[2..]),
        Some("0b") => based(2, &digits[2..]),
        _ => digits.trim_end_matches('n').parse().ok(),
    }
}
