//! Heads out: checked, looked up and encoded, one after the other (RFC 9113 4.3, RFC 7541).

use super::inner::Inner;
use crate::error::HeadError;
use crate::frame::{Flags, FrameHead};
use crate::headers::{Fields, Head, HeadKind, OutgoingCheck, OutgoingSummary};
use crate::observer::{Content, Direction, Seen};
use crate::vocabulary::{FrameType, StreamId};

/// How many fields of a head are looked up ahead.
pub(super) const FOUND: usize = 8;

/// A head that may be sent.
pub(super) struct Checked {
    pub(super) summary: OutgoingSummary,
    /// Indices of its first fields; 0 where there is none.
    pub(super) found: [u16; FOUND],
}

impl Inner {
    /// Checks a head, and notes which of its fields stand whole in HPACK's tables: those passed
    /// before, so that their octets need no second look.
    #[inline]
    pub(super) fn check<F: Fields + ?Sized>(
        &self,
        fields: &F,
        kind: HeadKind,
    ) -> Result<Checked, HeadError> {
        let mut check =
            OutgoingCheck::with_authority(kind, self.config.level, self.config.authority);
        let mut found = [0; FOUND];
        for (n, field) in fields.fields().enumerate() {
            if !field.never_indexed && n < FOUND {
                if let Some((index, known)) = self.encoder.find(field.name, field.value) {
                    found[n] = index;
                    check.repeated(known, field.name, field.value)?;
                    continue;
                }
            }
            check.field(field.name, field.value)?;
        }
        Ok(Checked {
            summary: check.finish()?,
            found,
        })
    }

    /// Looks a head up that was checked some time ago.
    pub(super) fn find(&self, fields: &Head) -> [u16; FOUND] {
        let mut found = [0; FOUND];
        for (place, field) in found.iter_mut().zip(fields.fields()) {
            if !field.never_indexed {
                let at_hand = self.encoder.find(field.name, field.value);
                *place = at_hand.map_or(0, |(index, _)| index);
            }
        }
        found
    }

    /// Encodes a checked head at the end of the output: from here on its place is fixed.
    pub(super) fn write_head<F: Fields + ?Sized>(
        &mut self,
        id: StreamId,
        fields: &F,
        found: &[u16; FOUND],
        end: bool,
    ) {
        let arena = self.output.arena();
        let start = arena.len();
        arena.extend_from_slice(&[0; FrameHead::SIZE]);
        self.encoder.start_block(arena);
        let then = self.encoder.serial();
        // From within: what gives the fields may be a chain, which is slow to ask for one at a time.
        fields.fields().enumerate().for_each(|(n, field)| {
            let (name, value) = (field.name, field.value);
            match found.get(n) {
                Some(0) if !field.never_indexed => self.encoder.encode_absent(name, value, arena),
                Some(&index) if index != 0 && self.encoder.encode_found(index, then, arena) => {}
                _ => self
                    .encoder
                    .encode_field(name, value, field.never_indexed, arena),
            }
        });
        self.finish_block(id, start, end);
        if self.observer.is_some() {
            self.observe_fields(id, start, end, &Head::from_fields(fields));
        }
    }

    /// Writes the frame heads of a block that was encoded behind the place of the first.
    #[inline]
    fn finish_block(&mut self, id: StreamId, start: usize, end: bool) {
        let most = self.peer.max_frame_size as usize;
        let arena = self.output.arena();
        let length = arena.len() - start - FrameHead::SIZE;
        let flags = if end { Flags::END_STREAM } else { Flags::NONE };
        let first = length.min(most);
        let whole = if length <= most {
            Flags::END_HEADERS
        } else {
            Flags::NONE
        };
        let head = FrameHead {
            length: first as u32,
            kind: FrameType::HEADERS,
            flags: flags.with(whole),
            stream: id,
        };
        if let Some(place) = arena.get_mut(start..start + FrameHead::SIZE) {
            place.copy_from_slice(&head.encode());
        }
        self.stats.frames_sent.count(FrameType::HEADERS);
        if length > most {
            self.split_block(id, start + FrameHead::SIZE + most);
        }
    }

    /// Puts CONTINUATION heads into a block that is longer than one frame.
    #[cold]
    fn split_block(&mut self, id: StreamId, from: usize) {
        let most = self.peer.max_frame_size as usize;
        let arena = self.output.arena();
        let rest = arena.split_off(from);
        let mut pieces = rest.chunks(most).peekable();
        let mut frames = 0;
        while let Some(piece) = pieces.next() {
            let flags = if pieces.peek().is_none() {
                Flags::END_HEADERS
            } else {
                Flags::NONE
            };
            let head = FrameHead {
                length: piece.len() as u32,
                kind: FrameType::CONTINUATION,
                flags,
                stream: id,
            };
            arena.extend_from_slice(&head.encode());
            arena.extend_from_slice(piece);
            frames += 1;
        }
        for _ in 0..frames {
            self.stats.frames_sent.count(FrameType::CONTINUATION);
        }
    }

    #[cold]
    fn observe_fields(&mut self, id: StreamId, start: usize, end: bool, fields: &Head) {
        let length = (self.output.arena().len() - start - FrameHead::SIZE) as u32;
        let flags = if end { Flags::END_STREAM } else { Flags::NONE }.with(Flags::END_HEADERS);
        let head = FrameHead {
            length,
            kind: FrameType::HEADERS,
            flags,
            stream: id,
        };
        if let Some(observer) = &mut self.observer {
            observer.frame(&Seen::new(
                self.now,
                Direction::Out,
                head,
                Content::Fields(Some(fields)),
            ));
        }
    }
}
