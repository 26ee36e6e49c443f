//! Variables that a Dockerfile gives to the programs of its image.
//!
//! In: the instructions of a Dockerfile. Out: names with their texts and places as the last stage has them, and names whose
//! text comes from outside. What only an earlier stage has counts where it is built into pages. Knows no CORS.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::Spanned;
use crate::syntax::dockerfile::{Instruction, Values};

/// What the image gives.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// Name to text and place.
    pub variables: IndexMap<Arc<str>, Spanned<Arc<str>>>,
    /// Names with a text that whoever builds the image says.
    pub passed: BTreeSet<Arc<str>>,
}

/// One `FROM` and what follows.
#[derive(Debug, Clone, Default)]
struct Stage {
    name: Option<Arc<str>>,
    image: Image,
    arguments: IndexMap<Arc<str>, Spanned<Arc<str>>>,
    copies: Vec<Arc<str>>,
}

/// The words of a Dockerfile's name that say whose it is: `api` of `Dockerfile.api`.
pub fn words(name: &str) -> impl Iterator<Item = &str> {
    let plain = |word: &&str| !word.eq_ignore_ascii_case("dockerfile") && !word.eq_ignore_ascii_case("containerfile");
    name.split('.').filter(plain).filter(|word| !word.is_empty())
}

/// What the last stage of a Dockerfile has.
pub fn read(instructions: &[Instruction]) -> Image {
    let mut values = Values::default();
    let mut stages: Vec<Stage> = Vec::new();
    let mut global: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut known: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    for instruction in instructions {
        match instruction {
            Instruction::From { image, stage } => {
                let base = stages.iter().rev().find(|one| one.name.as_deref() == Some(&*image.to_ascii_lowercase()));
                let inherited = base.map(|one| one.image.clone()).unwrap_or_default();
                let copies = base.map(|one| one.copies.clone()).unwrap_or_default();
                known = inherited.variables.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect();
                stages.push(Stage { name: stage.clone(), image: inherited, arguments: IndexMap::new(), copies });
            }
            Instruction::Arg(name, given) => {
                let text = given.as_ref().and_then(|given| values.resolve(given, &known));
                let text = text.or_else(|| global.get(name).cloned());
                match stages.last_mut() {
                    None => drop(text.map(|text| global.insert(name.clone(), text))),
                    Some(stage) => {
                        let place = given.as_ref().map(|given| given.value.span);
                        match (text, place) {
                            (Some(text), place) => {
                                known.insert(name.clone(), text.clone());
                                let argument = place.map(|place| Spanned::new(text, place));
                                stage.arguments.extend(argument.map(|argument| (name.clone(), argument)));
                            }
                            (None, _) => drop(known.remove(name)),
                        }
                    }
                }
            }
            Instruction::Env(given) => {
                let Some(stage) = stages.last_mut() else { continue };
                let (name, image) = (given.name.clone(), &mut stage.image);
                match values.resolve(given, &known) {
                    Some(text) => {
                        known.insert(name.clone(), text.clone());
                        image.passed.remove(&name);
                        image.variables.insert(name, Spanned::new(text, given.value.span));
                    }
                    None => {
                        image.variables.shift_remove(&name);
                        image.passed.insert(name);
                    }
                }
            }
            Instruction::Copy(from) => {
                if let Some(stage) = stages.last_mut() {
                    stage.copies.push(from.clone());
                }
            }
        }
    }
    finish(stages)
}

/// The last stage, and what stages that it copies from had built into pages.
fn finish(mut stages: Vec<Stage>) -> Image {
    let Some(last) = stages.pop() else { return Image::default() };
    let mut image = last.image;
    let mut builders: Vec<&Stage> = Vec::new();
    for copied in &last.copies {
        let by_number = copied.parse::<usize>().ok().and_then(|number| stages.get(number));
        let by_name = || stages.iter().find(|stage| stage.name.as_deref() == Some(&**copied));
        builders.extend(by_number.or_else(by_name));
    }
    let own = last.arguments.iter();
    let of_builders = builders.iter().flat_map(|stage| stage.image.variables.iter().chain(stage.arguments.iter()));
    for (name, value) in own.chain(of_builders).filter(|(name, _)| is_built_in(name)) {
        image.variables.entry(name.clone()).or_insert_with(|| value.clone());
    }
    image
}

/// Do bundlers write the variable's text into the pages that they build?
fn is_built_in(name: &str) -> bool {
    ["VITE_", "REACT_APP_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "VUE_APP_", "PUBLIC_", "GATSBY_", "EXPO_PUBLIC_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
