//! Compression of single messages (gRPC `doc/compression.md`).
//!
//! A [`Registry`] holds the encodings of a server or a channel and reads what a peer declares and accepts. [`seal`] and
//! [`open`] stand between codecs and framing: they compress what pays off, and inflate no further than a limit.
//!
//! Messages are compressed by the thread that sends them, and inflated by the one that reads their connection: a loop of
//! the server, or at a channel whoever drives it, which is mostly the caller that waits for the message. So that thread
//! learns at once whether a message is too large or none at all, and ends the call; but the loop's other connections wait
//! meanwhile, for as long as it takes to make `max_recv` octets (4 MiB by default) of one message, and of all that one
//! read has brought, 1 032 octets of each, which is what DEFLATE can make of one. Where strangers may send compressed
//! messages, lower `max_recv`, give the server more loops, or a registry without encodings.

mod deflate;
mod error;
mod message;
mod registry;
#[cfg(test)]
mod tests;

pub use deflate::{Deflate, Gzip};
pub use error::{CompressError, DecompressError, UnknownEncoding};
pub(crate) use message::pack;
pub use message::{DEFAULT_THRESHOLD, Sending, open, seal};
pub use registry::{Accepted, Registry, RegistryError};

/// One encoding of messages. Each message is compressed on its own.
pub trait Compressor: Send + Sync + 'static {
    /// The name in `grpc-encoding`, such as `gzip`; see [`encoding::is_name`](crate::encoding::is_name).
    fn name(&self) -> &'static str;

    /// Appends `message`, compressed.
    ///
    /// # Errors
    /// The encoder failed; what was appended is of no use then.
    fn compress(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError>;

    /// Appends the message that `compressed` stands for, and stops as soon as it has more than `limit` octets.
    /// `compressed` is a peer's: it may hold anything.
    ///
    /// # Errors
    /// It is not what this encoding makes, or the message has more than `limit` octets; what was appended, at most
    /// `limit` + 1 octets, is of no use then.
    fn decompress(
        &self,
        compressed: &[u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecompressError>;
}
