//! Field blocks to fields.

use super::dynamic_table::{DynamicTable, Pending};
use super::{DecodeError, OctetClasses, huffman, integer, static_table};
use core::fmt;
use core::ops::ControlFlow;

/// What a decoder knows of a field beside its strings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldMeta {
    /// The field came as a literal never to be indexed (RFC 7541 6.2.3): whoever sends it on must do so the same way.
    pub never_indexed: bool,
    /// The octets of the name.
    pub name: OctetClasses,
    /// The octets of the value.
    pub value: OctetClasses,
    /// The lowest index of the static table (RFC 7541 Appendix A) whose name is this field's: 1 to 61, or 0 if there is
    /// none. Always exact, however the field was encoded: 8 means `:status`, and nothing else does.
    pub known: u8,
}

/// Takes the fields of a block, one after the other.
pub trait Sink {
    /// One field. The strings are borrowed until this returns. `Break` ends the decoding with
    /// [`DecodeError::Aborted`].
    fn field(&mut self, name: &[u8], value: &[u8], meta: FieldMeta) -> ControlFlow<()>;
}

impl<F: FnMut(&[u8], &[u8], FieldMeta) -> ControlFlow<()>> Sink for F {
    #[inline]
    fn field(&mut self, name: &[u8], value: &[u8], meta: FieldMeta) -> ControlFlow<()> {
        self(name, value, meta)
    }
}

/// The receiving end of one direction of a connection (RFC 7541 2.2).
///
/// Holds no heap before a string must be unpacked or remembered. Afterwards the heap is at most twice the strings of a
/// full table, 256 octets, and 20 octets for each of up to twice as many entries as there ever were at a time; within
/// a block also the strings of the field at hand.
pub struct Decoder {
    table: DynamicTable,
    /// The bound for the peer's size updates.
    limit: usize,
    /// The next block must begin with an update to at most this.
    required: Option<usize>,
}

impl Decoder {
    /// A decoder whose table may take up `max_table_size` octets, counted as in RFC 7541 4.1, and takes that much
    /// without an update by the peer. For HTTP/2 that is 4 096 until the peer has acknowledged another
    /// SETTINGS_HEADER_TABLE_SIZE. Beyond 2^30 counts as that.
    #[must_use]
    pub fn new(max_table_size: usize) -> Self {
        let table = DynamicTable::new(max_table_size);
        Self {
            limit: table.max_size(),
            table,
            required: None,
        }
    }

    /// Decodes one whole block, the payloads of a HEADERS or PUSH_PROMISE frame and its CONTINUATIONs joined.
    ///
    /// `max_string` bounds each name and value, in octets, packed and unpacked. The work is linear in the length of
    /// the block and of what the sink is given.
    ///
    /// # Errors
    ///
    /// Any fault of the block, or `Aborted`. Fields before it were given to the sink. The table no longer matches the
    /// peer's: the connection is lost, and the decoder good for nothing but to be dropped.
    pub fn decode<S: Sink + ?Sized>(
        &mut self,
        block: &[u8],
        max_string: usize,
        sink: &mut S,
    ) -> Result<(), DecodeError> {
        let mut input = self.size_updates(block)?;
        while let [first, rest @ ..] = input {
            if first & 0x80 != 0 {
                input = self.indexed(*first, rest, sink)?;
            } else if first & 0xe0 != 0x20 {
                input = self.literal(*first, rest, max_string, sink)?;
            } else {
                return Err(DecodeError::SizeUpdateLate);
            }
        }
        self.table.finish();
        Ok(())
    }

