//! The types of `google/rpc/error_details.proto`. Fields and their numbers are that file's.

use prost::{Message, Name};
use std::{collections::BTreeMap, time::Duration};

macro_rules! names {
    ($($type:ident $name:literal;)*) => {
        $(impl Name for $type {
            const NAME: &'static str = $name;
            const PACKAGE: &'static str = "google.rpc";
        })*
    };
}

names! {
    ErrorInfo "ErrorInfo";
    RetryInfo "RetryInfo";
    DebugInfo "DebugInfo";
    QuotaFailure "QuotaFailure";
    QuotaViolation "QuotaFailure.Violation";
    PreconditionFailure "PreconditionFailure";
    PreconditionViolation "PreconditionFailure.Violation";
    BadRequest "BadRequest";
    FieldViolation "BadRequest.FieldViolation";
    RequestInfo "RequestInfo";
    ResourceInfo "ResourceInfo";
    Help "Help";
    Link "Help.Link";
    LocalizedMessage "LocalizedMessage";
}

/// The cause of an error, for programs.
#[derive(Clone, PartialEq, Message)]
pub struct ErrorInfo {
    /// The cause, constant and unique in its domain: at most 63 of `A-Z 0-9 _`.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Whose reasons these are, such as `pubsub.example.com`.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// More about it. Units go into the keys.
    #[prost(btree_map = "string, string", tag = "3")]
    pub metadata: BTreeMap<String, String>,
}

/// When to try again.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct RetryInfo {
    /// The least time to wait.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

impl RetryInfo {
    /// Asks to wait for `delay`, or the longest time that the message can say.
    pub fn after(delay: Duration) -> RetryInfo {
        // google.protobuf.Duration goes to 10 000 years.
        const LONGEST: u64 = 315_576_000_000;
        let (seconds, nanos) = match delay.as_secs() {
            seconds if seconds < LONGEST => (seconds, delay.subsec_nanos()),
            _ => (LONGEST, 0),
        };
        RetryInfo {
            retry_delay: Some(prost_types::Duration {
                seconds: seconds as i64,
                nanos: nanos as i32,
            }),
        }
    }

    /// The least time to wait; `None` if it is missing, negative or malformed.
    pub fn delay(&self) -> Option<Duration> {
        // Not by prost-types' conversion, which in 0.14 panics at i64::MIN seconds.
        let delay = self.retry_delay?;
        let nanos = u32::try_from(delay.nanos)
            .ok()
            .filter(|&nanos| nanos < 1_000_000_000)?;
        Some(Duration::new(u64::try_from(delay.seconds).ok()?, nanos))
    }
}

/// What helps to find the fault. Not for the peers of public services.
#[derive(Clone, PartialEq, Message)]
pub struct DebugInfo {
    /// Where the error came up.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: Vec<String>,
    /// More about it.
    #[prost(string, tag = "2")]
    pub detail: String,
}

/// Quotas that are used up.
#[derive(Clone, PartialEq, Message)]
pub struct QuotaFailure {
    /// Each of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<QuotaViolation>,
}

/// A quota that is used up.
#[derive(Clone, PartialEq, Message)]
pub struct QuotaViolation {
    /// Whose quota it is, such as `project:7`.
    #[prost(string, tag = "1")]
    pub subject: String,
    /// What happened, for people.
    #[prost(string, tag = "2")]
    pub description: String,
    /// The service that has the quota, if not the one called.
    #[prost(string, tag = "3")]
    pub api_service: String,
    /// What is counted.
    #[prost(string, tag = "4")]
    pub quota_metric: String,
    /// The quota's identifier.
    #[prost(string, tag = "5")]
    pub quota_id: String,
    /// What the quota is divided by.
    #[prost(btree_map = "string, string", tag = "6")]
    pub quota_dimensions: BTreeMap<String, String>,
    /// The quota in force.
    #[prost(int64, tag = "7")]
    pub quota_value: i64,
    /// The quota that is being brought into force.
    #[prost(int64, optional, tag = "8")]
    pub future_quota_value: Option<i64>,
}

/// Preconditions that do not hold.
#[derive(Clone, PartialEq, Message)]
pub struct PreconditionFailure {
    /// Each of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<PreconditionViolation>,
}

/// A precondition that does not hold.
#[derive(Clone, PartialEq, Message)]
pub struct PreconditionViolation {
    /// Its kind, of the service's own making, such as `TOS`.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// What it is about.
    #[prost(string, tag = "2")]
    pub subject: String,
    /// What to do about it, for people.
    #[prost(string, tag = "3")]
    pub description: String,
}

/// What is wrong with a request.
#[derive(Clone, PartialEq, Message)]
pub struct BadRequest {
    /// Each of the fields that are wrong.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<FieldViolation>,
}

/// A field that is wrong.
#[derive(Clone, PartialEq, Message)]
pub struct FieldViolation {
    /// The path to the field, parted by dots.
    #[prost(string, tag = "1")]
    pub field: String,
    /// What is wrong with it, for people.
    #[prost(string, tag = "2")]
    pub description: String,
    /// What is wrong with it, for programs: at most 63 of `A-Z 0-9 _`.
    #[prost(string, tag = "3")]
    pub reason: String,
    /// What is wrong with it, for those who use the program.
    #[prost(message, optional, tag = "4")]
    pub localized_message: Option<LocalizedMessage>,
}

/// What to quote in a report of the fault.
#[derive(Clone, PartialEq, Message)]
pub struct RequestInfo {
    /// Names the request in the service's logs.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// What the service wants back with a report.
    #[prost(string, tag = "2")]
    pub serving_data: String,
}

/// The resource that the call was about.
#[derive(Clone, PartialEq, Message)]
pub struct ResourceInfo {
    /// Its kind.
    #[prost(string, tag = "1")]
    pub resource_type: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub resource_name: String,
    /// Whose it is, if that helps.
    #[prost(string, tag = "3")]
    pub owner: String,
    /// What is the matter with it, for people.
    #[prost(string, tag = "4")]
    pub description: String,
}

/// Where to read on.
#[derive(Clone, PartialEq, Message)]
pub struct Help {
    /// Each place.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<Link>,
}

/// A place to read on.
#[derive(Clone, PartialEq, Message)]
pub struct Link {
    /// What is there.
    #[prost(string, tag = "1")]
    pub description: String,
    /// Where it is.
    #[prost(string, tag = "2")]
    pub url: String,
}

/// A message for those who use the program, in their language.
#[derive(Clone, PartialEq, Message)]
pub struct LocalizedMessage {
    /// The language (BCP 47), such as `fr-CH`.
    #[prost(string, tag = "1")]
    pub locale: String,
    /// The message.
    #[prost(string, tag = "2")]
    pub message: String,
}
