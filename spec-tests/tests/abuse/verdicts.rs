//! What a test may ask of a rig.

use bywash_proto::connection::Close;
use bywash_proto::error::{CloseReason, LimitName};
use bywash_spec_tests::raw::Received;
use bywash_spec_tests::raw::wire::code;

use crate::rig::Rig;

impl Rig {
    /// The code of the RST_STREAM that the peer received on a stream.
    pub(crate) fn reset_code(&self, stream: u32) -> Option<u32> {
        self.got.iter().find_map(|item| match item {
            Received::Rst { stream: on, code } if *on == stream => Some(*code),
            _ => None,
        })
    }

    /// How many items of a kind the peer received.
    pub(crate) fn count(&self, wanted: impl Fn(&Received) -> bool) -> usize {
        self.got.iter().filter(|item| wanted(item)).count()
    }

    /// The connection lives, and the peer found no fault with it.
    #[track_caller]
    pub(crate) fn assert_alive(&self) {
        assert_eq!(self.told.closed, None);
        assert_eq!(self.peer.fault(), None);
        assert_eq!(self.interest().close, Close::No);
    }

    /// The connection ended by this limit, and the GOAWAY says so.
    #[track_caller]
    pub(crate) fn assert_limit(&self, limit: LimitName) {
        assert_eq!(self.told.closed, Some(CloseReason::Limit(limit)));
        self.assert_goaway(code::ENHANCE_YOUR_CALM, limit.as_str());
    }

    /// The connection ended with this GOAWAY, its last frame.
    #[track_caller]
    pub(crate) fn assert_goaway(&self, wanted: u32, wanted_debug: &str) {
        assert_eq!(self.peer.fault(), None);
        assert_ne!(self.interest().close, Close::No);
        match self.got.last() {
            Some(Received::GoAway { code, debug, .. }) => {
                let debug = String::from_utf8_lossy(debug);
                assert_eq!((*code, &*debug), (wanted, wanted_debug));
            }
            other => panic!("wanted GOAWAY as the last frame, got {other:?}"),
        }
    }
}
