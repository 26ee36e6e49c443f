//! The subject `origin`: one allowed origin.

use std::sync::Arc;

use super::declare::facts;
use super::policy::PolicyFacts;
use super::{Flag, Known, Text};

facts! {
    /// One origin that a policy lists.
    subject OriginFacts = "origin" {
        /// The origin as written.
        written: Text,
        /// `https`, `http`, or what stands in its place.
        scheme: Text,
        /// The host, lower case.
        host: Text,
        /// The header of CORS whose value it is, where that is no list of origins and cannot be sent as it is written.
        header: Text,
        /// The origin as it should be written.
        suggestion: Text,
        /// What keeps it from ever being equal to an `Origin` header: `a trailing slash`.
        malformation: Text,
        /// The environment variable it comes from.
        variable: Text,
        /// The other one of apex and www.
        twin: Text,
        /// Where in the repository the twin or the contradicting origin is used.
        evidence: Text,
        /// The host is this machine: `localhost`, `127.0.0.0/8`, `[::1]`.
        loopback: Known,
        /// The host is an address or a name of a private network.
        private_network: Known,
        /// The scheme is `http`.
        insecure: Known,
        /// No `Origin` header can ever be equal to it; `malformation` says why.
        malformed: Known,
        /// It is shown by an example env file and nowhere else; `variable` is the place where the program reads it.
        example: Flag,
        /// It is a text someone forgot to replace.
        placeholder: Known,
        /// It is the text `null`.
        null_origin: Known,
        /// It is used only when a variable is missing.
        fallback: Known,
        /// It is the only allowed origin.
        only_one: Flag,
        /// Only one of apex and www is allowed; `twin` is the other.
        www_mismatch: Flag,
        /// The repository itself uses the twin; `evidence` is the place.
        evidence_found: Known,
        /// The host belongs to a staging, preview or development deployment.
        staging: Known,
        /// `corslint.toml` states it as an origin of production.
        stated: Known,
        /// `corslint.toml` states which origins production has, and it is none of them; `intent` is the place.
        unstated: Flag,
        /// The deployment that `corslint.toml` states it for, where that is not production.
        stated_for: Text,
        /// The twin is stated in `corslint.toml`; `evidence` is the place.
        twin_stated: Known,
        /// Where `corslint.toml` says otherwise: the list of production's origins, or the one that was probably meant.
        intent: Text,
        /// It is written in the code of a program.
        literal: Known,
        /// Every allowed origin belongs to a staging, preview or development deployment.
        only_staging: Flag,
        /// It is the host of the server itself; `own_host` is where that is written.
        is_own_host: Flag,
        /// Where the server's own host is written.
        own_host: Text,
        /// Elsewhere the same host is used with the other scheme; `other_scheme` is the place.
        scheme_mismatch: Flag,
        /// It is `http`, and the repository itself uses its twin with `https`.
        encrypted_elsewhere: Known,
        /// Where the same host is used with the other scheme.
        other_scheme: Text,
        /// A web server of the repository serves pages and passes requests on: pages and answers may have one origin.
        together: Known,
        /// The policy that lists it.
        policy: Arc<PolicyFacts>,
    }
}
