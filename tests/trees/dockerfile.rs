//! What the reader of Dockerfiles understands and survives, and what an image has in the end.

use std::collections::BTreeMap;

use crate::{FILE, hostile, within_seconds};
use corslint::platforms::image;
use corslint::syntax::dockerfile::{Instruction, parse};

fn given(text: &str) -> BTreeMap<String, String> {
    let image = image::read(&parse(FILE, text));
    let passed = image.passed.iter().map(|name| (name.to_string(), "passed".to_owned()));
    image.variables.iter().map(|(name, value)| (name.to_string(), value.value.to_string())).chain(passed).collect()
}

#[track_caller]
fn gives(text: &str, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(given(text), expected, "{text}");
}

#[test]
fn both_forms_quotes_and_continued_lines() {
    gives(
        "FROM a\nENV A=1 B=\"2 3\" C='$x'\\\n\n  # note\n  D=4\\ 5\nENV E=f\n",
        &[("A", "1"), ("B", "2 3"), ("C", "$x"), ("D", "4 5"), ("E", "f")],
    );
    gives("from a\nenv A all of this \nENV B \"quoted\"\nENV C\n", &[("A", "all of this"), ("B", "quoted"), ("C", "")]);
    gives("\u{feff}# escape=`\nFROM a\nENV A=1 `\n B=c:\\\\x\nENV C=2\r\n", &[("A", "1"), ("B", "passed"), ("C", "2")]);
}

#[test]
fn references_are_to_what_the_stage_knows() {
    gives(
        "ARG A=1\nARG X=no\nFROM a\nARG A\nARG B=$A-2\nARG C\nENV D=$B E=${C} F=$X G=${H:-i} D2=${D}!\n",
        &[("D", "1-2"), ("E", "passed"), ("F", "passed"), ("G", "i"), ("D2", "1-2!")],
    );
}

#[test]
fn the_last_stage_counts_and_what_builders_write_into_pages() {
    let text = "FROM node AS Base\nENV A=base\nFROM base AS build\nENV B=build VITE_URL=https://api.example.com\n\
                FROM base\nCOPY --from=build /d /d\nENV C=last\n";
    gives(text, &[("A", "base"), ("C", "last"), ("VITE_URL", "https://api.example.com")]);
    gives("FROM node AS build\nENV VITE_URL=a\nFROM nginx\nCOPY . .\n", &[]);
    gives("FROM node\nENV VITE_URL=a\nFROM nginx\nCOPY --from=0 /d /d\n", &[("VITE_URL", "a")]);
}

#[test]
fn here_documents_hold_no_instructions() {
    gives("FROM a\nRUN <<EOF\nENV A=1\nEOF\nENV B=2\nRUN echo $((1<<3))\nENV C=3\n", &[("B", "2"), ("C", "3")]);
    gives("FROM a\nRUN cat <<X\nENV A=1\n", &[("A", "1")]);
}

#[test]
fn places_are_those_of_the_values() {
    let text = "FROM a\nENV A=1 \\\n  B=\"two words\"\n";
    let found = parse(FILE, text);
    let written: Vec<&str> = found
        .iter()
        .filter_map(|one| match one {
            Instruction::Env(given) => Some(&text[given.value.span.range()]),
            _ => None,
        })
        .collect();
    assert_eq!(written, ["1", "two words"]);
}

#[test]
fn nothing_breaks_it() {
    let repeated = ["ENV A=$A$A\n", "RUN <<X\n", "ENV \\\n", "ENV A=\"\n", "COPY --from=a <<B <<C\n", "# a\\\n", "\\ "];
    let mut inputs: Vec<String> = repeated.iter().map(|line| format!("FROM a\n{}", line.repeat(20_000))).collect();
    inputs.extend(hostile().into_iter().map(|(_, text)| text));
    for text in inputs {
        within_seconds("a Dockerfile", || given(&text));
    }
}
