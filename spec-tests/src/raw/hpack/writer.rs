//! Writes header blocks, representation by representation.

use super::huffman;

/// A header block under construction. Each method appends one representation and returns the writer.
///
/// [`Self::field`] is the plain way: a literal without indexing, name and value spelt out, no Huffman. It leaves the
/// receiver's dynamic table alone, so tests need no state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockWriter {
    bytes: Vec<u8>,
}

impl BlockWriter {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// The head of a plain request: method, scheme https, authority `example.com` and path.
    pub fn request(method: &str, path: &str) -> Self {
        Self::new()
            .field(":method", method)
            .field(":scheme", "https")
            .field(":authority", "example.com")
            .field(":path", path)
    }

    /// The head of a plain response.
    pub fn response(status: &str) -> Self {
        Self::new().field(":status", status)
    }

    /// A block of plain fields.
    pub fn fields(fields: &[(&str, &str)]) -> Self {
        fields
            .iter()
            .fold(Self::new(), |block, (name, value)| block.field(name, value))
    }

    /// The block's octets.
    pub fn build(self) -> Vec<u8> {
        self.bytes
    }

    /// A literal without indexing, with a literal name (RFC 7541 6.2.2).
    pub fn field(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x00, 4, 0).string(name).string(value)
    }

    /// The same, with both strings in Huffman code.
    pub fn field_huffman(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x00, 4, 0)
            .string_huffman(name)
            .string_huffman(value)
    }

    /// A literal without indexing, with an indexed name.
    pub fn field_named(self, index: u64, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x00, 4, index).string(value)
    }

    /// A literal with incremental indexing and a literal name (RFC 7541 6.2.1).
    pub fn incremental(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x40, 6, 0).string(name).string(value)
    }

    /// A literal with incremental indexing and an indexed name.
    pub fn incremental_named(self, index: u64, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x40, 6, index).string(value)
    }

    /// A literal never indexed, with a literal name (RFC 7541 6.2.3).
    pub fn never(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x10, 4, 0).string(name).string(value)
    }

    /// A literal never indexed, with an indexed name.
    pub fn never_named(self, index: u64, value: impl AsRef<[u8]>) -> Self {
        self.integer(0x10, 4, index).string(value)
    }

    /// An indexed field (RFC 7541 6.1). Index 0 is a fault, so is one beyond both tables.
    pub fn indexed(self, index: u64) -> Self {
        self.integer(0x80, 7, index)
    }

    /// A dynamic table size update (RFC 7541 6.3).
    pub fn size_update(self, size: u64) -> Self {
        self.integer(0x20, 5, size)
    }

    /// An integer of `prefix` bits (1 to 8) in the shortest form, with the bits of `first` above it (RFC 7541 5.1).
    pub fn integer(mut self, first: u8, prefix: u32, value: u64) -> Self {
        let max = (1u64 << prefix) - 1;
        if value < max {
            self.bytes.push(first | value as u8);
            return self;
        }
        self.bytes.push(first | max as u8);
        let mut rest = value - max;
        while rest >= 128 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
        self
    }

    /// The same, followed by `zeros` needless continuation octets: a longer spelling of the same number. The value
    /// must not fit in the prefix.
    ///
    /// # Panics
    /// If the value fits in the prefix: it has one spelling only.
    pub fn integer_overlong(mut self, first: u8, prefix: u32, value: u64, zeros: usize) -> Self {
        assert!(
            value >= (1u64 << prefix) - 1,
            "{value} fits in {prefix} bits"
        );
        self = self.integer(first, prefix, value);
        for _ in 0..zeros {
            if let Some(last) = self.bytes.last_mut() {
                *last |= 0x80;
            }
            self.bytes.push(0);
        }
        self
    }

    /// A string literal without Huffman (RFC 7541 5.2).
    pub fn string(mut self, octets: impl AsRef<[u8]>) -> Self {
        let octets = octets.as_ref();
        self = self.integer(0x00, 7, octets.len() as u64);
        self.raw(octets)
    }

    /// A string literal in Huffman code, whether or not it is shorter.
    pub fn string_huffman(self, octets: impl AsRef<[u8]>) -> Self {
        self.string_coded(huffman::encode(octets.as_ref()))
    }

    /// A string literal that claims Huffman code, with octets that need not be any.
    pub fn string_coded(mut self, coded: impl AsRef<[u8]>) -> Self {
        let coded = coded.as_ref();
        self = self.integer(0x80, 7, coded.len() as u64);
        self.raw(coded)
    }

    /// Octets as they are.
    pub fn raw(mut self, octets: impl AsRef<[u8]>) -> Self {
        self.bytes.extend_from_slice(octets.as_ref());
        self
    }
}

impl From<BlockWriter> for Vec<u8> {
    fn from(block: BlockWriter) -> Self {
        block.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_appendix_c_1() {
        assert_eq!(BlockWriter::new().integer(0, 5, 10).build(), [0x0a]);
        assert_eq!(
            BlockWriter::new().integer(0, 5, 1337).build(),
            [0x1f, 0x9a, 0x0a]
        );
        assert_eq!(BlockWriter::new().integer(0, 8, 42).build(), [0x2a]);
        assert_eq!(
            BlockWriter::new().integer_overlong(0, 5, 1337, 2).build(),
            [0x1f, 0x9a, 0x8a, 0x80, 0]
        );
    }

    #[test]
    fn representations_of_appendix_c_2() {
        let block = BlockWriter::new()
            .incremental("custom-key", "custom-header")
            .build();
        assert_eq!(block, b"\x40\x0acustom-key\x0dcustom-header");
        assert_eq!(
            BlockWriter::new().field_named(4, "/sample/path").build(),
            b"\x04\x0c/sample/path"
        );
        assert_eq!(
            BlockWriter::new().never("password", "secret").build(),
            b"\x10\x08password\x06secret"
        );
        assert_eq!(BlockWriter::new().indexed(2).build(), [0x82]);
    }
}
