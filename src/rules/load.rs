//! Rule files to rules.
//!
//! In: the text of rule files, embedded ones and users' own alike. Out: checked rules, or every error found, each with
//! its place. Reads no directory: who gives the files has read them.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, include_dir};

use super::expr::Expr;
use super::facts::Given;
use super::form::{GroupForm, LabelForm, OnceForm, PerPlatform, PersonaForm, Placed, RuleForm, SeverityForm};
use super::load_error::{FileErrors, form_error};
use super::load_examples::examples;
use super::path::Path;
use super::problem::{Problem, RuleError, did_you_mean};
use super::rule::{ByPlatform, Once, Persona, Rule, RuleLabel, Shift};
use super::template::Template;
use crate::finding::{Group, Severity};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The rule files that came with the program, by path.
pub fn embedded_files() -> Vec<(Utf8PathBuf, String)> {
    let read = |file: &include_dir::File<'_>| {
        let path = Utf8Path::from_path(file.path())?;
        Some((Utf8Path::new("rules").join(path), file.contents_utf8()?.to_owned()))
    };
    EMBEDDED.files().filter_map(read).filter(|(path, _)| path.extension() == Some("yaml")).collect()
}

/// The ids of the rules inside the binary, in order.
pub fn embedded_ids() -> impl Iterator<Item = Arc<str>> {
    let id = |file: &include_dir::File<'_>| {
        let path = Utf8Path::from_path(file.path())?;
        (path.extension() == Some("yaml")).then(|| path.file_stem().map(Arc::from))?
    };
    EMBEDDED.files().filter_map(id)
}

