//! What a server grants in one place, in the words of the Fetch standard.
//!
//! In: built by `platforms/` from options, settings or header lines. Out: asked by `rules/` and run by `fetch/`. Every
//! value has its span. Who is allowed is not a list but a decision that can be asked about any origin.

use std::sync::Arc;

use super::condition::{Formula, Test, World};
use super::origin::Malformation;
use super::server::GuardedEffect;
use super::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// What a request with some `Origin` is told in `Access-Control-Allow-Origin`.
#[derive(Debug, Clone, PartialEq)]
pub enum OriginAnswer {
    /// `*`.
    Wildcard,
    /// This text, whoever asks.
    Fixed(Arc<str>),
    /// The request's own origin.
    Echo,
    /// No such header.
    Nothing,
    /// The request fails (an exception, a 4xx or 5xx) because of its origin.
    Fails,
    /// Cannot be known.
    Unknown,
}

/// One arm of a decision: the first whose condition holds answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// When it answers.
    pub when: Formula,
    /// What it answers.
    pub answer: OriginAnswer,
    /// Where that is written.
    pub span: Span,
}

/// Who is allowed: arms in order; nothing is sent when none answers.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginDecision {
    /// The arms.
    pub arms: Vec<Arm>,
    /// The option, setting or line that decides: what a finding about the decision points at.
    pub span: Span,
}

/// Yes, no, or nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// Nobody knows.
    Unknown,
}

impl From<bool> for Known {
    fn from(value: bool) -> Known {
        if value { Known::Yes } else { Known::No }
    }
}

/// A list of method or header names as a server sends it.
#[derive(Debug, Clone, PartialEq)]
pub enum Names {
    /// The header is not sent.
    Missing,
    /// These names; `open` when there may be more.
    Listed {
        /// As written.
        names: Vec<Spanned<Arc<str>>>,
        /// There may be more.
        open: bool,
    },
    /// What the preflight asks for is sent back.
    Mirrored,
    /// Nobody knows.
    Unknown,
}

impl Names {
    /// A closed list at one place, for library defaults.
    pub fn fixed(names: &[&str], span: Span) -> Names {
        Names::Listed { names: names.iter().map(|name| Spanned::new(Arc::from(*name), span)).collect(), open: false }
    }
}

/// How long a preflight answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxAge {
    /// The header is not sent.
    Missing,
    /// Seconds.
    Seconds(f64),
    /// Nobody knows.
    Unknown,
}

/// What a server grants in one place.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `express`, `django`, `fastapi`, `starlette`, `nginx` …
    pub platform: &'static str,
    /// The package that answers (`cors`, `django-cors-headers`, `CORSMiddleware`), or `headers` for lines written by hand.
    pub library: Arc<str>,
    /// The version pinned in the repository.
    pub version: Option<Arc<str>>,
    /// The call, class or block.
    pub span: Span,
    /// Where it holds, for messages: `app.use`, `location /api`.
    pub place: String,
    /// Who is allowed.
    pub allow_origin: OriginDecision,
    /// `Access-Control-Allow-Credentials: true`.
    pub allow_credentials: Spanned<Known>,
    /// When they are allowed, where a variable or the code around a line decides that.
    pub credentials_when: Option<Formula>,
    /// `Access-Control-Allow-Methods`.
    pub allow_methods: Spanned<Names>,
    /// `Access-Control-Allow-Headers`.
    pub allow_headers: Spanned<Names>,
    /// `Access-Control-Expose-Headers`.
    pub expose_headers: Spanned<Names>,
    /// `Access-Control-Max-Age`.
    pub max_age: Spanned<MaxAge>,
    /// Is `Vary: Origin` sent with answers that depend on the origin?
    pub vary_origin: Spanned<Known>,
    /// What the library does when every origin passes and credentials are allowed: reflect (yes) or send `*` (no).
    pub star_reflects_with_credentials: bool,
    /// A literal `*` in methods, headers or exposed headers is expanded by the library, never sent as is.
    pub expands_wildcards: bool,
    /// Deviations from a serialized origin that this library forgives.
    pub forgives: &'static [Malformation],
    /// A single origin text is sent as it is to everybody (npm cors strings), so nothing is compared.
    pub sends_text: bool,
    /// Is it in force? `No` only where it certainly is not.
    pub installed: Known,
    /// When it is registered.
    pub when: Formula,
    /// The paths it holds for; empty means all.
    pub paths: Vec<Spanned<Arc<str>>>,
    /// Requests that this policy answers may need a preflight: it covers more than plain GET routes.
    pub preflighted: bool,
    /// It is registered for OPTIONS alone: it answers preflights, and another policy the requests after them.
    pub preflight_only: bool,
    /// It covers files only: fonts, images, scripts.
    pub static_assets: bool,
    /// The server it belongs to, by index into `Project::servers`.
    pub server: Option<usize>,
    /// Options, settings and header lines with something to be said about each.
    pub settings: Vec<Setting>,
    /// Host names under which what it covers is reached.
    pub own_hosts: Vec<Spanned<Arc<str>>>,
    /// Environment variables that the decision reads.
    pub env_reads: Vec<EnvUse>,
    /// Methods that the code it speaks for is made for.
    pub methods_used: Vec<Spanned<Arc<str>>>,
    /// Request headers that the code it speaks for needs: `Content-Type` for a JSON body, `Authorization`.
    pub headers_used: Vec<Spanned<Arc<str>>>,
    /// What the library does with a request, as a handler would: what an exchange applies where the policy is in force. Empty
    /// where the lines stand in the handler itself, or where nobody knows.
    pub effects: Vec<GuardedEffect>,
}

