//! How input is cut.

use crate::link::Rng;

/// How what the peer sends is cut into the pieces that the core is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// As it was sent, all of one turn at once.
    Whole,
    /// One octet at a time.
    Bytes,
    /// Pieces of 1 to 40 octets, drawn from a seed.
    Seeded(u64),
    /// As it was sent, but cut once, at this octet of the connection.
    At(usize),
}

impl Feed {
    /// The cuts that every scenario is run under; the first is what the others are held to.
    pub const STANDARD: [Self; 5] = [
        Self::Whole,
        Self::Bytes,
        Self::Seeded(1),
        Self::Seeded(2),
        Self::Seeded(3),
    ];
}

/// Draws the pieces of one connection.
#[derive(Clone, Debug)]
pub struct Pieces {
    feed: Feed,
    rng: Rng,
    fed: usize,
}

impl Pieces {
    /// From the connection's first octet on.
    pub fn new(feed: Feed) -> Self {
        let seed = if let Feed::Seeded(seed) = feed {
            seed
        } else {
            0
        };
        Self {
            feed,
            rng: Rng::new(seed),
            fed: 0,
        }
    }

    /// How it cuts.
    pub fn feed(&self) -> Feed {
        self.feed
    }

    /// Cuts in another way from here on.
    pub fn change(&mut self, feed: Feed) {
        *self = Self {
            fed: self.fed,
            ..Self::new(feed)
        };
    }

    /// The size of the next piece of `left` octets: 1 to `left`, 0 if there are none.
    pub fn next_size(&mut self, left: usize) -> usize {
        let size = match self.feed {
            Feed::Whole => left,
            Feed::Bytes => 1,
            Feed::Seeded(_) => self.rng.range(1, 40) as usize,
            Feed::At(place) if place > self.fed => place - self.fed,
            Feed::At(_) => left,
        };
        let size = size.min(left);
        self.fed += size;
        size
    }
}

#[cfg(test)]
mod tests {
    use super::{Feed, Pieces};

    fn sizes(feed: Feed, turns: &[usize]) -> Vec<usize> {
        let mut pieces = Pieces::new(feed);
        let mut out = Vec::new();
        for &turn in turns {
            let mut left = turn;
            while left > 0 {
                let size = pieces.next_size(left);
                out.push(size);
                left -= size;
            }
        }
        out
    }

    #[test]
    fn pieces_are_as_named() {
        assert_eq!(sizes(Feed::Whole, &[5, 3]), [5, 3]);
        assert_eq!(sizes(Feed::Bytes, &[2, 1]), [1, 1, 1]);
        assert_eq!(sizes(Feed::At(6), &[5, 3]), [5, 1, 2]);
        assert_eq!(sizes(Feed::At(2), &[5, 3]), [2, 3, 3]);
        let seeded = sizes(Feed::Seeded(7), &[100, 100]);
        assert_eq!(seeded.iter().sum::<usize>(), 200);
        assert_eq!(seeded, sizes(Feed::Seeded(7), &[100, 100]));
        assert!(seeded.iter().all(|size| (1..=40).contains(size)));
    }
}
