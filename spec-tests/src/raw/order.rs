//! The life of streams as a bystander sees it: which frames the implementation may send when (RFC 9113 5.1, 8.1).

use std::collections::BTreeMap;

use super::fault::PeerFault;
use super::hpack::Field;
use super::wire::kind;

/// What happened on one stream so far.
#[derive(Clone, Debug, Default)]
struct Life {
    opened_by_them: bool,
    head: bool,
    their_end: bool,
    our_end: bool,
    their_reset: bool,
    our_reset: bool,
}

impl Life {
    fn is_open(&self) -> bool {
        !(self.their_reset || self.our_reset || (self.their_end && self.our_end))
    }
}

/// All streams of a connection.
#[derive(Clone, Debug, Default)]
pub struct Order {
    streams: BTreeMap<u32, Life>,
    their_highest: u32,
    goaway: Option<u32>,
    any_may_be_open: bool,
}

impl Order {
    /// Octets were sent whose meaning is not known: from here on any stream may have been opened by them.
    pub fn judge_no_openings(&mut self) {
        self.any_may_be_open = true;
    }

    /// We sent HEADERS.
    pub fn we_sent_head(&mut self, stream: u32, end: bool) {
        self.streams.entry(stream).or_default().our_end |= end;
    }

    /// We sent DATA.
    pub fn we_sent_data(&mut self, stream: u32, end: bool) {
        if let Some(life) = self.streams.get_mut(&stream) {
            life.our_end |= end;
        }
    }

    /// We sent RST_STREAM.
    pub fn we_reset(&mut self, stream: u32) {
        if let Some(life) = self.streams.get_mut(&stream) {
            life.our_reset = true;
        }
    }

    /// We promised a stream (as a server), or were promised one (as a client).
    pub fn promised(&mut self, stream: u32) {
        self.streams.entry(stream).or_default();
    }

    /// A server under test promised a stream: an even identifier, above all it promised before.
    ///
    /// # Errors
    /// [`PeerFault::Push`].
    pub fn they_promised(&mut self, parent: u32, promised: u32) -> Result<(), PeerFault> {
        let known = self
            .streams
            .get(&parent)
            .is_some_and(|life| !life.their_end && !life.their_reset);
        if !known || promised % 2 != 0 || promised <= self.their_highest {
            return Err(PeerFault::Push(promised));
        }
        self.their_highest = promised;
        self.promised(promised);
        Ok(())
    }

    /// The implementation sent a head or trailers. `they_open` says whether it is a client, which opens streams.
    ///
    /// # Errors
    /// The rule of RFC 9113 5.1, 5.1.1, 5.1.2 or 8.1 that this breaks.
    pub fn they_sent_head(
        &mut self,
        stream: u32,
        fields: &[Field],
        end: bool,
        they_open: bool,
        limit: Option<u32>,
    ) -> Result<(), PeerFault> {
        if !self.streams.contains_key(&stream) && (they_open || !self.any_may_be_open) {
            self.they_open(stream, they_open, limit)?;
        }
        let life = self.live(stream, kind::HEADERS)?;
        let status = fields.iter().find(|field| field.name == b":status");
        let informational = status.is_some_and(|field| field.value.starts_with(b"1"));
        if informational && end {
            return Err(PeerFault::InformationalWithEnd(stream));
        }
        if life.head && !end {
            return Err(PeerFault::TrailersWithoutEnd(stream));
        }
        life.head |= !informational;
        life.their_end |= end;
        Ok(())
    }

    fn they_open(
        &mut self,
        stream: u32,
        they_open: bool,
        limit: Option<u32>,
    ) -> Result<(), PeerFault> {
        if !they_open {
            return Err(PeerFault::OnIdleStream {
                stream,
                kind: kind::HEADERS,
            });
        }
        if stream % 2 == 0 || stream <= self.their_highest {
            return Err(PeerFault::StreamId(stream));
        }
        self.their_highest = stream;
        self.streams.insert(
            stream,
            Life {
                opened_by_them: true,
                ..Life::default()
            },
        );
        let open = self.open_by_them();
        match limit {
            Some(limit) if open > limit => Err(PeerFault::TooManyStreams { open, limit }),
            _ => Ok(()),
        }
    }

    /// The implementation sent DATA.
    ///
    /// # Errors
    /// The rule of RFC 9113 5.1 or 8.1 that this breaks.
    pub fn they_sent_data(&mut self, stream: u32, end: bool) -> Result<(), PeerFault> {
        let life = self.live(stream, kind::DATA)?;
        if !life.head {
            return Err(PeerFault::DataBeforeHead(stream));
        }
        life.their_end |= end;
        Ok(())
    }

    /// The implementation sent RST_STREAM.
    ///
    /// # Errors
    /// [`PeerFault::OnIdleStream`], [`PeerFault::AfterReset`].
    pub fn they_reset(&mut self, stream: u32) -> Result<(), PeerFault> {
        self.known(stream, kind::RST_STREAM)?.their_reset = true;
        Ok(())
    }

    /// The implementation sent WINDOW_UPDATE on a stream; also legal when it has ended the stream itself.
    ///
    /// # Errors
    /// [`PeerFault::OnIdleStream`], [`PeerFault::AfterReset`].
    pub fn they_granted(&mut self, stream: u32) -> Result<(), PeerFault> {
        self.known(stream, kind::WINDOW_UPDATE).map(|_| ())
    }

    /// The implementation sent GOAWAY.
    ///
    /// # Errors
    /// [`PeerFault::GoAwayGrew`].
    pub fn they_go(&mut self, last: u32) -> Result<(), PeerFault> {
        match self.goaway.replace(last) {
            Some(before) if last > before => Err(PeerFault::GoAwayGrew { before, now: last }),
            _ => Ok(()),
        }
    }

    /// Whether both sides have ended a stream.
    pub fn is_ended(&self, stream: u32) -> bool {
        self.streams
            .get(&stream)
            .is_some_and(|life| life.their_end && life.our_end)
    }

    /// Streams opened by the implementation that are not closed.
    pub fn open_by_them(&self) -> u32 {
        self.streams
            .values()
            .filter(|life| life.opened_by_them && life.is_open())
            .count() as u32
    }

    /// A stream that is not idle and was not reset by the implementation.
    fn known(&mut self, stream: u32, kind: u8) -> Result<&mut Life, PeerFault> {
        if self.any_may_be_open {
            self.streams.entry(stream).or_default();
        }
        match self.streams.get_mut(&stream) {
            None => Err(PeerFault::OnIdleStream { stream, kind }),
            Some(life) if life.their_reset => Err(PeerFault::AfterReset { stream, kind }),
            Some(life) => Ok(life),
        }
    }

    /// A stream on which the implementation has not ended its half either.
    fn live(&mut self, stream: u32, kind: u8) -> Result<&mut Life, PeerFault> {
        let life = self.known(stream, kind)?;
        if life.their_end {
            Err(PeerFault::AfterEnd { stream, kind })
        } else {
            Ok(life)
        }
    }
}
