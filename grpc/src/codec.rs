//! From typed messages to octets and back.

mod encoded;
#[cfg(feature = "prost")]
mod prost;
mod raw;
#[cfg(test)]
mod tests;

#[cfg(feature = "prost")]
pub use self::prost::Prost;
pub use crate::message::MessageBuf;
pub use encoded::Encoded;
pub use raw::Raw;

use crate::{
    compress::{self, Sending},
    framing::{Framed, Unsealed},
    status::Status,
};

/// How messages of a type are written and read. Object safe: method keys hold `&'static dyn Codec<T>`.
pub trait Codec<T>: Send + Sync {
    /// What follows `application/grpc+` in `content-type`. One call has one: its request's.
    fn subtype(&self) -> &'static str {
        "proto"
    }

    /// The octets that [`encode`](Codec::encode) will write, to make room for them; a guess will do.
    fn size(&self, message: &T) -> usize;

    /// Appends the message. What is in `out` already must stay.
    fn encode(&self, message: &T, out: &mut Vec<u8>);

    /// Reads a whole message. The octets are a peer's: they may be anything.
    ///
    /// # Errors
    /// They are no such message: INTERNAL, whichever side reads.
    fn decode(&self, buf: MessageBuf<'_>) -> Result<T, Status>;
}

/// Encodes a message once, where it is sent from, and frames it.
///
/// # Errors
/// As [`compress::seal`].
///
/// # Panics
/// If the codec removes what was in its output already.
pub fn frame<T>(codec: &dyn Codec<T>, message: &T, how: &Sending<'_>) -> Result<Framed, Status> {
    // The size is the codec's word, which may be wrong: more than the limit is not worth making room for.
    let mut unsealed = Unsealed::with_capacity(codec.size(message).min(how.limit));
    codec.encode(message, unsealed.body());
    compress::seal(unsealed, how)
}