/// An option, setting or header line as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name and where it stands.
    pub name: Spanned<Arc<str>>,
    /// The whole of it, value included.
    pub span: Span,
    /// What is to be said about it.
    pub fault: Fault,
}

/// What can be wrong with a setting. Facts, not judgements: rules decide which of them matter.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Nobody reads it; perhaps another name was meant.
    Unread {
        /// The name that was probably meant.
        meant: Option<Arc<str>>,
        /// Why it has no effect, to be read after the name.
        reason: String,
    },
    /// It was renamed.
    Renamed {
        /// Its new name.
        to: Arc<str>,
        /// The version since which.
        since: Arc<str>,
    },
    /// Another setting takes its effect away.
    Disabled {
        /// The other one.
        by: Spanned<Arc<str>>,
        /// What happens, to be read as a sentence.
        effect: String,
    },
    /// One text stands where a list is read.
    TextForList {
        /// What the library does with it.
        effect: String,
    },
}

/// A read of an environment variable that decides who is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvUse {
    /// The variable.
    pub name: Arc<str>,
    /// Where it is read.
    pub span: Span,
    /// There is another value when it is missing.
    pub has_default: bool,
    /// What the library does when it is missing.
    pub effect: &'static str,
}

impl Policy {
    /// What a place grants that says who is allowed and nothing else: no credentials, no lists, no max age, nothing forgiven.
    /// Platforms say how they differ from it.
    pub fn new(platform: &'static str, library: &str, span: Span, allow_origin: OriginDecision) -> Policy {
        let names = || Spanned::new(Names::Missing, span);
        Policy {
            platform,
            library: library.into(),
            version: None,
            span,
            place: String::new(),
            allow_origin,
            allow_credentials: Spanned::new(Known::No, span),
            credentials_when: None,
            allow_methods: names(),
            allow_headers: names(),
            expose_headers: names(),
            max_age: Spanned::new(MaxAge::Missing, span),
            vary_origin: Spanned::new(Known::No, span),
            star_reflects_with_credentials: false,
            expands_wildcards: false,
            forgives: &[],
            sends_text: false,
            installed: Known::Unknown,
            when: Formula::True,
            paths: Vec::new(),
            preflighted: true,
            preflight_only: false,
            static_assets: false,
            server: None,
            settings: Vec::new(),
            own_hosts: Vec::new(),
            env_reads: Vec::new(),
            methods_used: Vec::new(),
            headers_used: Vec::new(),
            effects: Vec::new(),
        }
    }
}

impl OriginDecision {
    /// A decision that is the same for everybody.
    pub fn constant(answer: OriginAnswer, span: Span) -> OriginDecision {
        OriginDecision { arms: vec![Arm { when: Formula::True, answer, span }], span }
    }

    /// Is everybody who is allowed written in it, whatever its conditions say? What a variable holds is written elsewhere.
    pub fn is_settled(&self) -> bool {
        let from_variable = |arm: &Arm| arm.when.tests().iter().any(|(test, _)| matches!(test, Test::EnvLists { .. }));
        self.arms.iter().all(|arm| arm.answer != OriginAnswer::Unknown && !from_variable(arm))
    }

    /// What a request is told, and where that is written. `Unknown` when the deciding arm is not certain.
    pub fn ask(&self, world: &dyn World) -> (OriginAnswer, Span) {
        for arm in &self.arms {
            match arm.when.decide(world) {
                Some(true) => return (arm.answer.clone(), arm.span),
                Some(false) => {}
                None => return (OriginAnswer::Unknown, arm.span),
            }
        }
        (OriginAnswer::Nothing, self.span)
    }

    /// What a GET with this `Origin` is told in an environment.
    pub fn ask_origin(&self, origin: &str, assume: &Assume) -> (OriginAnswer, Span) {
        let request = Request::new("GET", "/").with("origin", origin);
        self.ask(&Situation::with(assume, &request))
    }

    /// Does an origin pass the CORS check for certain?
    pub fn allows(&self, origin: &str, assume: &Assume) -> Known {
        match self.ask_origin(origin, assume).0 {
            OriginAnswer::Wildcard | OriginAnswer::Echo => Known::Yes,
            OriginAnswer::Fixed(text) => Known::from(*text == *origin || &*text == "*"),
            OriginAnswer::Nothing | OriginAnswer::Fails => Known::No,
            OriginAnswer::Unknown => Known::Unknown,
        }
    }
}
