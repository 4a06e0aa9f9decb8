//! A call under way, and its one response.

use crate::{
    code::Code,
    codec::{Codec, MessageBuf},
    ctx::CancelGuard,
    metadata::Metadata,
    pipe::{Pipe, Until},
    status::Status,
};
use std::sync::Arc;

/// A response with its metadata.
#[derive(Clone, Debug)]
pub struct Reply<R> {
    /// The message.
    pub message: R,
    /// The head's metadata.
    pub headers: Metadata,
    /// The trailers.
    pub trailers: Metadata,
    /// Whether the message came compressed.
    pub compressed: bool,
}

/// A call that was started.
pub(super) struct Begun {
    pub(super) pipe: Arc<Pipe>,
    /// While it is there, the parent's cancellation is the call's.
    pub(super) parent: Option<CancelGuard>,
}

/// The one response of a call that has ended.
pub(super) fn reply_of<R>(pipe: &Arc<Pipe>, codec: &dyn Codec<R>) -> Result<Reply<R>, Status> {
    let ended = pipe.wait_end()?;
    ended.result?;
    let (message, compressed) = match pipe.read(Until::Now) {
        Ok(Some(read)) => (
            codec.decode(MessageBuf::Shared(read.message))?,
            read.compressed,
        ),
        _ => {
            return Err(Status::local(
                Code::Unimplemented,
                "no message in the response",
            ));
        }
    };
    Ok(Reply {
        message,
        headers: pipe.take_headers().unwrap_or_default(),
        trailers: ended.trailers,
        compressed,
    })
}
