//! The module as a whole: the RFC's examples, laws, resizing, hostile input.

mod examples;
mod hostile;
mod laws;
mod resize;

use super::{DecodeError, Decoder, Encoder, FieldMeta, OctetClasses};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Name, value, never indexed.
type Field = (Vec<u8>, Vec<u8>, bool);

fn field(name: &str, value: &str) -> Field {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec(), false)
}

fn never(name: &str, value: &str) -> Field {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec(), true)
}

/// Decodes a block, and holds what is said of each field to the field.
fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<Field>, DecodeError> {
    let mut fields = Vec::new();
    let mut sink = |name: &[u8], value: &[u8], meta: FieldMeta| {
        assert_eq!(meta.name, OctetClasses::of(name));
        assert_eq!(meta.value, OctetClasses::of(value));
        assert_eq!(meta.known, super::static_table::find_name(name));
        fields.push((name.to_vec(), value.to_vec(), meta.never_indexed));
        ControlFlow::Continue(())
    };
    decoder.decode(block, 1 << 20, &mut sink)?;
    Ok(fields)
}

fn encode(encoder: &mut Encoder, fields: &[Field]) -> Vec<u8> {
    let mut block = Vec::new();
    encoder.start_block(&mut block);
    for (name, value, never) in fields {
        encoder.encode_field(name, value, *never, &mut block);
    }
    block
}

fn unhex(digits: &str) -> Vec<u8> {
    let octet = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_bytes().chunks(2).map(octet).collect()
}
