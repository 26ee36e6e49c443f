//! The options of Flask-CORS: from the resource, the call, the extension's constructor, the configuration; the first that has
//! one decides.
//!
//! In: arguments and what `app.config` held when they were read. Out: one value per option, and what is to be said of names that
//! nobody reads.

use std::sync::Arc;

use super::super::values::{in_production, option};
use crate::eval::value::{Args, Kind, Reason, Value};
use crate::model::policy::{Fault, Known, Setting};
use crate::source::{Span, Spanned};

/// The options that the package knows.
pub(super) const OPTIONS: [&str; 13] = [
    "origins",
    "methods",
    "allow_headers",
    "expose_headers",
    "supports_credentials",
    "max_age",
    "send_wildcard",
    "automatic_options",
    "vary_header",
    "resources",
    "intercept_exceptions",
    "always_send",
    "allow_private_network",
];

/// Names of other libraries' options, and what they are called here.
const FOREIGN: [(&str, &str); 19] = [
    ("origin", "origins"),
    ("allow_origins", "origins"),
    ("allow_origin", "origins"),
    ("allowed_origins", "origins"),
    ("cors_allowed_origins", "origins"),
    ("cors_origins", "origins"),
    ("allow_methods", "methods"),
    ("allowed_methods", "methods"),
    ("headers", "allow_headers"),
    ("allowed_headers", "allow_headers"),
    ("exposed_headers", "expose_headers"),
    ("expose_header", "expose_headers"),
    ("credentials", "supports_credentials"),
    ("support_credentials", "supports_credentials"),
    ("allow_credentials", "supports_credentials"),
    ("allowed_credentials", "supports_credentials"),
    ("maxage", "max_age"),
    ("resource", "resources"),
    ("always_send_headers", "always_send"),
];

/// Where options come from, the strongest first.
#[derive(Clone, Default)]
pub(super) struct Options {
    layers: Vec<Layer>,
}

#[derive(Clone)]
enum Layer {
    /// Keyword arguments.
    Args(Args),
    /// The dict of a resource.
    Resource(Value),
    /// `CORS_…` of the configuration, by option; `None` there is as good as nothing.
    Config(Vec<(&'static str, Value)>),
}

impl Options {
    /// With keyword arguments that are stronger than all before.
    pub(super) fn under(mut self, args: &Args) -> Options {
        self.layers.insert(0, Layer::Args(args.clone()));
        self
    }

    /// With the options of one resource, which are stronger than all before.
    pub(super) fn of_resource(&self, options: &Value) -> Options {
        let mut all = self.clone();
        all.layers.insert(0, Layer::Resource(options.clone()));
        all
    }

    /// What the configuration says, by option.
    pub(super) fn configured(values: Vec<(&'static str, Value)>) -> Options {
        Options { layers: vec![Layer::Config(values)] }
    }

    /// The value of an option; `None` when nothing says one.
    pub(super) fn get(&self, name: &str, span: Span) -> Option<Value> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Args(args) => match args.named(name) {
                Some(value) => Some(value.clone()),
                None if args.open => Some(Value::unknown(Reason::NotModelled, span)),
                None => None,
            },
            Layer::Resource(options) => option(options, name),
            Layer::Config(values) => values.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone()),
        })
    }

    /// Python's truth of an option.
    pub(super) fn truth(&self, name: &str, default: bool, span: Span) -> Spanned<Known> {
        let Some(value) = self.get(name, span) else { return Spanned::new(Known::from(default), span) };
        let value = in_production(&value);
        let known = match &value.kind {
            Kind::Bool(flag) => Known::from(*flag),
            Kind::Num(number) => Known::from(*number != 0.0),
            Kind::Str(text) => Known::from(!text.is_empty()),
            Kind::Null | Kind::Undefined => Known::No,
            Kind::List(list) if !list.open => Known::from(!list.items.is_empty()),
            _ => Known::Unknown,
        };
        Spanned::new(known, value.span)
    }

    /// Names that the package does not know, with their values.
    pub(super) fn unknown_names(&self) -> Vec<Setting> {
        let mut found = Vec::new();
        let mut push = |name: &str, place: Span, span: Span| {
            if OPTIONS.contains(&name) || name == "app" {
                return;
            }
            let meant = meant(name).map(Arc::from);
            let reason = match meant.as_deref() {
                Some("origins") => "Flask-CORS reads no such option, and without `origins` it allows every origin",
                _ => "Flask-CORS reads no such option; it writes a warning into the log and goes on",
            };
            let fault = Fault::Unread { meant, reason: reason.to_owned() };
            found.push(Setting { name: Spanned::new(name.into(), place), span, fault });
        };
        for layer in &self.layers {
            match layer {
                Layer::Args(args) => {
                    for (name, value) in &args.named {
                        let site = site(value);
                        push(name, site, site);
                    }
                }
                Layer::Resource(options) => {
                    for (name, entry) in options.as_map().map(|map| &map.entries).into_iter().flatten() {
                        push(name, entry.key, entry.key.to(entry.value.span));
                    }
                }
                Layer::Config(_) => {}
            }
        }
        found
    }
}

/// Where the argument stands in the call, wherever its value was written.
pub(super) fn site(value: &Value) -> Span {
    value.trace.spans().first().copied().unwrap_or(value.span)
}

/// The option a name was probably meant to be.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == lower).map(|(_, own)| *own);
    foreign.or_else(|| {
        let near = OPTIONS.iter().map(|own| (strsim::damerau_levenshtein(&lower, own), *own));
        near.filter(|(distance, own)| *distance <= 2 && own.len() > 5).min().map(|(_, own)| own)
    })
}

/// The names of an option as the package joins them.
pub(super) enum Joined {
    /// Nothing is sent.
    Missing,
    /// These, each with its place; the text is what is sent.
    Text(String, Vec<Spanned<Arc<str>>>),
    /// Nobody knows.
    Unknown(Span),
}

impl Joined {
    /// `flexible_str`: a text as it is, several sorted and with commas between them.
    pub(super) fn of(value: Option<&Value>) -> Option<Joined> {
        let value = in_production(value?);
        Some(match &value.kind {
            Kind::Null | Kind::Undefined => Joined::Missing,
            Kind::Str(text) => Joined::Text(text.to_string(), super::super::values::comma_names(text, &value)),
            Kind::List(list) if !list.open => {
                let certain = |item: &crate::eval::value::Item| {
                    let text = item.value.as_str().filter(|_| item.when == crate::model::condition::Formula::True)?;
                    Some(Spanned::new(text.clone(), item.value.span))
                };
                match list.items.iter().map(certain).collect::<Option<Vec<_>>>() {
                    Some(mut names) => {
                        names.sort_by(|one, other| one.value.cmp(&other.value));
                        let text: Vec<&str> = names.iter().map(|name| &*name.value).collect();
                        Joined::Text(text.join(", "), names)
                    }
                    None => Joined::Unknown(value.span),
                }
            }
            _ => Joined::Unknown(value.span),
        })
    }
}
