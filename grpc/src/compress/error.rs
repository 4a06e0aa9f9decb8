//! What can go wrong with compression.

use crate::{code::Code, status::Status};
use std::fmt;

/// A message could not be compressed. This side's fault, INTERNAL.
#[derive(Debug)]
pub struct CompressError(pub Box<dyn std::error::Error + Send + Sync>);

impl fmt::Display for CompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot compress message: {}", self.0)
    }
}

impl std::error::Error for CompressError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

impl From<CompressError> for Status {
    fn from(e: CompressError) -> Status {
        Status::local(Code::Internal, e.to_string())
    }
}

/// A received message could not be inflated.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecompressError {
    /// It would have more than this many octets: RESOURCE_EXHAUSTED.
    TooLarge(usize),
    /// It is not what the encoding makes: INTERNAL. For people.
    Corrupt(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecompressError::TooLarge(limit) => {
                write!(
                    f,
                    "received message after decompression larger than max ({limit})"
                )
            }
            DecompressError::Corrupt(why) => write!(f, "cannot decompress message: {why}"),
        }
    }
}

impl std::error::Error for DecompressError {}

impl From<DecompressError> for Status {
    fn from(e: DecompressError) -> Status {
        let code = match e {
            DecompressError::TooLarge(_) => Code::ResourceExhausted,
            DecompressError::Corrupt(_) => Code::Internal,
        };
        Status::local(code, e.to_string())
    }
}

/// The peer declared an encoding that is not registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownEncoding {
    pub(super) name: String,
    pub(super) accepted: String,
}

impl UnknownEncoding {
    /// What a server ends the call with: UNIMPLEMENTED. Its response names in `grpc-accept-encoding` what is accepted.
    pub fn at_server(&self) -> Status {
        Status::local(Code::Unimplemented, self.to_string())
    }

    /// What a client ends the call with: INTERNAL.
    pub fn at_client(&self) -> Status {
        Status::local(Code::Internal, self.to_string())
    }
}

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "grpc-encoding {:?} is not supported; supported: {}",
            self.name, self.accepted
        )
    }
}

impl std::error::Error for UnknownEncoding {}
