// Written by bywash-build. Changes are lost when it runs again.

/// An error: a code for programs, a message for developers, details for both.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Status {
    /// One of the codes of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// A sentence in English.
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
    /// Messages that say more, of types that both sides know.
    #[prost(message, repeated, tag = "3")]
    pub details: ::prost::alloc::vec::Vec<::prost_types::Any>,
}

/// What went wrong, for a program to act on.
///
/// ```text
/// { "reason": "API_DISABLED", "domain": "example.com" }
/// ```
///
/// The pair of reason and domain names one cause.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ErrorInfo {
    /// The cause, in capitals, unique within the domain: at most 63 of \[A-Z0-9_\].
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
    /// Whose reasons these are, \<name of the service> as a rule.
    #[prost(string, tag = "2")]
    pub domain: ::prost::alloc::string::String,
    /// What else a program may want to know.
    #[prost(btree_map = "string, string", tag = "3")]
    pub metadata: ::prost::alloc::collections::BTreeMap<
        ::prost::alloc::string::String,
        ::prost::alloc::string::String,
    >,
}

/// When to try again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RetryInfo {
    /// At least this long after the answer.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: ::core::option::Option<::prost_types::Duration>,
}

/// What only developers want to know.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DebugInfo {
    /// Where it happened, innermost first.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// Whatever else the server says.
    #[prost(string, tag = "2")]
    pub detail: ::prost::alloc::string::String,
}

/// Which quotas were used up.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct QuotaFailure {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: ::prost::alloc::vec::Vec<quota_failure::Violation>,
}

/// Nested message and enum types in `QuotaFailure`.
pub mod quota_failure {
    /// One of them.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Violation {
        /// Whose quota.
        #[prost(string, tag = "1")]
        pub subject: ::prost::alloc::string::String,
        /// How it was used up.
        #[prost(string, tag = "2")]
        pub description: ::prost::alloc::string::String,
        /// The API that holds it.
        #[prost(string, tag = "3")]
        pub api_service: ::prost::alloc::string::String,
        /// What it counts.
        #[prost(string, tag = "4")]
        pub quota_metric: ::prost::alloc::string::String,
        /// Which limit of that.
        #[prost(string, tag = "5")]
        pub quota_id: ::prost::alloc::string::String,
        /// Where it applies.
        #[prost(btree_map = "string, string", tag = "6")]
        pub quota_dimensions: ::prost::alloc::collections::BTreeMap<
            ::prost::alloc::string::String,
            ::prost::alloc::string::String,
        >,
        /// The limit.
        #[prost(int64, tag = "7")]
        pub quota_value: i64,
        /// The limit being rolled out, if one is.
        #[prost(int64, optional, tag = "8")]
        pub future_quota_value: ::core::option::Option<i64>,
    }
}

/// What must hold first.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct PreconditionFailure {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: ::prost::alloc::vec::Vec<precondition_failure::Violation>,
}

/// Nested message and enum types in `PreconditionFailure`.
pub mod precondition_failure {
    /// One thing.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Violation {
        /// Its kind.
        #[prost(string, tag = "1")]
        pub r#type: ::prost::alloc::string::String,
        /// What it is about.
        #[prost(string, tag = "2")]
        pub subject: ::prost::alloc::string::String,
        /// What to do about it.
        #[prost(string, tag = "3")]
        pub description: ::prost::alloc::string::String,
    }
}

/// What in the request is wrong.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct BadRequest {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: ::prost::alloc::vec::Vec<bad_request::FieldViolation>,
}

/// Nested message and enum types in `BadRequest`.
pub mod bad_request {
    /// One field.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct FieldViolation {
        /// The path of the field, as in a.b\[1\].c.
        #[prost(string, tag = "1")]
        pub field: ::prost::alloc::string::String,
        /// What is wrong with it, for developers.
        #[prost(string, tag = "2")]
        pub description: ::prost::alloc::string::String,
        /// The same in capitals, for programs.
        #[prost(string, tag = "3")]
        pub reason: ::prost::alloc::string::String,
        /// The same for users.
        #[prost(message, optional, tag = "4")]
        pub localized_message: ::core::option::Option<super::LocalizedMessage>,
    }
}

/// What to quote when asking for help.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RequestInfo {
    /// What the server calls the request.
    #[prost(string, tag = "1")]
    pub request_id: ::prost::alloc::string::String,
    /// What it was served with, for the server's owners alone.
    #[prost(string, tag = "2")]
    pub serving_data: ::prost::alloc::string::String,
}

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ResourceInfo {
    /// Its kind.
    #[prost(string, tag = "1")]
    pub resource_type: ::prost::alloc::string::String,
    /// Its name; not `given` away by PERMISSION_DENIED.
    #[prost(string, tag = "2")]
    pub resource_name: ::prost::alloc::string::String,
    /// Whose it is, if that may be said.
    #[prost(string, tag = "3")]
    pub owner: ::prost::alloc::string::String,
    /// What went wrong with it.
    #[prost(string, tag = "4")]
    pub description: ::prost::alloc::string::String,
}

/// Where to read on.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Help {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub links: ::prost::alloc::vec::Vec<help::Link>,
}

/// Nested message and enum types in `Help`.
pub mod help {
    /// One place.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Link {
        /// What is there.
        #[prost(string, tag = "1")]
        pub description: ::prost::alloc::string::String,
        /// Where it is, such as <https://example.com/help> (or not).
        #[prost(string, tag = "2")]
        pub url: ::prost::alloc::string::String,
    }
}

/// A text for users.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LocalizedMessage {
    /// Its language as BCP 47 names it: en-US, de-CH.
    #[prost(string, tag = "1")]
    pub locale: ::prost::alloc::string::String,
    /// The text.
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
}
