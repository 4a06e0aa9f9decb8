//! Leaf newtypes of the field: they hold any value a peer may send, known or not.

mod error_code;
mod frame_type;
mod instant;
pub(crate) mod octet_classes;
mod priority;
mod setting_id;
mod stream_id;

pub use error_code::ErrorCode;
pub use frame_type::FrameType;
pub use instant::Instant;
pub use octet_classes::OctetClasses;
pub use priority::Priority;
pub use setting_id::SettingId;
pub use stream_id::{StreamId, StreamRef};

#[cfg(test)]
mod tests;
