//! The honest neighbour of every attack: a stream on the same connection that works all the time.

use std::time::Duration;

use bytes::Bytes;
use bywash_proto::vocabulary::StreamRef;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::rig::{BODY, Rig, on};

/// The stream on which the honest neighbour of every attack works.
const HONEST: u32 = 1;
/// How long an answer may take, in milliseconds.
const PATIENCE: u64 = 100;
/// What the honest stream carries each way in one round.
pub(crate) const CHUNK: usize = 100;

impl Rig {
    pub(crate) fn is_honest(&self, stream: StreamRef) -> bool {
        self.neighbour && stream.id().get() == HONEST
    }

    /// Opens the stream of the honest neighbour: the first of the connection.
    pub(crate) fn open_honest(&mut self) {
        self.neighbour = true;
        if self.is_client() {
            let stream = self.request("/honest", false).unwrap();
            assert_eq!(stream.id().get(), HONEST);
            self.flush();
            self.peer.send(&RawFrame::headers(
                HONEST,
                BlockWriter::response("200").build(),
            ));
        } else {
            let block = BlockWriter::request("POST", "/honest").build();
            self.peer.send(&RawFrame::headers(HONEST, block));
        }
        self.pump();
    }

    /// The honest neighbour sends a chunk and gets one back. How long that took, in milliseconds; `None` if it did not
    /// come within [`PATIENCE`].
    pub(crate) fn honest_round(&mut self) -> Option<u64> {
        let wanted = (self.told.honest + CHUNK, self.honest_received() + CHUNK);
        self.peer.send(&RawFrame::window_update(0, CHUNK as u32));
        self.peer
            .send(&RawFrame::window_update(HONEST, CHUNK as u32));
        self.peer.send(&RawFrame::data(HONEST, &BODY[..CHUNK]));
        if self.is_client() {
            let stream = self.name(HONEST);
            let mut chunk = Bytes::from_static(&BODY[..CHUNK]);
            let _ = on!(self, conn => conn.send(stream).data(&mut chunk, false));
        }
        self.pump();
        (0..PATIENCE).find(|_| {
            let served = (self.told.honest, self.honest_received()) == wanted;
            if !served {
                self.advance(Duration::from_millis(1));
                self.pump();
            }
            served
        })
    }

    fn honest_received(&self) -> usize {
        self.bodies.get(&HONEST).copied().unwrap_or(0)
    }
}
