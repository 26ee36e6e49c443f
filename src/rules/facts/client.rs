//! The subject `client`: a request that code for browsers sends.

use super::declare::facts;
use super::{Flag, Known, Text, Word};

facts! {
    /// A request that code for browsers sends: a call of `fetch`, of axios, of `XMLHttpRequest`.
    subject ClientFacts = "client" {
        /// `fetch`, `axios`, `XMLHttpRequest`, `ky`, `ofetch`, `jQuery`, `GraphQL`, `EventSource`, `socket.io`,
        /// `WebSocket`, `superagent`, `HttpClient` …
        library: Word,
        /// Its method.
        method: Text,
        /// Its address, as far as it is known, where it is written: a literal, or a line of an env file.
        url: Text,
        /// The origin it goes to.
        origin: Text,
        /// The host it goes to.
        host: Text,
        /// Its address is the value of an environment variable.
        from_variable: Known,
        /// It certainly needs a CORS-preflight request when it goes to another origin.
        needs_preflight: Flag,
        /// It certainly goes to another origin: to a server of this repository that is reached elsewhere than the page.
        cross_origin: Flag,
        /// `mode: 'no-cors'`, where it is written.
        no_cors: Text,
        /// Its answer is read although `no_cors` keeps it from being read.
        answer_read: Text,
        /// A request header whose name belongs to answers: `Access-Control-Allow-Origin`.
        response_header: Text,
        /// An option of `fetch` or axios among the headers: `credentials`.
        misplaced_option: Text,
        /// It goes to `http://` from pages that are served over `https://`; `page` says where that is known from.
        insecure: Flag,
        /// Where it is written that pages are served over `https://`.
        page: Text,
        /// It goes to the visitor's own machine in production.
        loopback: Flag,
        /// It goes to a name that only exists in a private network: a service of a compose file.
        service_name: Flag,
        /// It leaves cookies at home that the server needs; `policy` allows them.
        omits_credentials: Flag,
        /// Where it says which credentials it sends; its call where it says nothing.
        credentials: Text,
        /// Where the server makes use of cookies.
        cookies: Text,
        /// Where the server allows credentials.
        policy: Text,
        /// Where a redirect answers its preflight.
        redirect: Text,
        /// Its URL, at the place that has to change for no redirect to come.
        redirected: Text,
    }
}
