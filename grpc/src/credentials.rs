//! Credentials of single calls: fields that say who calls, such as a bearer token.
//!
//! Whoever sees such a field can call in the caller's name. They are not sent over a connection that is not encrypted,
//! unless the credentials say that they may be.
//!
//! ```
//! use bywash_grpc::{client::Channel, credentials::Bearer};
//!
//! // In cleartext a token is refused, when the channel is made,
//! let token = Bearer::new("secret")?;
//! let refused = Channel::builder("127.0.0.1:50051").plaintext().credentials(token).build();
//! assert!(refused.is_err());
//! // unless one says that this is meant.
//! let token = Bearer::new("secret")?.allow_insecure();
//! Channel::builder("127.0.0.1:50051").plaintext().credentials(token).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{
    code::Code,
    metadata::{Metadata, MetadataError},
    method::split_path,
    status::Status,
};
use std::{fmt, sync::Arc};

/// Says who makes a call.
pub trait CallCredentials: Send + Sync + 'static {
    /// Adds fields to the metadata of a call, such as `authorization`. Runs on the thread that makes the call, before
    /// every call: keep what costs a round trip.
    ///
    /// # Errors
    /// The call ends with this status and is not sent. A code that a server's application should use, such as
    /// NOT_FOUND, becomes INTERNAL: it would tell of the wrong thing.
    fn add(&self, request: &Request<'_>, fields: &mut Metadata) -> Result<(), Status>;

    /// Whether the connection must be encrypted.
    fn needs_security(&self) -> bool {
        true
    }
}

/// The call that credentials are for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `/package.Service/Method`.
    pub path: &'a str,
    /// `:authority`.
    pub authority: &'a str,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

impl Request<'_> {
    /// The audience that a token is for: `https://host/package.Service`, with the port if it is not 443.
    pub fn audience(&self) -> String {
        let host = self.authority.strip_suffix(":443");
        let service = split_path(self.path).map_or("", |(service, _)| service);
        format!("https://{}/{service}", host.unwrap_or(self.authority))
    }
}

/// A token that does not change: `authorization: Bearer TOKEN` (RFC 6750 section 2.1).
#[derive(Clone)]
pub struct Bearer {
    value: Arc<str>,
    insecure: bool,
}

impl Bearer {
    /// Sends this token.
    ///
    /// # Errors
    /// It has octets that no field may have.
    pub fn new(token: &str) -> Result<Bearer, MetadataError> {
        let value = format!("Bearer {token}");
        Metadata::new().append(AUTHORIZATION, &value)?;
        Ok(Bearer {
            value: value.into(),
            insecure: false,
        })
    }

    /// Sends it in cleartext too: for tests, and where something else protects the connection.
    #[must_use]
    pub fn allow_insecure(mut self) -> Bearer {
        self.insecure = true;
        self
    }
}

const AUTHORIZATION: &str = "authorization";

impl CallCredentials for Bearer {
    fn add(&self, _: &Request<'_>, fields: &mut Metadata) -> Result<(), Status> {
        Ok(fields.append(AUTHORIZATION, &self.value)?)
    }

    fn needs_security(&self) -> bool {
        !self.insecure
    }
}

/// Without the token.
impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}

/// Asks credentials for their fields.
pub(crate) fn fields_of(
    credentials: &dyn CallCredentials,
    request: &Request<'_>,
) -> Result<Metadata, Status> {
    if credentials.needs_security() && !request.secure {
        let text = "these credentials are not sent over a connection that is not encrypted";
        return Err(Status::local(Code::Unauthenticated, text));
    }
    let mut fields = Metadata::new();
    credentials.add(request, &mut fields).map_err(restricted)?;
    Ok(fields)
}

/// Statuses that only a server's application may make (gRPC's proposal A54) are INTERNAL from anybody else.
fn restricted(status: Status) -> Status {
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => {
            let text = format!("the call's credentials failed: {status}");
            Status::local(Code::Internal, text)
        }
        _ => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences() {
        let audience = |authority| {
            let path = "/a.B/C";
            Request {
                path,
                authority,
                secure: true,
            }
            .audience()
        };
        assert_eq!(audience("x.example:443"), "https://x.example/a.B");
        assert_eq!(audience("x.example:8443"), "https://x.example:8443/a.B");
        assert_eq!(audience("x.example"), "https://x.example/a.B");
    }

    #[test]
    fn tokens_are_fields_and_not_shown() {
        assert!(Bearer::new("a\nb").is_err());
        let token = Bearer::new("secret").unwrap();
        assert!(!format!("{token:?}").contains("secret"));
        let mut fields = Metadata::new();
        let request = Request {
            path: "/a/b",
            authority: "x",
            secure: true,
        };
        token.add(&request, &mut fields).unwrap();
        assert_eq!(fields.get("authorization"), Some("Bearer secret"));
    }
}
