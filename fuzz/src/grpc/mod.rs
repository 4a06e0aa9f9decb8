//! What gRPC puts on HTTP/2, in the hands of a stranger.

mod calls;
mod framing;
mod metadata;
mod status;

pub use calls::grpc_calls;
pub use framing::grpc_framing;
pub use metadata::grpc_metadata;
pub use status::grpc_status;
