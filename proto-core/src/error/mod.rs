//! Three audiences, three families of types.
//!
//! - What the peer did wrong: [`Violation`], one variant per rule.
//! - Why a stream or the connection ended: [`StreamEnd`], [`CloseReason`].
//! - What a call of the program could not do: [`OpenError`], [`SendError`], [`ReleaseError`],
//!   [`ExtensionError`], [`PingError`], [`ConfigError`]; a head that may not be sent is a [`HeadError`].

mod head;
mod protocol;
mod user;
mod violation;

pub use head::HeadError;
pub use protocol::{CloseReason, EndedBy, LimitName, OtherProtocol, Retry, StreamEnd, TimeoutKind};
pub use user::{ConfigError, ExtensionError, OpenError, PingError, ReleaseError, SendError};
pub use violation::{Scope, Violation};

#[cfg(test)]
mod tests;
