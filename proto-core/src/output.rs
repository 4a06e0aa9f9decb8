//! Bytes on their way to the transport: one first-in, first-out stream of frames.
//!
//! Frame heads, field blocks and small payloads lie in one arena, large payloads are kept by
//! reference between them. What is in here is committed: HPACK's state depends on its order.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};

/// A large payload and the arena position that it follows.
#[derive(Debug)]
struct Shared {
    /// Arena octets before it, counted from the connection's start.
    after: u64,
    bytes: Bytes,
}

/// The committed output.
#[derive(Debug, Default)]
pub(crate) struct Output {
    arena: Vec<u8>,
    /// Octets of the arena that are written.
    start: usize,
    /// Octets that left the arena, counted from the connection's start.
    gone: u64,
    shared: VecDeque<Shared>,
    shared_len: usize,
    /// All octets ever written to the transport.
    written: u64,
}

impl Output {
    pub(crate) const fn new() -> Self {
        Self {
            arena: Vec::new(),
            start: 0,
            gone: 0,
            shared: VecDeque::new(),
            shared_len: 0,
            written: 0,
        }
    }

    /// Where frames are written to.
    #[inline]
    pub(crate) fn arena(&mut self) -> &mut Vec<u8> {
        &mut self.arena
    }

    /// A payload by reference; its frame head was the last thing written.
    pub(crate) fn push_shared(&mut self, bytes: Bytes) {
        self.shared_len += bytes.len();
        self.shared.push_back(Shared {
            after: self.gone + self.arena.len() as u64,
            bytes,
        });
    }

    /// Octets that wait.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.arena.len() - self.start + self.shared_len
    }

    /// Octets of the arena that wait: heads and small payloads.
    #[inline]
    pub(crate) fn arena_len(&self) -> usize {
        self.arena.len() - self.start
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All octets ever written.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// All octets ever committed.
    #[inline]
    pub(crate) fn committed(&self) -> u64 {
        self.written + self.len() as u64
    }

    /// The pieces, in order; none is empty.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = self.start;
        let mut shared = self.shared.iter();
        let mut held: Option<&Shared> = None;
        core::iter::from_fn(move || {
            if let Some(piece) = held.take() {
                return Some(&piece.bytes[..]);
            }
            let next = shared.next();
            let end = next.map_or(self.arena.len(), |piece| self.position(piece.after));
            let arena = &self.arena[at..end];
            at = end;
            match (arena.is_empty(), next) {
                (true, None) => None,
                (true, Some(piece)) => Some(&piece.bytes[..]),
                (false, _) => {
                    held = next;
                    Some(arena)
                }
            }
        })
    }

    /// All that waits, if it is one piece and there is any.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn in_one_piece(&self) -> Option<&[u8]> {
        let whole = self.arena.get(self.start..)?;
        (self.shared.is_empty() && !whole.is_empty()).then_some(whole)
    }

    /// An absolute arena position as an index.
    fn position(&self, after: u64) -> usize {
        usize::try_from(after - self.gone).unwrap_or(usize::MAX)
    }

    /// The first `n` octets are written.
    ///
    /// More than there are is read as all.
    pub(crate) fn advance(&mut self, n: usize) {
        if self.shared.is_empty() && n >= self.arena_len() {
            // The usual case: all of it, and all of it in the arena.
            self.written += self.arena_len() as u64;
            self.gone += self.arena.len() as u64;
            self.start = 0;
            self.arena.clear();
            return;
        }
        let mut n = n.min(self.len());
        self.written += n as u64;
        while n > 0 {
            let end = self
                .shared
                .front()
                .map_or(self.arena.len(), |piece| self.position(piece.after));
            let from_arena = (end - self.start).min(n);
            self.start += from_arena;
            n -= from_arena;
            if n == 0 {
                break;
            }
            let Some(piece) = self.shared.front_mut() else {
                break;
            };
            let taken = piece.bytes.len().min(n);
            piece.bytes.advance(taken);
            self.shared_len -= taken;
            n -= taken;
            if piece.bytes.is_empty() {
                self.shared.pop_front();
            }
        }
        self.compact();
    }

    fn compact(&mut self) {
        if self.start == self.arena.len() && self.shared.is_empty() {
            self.gone += self.start as u64;
            self.start = 0;
            self.arena.clear();
        } else if self.start >= 16 * 1024 && self.start * 2 >= self.arena.len() {
            self.gone += self.start as u64;
            self.arena.drain(..self.start);
            self.start = 0;
        }
    }

    /// Drops all that waits: the transport is gone.
    pub(crate) fn clear(&mut self) {
        let written = self.written;
        *self = Self {
            written,
            ..Self::new()
        };
    }

    /// Gives scratch back; what waits stays.
    pub(crate) fn trim(&mut self) {
        if self.is_empty() {
            self.clear();
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.arena.capacity() + self.shared.capacity() * size_of::<Shared>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Output};
    use alloc::vec::Vec;

    fn bytes(output: &Output) -> Vec<u8> {
        output
            .chunks()
            .flat_map(|chunk| chunk.iter().copied())
            .collect()
    }

    #[test]
    fn first_in_first_out_however_it_is_written() {
        fn law(pieces: Vec<(bool, Vec<u8>)>, steps: Vec<u8>) -> bool {
            let (mut output, mut model) = (Output::new(), Vec::new());
            let mut steps = steps.into_iter().cycle();
            for (shared, piece) in pieces {
                model.extend_from_slice(&piece);
                if shared && !piece.is_empty() {
                    output.push_shared(Bytes::from(piece));
                } else {
                    output.arena().extend_from_slice(&piece);
                }
                if bytes(&output) != model || output.chunks().any(<[u8]>::is_empty) {
                    return false;
                }
                let n = usize::from(steps.next().unwrap_or(1)).min(model.len());
                output.advance(n);
                model.drain(..n);
                if bytes(&output) != model || output.len() != model.len() {
                    return false;
                }
            }
            output.advance(usize::MAX);
            output.is_empty() && output.committed() == output.written()
        }
        quickcheck::quickcheck(law as fn(_, _) -> bool);
    }

    #[test]
    fn what_is_written_leaves_the_arena() {
        let mut output = Output::new();
        let piece = |n: u8| alloc::vec![n; 20_000];
        output.arena().extend_from_slice(&piece(1));
        output.push_shared(Bytes::from(piece(2)));
        output.arena().extend_from_slice(&piece(3));
        output.advance(16_000);
        assert_eq!(
            (output.len(), output.start),
            (44_000, 16_000),
            "not half of it"
        );
        output.advance(24_000);
        assert_eq!(
            (output.len(), output.start, output.gone),
            (20_000, 0, 20_000)
        );
        let expected: Vec<u8> = piece(3);
        assert_eq!((bytes(&output), output.written()), (expected, 40_000));
        output.push_shared(Bytes::from(piece(4)));
        output.advance(30_000);
        assert_eq!((output.len(), output.arena_len()), (10_000, 0));
        output.arena().push(5);
        assert_eq!(bytes(&output).last(), Some(&5));
        assert!(output.in_one_piece().is_none());
        output.advance(10_000);
        assert_eq!(output.in_one_piece(), Some(&[5][..]));
        assert_eq!(output.committed(), 80_001);
        output.clear();
        assert_eq!(
            (output.len(), output.written(), output.heap_bytes()),
            (0, 80_000, 0)
        );
        assert_eq!(output.in_one_piece(), None);
    }
}
