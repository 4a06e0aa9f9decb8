//! What can be wrong with a block.

use core::fmt;

/// Why a block could not be decoded. Each of them is an error of the connection (RFC 9113 4.3: COMPRESSION_ERROR).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The block ends within a field.
    Truncated,
    /// An integer beyond 2^32 - 1, or of more than six octets (RFC 7541 5.1).
    IntegerOverflow,
    /// Index 0, or one beyond both tables (RFC 7541 2.3.3, 6.1).
    InvalidIndex,
    /// The padding of a Huffman-coded string is longer than seven bits or not the front of EOS (RFC 7541 5.2).
    HuffmanPadding,
    /// A Huffman-coded string contains EOS (RFC 7541 5.2).
    HuffmanEos,
    /// A size update beyond what we have allowed (RFC 7541 6.3).
    SizeUpdateTooLarge,
    /// A size update after a field (RFC 7541 4.2).
    SizeUpdateLate,
    /// The peer acknowledged a smaller table, but this block does not begin with an update to it (RFC 9113 4.3.1,
    /// RFC 7541 4.2).
    SizeUpdateMissing,
    /// A string longer than the caller's limit.
    StringTooLong,
    /// The sink broke off.
    Aborted,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the block ends within a field",
            Self::IntegerOverflow => "an integer is too large or too long",
            Self::InvalidIndex => "an index points outside of the tables",
            Self::HuffmanPadding => "the padding of a Huffman-coded string is wrong",
            Self::HuffmanEos => "a Huffman-coded string contains EOS",
            Self::SizeUpdateTooLarge => "a table size update exceeds the limit",
            Self::SizeUpdateLate => "a table size update follows a field",
            Self::SizeUpdateMissing => {
                "the table size update that a smaller limit requires is missing"
            }
            Self::StringTooLong => "a string is too long",
            Self::Aborted => "the consumer of the fields broke off",
        })
    }
}

impl core::error::Error for DecodeError {}
