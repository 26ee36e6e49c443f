//! What clients and routes of the repository ask of a policy, and do not get.

use super::declare::facts;
use super::{Text, Word};

facts! {
    /// What is asked of a policy and not granted: by clients of the repository that certainly call it from another origin, and by
    /// its own routes. Every text has the place where it is asked for, and is empty where nothing is refused.
    record CallsFacts = "calls" {
        /// Methods that the policy does not allow.
        refused_methods: Text,
        /// Who asks for them: `client`, or `routes` that answer them where no client says more.
        methods_from: Word,
        /// Request headers that the policy does not allow.
        refused_headers: Text,
        /// Who asks for them: `client`; `star` where a client sends `Authorization` and `*` is all that is allowed; `handlers`
        /// that read them where no client says more.
        headers_from: Word,
        /// Response headers that a client reads and the policy does not expose.
        unexposed_headers: Text,
        /// The credentials mode of a client that sends credentials where the policy does not allow them.
        refused_credentials: Text,
        /// The call of a client of a policy that allows credentials, where no client and no handler makes use of them.
        without_credentials: Text,
    }
}
