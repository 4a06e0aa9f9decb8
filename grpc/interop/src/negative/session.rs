//! One connection of the server, octet by octet: the peer that conformance is tested with, made to serve.

use super::case::Case;
use crate::{
    pb::{SimpleRequest, SimpleResponse},
    service::payload,
};
use bywash_spec_tests::raw::{
    BlockWriter, RawFrame, RawPeer, Received,
    wire::{DEFAULT_FRAME_SIZE, code, setting},
};
use prost::Message;
use std::collections::{HashMap, VecDeque};

/// Octets of the prefix of a message.
const PREFIX: usize = 5;

/// The peer and its requests.
pub(super) struct Session {
    case: Case,
    peer: RawPeer,
    bodies: HashMap<u32, Vec<u8>>,
    replies: VecDeque<Reply>,
    pings: u64,
    /// Requests that were complete.
    pub(super) requests: u32,
    /// PINGs that are not answered.
    pub(super) unanswered: usize,
}

/// A response on its way.
struct Reply {
    stream: u32,
    octets: Vec<u8>,
    at: usize,
    begun: bool,
}

impl Session {
    pub(super) fn new(case: Case) -> Session {
        let one: &[(u16, u32)] = &[(setting::MAX_CONCURRENT_STREAMS, 1)];
        let settings = if case == Case::MaxStreams { one } else { &[] };
        Session {
            case,
            peer: RawPeer::server(settings).with_auto_ack(),
            bodies: HashMap::new(),
            replies: VecDeque::new(),
            pings: 0,
            requests: 0,
            unanswered: 0,
        }
    }

    /// Octets came.
    ///
    /// # Errors
    /// What the client did wrong.
    pub(super) fn receive(&mut self, octets: &[u8]) -> Result<(), String> {
        self.peer.receive(octets);
        while let Some(received) = self.peer.next_received() {
            self.on(received)?;
        }
        if let Some(fault) = self.peer.fault() {
            return Err(fault.to_string());
        }
        self.answer();
        Ok(())
    }

    /// What is to be written.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        self.peer.take_output()
    }

    fn on(&mut self, received: Received) -> Result<(), String> {
        match received {
            Received::Headers(head) => {
                self.bodies.insert(head.stream, Vec::new());
                if head.end_stream {
                    return Err("a request without a message".to_owned());
                }
            }
            Received::Data {
                stream,
                data,
                flow,
                end_stream,
            } => {
                if flow > 0 {
                    self.peer.send(&RawFrame::window_update(0, flow));
                    if !end_stream {
                        self.peer.send(&RawFrame::window_update(stream, flow));
                    }
                }
                // What comes on a stream that was reset already counts for nothing.
                let Some(body) = self.bodies.get_mut(&stream) else {
                    return Ok(());
                };
                body.extend_from_slice(&data);
                if end_stream {
                    let body = self.bodies.remove(&stream).unwrap_or_default();
                    self.request(stream, &body)?;
                }
            }
            Received::Rst { stream, .. } => {
                self.bodies.remove(&stream);
                self.replies.retain(|reply| reply.stream != stream);
            }
            Received::PingAck(_) => self.unanswered = self.unanswered.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn request(&mut self, stream: u32, body: &[u8]) -> Result<(), String> {
        let message = body.get(PREFIX..).ok_or("no message in a request")?;
        let request = SimpleRequest::decode(message).map_err(|error| error.to_string())?;
        let payload = payload(request.response_type, request.response_size);
        let response = SimpleResponse {
            payload: Some(payload.map_err(|status| status.to_string())?),
            ..SimpleResponse::default()
        };
        let mut octets = vec![0];
        octets.extend((response.encoded_len() as u32).to_be_bytes());
        octets.extend(response.encode_to_vec());
        self.requests += 1;
        if self.case == Case::Goaway && self.requests == 1 {
            self.peer.send(&RawFrame::goaway(
                stream,
                code::NO_ERROR,
                b"the case wants it",
            ));
        }
        self.replies.push_back(Reply {
            stream,
            octets,
            at: 0,
            begun: false,
        });
        Ok(())
    }

    /// Sends what windows let through.
    fn answer(&mut self) {
        while let Some(mut reply) = self.replies.pop_front() {
            if !self.go_on(&mut reply) {
                self.replies.push_front(reply);
                return;
            }
        }
    }

    /// Whether the response is over.
    fn go_on(&mut self, reply: &mut Reply) -> bool {
        let stream = reply.stream;
        if !reply.begun {
            reply.begun = true;
            self.ping();
            let head = BlockWriter::response("200").field("content-type", "application/grpc");
            self.peer.send(&RawFrame::headers(stream, head.build()));
            if self.case == Case::RstAfterHeader {
                return self.reset(stream);
            }
        }
        let whole = reply.octets.len();
        let end = match self.case {
            Case::RstDuringData => whole / 2,
            _ => whole,
        };
        while reply.at < end {
            let room = self.peer.may_send(0).min(self.peer.may_send(stream));
            let room = usize::try_from(room).unwrap_or(0);
            let next = (end - reply.at).min(room).min(DEFAULT_FRAME_SIZE as usize);
            if next == 0 {
                return false;
            }
            let data = &reply.octets[reply.at..reply.at + next];
            self.peer.send(&RawFrame::data(stream, data));
            reply.at += next;
            self.ping();
        }
        if matches!(self.case, Case::RstDuringData | Case::RstAfterData) {
            return self.reset(stream);
        }
        let trailers = BlockWriter::fields(&[("grpc-status", "0")]).build();
        self.peer
            .send(&RawFrame::headers(stream, trailers).end_stream());
        self.ping();
        true
    }

    fn reset(&mut self, stream: u32) -> bool {
        self.peer
            .send(&RawFrame::rst_stream(stream, code::NO_ERROR));
        true
    }

    fn ping(&mut self) {
        if self.case == Case::Ping {
            self.pings += 1;
            self.unanswered += 1;
            self.peer.send(&RawFrame::ping(self.pings.to_be_bytes()));
        }
    }
}
