//! The messages of `grpc.health.v1`.

use std::collections::BTreeMap;

/// A question about one part.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct HealthCheckRequest {
    /// Its name; empty for the whole server.
    #[prost(string, tag = "1")]
    pub service: String,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct HealthCheckResponse {
    /// A [`ServingStatus`], or a number that is none.
    #[prost(enumeration = "ServingStatus", tag = "1")]
    pub status: i32,
}

impl From<ServingStatus> for HealthCheckResponse {
    fn from(status: ServingStatus) -> HealthCheckResponse {
        HealthCheckResponse {
            status: status.into(),
        }
    }
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ServingStatus {
    /// It was not said.
    Unknown = 0,
    /// It does its work.
    Serving = 1,
    /// It does not.
    NotServing = 2,
    /// There is no such part. `Watch` alone says so: there may be one later.
    ServiceUnknown = 3,
}

/// A question about all parts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct HealthListRequest {}

/// The answer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct HealthListResponse {
    /// By the parts' names.
    #[prost(btree_map = "string, message", tag = "1")]
    pub statuses: BTreeMap<String, HealthCheckResponse>,
}
