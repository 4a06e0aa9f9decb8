//! Sizes, limits, and memory.

use super::{Collector, FieldIn, GET, collect, collect_with, get_and};
use crate::error::Violation;
use crate::headers::{HeadKind, Level, Rules};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Size of [`GET`] by RFC 9113 6.5.2.
const GET_SIZE: u32 = (10 + 12 + 6 + 19) + 4 * 32;

fn limited(max_list_size: u32, max_fields: u32, hard_list_size: u32) -> Rules {
    Rules {
        max_list_size,
        max_fields,
        hard_list_size,
        ..Rules::default()
    }
}

#[test]
fn the_list_limit_is_exact() {
    let fields = get_and(&[("a", "b")]);
    let size = GET_SIZE + 34;
    let fits = collect(&fields, HeadKind::Request, &limited(size, 512, size)).unwrap();
    assert!(!fits.summary.overlong);
    assert_eq!((fits.summary.list_size, fits.summary.fields), (size, 5));
    assert_eq!(fits.head.list_size(), size);

    let rules = limited(size - 1, 512, size);
    let over = collect(&fields, HeadKind::Request, &rules).unwrap();
    assert!(over.summary.overlong);
    assert_eq!((over.summary.list_size, over.summary.fields), (size, 5));
    assert_eq!(over.head.len(), 4);
    assert_eq!(over.head.path(), Some(&b"/"[..]));
}

#[test]
fn the_field_limit_is_exact() {
    let fields = get_and(&[("a", "b"), ("c", "d")]);
    let fits = collect(&fields, HeadKind::Request, &limited(10_000, 6, 10_000)).unwrap();
    assert!(!fits.summary.overlong);
    let over = collect(&fields, HeadKind::Request, &limited(10_000, 5, 10_000)).unwrap();
    assert!(over.summary.overlong);
    assert_eq!(over.head.len(), 5);
    assert_eq!(over.summary.fields, 6);
    assert_eq!(over.summary.list_size, GET_SIZE + 68);
}

#[test]
fn the_hard_limit_breaks() {
    let rules = limited(40, 512, 100);
    let mut collector = Collector::new();
    collector.start(HeadKind::ResponseTrailers, &rules);
    for (count, flow) in [
        (34, true),
        (68, true),
        (100, true),
        (132, false),
        (164, false),
    ] {
        let field = if count < 100 {
            (&b"a"[..], &b"b"[..])
        } else {
            (&b""[..], &b""[..])
        };
        let got = collector.field(FieldIn::new(field.0, field.1));
        assert_eq!(got.is_continue(), flow, "{count}");
    }
    let collected = collector.finish(None).unwrap();
    assert!(collected.summary.overlong);
    assert_eq!(collected.head.len(), 1);
    assert_eq!(collected.summary.list_size, 164);
}

#[test]
fn the_hard_limit_holds_after_a_violation() {
    let mut collector = Collector::new();
    collector.start(HeadKind::Request, &limited(1000, 512, 1000));
    assert!(
        collector
            .field(FieldIn::new(b"A", &[b'x'; 900]))
            .is_continue()
    );
    assert!(
        collector
            .field(FieldIn::new(b"b", &[b'x'; 34]))
            .is_continue()
    );
    assert!(collector.field(FieldIn::new(b"", b"")).is_break());
    assert_eq!(collector.finish(None), Err(Violation::FieldNameInvalid));
}

#[test]
fn a_hard_limit_below_the_limit_is_raised_to_it() {
    let fields = get_and(&[]);
    let rules = limited(GET_SIZE, 512, 0);
    let mut collector = Collector::new();
    collector.start(HeadKind::Request, &rules);
    for (name, value) in fields {
        let field = FieldIn::new(name.as_bytes(), value.as_bytes());
        assert!(collector.field(field).is_continue());
    }
    assert!(collector.field(FieldIn::new(b"", b"")).is_break());
}

