//! How a call ended: a code, a message, and where they come from.

#[cfg(feature = "prost")]
pub mod details;
mod origin;
#[cfg(test)]
mod tests;
mod wire;

pub use origin::{ConnError, ConnFault, Origin};
pub use wire::MAX_BODY;

use crate::{
    code::Code,
    metadata::{Metadata, MetadataError},
};
use bytes::Bytes;
use std::{borrow::Cow, error::Error, fmt, sync::Arc};

/// How a call ended, if not well. 16 octets, by value everywhere; a bare code holds no heap.
///
/// Handlers return it as the error of their results, clients get it from every verb that can fail. Success is `Ok(())`:
/// a status whose code is [`Code::Ok`] can be made, but says nothing that a caller would look for.
#[derive(Clone)]
pub struct Status {
    code: Code,
    more: Option<Box<More>>,
}

const _: () = assert!(size_of::<Status>() == 16 && size_of::<Result<(), Status>>() == 16);

#[derive(Clone, Default)]
struct More {
    /// The wire's number where it is none of `Code`'s.
    raw: Option<u32>,
    message: Cow<'static, str>,
    details: Bytes,
    trailers: Metadata,
    origin: Origin,
}

static NO_TRAILERS: Metadata = Metadata::new();
static APPLICATION: Origin = Origin::Application;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $variant:ident;)*) => {
        impl Status {
            $($(#[$doc])*
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Status {
                Status::new(Code::$variant, message)
            })*
        }
    };
}

constructors! {
    /// CANCELLED.
    cancelled Cancelled;
    /// UNKNOWN.
    unknown Unknown;
    /// INVALID_ARGUMENT.
    invalid_argument InvalidArgument;
    /// DEADLINE_EXCEEDED.
    deadline_exceeded DeadlineExceeded;
    /// NOT_FOUND.
    not_found NotFound;
    /// ALREADY_EXISTS.
    already_exists AlreadyExists;
    /// PERMISSION_DENIED.
    permission_denied PermissionDenied;
    /// RESOURCE_EXHAUSTED.
    resource_exhausted ResourceExhausted;
    /// FAILED_PRECONDITION.
    failed_precondition FailedPrecondition;
    /// ABORTED.
    aborted Aborted;
    /// OUT_OF_RANGE.
    out_of_range OutOfRange;
    /// UNIMPLEMENTED.
    unimplemented Unimplemented;
    /// INTERNAL.
    internal Internal;
    /// UNAVAILABLE.
    unavailable Unavailable;
    /// DATA_LOSS.
    data_loss DataLoss;
    /// UNAUTHENTICATED.
    unauthenticated Unauthenticated;
}

impl Status {
    /// A status of the application.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Status {
        Status::with_origin(code, message, Origin::Application)
    }

    /// A status that this side's library made.
    pub fn local(code: Code, message: impl Into<Cow<'static, str>>) -> Status {
        Status::with_origin(code, message, Origin::Local)
    }

    /// UNAVAILABLE: the connection could not be made or was lost.
    pub fn transport(error: Arc<ConnError>) -> Status {
        let message = error.to_string();
        Status::with_origin(Code::Unavailable, message, Origin::Transport(error))
    }

    fn with_origin(code: Code, message: impl Into<Cow<'static, str>>, origin: Origin) -> Status {
        let message = message.into();
        if message.is_empty() && matches!(origin, Origin::Application) {
            return Status::from(code);
        }
        Status {
            code,
            more: Some(Box::new(More {
                message,
                origin,
                ..More::default()
            })),
        }
    }

    /// The code. UNKNOWN if the peer sent a number outside 0..=16: see [`raw_code`](Status::raw_code).
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The code's number, as the peer sent it even if no code has it.
    pub fn raw_code(&self) -> u32 {
        self.more
            .as_ref()
            .and_then(|more| more.raw)
            .unwrap_or(self.code.as_u32())
    }

    /// The message, for people; may be empty.
    pub fn message(&self) -> &str {
        self.more.as_ref().map_or("", |more| &more.message)
    }

    /// The encoded `google.rpc.Status` that came or goes along (`grpc-status-details-bin`); empty if there is none.
    pub fn details(&self) -> &[u8] {
        self.more.as_ref().map_or(&[], |more| &more.details)
    }

    /// At a client the trailing metadata that came along. At a server what [`with_trailer`](Status::with_trailer) and
    /// its likes added.
    pub fn trailers(&self) -> &Metadata {
        self.more
            .as_ref()
            .map_or(&NO_TRAILERS, |more| &more.trailers)
    }

    /// Who made this status.
    pub fn origin(&self) -> &Origin {
        self.more.as_ref().map_or(&APPLICATION, |more| &more.origin)
    }

    /// With an encoded `google.rpc.Status` as its details.
    pub fn with_details(mut self, details: impl Into<Bytes>) -> Status {
        self.more_mut().details = details.into();
        self
    }

    /// With these trailers instead of those it had.
    pub fn with_trailers(mut self, trailers: Metadata) -> Status {
        self.more_mut().trailers = trailers;
        self
    }

    /// With another ASCII field in its trailers.
    ///
    /// # Errors
    /// As [`Metadata::append`].
    pub fn with_trailer(mut self, key: &str, value: &str) -> Result<Status, MetadataError> {
        self.more_mut().trailers.append(key, value)?;
        Ok(self)
    }

    /// The same code, details, trailers and origin with another message.
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Status {
        self.more_mut().message = message.into();
        self
    }

    /// The trailers, by value.
    pub fn into_trailers(self) -> Metadata {
        self.more.map_or_else(Metadata::new, |more| more.trailers)
    }

    fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

/// A bare code, of the application.
impl From<Code> for Status {
    fn from(code: Code) -> Status {
        Status { code, more: None }
    }
}

/// INTERNAL, as for whatever this side cannot send; a server answers a field it cannot read otherwise.
impl From<MetadataError> for Status {
    fn from(error: MetadataError) -> Status {
        Status::local(Code::Internal, error.to_string())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())?;
        if self.raw_code() != self.code.as_u32() {
            write!(f, " ({})", self.raw_code())?;
        }
        match self.message() {
            "" => Ok(()),
            message => write!(f, ": {message}"),
        }
    }
}

/// Details by their size, trailers without the values that may be secrets.
impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Status");
        out.field("code", &self.code);
        if self.raw_code() != self.code.as_u32() {
            out.field("raw_code", &self.raw_code());
        }
        out.field("message", &self.message());
        if !self.details().is_empty() {
            out.field(
                "details",
                &format_args!("({} octets)", self.details().len()),
            );
        }
        if self.trailers().list_size() > 0 {
            out.field("trailers", self.trailers());
        }
        out.field("origin", self.origin()).finish()
    }
}

impl Error for Status {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.origin() {
            Origin::Transport(error) => Some(&**error),
            Origin::Application | Origin::Peer | Origin::Local => None,
        }
    }
}
