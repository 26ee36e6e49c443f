//! The keys of `corslint.toml`: the one list that the reader, the JSON Schema and the documentation are made of.
//!
//! In: nothing. Out: tables of keys with what each holds. Adding a key is one entry here, and reading it where it is used.

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) holds: Holds,
    /// May it not be left out?
    pub(super) required: bool,
    /// What it is for: a sentence in Markdown.
    pub(super) doc: &'static str,
    /// A line, or a few, as they may stand in the file.
    pub(super) example: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// A text.
    Text,
    /// A date, as `2026-12-31`.
    Date,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text or a list of texts.
    Texts,
    /// Patterns of files, as Texts.
    Patterns,
    /// Patterns of paths of URLs, as Texts.
    UrlPaths,
    /// Origins, as Texts.
    Origins,
    /// Ids of rules and names of groups, as Texts.
    Rules,
    /// Ids of rules, as Texts.
    Ids,
    /// A table from ids of rules to severities.
    Severities,
    /// A table from names to texts.
    Variables,
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// A list of ids, of names of groups, and of tables with these keys.
    RulesAndTables(&'static [Key]),
    /// Tables with these keys, under free names.
    Named(&'static [Key]),
}

const SEVERITIES: &str = "`error`, `warning`, `info`, or `off`";

/// The words for a severity in the file; `off` takes the rule out.
pub(super) const LEVELS: &[&str] = &["error", "warning", "info", "off"];

const fn key(name: &'static str, holds: Holds, doc: &'static str, example: &'static str) -> Key {
    Key { name, holds, required: false, doc, example }
}

const fn required(name: &'static str, holds: Holds, doc: &'static str, example: &'static str) -> Key {
    Key { name, holds, required: true, doc, example }
}

/// The keys at the top of the file.
pub(super) const TOP: &[Key] = &[
    key(
        "select",
        Holds::Rules,
        "Run only these rules or groups. `--select` takes its place.",
        "select = [\"security\", \"blocked\"]",
    ),
    key(
        "ignore",
        Holds::RulesAndTables(IGNORE),
        "What is left out: a text takes a rule or group out of the run everywhere, as `--ignore` does, which takes the \
         place of these texts; a table leaves out what one rule says about some files, and why. This is the way to \
         suppress a finding in JSON, which has no comments.",
        "ignore = [\"missing-max-age\"]",
    ),
    key("persona", Holds::Choice(&["regular", "pedantic"]), "Whom the rules are for.", "persona = \"pedantic\""),
    key(
        "fail-on",
        Holds::Choice(&["error", "warning", "info", "never"]),
        "Exit with 1 when there is a finding of this severity or a worse one.",
        "fail-on = \"error\"",
    ),
    key("format", Holds::Texts, "How to report, as with `--format`.", "format = [\"full\", \"sarif=out.sarif\"]"),
    key(
        "baseline",
        Holds::Text,
        "The file of findings that are known and left out, as with `--baseline`.",
        "baseline = \".corslint-baseline.json\"",
    ),
    key("exclude", Holds::Patterns, "Files and directories that are not looked at.", "exclude = [\"legacy/**\"]"),
    key("rules-dir", Holds::Texts, "Directories with rules of your own.", "rules-dir = \"lint/cors\""),
    key(
        "public",
        Holds::UrlPaths,
        "Paths that any website may read, and all below them. `*` stands for one segment. That every origin is allowed \
         there is meant, unless credentials are allowed too.",
        "public = [\"/api/public/**\"]",
    ),
    key(
        "dev-files",
        Holds::Patterns,
        "Files that are for developers' machines only, whatever they are called. What they allow is not judged.",
        "dev-files = [\"compose.dev.yml\"]",
    ),
    key(
        "rules",
        Holds::Severities,
        "The severity of single rules: `error`, `warning`, `info`, or `off`. A pedantic rule that is named here runs.",
        "[rules]\nwildcard-origin = \"error\"",
    ),
    key(
        "overrides",
        Holds::Tables(OVERRIDE),
        "Other settings for some files. Of several that fit, the last one counts.",
        "[[overrides]]\npaths = [\"internal/**\"]\nrules = { wildcard-origin = \"info\" }",
    ),
    key(
        "environments",
        Holds::Named(ENVIRONMENT),
        "What is meant: the deployments and the origins of their pages. Where it is stated, corslint no longer guesses: \
         an allowed origin that is not stated, and a stated one that nobody allows, are findings.",
        "[environments.production]\norigins = [\"https://app.example.com\"]",
    ),
];

/// The keys of an entry of `[[ignore]]`.
const IGNORE: &[Key] = &[
    required("path", Holds::Patterns, "The files.", "path = \"vercel.json\""),
    required("rule", Holds::Ids, "The ids of the rules; a group is too much at once.", "rule = \"wildcard-origin\""),
    key("reason", Holds::Text, "Why it is right as it is.", "reason = \"fonts are for everybody\""),
    key(
        "until",
        Holds::Date,
        "The last day on which this holds; after it the findings are back.",
        "until = 2026-12-31",
    ),
];

/// The keys of an entry of `[[overrides]]`.
const OVERRIDE: &[Key] = &[
    required("paths", Holds::Patterns, "The files.", "paths = [\"internal/**\"]"),
    key("ignore", Holds::Rules, "Rules and groups whose findings in them are left out.", "ignore = [\"performance\"]"),
    key("rules", Holds::Severities, SEVERITIES, "rules = { wildcard-origin = \"info\" }"),
];

/// The keys of `[environments.NAME]`.
const ENVIRONMENT: &[Key] = &[
    key(
        "origins",
        Holds::Origins,
        "The origins of its pages, as `location.origin` shows them; `https://*.example.com` stands for all subdomains.",
        "origins = [\"https://app.example.com\", \"https://www.example.com\"]",
    ),
    key(
        "variables",
        Holds::Variables,
        "What it sets in the environment, as with `--env`; read for production.",
        "variables = { CORS_ORIGIN = \"https://app.example.com\" }",
    ),
];
