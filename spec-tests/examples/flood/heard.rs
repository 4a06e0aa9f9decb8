//! What the victim says, as far as a flood has to know it.

use bywash_spec_tests::raw::wire::{HEAD, code, kind};

/// Octets read, in order.
#[derive(Default)]
pub(crate) struct Heard {
    /// Octets before the first frame that are still to come: a client's preface.
    skip: usize,
    /// A frame that is not whole yet.
    rest: Vec<u8>,
    /// Streams that were opened since somebody asked.
    opened: Vec<u32>,
    /// The code and the debug data of the last GOAWAY, if it tells of an error.
    pub(crate) goaway: Option<(u32, String)>,
}

impl Heard {
    /// Nothing yet; so many octets come before the first frame.
    pub(crate) fn after(skip: usize) -> Self {
        Self {
            skip,
            ..Self::default()
        }
    }

    pub(crate) fn take(&mut self, octets: &[u8]) {
        let skipped = self.skip.min(octets.len());
        self.skip -= skipped;
        self.rest.extend_from_slice(&octets[skipped..]);
        let all = std::mem::take(&mut self.rest);
        let mut left = &all[..];
        while let Some((head, payload, rest)) = split(left) {
            self.frame(head, payload);
            left = rest;
        }
        self.rest = left.to_vec();
    }

    /// Whether no stream was opened since somebody asked.
    pub(crate) fn is_idle(&self) -> bool {
        self.opened.is_empty()
    }

    /// The streams that were opened since the last call.
    pub(crate) fn opened(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.opened)
    }

    fn frame(&mut self, head: &[u8; HEAD], payload: &[u8]) {
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match (head[3], payload) {
            (kind::HEADERS, _) => self.opened.push(stream),
            (kind::GOAWAY, [_, _, _, _, a, b, c, d, debug @ ..]) => {
                let code = u32::from_be_bytes([*a, *b, *c, *d]);
                let debug = String::from_utf8_lossy(debug).into_owned();
                self.goaway = (code != code::NO_ERROR).then_some((code, debug));
            }
            _ => {}
        }
    }
}

/// The first frame, if it is whole, and what follows.
fn split(octets: &[u8]) -> Option<(&[u8; HEAD], &[u8], &[u8])> {
    let (head, rest) = octets.split_first_chunk::<HEAD>()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((head, payload, rest))
}
