//! The examples of a rule file, checked.
//!
//! In: the `examples` as written. Out: examples that a test can run: each is bad or good, a bad one says what must be
//! marked, and a rule has at least one of either.

use camino::{Utf8Component, Utf8Path};
use serde_saphyr::Spanned;

use super::form::{ExampleForm, Placed};
use super::load_error::FileErrors;
use super::problem::Problem;
use super::rule::{Example, Verdict};

/// Checks all examples of a rule.
pub(super) fn examples(form: &Spanned<Vec<Spanned<ExampleForm>>>, errors: &mut FileErrors<'_>) -> Vec<Example> {
    let read: Vec<Example> = form.value.iter().filter_map(|form| example(form, errors)).collect();
    for verdict in [Verdict::Bad, Verdict::Good] {
        let shown = read.iter().any(|example| example.verdict == verdict && example.limit.is_none());
        if !shown && errors.is_empty() {
            let message = format!("there is no {} example", verdict.name());
            errors.add(form.referenced, &message, Some("examples are the tests and the documentation of a rule"));
        }
    }
    read
}

fn example(form: &Spanned<ExampleForm>, errors: &mut FileErrors<'_>) -> Option<Example> {
    let Spanned { value: form, referenced, .. } = form;
    let (verdict, platform) = match (&form.bad, &form.good) {
        (Some(platform), None) => (Verdict::Bad, platform),
        (None, Some(platform)) => (Verdict::Good, platform),
        _ => {
            errors.add(*referenced, "an example is either `bad: <platform>` or `good: <platform>`", None);
            return None;
        }
    };
    errors.check(platform, paths(form))?;
    match (&form.marks, verdict, &form.limit) {
        (Some(marks), Verdict::Bad, _) => errors.check(marks, marked(marks, form))?,
        (None, Verdict::Bad, None) => {
            let problem = Problem::new(0..0, "a bad example says what the finding must point at")
                .help("add `marks: \"the text\"`");
            errors.check::<()>(platform, Err(problem))?;
        }
        (Some(marks), Verdict::Good, None) => {
            errors.check::<()>(marks, Err(Problem::new(0..0, "nothing can be marked in a good example")))?;
        }
        (None, _, _) | (Some(_), Verdict::Good, Some(_)) => {}
    }
    Some(Example {
        verdict,
        platform: platform.value.clone(),
        name: form.name.clone(),
        marks: form.marks.as_ref().map(|marks| marks.value.clone()),
        limit: form.limit.clone(),
        files: form.files.clone(),
    })
}

fn paths(form: &ExampleForm) -> Result<(), Problem> {
    if form.files.is_empty() {
        return Err(Problem::new(0..0, "the example has no files"));
    }
    let plain = |path: &String| {
        let mut parts = Utf8Path::new(path).components();
        !path.is_empty() && parts.all(|part| matches!(part, Utf8Component::Normal(_)))
    };
    match form.files.keys().find(|path| !plain(path)) {
        Some(path) => Err(Problem::new(0..0, format!("`{path}` is not a path inside the example"))),
        None => Ok(()),
    }
}

fn marked(marks: &Placed, form: &ExampleForm) -> Result<(), Problem> {
    if !marks.value.is_empty() && form.files.values().any(|text| text.contains(&marks.value)) {
        return Ok(());
    }
    Err(Problem::new(0..0, "no file of the example holds this text"))
}
