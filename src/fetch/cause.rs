//! Why a request is refused: the cause, by the name it has in `console.yaml`, and the words that messages fill in.
//!
//! In: found by the checks, or read out of a message. Out: the step of the standard, and a key into the table of texts.

use serde::{Deserialize, Serialize};

use super::step::Step;

/// Why a request is refused, or what else a console says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// There is no `Access-Control-Allow-Origin`.
    AllowOriginMissing,
    /// It is one origin, but another one.
    AllowOriginDiffers,
    /// It is sent twice.
    AllowOriginTwice,
    /// It is one line with several origins.
    AllowOriginList,
    /// It is no origin at all.
    AllowOriginInvalid,
    /// It is `*`, and the credentials mode is `include`.
    WildcardWithCredentials,
    /// `Access-Control-Allow-Credentials` is not `true`, and the credentials mode is `include`.
    CredentialsNotAllowed,
    /// The preflight's answer has no ok status.
    PreflightStatus,
    /// The preflight is redirected.
    PreflightRedirect,
    /// `Access-Control-Allow-Methods` is no list of names.
    MethodsUnreadable,
    /// `Access-Control-Allow-Headers` is no list of names.
    HeadersUnreadable,
    /// The method is not in `Access-Control-Allow-Methods`.
    MethodNotAllowed,
    /// A header is not in `Access-Control-Allow-Headers`.
    HeaderNotAllowed,
    /// A redirect leads to a URL with a user name or password.
    RedirectWithCredentials,
    /// A redirect that the page does not want, or one too many.
    RedirectRefused,
    /// The page asked with the mode `same-origin`.
    SameOriginMode,
    /// The URL's scheme is not http or https.
    SchemeNotSupported,
    /// A page without https asks for something in the local network.
    LocalNetworkInsecurePage,
    /// The permission to reach the local network was refused.
    LocalNetworkPermission,
    /// What was asked for is in another address space than was said.
    LocalNetworkAddressSpace,
    /// The preflight does not allow access to the local network.
    LocalNetworkPreflight,
    /// A page with https asks for something without.
    MixedContent,
    /// A warning: `*` will not cover `Authorization`.
    WildcardWithoutAuthorization,
    /// CORS is switched off in the browser.
    CorsDisabled,
    /// The browser cannot send the `Origin` header.
    OriginNotSent,
    /// The response cannot be used at all.
    ResponseInvalid,
    /// No answer came, or the line that says why is another one.
    RequestFailed,
    /// A text that says nothing about the cause.
    ReasonNotSaid,
}

impl Cause {
    /// The step of the standard that fails.
    pub fn step(self) -> Step {
        match self {
            Cause::AllowOriginMissing => Step::CorsCheckMissing,
            Cause::AllowOriginDiffers
            | Cause::AllowOriginTwice
            | Cause::AllowOriginList
            | Cause::AllowOriginInvalid
            | Cause::WildcardWithCredentials => Step::CorsCheckOrigin,
            Cause::CredentialsNotAllowed => Step::CorsCheckCredentials,
            Cause::PreflightStatus | Cause::PreflightRedirect => Step::PreflightStatus,
            Cause::MethodsUnreadable | Cause::HeadersUnreadable => Step::PreflightLists,
            Cause::MethodNotAllowed => Step::PreflightMethod,
            Cause::HeaderNotAllowed => Step::PreflightHeader,
            Cause::WildcardWithoutAuthorization => Step::PreflightAuthorization,
            Cause::RedirectWithCredentials => Step::RedirectCredentials,
            Cause::RedirectRefused => Step::Redirect,
            Cause::SameOriginMode => Step::SameOriginMode,
            Cause::SchemeNotSupported | Cause::CorsDisabled => Step::Scheme,
            Cause::LocalNetworkInsecurePage
            | Cause::LocalNetworkPermission
            | Cause::LocalNetworkAddressSpace
            | Cause::LocalNetworkPreflight => Step::LocalNetwork,
            Cause::MixedContent => Step::MixedContent,
            Cause::OriginNotSent => Step::OriginHeader,
            Cause::ResponseInvalid | Cause::RequestFailed | Cause::ReasonNotSaid => Step::NetworkError,
        }
    }
}

/// A refusal by one of the checks: its cause, and the words for its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub cause: Cause,
    /// The header value, method or header name that is at fault.
    pub value: String,
}

impl Refusal {
    /// A refusal that needs no further words.
    pub fn new(cause: Cause) -> Refusal {
        Refusal { cause, value: String::new() }
    }

    /// The same with the value, method or name at fault.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Refusal {
        self.value = value.into();
        self
    }
}
