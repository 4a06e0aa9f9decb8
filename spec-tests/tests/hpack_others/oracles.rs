//! Others' HPACK behind one interface, and ours.
//!
//! * `loona-hpack` 0.4.3, maintained. Refuses a block that ends with a size update, takes updates behind fields, bounds
//!   integers at five octets, knows no acknowledgements.
//! * `hpack` 0.3.0, of which that is a fork: the same differences, and its decoder panics on some input
//!   (RUSTSEC-2023-0085): a panic counts as a refusal. Entry 15 of its static table is called "accept-": we know that it
//!   means "accept-charset".
//! * `httlib-hpack` 0.1.3, independent of both. It panics on some input too, and takes wrong padding; it tells which
//!   fields must never be indexed.
//! * The raw peer's reader, independent of all: strict, and it tells the same.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bywash_proto::hpack::{Decoder, FieldMeta};
use bywash_spec_tests::raw::BlockReader;

/// A field: name, value, and whether it must never be indexed, where the decoder tells.
pub(crate) type Told = (Vec<u8>, Vec<u8>, Option<bool>);

/// A decoder of somebody's.
pub(crate) enum Oracle {
    Loona(Box<loona_hpack::Decoder<'static>>),
    Hpack(Box<hpack::Decoder<'static>>),
    Httlib(Box<httlib_hpack::Decoder<'static>>),
    Raw(Box<BlockReader>),
}

impl Oracle {
    /// One of each, at the initial size of the table.
    pub(crate) fn all() -> [Self; 4] {
        [
            Self::Loona(Box::default()),
            Self::Hpack(Box::new(hpack::Decoder::new())),
            Self::Httlib(Box::default()),
            Self::Raw(Box::default()),
        ]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Loona(_) => "loona-hpack",
            Self::Hpack(_) => "hpack",
            Self::Httlib(_) => "httlib-hpack",
            Self::Raw(_) => "the raw reader",
        }
    }

    /// SETTINGS_HEADER_TABLE_SIZE of the decoder, acknowledged by the encoder.
    pub(crate) fn limit(&mut self, size: usize) {
        match self {
            Self::Loona(decoder) => decoder.set_max_allowed_table_size(size),
            // It has no limit: it does what blocks say.
            Self::Hpack(_) => {}
            Self::Httlib(decoder) => decoder.set_max_dynamic_size(size as u32),
            Self::Raw(reader) => reader.set_limit(size as u32),
        }
    }

    /// The fields of a block; `None` if it is refused. The oracle is of no use afterwards.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Option<Vec<Told>> {
        let untold = |fields: Vec<(Vec<u8>, Vec<u8>)>| {
            let told = fields.into_iter().map(|(name, value)| (name, value, None));
            told.collect()
        };
        match self {
            Self::Loona(decoder) => decoder.decode(block).ok().map(untold),
            Self::Hpack(decoder) => {
                let caught = catch_unwind(AssertUnwindSafe(|| decoder.decode(block)));
                let mut fields = caught.ok()?.ok()?;
                for (name, _) in &mut fields {
                    if name == b"accept-" {
                        name.extend(b"charset");
                    }
                }
                Some(untold(fields))
            }
            Self::Httlib(decoder) => {
                let mut fields = Vec::new();
                let mut input = block.to_vec();
                catch_unwind(AssertUnwindSafe(|| decoder.decode(&mut input, &mut fields)))
                    .ok()?
                    .ok()?;
                let never = httlib_hpack::Decoder::NEVER_INDEXED;
                let told = fields
                    .into_iter()
                    .map(|(name, value, flags)| (name, value, Some(flags & never != 0)));
                Some(told.collect())
            }
            Self::Raw(reader) => {
                let fields = reader.read(block).ok()?.fields;
                let told = fields
                    .into_iter()
                    .map(|field| (field.name, field.value, Some(field.never_indexed)));
                Some(told.collect())
            }
        }
    }
}

/// Our decoder on a block; `None` if it refuses it.
pub(crate) fn ours(decoder: &mut Decoder, block: &[u8]) -> Option<Vec<Told>> {
    let mut fields = Vec::new();
    decoder
        .decode(
            block,
            usize::MAX,
            &mut |name: &[u8], value: &[u8], meta: FieldMeta| {
                fields.push((name.to_vec(), value.to_vec(), Some(meta.never_indexed)));
                ControlFlow::<()>::Continue(())
            },
        )
        .ok()?;
    Some(fields)
}

/// Whether two decoders say the same, as far as both tell.
pub(crate) fn agree(a: &[Told], b: &[Told]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            let never = a.2.is_none() || b.2.is_none() || a.2 == b.2;
            a.0 == b.0 && a.1 == b.1 && never
        })
}