#[test]
fn what_is_cut_off_is_not_missed() {
    let long = "x".repeat(1000);
    let fields = [
        (":method", "GET"),
        (":path", &long),
        (":scheme", "https"),
        (":authority", "a"),
    ];
    let over = collect(&fields, HeadKind::Request, &limited(500, 512, 10_000)).unwrap();
    assert!(over.summary.overlong);
    assert_eq!(over.head.method(), Some(&b"GET"[..]));
    assert_eq!(over.head.path(), None);
    // The authority may have been what was cut off.
    let fields = [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/"),
        ("a", &long),
    ];
    let over = collect(&fields, HeadKind::Request, &limited(500, 512, 10_000)).unwrap();
    assert!(over.summary.overlong);
    // What came before the cut is judged all the same.
    let fields = [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "x"),
        ("a", &long),
    ];
    let bad = collect(&fields, HeadKind::Request, &limited(500, 512, 10_000));
    assert_eq!(bad, Err(Violation::PathInvalid));
    // A response that does not get as far as its status is none.
    let none = collect(
        &[(":status", "200")],
        HeadKind::Response,
        &limited(5, 512, 10_000),
    );
    assert_eq!(none, Err(Violation::StatusInvalid));
}

#[test]
fn many_fields_are_bounded() {
    /// Far more than scratch is kept for, for the interpreter too, which is slow.
    const MANY: usize = 1 << if cfg!(miri) { 10 } else { 16 };

    let mut collector = Collector::new();
    let rules = limited(u32::MAX, u32::MAX, u32::MAX);
    collector.start(HeadKind::ResponseTrailers, &rules);
    for _ in 0..MANY {
        assert!(collector.field(FieldIn::new(b"a", b"b")).is_continue());
    }
    let all = collector.finish(None).unwrap();
    assert_eq!(all.head.len(), MANY);
    assert_eq!(all.head.fields().count(), MANY);
    assert_eq!(all.summary.list_size as usize, 34 * MANY);
    assert!(all.head.heap_bytes() <= 10 * MANY + 64);
    assert!(
        collector.heap_bytes() <= 4096,
        "large scratch is given back"
    );

    let rules = Rules::default();
    collector.start(HeadKind::ResponseTrailers, &rules);
    let mut taken = 0;
    while collector.field(FieldIn::new(b"a", b"b")).is_continue() {
        taken += 1;
        assert!(collector.heap_bytes() <= 2 * rules.max_list_size as usize);
    }
    assert_eq!(taken, rules.hard_list_size / 34);
    let bounded = collector.finish(None).unwrap();
    assert_eq!(bounded.head.len() as u32, rules.max_list_size / 34);
    assert!(bounded.head.heap_bytes() <= rules.max_list_size as usize);
}

/// Twice as much each time: a head of many fields is copied a few times, not once for each of them.
#[test]
fn memory_grows_by_doubling() {
    let mut collector = Collector::new();
    let rules = limited(1 << 20, 10_000, 1 << 20);
    collector.start(HeadKind::RequestTrailers, &rules);
    let (mut sizes, value) = (Vec::new(), [b'v'; 40]);
    for _ in 0..2_000 {
        assert!(collector.field(FieldIn::new(b"a", &value)).is_continue());
        if sizes.last() != Some(&collector.heap_bytes()) {
            sizes.push(collector.heap_bytes());
        }
    }
    assert!(sizes.len() < 12, "{sizes:?}");
    assert!(
        sizes.windows(2).all(|two| two[1] >= 2 * two[0]),
        "{sizes:?}"
    );
}

