//! The parsers of configuration files: what they understand, and what they survive.

mod dockerfile;
mod dotenv;
mod json;
mod nginx;
mod requirements;
mod toml;
mod yaml;

use std::time::{Duration, Instant};

use corslint::source::FileId;

const FILE: FileId = FileId(0);

/// Runs a parser on hostile input. The bound is far above what a linear parser needs and far below a quadratic one.
fn within_seconds<T>(what: &str, parse: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = parse();
    assert!(start.elapsed() < Duration::from_secs(60), "{what} took {:?}", start.elapsed());
    result
}

/// Inputs every parser must survive.
fn hostile() -> Vec<(&'static str, String)> {
    let mut noise = 1_u64;
    let binary: String = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_u32((noise >> 33) as u32 % 256).unwrap_or(' ')
    })
    .take(200_000)
    .collect();
    vec![
        ("open braces", "a {".repeat(20_000)),
        ("bare braces", "{".repeat(100_000)),
        ("bare brackets", "[".repeat(100_000)),
        ("closing braces", "}]".repeat(50_000)),
        ("nested keys", "{\"a\":".repeat(20_000)),
        ("dashes", "- ".repeat(20_000)),
        ("indents", (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        ("double quote", format!("a = \"{}", "x \\\" \n".repeat(20_000))),
        ("single quotes", "a: 'x\n".repeat(20_001)),
        ("unclosed templates", "{{ {% <% ".repeat(50_000)),
        ("templates closed by another mark", format!("a {}%}}", "{{".repeat(100_000))),
        ("backslashes", "\\".repeat(100_001)),
        ("dollars", format!("A={}", "${A:-".repeat(50_000))),
        ("carriage returns", "a\r".repeat(50_000)),
        ("binary without zeros", binary.replace('\0', "\u{1}")),
        ("binary", binary),
        ("multi-byte", "é\u{2028}𝄞: \u{feff}'ü\n".repeat(20_000)),
    ]
}
