//! How much comes at a time.

use super::{READS, Session};
use crate::cases::outcome::{Outcome, Ran};
use crate::raw::{RawFrame, Received};

impl Session<'_> {
    /// The octets of all DATA frames on a stream until nothing more comes, and whether they ended it.
    pub(in crate::cases) fn data_so_far(&mut self, stream: u32) -> (usize, bool) {
        self.settle();
        let (mut octets, mut ended) = (0, false);
        while let Some(item) = self
            .peer
            .find(|item| matches!(item, Received::Data { stream: on, .. } if *on == stream))
        {
            if let Received::Data {
                flow, end_stream, ..
            } = item
            {
                octets += flow as usize;
                ended |= end_stream;
            }
        }
        (octets, ended)
    }

    /// Server under test: the answer on a stream has a window of so many octets, and exactly they come; with more
    /// credit it goes on to its end.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub(in crate::cases) fn first_data(&mut self, stream: u32, window: usize) -> Ran {
        let (octets, ended) = self.data_so_far(stream);
        let expected = format!("DATA of {window} octets in all");
        if let Some(fault) = self.peer.fault() {
            return Ok(Outcome::violation(expected, fault.to_string()));
        }
        if ended && octets < window {
            return Ok(Outcome::skipped("the answer to GET is too short"));
        }
        if octets != window {
            let came = format!("{octets} octets");
            return Ok(Outcome::violation(expected, came));
        }
        self.peer.send(&RawFrame::window_update(stream, 100_000));
        let (_, ended) = self.data_so_far(stream);
        if !ended {
            return Ok(Outcome::violation("the rest, with more credit", "no end"));
        }
        Ok(Outcome::exact(expected))
    }

    /// Client under test: the content of its request on a stream, to the end. Credit is given as it is needed.
    ///
    /// # Errors
    /// A violation if it does not end.
    pub(in crate::cases) fn content(&mut self, stream: u32) -> Result<Vec<u8>, Outcome> {
        let mut content = Vec::new();
        for _ in 0..READS {
            let item = self.demand(
                "the content of a request",
                |item| matches!(item, Received::Data { stream: on, .. } if *on == stream),
            )?;
            if let Received::Data {
                data,
                flow,
                end_stream,
                ..
            } = item
            {
                content.extend(data);
                if end_stream {
                    return Ok(content);
                }
                if flow > 0 {
                    self.send(&RawFrame::window_update(stream, flow));
                    self.send(&RawFrame::window_update(0, flow));
                }
            }
        }
        Err(self.missing("the end of the content"))
    }
}
