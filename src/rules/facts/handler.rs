//! The subject `handler`: something in a server that a request meets.

use super::declare::facts;
use super::{Flag, Number, Text, Word};

facts! {
    /// Something in a server that a request meets: a middleware, a route, a block.
    subject HandlerFacts = "handler" {
        /// What it is: `cors`, `auth`, `route`, `static`, `error`, `proxy`, `other`.
        kind: Word,
        /// What it is called: `requireLogin`, `GET /items`.
        name: Text,
        /// Why it does what is said about it.
        reason: Text,
        /// The status it answers a CORS-preflight request with.
        status: Number,
        /// It answers a CORS-preflight request before CORS can; `cors` is the one it shadows.
        answers_before_cors: Flag,
        /// It is CORS, registered after `other`, which it should cover.
        cors_too_late: Flag,
        /// It is a factory that was registered without being called.
        not_called: Flag,
        /// It answers a CORS-preflight request with a status that is not an ok status.
        bad_preflight_status: Flag,
        /// Its answer to a CORS-preflight request lacks headers; `missing` names them.
        missing_preflight_headers: Flag,
        /// Its own headers drop the CORS headers of the enclosing block.
        loses_headers_by_inheritance: Flag,
        /// It takes the place of an earlier block that matches as well, CORS headers included.
        replaces_block: Flag,
        /// It adds a CORS header that the server behind, `other`, sends as well because of `cors`.
        sent_by_both: Flag,
        /// It takes away the CORS headers that the server behind, `other`, sends because of `cors`.
        hides_headers: Flag,
        /// It takes away the `Origin` that the server behind, `other`, asks for because of `cors`.
        hides_origin: Flag,
        /// Options are made here and given to nobody; `cors` is the call that could have had them.
        unused_options: Flag,
        /// It is chosen by the path alone, and its path names the method it is meant for.
        method_in_path: Flag,
        /// Its errors leave without CORS headers.
        headers_missing_on_errors: Flag,
        /// CORS is configured here and never in force; `reason` says why.
        not_installed: Flag,
        /// CORS is in force here, without the part of the library that checks its settings; `reason` names that part.
        half_installed: Flag,
        /// Like `cors_too_late`, but only redirects and files of `other` leave without the headers.
        cors_too_late_minor: Flag,
        /// A request without an `Origin` header is refused as well.
        refuses_missing_origin: Flag,
        /// Its path pattern is one that the pinned version of the router refuses at start-up.
        unsupported_pattern: Flag,
        /// It grants CORS to requests that need a preflight, and nothing answers that preflight.
        preflight_unhandled: Flag,
        /// A CORS header leaves twice because of it; `other` is the other line.
        sent_twice: Flag,
        /// Something that comes first, `other`, answers all that CORS is configured for here.
        shadowed: Flag,
        /// A client of the repository calls it from another origin, and CORS, configured elsewhere on its server, does not
        /// cover it.
        uncovered: Flag,
        /// The call of a client of the repository that it concerns.
        client: Text,
        /// It makes a development server work where production does not; `other` is what answers in production.
        dev_proxy_only: Flag,
        /// Only its answers to preflights have the headers; `other` is a route without them, or `cors` sets them and the answer here
        /// has none.
        preflight_only: Flag,
        /// It hands on the answer of another server without that server's CORS headers; `reason` says how they are lost.
        strips_cors: Flag,
        /// It sets headers through an API that the platform ignores; `reason` says what happens instead.
        api_ignored: Flag,
        /// The headers that are missing, with commas.
        missing: Text,
        /// The CORS configuration it concerns.
        cors: Text,
        /// The other handler of the pair.
        other: Text,
        /// Other places of the same file and the same handler of which the same is said.
        further: Vec<FurtherFacts>,
        /// How many they are, where there are any.
        more: Number,
    }
}

facts! {
    /// Another place of which the same is said.
    record FurtherFacts = "further" {
        /// The status of the answer that is given there.
        status: Number,
    }
}
