//! Messages that stay as they are.

use super::{Codec, MessageBuf};
use crate::status::Status;
use bytes::Bytes;

/// Octets in, octets out: for proxies and benchmarks, and for messages of types known only at run time.
#[derive(Clone, Copy, Default, Debug)]
pub struct Raw;

impl Codec<Bytes> for Raw {
    fn size(&self, message: &Bytes) -> usize {
        message.len()
    }

    fn encode(&self, message: &Bytes, out: &mut Vec<u8>) {
        out.extend_from_slice(message);
    }

    fn decode(&self, buf: MessageBuf<'_>) -> Result<Bytes, Status> {
        Ok(buf.into_bytes())
    }
}