    /// RFC 7541 6.1.
    #[inline]
    fn indexed<'b, S: Sink + ?Sized>(
        &mut self,
        first: u8,
        rest: &'b [u8],
        sink: &mut S,
    ) -> Result<&'b [u8], DecodeError> {
        let (index, rest) = integer::decode(first, 0x7f, rest)?;
        let flow = if let Some(entry) = static_table::get(index) {
            sink.field(
                entry.name.as_bytes(),
                entry.value.as_bytes(),
                FieldMeta {
                    never_indexed: false,
                    name: entry.name_classes,
                    value: entry.value_classes,
                    known: entry.known,
                },
            )
        } else {
            let age = index.wrapping_sub(static_table::LEN + 1);
            let entry = self.table.get(age).ok_or(DecodeError::InvalidIndex)?;
            let (name, value) = self.table.strings(&entry);
            sink.field(
                name,
                value,
                FieldMeta {
                    never_indexed: false,
                    name: entry.name_classes,
                    value: entry.value_classes,
                    known: entry.known,
                },
            )
        };
        if flow.is_break() {
            Err(DecodeError::Aborted)
        } else {
            Ok(rest)
        }
    }

    /// RFC 7541 6.2. All strings are put together in the table's pending part, the name first.
    fn literal<'b, S: Sink + ?Sized>(
        &mut self,
        first: u8,
        rest: &'b [u8],
        max_string: usize,
        sink: &mut S,
    ) -> Result<&'b [u8], DecodeError> {
        let insert = first & 0x40 != 0;
        let (pending, rest) =
            self.name(first, if insert { 0x3f } else { 0x0f }, rest, max_string)?;
        let (value_classes, rest) = self.string(rest, max_string)?;
        let pending = Pending {
            value_classes,
            ..pending
        };
        if insert {
            self.table.commit(pending);
        }
        let (name, value) = self
            .table
            .pending()
            .split_at_checked(pending.name_len)
            .unwrap_or_default();
        let flow = sink.field(
            name,
            value,
            FieldMeta {
                never_indexed: first & 0xf0 == 0x10,
                name: pending.name_classes,
                value: value_classes,
                known: pending.known,
            },
        );
        if flow.is_break() {
            Err(DecodeError::Aborted)
        } else {
            Ok(rest)
        }
    }

    /// Appends the name of a literal to what is pending.
    #[inline]
    fn name<'b>(
        &mut self,
        first: u8,
        mask: u8,
        rest: &'b [u8],
        max_string: usize,
    ) -> Result<(Pending, &'b [u8]), DecodeError> {
        self.table.begin();
        let (index, rest) = integer::decode(first, mask, rest)?;
        if index == 0 {
            let (name_classes, rest) = self.string(rest, max_string)?;
            let name = self.table.pending();
            let known = static_table::find_name(name);
            return Ok((
                Pending {
                    name_len: name.len(),
                    name_classes,
                    known,
                    ..Pending::default()
                },
                rest,
            ));
        }
        let pending = if let Some(entry) = static_table::get(index) {
            self.table.append(entry.name.as_bytes());
            Pending {
                name_len: entry.name.len(),
                name_classes: entry.name_classes,
                known: entry.known,
                ..Pending::default()
            }
        } else {
            let age = index.wrapping_sub(static_table::LEN + 1);
            let entry = self.table.get(age).ok_or(DecodeError::InvalidIndex)?;
            Pending {
                name_len: self.table.append_name(&entry),
                name_classes: entry.name_classes,
                known: entry.known,
                ..Pending::default()
            }
        };
        Ok((pending, rest))
    }

    /// Appends a string (RFC 7541 5.2) to what is pending.
    fn string<'b>(
        &mut self,
        input: &'b [u8],
        max_string: usize,
    ) -> Result<(OctetClasses, &'b [u8]), DecodeError> {
        let (first, rest) = input.split_first().ok_or(DecodeError::Truncated)?;
        let (length, rest) = integer::decode(*first, 0x7f, rest)?;
        if length > max_string {
            return Err(DecodeError::StringTooLong);
        }
        let (string, rest) = rest
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        if first & 0x80 == 0 {
            self.table.append(string);
            return Ok((OctetClasses::of(string), rest));
        }
        let buffer = self.table.append_with(huffman::decode_room(length));
        let before = buffer.len();
        let classes = huffman::decode(string, buffer)?;
        if buffer.len() - before > max_string {
            return Err(DecodeError::StringTooLong);
        }
        Ok((classes, rest))
    }

    /// Reads the size updates before the first field (RFC 7541 4.2, 6.3); gives the rest. There may be any number:
    /// 4.2 says that two suffice, and python-hyper's encoder sends one for each change.
    #[inline]
    fn size_updates<'b>(&mut self, block: &'b [u8]) -> Result<&'b [u8], DecodeError> {
        match block {
            [first, ..] if self.required.is_none() && first & 0xe0 != 0x20 => Ok(block),
            _ => self.size_updates_slow(block),
        }
    }

    #[inline(never)]
    fn size_updates_slow<'b>(&mut self, mut block: &'b [u8]) -> Result<&'b [u8], DecodeError> {
        while let [first, rest @ ..] = block {
            if first & 0xe0 != 0x20 {
                break;
            }
            let (size, rest) = integer::decode(*first, 0x1f, rest)?;
            if size > self.limit {
                return Err(DecodeError::SizeUpdateTooLarge);
            }
            if self.required.is_some_and(|required| size <= required) {
                self.required = None;
            }
            self.table.set_max_size(size);
            block = rest;
        }
        if self.required.is_some() {
            Err(DecodeError::SizeUpdateMissing)
        } else {
            Ok(block)
        }
    }

    /// The table may take up `size` octets from the next block on: our SETTINGS_HEADER_TABLE_SIZE that the peer has
    /// just acknowledged. Beyond 2^30 counts as that.
    ///
    /// If that is less than the table may take up now, the next block must begin with a size update to at most `size`
    /// (RFC 9113 4.3.1, RFC 7541 4.2); if this is called more than once before that block, to at most the smallest.
    pub fn set_max_size(&mut self, size: usize) {
        self.limit = size.min(super::dynamic_table::LARGEST);
        if self.limit < self.required.unwrap_or(self.table.max_size()) {
            self.required = Some(self.limit);
        }
    }

    /// The number of entries in the dynamic table.
    #[must_use]
    pub fn table_len(&self) -> usize {
        self.table.len()
    }

    /// The size of the dynamic table, in octets as RFC 7541 4.1 counts them.
    #[must_use]
    pub fn table_size(&self) -> usize {
        self.table.size()
    }

    /// The heap held, in octets.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes()
    }

    /// Gives back all heap that the table's entries do not need.
    pub fn trim(&mut self) {
        self.table.trim();
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("table_len", &self.table.len())
            .field("table_size", &self.table.size())
            .field("limit", &self.limit)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