/// Reads rules, in the order of their ids. All files are read even if one is broken, so that all errors are told.
pub fn load(files: impl IntoIterator<Item = (Utf8PathBuf, String)>) -> Result<Vec<Rule>, Vec<RuleError>> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut errors = Vec::new();
    for (path, text) in files {
        match read(&path, &text) {
            Ok(rule) if rules.iter().any(|known| known.id == rule.id) => errors.push(RuleError {
                span: 0..0,
                message: format!("there is already a rule `{}`", rule.id),
                help: Some("give the file and the `id` in it another name".to_owned()),
                file: path,
                text: text.into(),
            }),
            Ok(rule) => rules.push(rule),
            Err(found) => errors.extend(found),
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

/// Reads one rule file.
fn read(path: &Utf8Path, text: &str) -> Result<Rule, Vec<RuleError>> {
    let form: RuleForm = serde_saphyr::from_str(text).map_err(|error| vec![form_error(path, text, &error)])?;
    let mut errors = FileErrors::new(path, text);
    errors.check(&form.id, id(&form.id.value, path));
    errors.check(&form.title, title(&form.title.value));
    for link in &form.see {
        errors.check(link, url(&link.value));
    }
    let fix = by_platform(&form.fix, &mut errors, |text| Ok(text.trim().to_owned()));
    let Some(given) = errors.check(&form.given, subject(&form.given.value)) else {
        // Without a subject every expression would be an error.
        return Err(errors.all());
    };
    let when = errors.check(&form.when, Expr::condition(&form.when.value, given));
    let message = errors.check(&form.message, message(&form.message.value, given));
    let at = errors.check(&form.at, Path::parse(&form.at.value, given));
    let label_text = form.text.as_ref().and_then(|text| errors.check(text, Template::parse(&text.value, given)));
    let labels = form.labels.iter().filter_map(|form| label(form, given, &mut errors)).collect();
    let shifts = form.shifts.iter().filter_map(|shift| {
        let when = errors.check(&shift.when, Expr::condition(&shift.when.value, given))?;
        Some(Shift { severity: severity(shift.severity), when })
    });
    let shifts = shifts.collect();
    let apart = form.apart.as_ref().and_then(|path| errors.check(path, Path::to_text(&path.value, given)));
    let witness = form.witness.as_ref().and_then(|path| errors.check(path, Path::to_text(&path.value, given)));
    let help = form.help.as_ref().and_then(|help| by_platform(help, &mut errors, |text| Template::parse(text, given)));
    let examples = examples(&form.examples, &mut errors);
    let (Some(fix), Some(when), Some(message), Some(at), true) = (fix, when, message, at, errors.is_empty()) else {
        return Err(errors.all());
    };
    Ok(Rule {
        id: form.id.value.into(),
        group: group(form.group.value),
        severity: severity(form.severity.value),
        persona: persona(form.persona),
        title: form.title.value,
        why: form.why.value.trim().to_owned(),
        fix,
        see: form.see.into_iter().map(|link| link.value).collect(),
        given,
        examples,
        when,
        message,
        at,
        text: label_text.unwrap_or_default(),
        labels,
        shifts,
        help,
        witness,
        once: form.once.map(once),
        apart,
    })
}

fn id(id: &str, path: &Utf8Path) -> Result<(), Problem> {
    let all = 0..id.len();
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !id.split('-').all(word) {
        return Err(Problem::new(all, "an id is made of lower-case words with `-` between them"));
    }
    let named = path.file_name().unwrap_or_default();
    if named != format!("{id}.yaml") {
        return Err(Problem::new(all, format!("the file is called `{named}`")).help(format!("call it `{id}.yaml`")));
    }
    Ok(())
}

fn title(title: &str) -> Result<(), Problem> {
    let one_line = !title.trim().is_empty() && !title.contains('\n') && !title.ends_with('.');
    if one_line { Ok(()) } else { Err(Problem::new(0..0, "a title is one line without a full stop")) }
}

fn message(text: &str, given: Given) -> Result<Template, Problem> {
    if text.trim().is_empty() || text.trim().contains('\n') {
        return Err(Problem::new(0..0, "a message is one line").help("fold it with `>-` when it is long"));
    }
    Template::parse(text, given)
}

fn url(link: &str) -> Result<(), Problem> {
    if link.starts_with("https://") {
        return Ok(());
    }
    Err(Problem::new(0..link.len(), "a link begins with `https://`"))
}

fn subject(name: &str) -> Result<Given, Problem> {
    Given::named(name).ok_or_else(|| {
        let names = || Given::ALL.iter().map(|given| given.name());
        let help = did_you_mean(name, names())
            .unwrap_or_else(|| format!("a rule is given one of {}", names().collect::<Vec<_>>().join(", ")));
        Problem::new(0..name.len(), format!("rules cannot be given `{name}`")).help(help)
    })
}

fn label(form: &LabelForm, given: Given, errors: &mut FileErrors<'_>) -> Option<RuleLabel> {
    let at = errors.check(&form.at, Path::to_places(&form.at.value, given));
    let text = errors.check(&form.text, Template::parse(&form.text.value, given));
    let when = form.when.as_ref().map(|when| errors.check(when, Expr::condition(&when.value, given)));
    match when {
        Some(None) => None,
        Some(when @ Some(_)) => Some(RuleLabel { at: at?, text: text?, when }),
        None => Some(RuleLabel { at: at?, text: text?, when: None }),
    }
}

fn by_platform<T>(
    form: &serde_saphyr::Spanned<PerPlatform>,
    errors: &mut FileErrors<'_>,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Option<ByPlatform<T>> {
    match &form.value {
        PerPlatform::Same(text) => {
            let placed = Placed { value: text.clone(), referenced: form.referenced, defined: form.defined };
            let default = errors.check(&placed, read(text))?;
            Some(ByPlatform { default, each: indexmap::IndexMap::new() })
        }
        PerPlatform::Each(texts) => {
            let mut each = indexmap::IndexMap::new();
            for (platform, placed) in texts {
                each.insert(platform.clone(), errors.check(placed, read(&placed.value))?);
            }
            let Some(default) = each.shift_remove("default") else {
                errors.add(form.referenced, "the map has no `default`", Some("say what holds on other platforms"));
                return None;
            };
            Some(ByPlatform { default, each })
        }
    }
}

fn group(form: GroupForm) -> Group {
    match form {
        GroupForm::Security => Group::Security,
        GroupForm::Blocked => Group::Blocked,
        GroupForm::Deploy => Group::Deploy,
        GroupForm::Performance => Group::Performance,
        GroupForm::Upkeep => Group::Upkeep,
    }
}

fn severity(form: SeverityForm) -> Severity {
    match form {
        SeverityForm::Error => Severity::Error,
        SeverityForm::Warning => Severity::Warning,
        SeverityForm::Info => Severity::Info,
    }
}

fn persona(form: PersonaForm) -> Persona {
    match form {
        PersonaForm::Regular => Persona::Regular,
        PersonaForm::Pedantic => Persona::Pedantic,
    }
}

fn once(form: OnceForm) -> Once {
    match form {
        OnceForm::Server => Once::Server,
        OnceForm::File => Once::File,
    }
}
