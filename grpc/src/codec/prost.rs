//! Protobuf by prost.

use super::{Codec, MessageBuf};
use crate::{code::Code, status::Status};
use ::prost::Message;

/// Protobuf messages of prost. Fields of type `Bytes` share the input where the message was collected.
#[derive(Clone, Copy, Default, Debug)]
pub struct Prost;

impl<M: Message + Default> Codec<M> for Prost {
    fn size(&self, message: &M) -> usize {
        message.encoded_len()
    }

    fn encode(&self, message: &M, out: &mut Vec<u8>) {
        message.encode(out).expect("a Vec has room for any message");
    }

    fn decode(&self, buf: MessageBuf<'_>) -> Result<M, Status> {
        match buf {
            MessageBuf::Borrowed(octets) => M::decode(octets),
            MessageBuf::Shared(bytes) => M::decode(bytes),
        }
        .map_err(|e| Status::local(Code::Internal, format!("cannot decode message: {e}")))
    }
}
