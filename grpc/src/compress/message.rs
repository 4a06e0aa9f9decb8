//! Between codecs and framing.

use super::{CompressError, Compressor, DecompressError};
use crate::{
    framing::{DEFAULT_MAX_SEND, Frame, Framed, FramingError, Unsealed},
    message::MessageBuf,
    panics::caught,
    status::Status,
};
use bytes::Bytes;

/// Messages of fewer octets are sent as they are unless something else is set. Below it a message seldom gets smaller
/// by more than its header of 18 octets, and compressing takes microseconds.
pub const DEFAULT_THRESHOLD: usize = 128;

/// How the messages of a stream are sent.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// The stream's encoding; `None` is identity.
    pub compressor: Option<&'a dyn Compressor>,
    /// Messages of fewer octets are not compressed. Empty ones never are.
    pub threshold: usize,
    /// The most octets a message may have, before compression.
    pub limit: usize,
}

/// Uncompressed, of any length that the prefix can say.
impl Default for Sending<'_> {
    fn default() -> Self {
        Sending {
            compressor: None,
            threshold: DEFAULT_THRESHOLD,
            limit: DEFAULT_MAX_SEND,
        }
    }
}

/// Frames a message, compressed if `how` says so and it gets smaller by it.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit; INTERNAL if the encoder fails.
///
/// # Panics
/// If whoever wrote the body removed the room for the prefix.
pub fn seal(message: Unsealed, how: &Sending<'_>) -> Result<Framed, Status> {
    let size = message.message().len();
    if size > how.limit {
        return Err(FramingError::TooLargeToSend {
            size,
            limit: how.limit,
        }
        .into());
    }
    if let Some(compressor) = how.for_size(size) {
        if let Some(packed) = pack(message.message(), compressor)? {
            return Ok(packed);
        }
    }
    Ok(message.seal(false, usize::MAX)?)
}

impl<'a> Sending<'a> {
    /// The encoding for a message of this size, if it is to be compressed.
    pub(crate) fn for_size(&self, size: usize) -> Option<&'a dyn Compressor> {
        self.compressor.filter(|_| size >= self.threshold.max(1))
    }
}

/// A message compressed and framed; `None` if it does not get smaller.
pub(crate) fn pack(message: &[u8], compressor: &dyn Compressor) -> Result<Option<Framed>, Status> {
    let mut packed = Unsealed::with_capacity(message.len() / 2);
    let told = caught(|| compressor.compress(message, packed.body()));
    told.unwrap_or_else(|| Err(CompressError("the encoding panicked".into())))?;
    if packed.message().len() < message.len() {
        let framed = packed.seal(true, usize::MAX)?;
        Ok(Some(framed.packed_from(message.len())))
    } else {
        Ok(None)
    }
}

/// The message of a frame, inflated if it is compressed; it may have at most `limit` octets.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit; INTERNAL if it is not what the encoding makes, or compressed without one.
pub fn open<'a>(
    frame: Frame<'a>,
    compressor: Option<&dyn Compressor>,
    limit: usize,
) -> Result<MessageBuf<'a>, Status> {
    if !frame.compressed {
        return Ok(frame.message);
    }
    let Some(compressor) = compressor else {
        return Err(FramingError::CompressedWithoutEncoding.into());
    };
    let mut out = Vec::new();
    let told = caught(|| compressor.decompress(&frame.message, limit, &mut out));
    told.unwrap_or_else(|| Err(DecompressError::Corrupt("the encoding panicked".into())))?;
    if out.len() > limit {
        return Err(DecompressError::TooLarge(limit).into());
    }
    Ok(MessageBuf::Shared(Bytes::from(out)))
}