#[test]
fn memory_comes_late_and_goes_with_trim() {
    let mut collector = Collector::new();
    assert_eq!(collector.heap_bytes(), 0);
    collector.start(HeadKind::Request, &Rules::default());
    assert_eq!(collector.heap_bytes(), 0);
    let got = collect_with(&mut collector, &GET, HeadKind::Request, &Rules::default()).unwrap();
    assert_eq!(got.head.len(), 4);
    assert!((1..=512).contains(&collector.heap_bytes()));
    collector.trim();
    assert_eq!(collector.heap_bytes(), 0);
    let again = collect_with(&mut collector, &GET, HeadKind::Request, &Rules::default()).unwrap();
    assert_eq!(again, got);
    // A head in progress is forgotten.
    collector.start(HeadKind::ResponseTrailers, &Rules::default());
    let _ = collector.field(FieldIn::new(b"a", b"b"));
    collector.trim();
    assert!(collector.finish(None).unwrap().head.is_empty());
}

#[test]
fn nothing_is_left_of_a_head_that_was_not_finished() {
    let mut collector = Collector::new();
    collector.start(HeadKind::Request, &Rules::default());
    let _ = collector.field(FieldIn::new(b"A", b"b"));
    let got = collect_with(&mut collector, &GET, HeadKind::Request, &Rules::default()).unwrap();
    assert_eq!(got.head.len(), 4);
}

/// Finishes [`GET`] in recycled memory of this size; whether that memory is used.
fn recycles(memory: Vec<u8>) -> bool {
    let memory: Box<[u8]> = memory.into_boxed_slice();
    let address = memory.as_ptr();
    let mut collector = Collector::new();
    collector.start(HeadKind::Request, &Rules::default());
    for (name, value) in GET {
        let _ = collector.field(FieldIn::new(name.as_bytes(), value.as_bytes()));
    }
    let got = collector.finish(Some(memory)).unwrap();
    assert_eq!(
        got,
        collect(&GET, HeadKind::Request, &Rules::default()).unwrap()
    );
    let used = got.head.into_box();
    used.as_ptr() == address
}

#[test]
fn recycled_memory_is_used_if_it_fits() {
    let needed = 4 + 4 * 8 + 3 + 5 + 1 + 9;
    let allocated = collect(&GET, HeadKind::Request, &Rules::default()).unwrap();
    assert_eq!(allocated.head.heap_bytes(), 64);
    assert!(recycles(allocated.head.into_box().into_vec()));
    assert!(recycles(vec![0xff; needed]));
    assert!(recycles(vec![0xff; 128]));
    assert!(!recycles(vec![0xff; needed - 1]));
    assert!(!recycles(vec![0xff; 129]), "too much to waste");
    assert!(!recycles(Vec::new()));
}

#[test]
fn nothing_of_a_former_head_is_in_the_padding() {
    let mut collector = Collector::new();
    let rules = Rules::default();
    let secret = [("x", "secret secret secret secret secret")];
    collect_with(&mut collector, &secret, HeadKind::RequestTrailers, &rules).unwrap();
    let short = [("x", "y")];
    let short = collect_with(&mut collector, &short, HeadKind::RequestTrailers, &rules).unwrap();
    let memory = short.head.into_box();
    assert_eq!(memory.len(), 32);
    assert_eq!(memory[4 + 8 + 2..], [0; 18]);
}

#[test]
fn a_head_without_fields_takes_no_memory() {
    for kind in [HeadKind::RequestTrailers, HeadKind::ResponseTrailers] {
        for level in [Level::Strict, Level::Compatible, Level::Off] {
            let rules = Rules {
                level,
                ..Rules::default()
            };
            let empty: [(&str, &str); 0] = [];
            let got = collect(&empty, kind, &rules).unwrap();
            assert!(got.head.is_empty());
            assert_eq!(got.head.heap_bytes(), 0);
            assert_eq!((got.summary.fields, got.summary.list_size), (0, 0));
        }
    }
}

#[test]
fn sizes_of_the_types() {
    assert_eq!(size_of::<crate::headers::Head>(), 16);
    assert!(size_of::<crate::headers::Summary>() <= 40);
    assert!(size_of::<Collector>() <= 144);
}
