//! Reads header blocks: the whole decoder of RFC 7541, and a judge of the encoder that wrote them.

use std::collections::VecDeque;

use super::field::Field;
use super::huffman::{self, HuffmanFault};
use super::static_table::STATIC;

/// What is wrong with a header block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockFault {
    /// The block ends inside a representation.
    Truncated,
    /// An integer above 2^32 - 1, or one spelt with more than 5 continuation octets.
    HugeInteger,
    /// A string's Huffman code is broken.
    Huffman(HuffmanFault),
    /// Index 0 in an indexed field (RFC 7541 6.1).
    IndexZero,
    /// An index beyond both tables (RFC 7541 2.3.3).
    IndexBeyondTables(u32),
    /// A size update after the first field of the block (RFC 7541 4.2).
    LateSizeUpdate,
    /// A size update beyond the limit in force (RFC 7541 6.3).
    SizeUpdateTooLarge {
        /// The size asked for.
        size: u32,
        /// The limit that SETTINGS_HEADER_TABLE_SIZE sets.
        limit: u32,
    },
    /// A reduction was acknowledged, and the next block does not start with an update to that size or less
    /// (RFC 9113 4.3.1, RFC 7541 4.2).
    MissingSizeUpdate {
        /// The size that must not be exceeded.
        at_most: u32,
    },
    /// More than two size updates at the start of one block (RFC 7541 4.2 sends the smallest and the final one).
    ManySizeUpdates,
}

/// A header block, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The fields in order.
    pub fields: Vec<Field>,
    /// The size updates at its start.
    pub size_updates: Vec<u32>,
}

/// The state of a decoder: one per connection and direction.
#[derive(Clone, Debug)]
pub struct BlockReader {
    table: VecDeque<Field>, // the newest first
    size: usize,
    max_size: u32,
    limit: u32,
    owed: Option<u32>,
}

impl Default for BlockReader {
    fn default() -> Self {
        Self::new(4096)
    }
}

impl BlockReader {
    /// A decoder whose SETTINGS_HEADER_TABLE_SIZE is `limit` from the start (4096 unless the peer was told before).
    pub fn new(limit: u32) -> Self {
        Self {
            table: VecDeque::new(),
            size: 0,
            max_size: limit,
            limit,
            owed: None,
        }
    }

    /// The encoder acknowledged a SETTINGS_HEADER_TABLE_SIZE of `limit`. If that is below the table's present maximum,
    /// the next block owes a size update.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        if limit < self.max_size {
            self.owed = Some(self.owed.map_or(limit, |owed| owed.min(limit)));
        }
    }

    /// The encoder may have seen a larger limit already, though it has not acknowledged it: updates up to it pass.
    pub fn raise_limit(&mut self, limit: u32) {
        self.limit = self.limit.max(limit);
    }

    /// Octets in the dynamic table by RFC 7541's count.
    pub fn table_size(&self) -> usize {
        self.size
    }

    /// Entries in the dynamic table, the newest first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Field> {
        self.table.iter()
    }

    /// Reads one whole block.
    ///
    /// # Errors
    /// The first fault found. The reader's state is of no use afterwards.
    pub fn read(&mut self, block: &[u8]) -> Result<Block, BlockFault> {
        let mut cursor = Cursor { rest: block };
        let mut out = Block::default();
        while let Some(&first) = cursor.rest.first() {
            if first & 0xe0 == 0x20 {
                let size = cursor.integer(5)?;
                self.size_update(size, &mut out)?;
                continue;
            }
            self.check_owed()?;
            let field = self.representation(first, &mut cursor)?;
            out.fields.push(field);
        }
        // A block without any octet owes nothing; one of updates alone has paid.
        if !block.is_empty() {
            self.check_owed()?;
        }
        Ok(out)
    }

    fn size_update(&mut self, size: u32, out: &mut Block) -> Result<(), BlockFault> {
        if !out.fields.is_empty() {
            return Err(BlockFault::LateSizeUpdate);
        }
        if size > self.limit {
            return Err(BlockFault::SizeUpdateTooLarge {
                size,
                limit: self.limit,
            });
        }
        if out.size_updates.len() == 2 {
            return Err(BlockFault::ManySizeUpdates);
        }
        if self.owed.is_some_and(|owed| size <= owed) {
            self.owed = None;
        }
        self.max_size = size;
        self.evict();
        out.size_updates.push(size);
        Ok(())
    }

    fn check_owed(&self) -> Result<(), BlockFault> {
        match self.owed {
            Some(at_most) => Err(BlockFault::MissingSizeUpdate { at_most }),
            None => Ok(()),
        }
    }

    fn representation(&mut self, first: u8, cursor: &mut Cursor<'_>) -> Result<Field, BlockFault> {
        if first & 0x80 != 0 {
            let index = cursor.integer(7)?;
            if index == 0 {
                return Err(BlockFault::IndexZero);
            }
            return Ok(Field {
                never_indexed: false,
                ..self.lookup(index)?
            });
        }
        let indexing = first & 0x40 != 0;
        let index = cursor.integer(if indexing { 6 } else { 4 })?;
        let name = if index == 0 {
            cursor.string()?
        } else {
            self.lookup(index)?.name
        };
        let value = cursor.string()?;
        let field = Field {
            name,
            value,
            never_indexed: first & 0xf0 == 0x10,
        };
        if indexing {
            self.size += field.size();
            self.table.push_front(field.clone());
            self.evict(); // an entry larger than the table empties it, itself included (RFC 7541 4.4)
        }
        Ok(field)
    }

    fn lookup(&self, index: u32) -> Result<Field, BlockFault> {
        let at = index as usize - 1;
        match STATIC.get(at) {
            Some((name, value)) => Ok(Field::new(name, value)),
            None => self
                .table
                .get(at - STATIC.len())
                .cloned()
                .ok_or(BlockFault::IndexBeyondTables(index)),
        }
    }

    fn evict(&mut self) {
        while self.size > self.max_size as usize {
            let Some(oldest) = self.table.pop_back() else {
                return;
            };
            self.size -= oldest.size();
        }
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn octet(&mut self) -> Result<u8, BlockFault> {
        let (first, rest) = self.rest.split_first().ok_or(BlockFault::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    fn integer(&mut self, prefix: u32) -> Result<u32, BlockFault> {
        let max = (1u64 << prefix) - 1;
        let mut value = u64::from(self.octet()?) & max;
        if value == max {
            for shift in (0..).step_by(7) {
                if shift > 28 {
                    return Err(BlockFault::HugeInteger);
                }
                let octet = self.octet()?;
                value += u64::from(octet & 0x7f) << shift;
                if octet & 0x80 == 0 {
                    break;
                }
            }
        }
        u32::try_from(value).map_err(|_| BlockFault::HugeInteger)
    }

    fn string(&mut self) -> Result<Vec<u8>, BlockFault> {
        let coded = self.rest.first().ok_or(BlockFault::Truncated)? & 0x80 != 0;
        let len = self.integer(7)? as usize;
        if len > self.rest.len() {
            return Err(BlockFault::Truncated);
        }
        let (octets, rest): (&'a [u8], _) = self.rest.split_at(len);
        self.rest = rest;
        if coded {
            huffman::decode(octets).map_err(BlockFault::Huffman)
        } else {
            Ok(octets.to_vec())
        }
    }
}

#[cfg(test)]
mod tests;
