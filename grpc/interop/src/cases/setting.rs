//! What all cases share.

use super::plan::Soak;
use crate::{
    connect::Target,
    flags::{Flags, Usage},
    pb::{test_service, unimplemented_service},
};
use bywash_grpc::status::Status;
use std::time::Duration;

/// Octets of the large request.
pub const LARGE_REQUEST: usize = 271_828;
/// Octets of the large response.
pub const LARGE_RESPONSE: usize = 314_159;

/// No call of a case may take longer, if the case does not say otherwise.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// Why a case failed.
#[derive(Debug)]
pub struct Failure(pub(super) String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Failure {
        Failure(text)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure(status.to_string())
    }
}

impl From<Usage> for Failure {
    fn from(usage: Usage) -> Failure {
        Failure(usage.0)
    }
}

pub(super) type Outcome = Result<(), Failure>;

/// Fails unless it holds.
pub(super) fn ensure(holds: bool, text: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure(text())) }
}

/// What cases work with.
pub struct Setting {
    pub(super) target: Target,
    pub(super) test: test_service::Client,
    pub(super) unimplemented: unimplemented_service::Client,
    pub(super) soak: Soak,
    pub(super) concurrent: usize,
}

impl Setting {
    /// A channel to the target, and what the flags say of single cases.
    ///
    /// # Errors
    /// The target is none; a number is none.
    pub fn new(target: Target, flags: &Flags) -> Result<Setting, Usage> {
        let channel = target.channel()?;
        Ok(Setting {
            test: test_service::Client::new(&channel),
            unimplemented: unimplemented_service::Client::new(&channel),
            soak: Soak::of(flags)?,
            concurrent: flags.number("concurrent_large_unary_calls")?,
            target,
        })
    }
}
