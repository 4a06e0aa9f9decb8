//! What the program does with the core: enough that the linker keeps it.

use crate::exchange;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bywash_proto::error::{Scope, Violation};
use bywash_proto::headers::{Field, Head};
use bywash_proto::hpack::{Decoder, Encoder, FieldMeta};
use bywash_proto::vocabulary::Instant;
use core::ops::ControlFlow;
use core::time::Duration;

/// True when everything behaved without std as it does with it.
pub(crate) fn all() -> bool {
    violations_are_told_apart()
        && time_saturates()
        && a_head_survives_hpack()
        && exchange::is_echoed()
}

fn violations_are_told_apart() -> bool {
    let names: BTreeSet<String> = Violation::ALL
        .iter()
        .map(|violation| violation.name().to_string())
        .collect();
    let both_scopes = [Scope::Connection, Scope::Stream]
        .iter()
        .all(|scope| Violation::ALL.iter().any(|v| v.scope() == *scope));
    both_scopes && names.len() == Violation::ALL.len()
}

fn time_saturates() -> bool {
    let late = Instant::from_nanos(u64::MAX - 1);
    late + Duration::from_secs(1) == Instant::MAX
}

fn a_head_survives_hpack() -> bool {
    let fields = [
        Field::new(b":status", b"200"),
        Field::new(b"content-type", b"text/plain; charset=utf-8"),
        Field::new(b"set-cookie", b"id=1").sensitive(),
    ];
    let head = Head::from_fields(&fields[..]);
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
    // Twice: the second block comes out of the dynamic tables.
    (0..2).all(|_| {
        let mut block = Vec::new();
        encoder.start_block(&mut block);
        for field in head.fields() {
            encoder.encode_field(field.name, field.value, field.never_indexed, &mut block);
        }
        let mut back: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut sink = |name: &[u8], value: &[u8], _: FieldMeta| {
            back.push((name.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        };
        decoder.decode(&block, 8192, &mut sink).is_ok()
            && back.len() == fields.len()
            && back
                .iter()
                .zip(&fields)
                .all(|(back, field)| back.0 == field.name && back.1 == field.value)
    })
}
