//! What the model knows of one stream on one side.

use bywash_proto::headers::Head;
use bywash_proto::vocabulary::StreamRef;

/// A field list as the program gave it, or as it came.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) name: StreamRef,
    /// The head that was sent, and whether it went out.
    pub(crate) head: Option<Fields>,
    pub(crate) trailers: Option<Fields>,
    /// Octets accepted for sending, and octets that came.
    pub(crate) sent: u64,
    pub(crate) got: u64,
    pub(crate) sent_end: bool,
    pub(crate) got_end: bool,
    pub(crate) got_head: bool,
    /// Octets that the program has not released.
    pub(crate) unreleased: u32,
    /// Ended before its time: reset by us, or told so.
    pub(crate) gone: bool,
    /// An informational head was sent.
    pub(crate) informed: bool,
    /// `data` gave a short count, and `Writable` has not come.
    pub(crate) wants_writable: bool,
    /// `Drained` was asked for, and has not come.
    pub(crate) wants_drained: bool,
}

impl Track {
    pub(crate) fn new(name: StreamRef) -> Self {
        Self {
            name,
            head: None,
            trailers: None,
            sent: 0,
            got: 0,
            sent_end: false,
            got_end: false,
            got_head: false,
            unreleased: 0,
            gone: false,
            informed: false,
            wants_writable: false,
            wants_drained: false,
        }
    }

    /// Both sides have ended it in good order.
    pub(crate) fn is_over(&self) -> bool {
        self.gone || (self.sent_end && self.got_end)
    }
}

/// A head's fields.
pub(crate) fn fields(head: &Head) -> Fields {
    head.fields()
        .map(|field| (field.name.to_vec(), field.value.to_vec()))
        .collect()
}
