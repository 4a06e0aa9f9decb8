//! What a server answers.

use super::{READS, Session};
use crate::cases::outcome::Outcome;
use crate::raw::received::Head;
use crate::raw::wire::code;
use crate::raw::{RawFrame, Received};

/// A complete response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The informational heads before it.
    pub informational: Vec<Head>,
    /// The final head.
    pub head: Option<Head>,
    /// The content.
    pub body: Vec<u8>,
    /// The payload of each DATA frame, padding included.
    pub frames: Vec<u32>,
    /// The trailers.
    pub trailers: Option<Head>,
}

impl Answer {
    /// The status, 0 if there is none.
    pub fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, status)
    }
}

/// The status of a head, 0 if it has none.
pub(in crate::cases) fn status(head: &Head) -> u16 {
    let text = head
        .get(":status")
        .and_then(|value| std::str::from_utf8(value).ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Session<'_> {
    /// Server under test: the complete response on a stream. Credit is given as it is needed.
    ///
    /// # Errors
    /// A violation if the stream or the connection ends before, or nothing more comes.
    pub fn answer(&mut self, stream: u32) -> Result<Answer, Outcome> {
        if self.window < 1024 {
            self.send(&RawFrame::window_update(stream, 65_535));
        }
        let expected = format!("a complete response on stream {stream}");
        let mut answer = Answer::default();
        for _ in 0..READS {
            let item = self.demand(&expected, |item| {
                matches!(item, Received::GoAway { code, .. } if *code != code::NO_ERROR)
                    || (item.stream() == stream && !matches!(item, Received::WindowUpdate { .. }))
            })?;
            let end = match item {
                Received::Headers(head) if answer.head.is_some() => {
                    answer.trailers = Some(head);
                    true
                }
                Received::Headers(head) if status(&head) < 200 => {
                    answer.informational.push(head);
                    false
                }
                Received::Headers(head) => {
                    let end = head.end_stream;
                    answer.head = Some(head);
                    end
                }
                Received::Data {
                    data,
                    flow,
                    end_stream,
                    ..
                } => {
                    answer.frames.push(flow);
                    if flow > 0 {
                        self.send(&RawFrame::window_update(0, flow));
                    }
                    if !end_stream && flow > 0 && self.window >= 1024 {
                        self.send(&RawFrame::window_update(stream, flow));
                    }
                    answer.body.extend(data);
                    end_stream
                }
                other => return Err(Outcome::violation(expected, other.summary())),
            };
            if end {
                return Ok(answer);
            }
        }
        Err(self.missing(&expected))
    }
}
