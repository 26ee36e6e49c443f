//! The subject `policy`: what a server grants in one place.

use super::declare::facts;
use super::{CallsFacts, Flag, Known, Names, Number, Question, Text, Word};

facts! {
    /// What a server grants in one place: one call of `cors()`, one `location`, one set of Django settings.
    subject PolicyFacts = "policy" {
        /// The library that sends the headers (`cors`, `django-cors-headers`); empty when they are written by hand.
        library: Word,
        /// The library's version as pinned in the repository.
        version: Text,
        /// Where it is installed: `app.use`, `location /api`.
        place: Text,
        /// Which origins pass.
        allow_origin: AllowOriginFacts,
        /// The origins it lists, one by one; more may be unknown.
        origins: Vec<ListedOriginFacts>,
        /// Does it send `Access-Control-Allow-Credentials: true`?
        allow_credentials: Question,
        /// Credentials are allowed for certain; where that is unknown it does not hold.
        with_credentials: Known,
        /// The methods in `Access-Control-Allow-Methods`, library defaults included.
        allow_methods: Names,
        /// The names in `Access-Control-Allow-Headers`, library defaults included; open when the library mirrors.
        allow_headers: Names,
        /// The names in `Access-Control-Expose-Headers`.
        expose_headers: Names,
        /// `Access-Control-Max-Age` in seconds, library defaults included.
        max_age: Number,
        /// Does every answer that depends on the origin say `Vary: Origin`?
        vary_origin: Question,
        /// Every origin passes and credentials are allowed, and the library then copies the request's origin instead
        /// of sending `*`: the browser accepts it.
        any_with_credentials_reflects: Flag,
        /// The lines that send `*` and those about credentials stand in branches that exclude each other.
        wildcard_apart: Known,
        /// Is it active: registered, listed in the settings, reached?
        installed: Question,
        /// It covers only routes that are public by their name: fonts, images, `.well-known`, a public API.
        public_route: Known,
        /// `corslint.toml` states that any website may read its paths.
        stated_public: Known,
        /// Where `corslint.toml` states the origins of production.
        intent: Text,
        /// It covers only static files.
        static_assets: Known,
        /// Requests it covers need a CORS-preflight request.
        preflighted: Flag,
        /// The headers are written by hand, not by a library.
        handwritten: Known,
        /// It is the first policy of its server.
        first_on_server: Known,
        /// `*` in methods, headers or exposed headers that is sent as it is although credentials are allowed.
        literal_wildcards: LiteralWildcardFacts,
        /// What clients and routes of the repository ask of it and do not get.
        calls: CallsFacts,
        /// It is so only with the values of an example env file, which people copy.
        example: Known,
    }
}

facts! {
    /// Which origins pass the CORS check.
    record AllowOriginFacts = "allow_origin" {
        /// The configuration asks for `*`: written, or the library's default. Some libraries then reflect the origin.
        wildcard: Flag,
        /// Every origin passes: `*`, reflected, or a test that let every probe through.
        any: Flag,
        /// The configuration asks for the request's origin to be copied back without a test.
        reflected: Flag,
        /// Origins are listed one by one.
        listed: Flag,
        /// No origin passes.
        none: Flag,
        /// The origin `null` passes.
        null_allowed: Flag,
        /// A pattern or a predicate lets a foreign origin through; `witness` is one.
        loose: Flag,
        /// The pattern admits everyone who can register under a hosting provider's domain; `suffix` is that domain.
        shared_suffix: Flag,
        /// The answer depends on the request.
        dynamic: Flag,
        /// Every allowed origin is a loopback origin.
        only_loopback: Flag,
        /// One string stands where the library reads a list.
        string_as_list: Flag,
        /// A foreign origin that gets through.
        witness: Text,
        /// The value as written: `true`, `*`, `/example\.com$/`.
        written: Text,
        /// The public suffix of a hosting provider: `vercel.app`.
        suffix: Text,
        /// Every origin passes only where this environment variable is missing.
        variable: Text,
        /// The line of an example env file that sets that variable to `*`.
        example: Text,
        /// The option or header line that decides.
        decision: Text,
        /// Where everybody is let in: the `*` that is written, or the default of the variable.
        opening: Text,
        /// `opening` is the default of a variable, written at another place than the policy.
        open_default: Flag,
        /// Further lines that send `*`, where the headers are written by hand.
        other_wildcards: Vec<LineFacts>,
        /// Further lines that copy the request's origin back, where the headers are written by hand.
        other_echoes: Vec<LineFacts>,
    }
}

facts! {
    /// A header line beside the one that a finding is about.
    record LineFacts = "line" {
        /// As written.
        written: Text,
    }
}

facts! {
    /// One origin of a policy's list, for questions about its neighbours.
    record ListedOriginFacts = "listed_origin" {
        /// The origin as written.
        written: Text,
        /// The host, lower case.
        host: Text,
        /// The host is this machine.
        loopback: Known,
        /// The scheme is `http`.
        insecure: Known,
        /// The host belongs to a staging, preview or development deployment.
        staging: Known,
    }
}

facts! {
    /// `*` where it is taken literally because credentials are allowed.
    record LiteralWildcardFacts = "literal_wildcards" {
        /// There is at least one.
        present: Flag,
        /// Which ones: `allow_methods and allow_headers`.
        which: Text,
        /// The second of them.
        second: Text,
        /// The third of them.
        third: Text,
    }
}
