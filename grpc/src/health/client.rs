//! Asking a server how it is.

use super::{
    CHECK, LIST, WATCH,
    messages::{
        HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
        ServingStatus,
    },
};
use crate::{
    client::{Call, Channel},
    method::{ServerStreaming, Unary},
    status::Status,
};
use std::time::Duration;

/// Calls `grpc.health.v1.Health`. A clone costs a reference count.
#[derive(Clone, Debug)]
pub struct Client(Channel);

impl Client {
    /// A client whose calls go over `channel`. Does no I/O.
    pub fn new(channel: &Channel) -> Client {
        Client(channel.clone())
    }

    /// The state of one part.
    pub fn check<'a>(
        &'a self,
        request: &'a HealthCheckRequest,
    ) -> Call<'a, Unary, HealthCheckRequest, HealthCheckResponse> {
        self.0.call(CHECK, Some(request))
    }

    /// The states of all parts.
    pub fn list<'a>(
        &'a self,
        request: &'a HealthListRequest,
    ) -> Call<'a, Unary, HealthListRequest, HealthListResponse> {
        self.0.call(LIST, Some(request))
    }

    /// The state of one part, now and whenever it changes.
    pub fn watch<'a>(
        &'a self,
        request: &'a HealthCheckRequest,
    ) -> Call<'a, ServerStreaming, HealthCheckRequest, HealthCheckResponse> {
        self.0.call(WATCH, Some(request))
    }

    /// Waits for the state of one part, for so long at most; a part that is not known is
    /// [`ServingStatus::ServiceUnknown`].
    ///
    /// # Errors
    /// The call's status, other than NOT_FOUND.
    pub fn status(&self, part: &str, longest: Duration) -> Result<ServingStatus, Status> {
        let request = HealthCheckRequest {
            service: part.to_owned(),
        };
        match self.check(&request).timeout(longest).call() {
            Ok(response) => Ok(response.status()),
            Err(status) if status.code() == crate::code::Code::NotFound => {
                Ok(ServingStatus::ServiceUnknown)
            }
            Err(status) => Err(status),
        }
    }
}
