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

/// A repeating pattern, from which every body is cut: octet `n` of a stream's body is the same on both sides.
static PATTERN: [u8; 66_000] = pattern();

const PERIOD: usize = 251;

const fn pattern() -> [u8; 66_000] {
    let mut octets = [0; 66_000];
    let mut at = 0;
    while at < octets.len() {
        octets[at] = (at % PERIOD) as u8;
        at += 1;
    }
    octets
}

/// Octets `from` to `from + length` of what a stream carries.
pub(crate) fn body(stream: u32, from: u64, length: usize) -> &'static [u8] {
    let start = (from + 7 * u64::from(stream)) as usize % PERIOD;
    &PATTERN[start..start + length]
}
