//! Identifiers and the words for what is known; what is not known survives.

use super::*;
use alloc::format;
use alloc::string::ToString;
use core::time::Duration;

#[test]
fn what_has_a_name_is_called_by_it() {
    assert_eq!(ErrorCode::from(0xb), ErrorCode::ENHANCE_YOUR_CALM);
    assert_eq!(ErrorCode(0xb).to_string(), "ENHANCE_YOUR_CALM");
    assert_eq!(
        format!("{:?}", ErrorCode(0x9999)),
        "unknown error code 0x9999"
    );
    assert_eq!(FrameType::WINDOW_UPDATE.to_string(), "WINDOW_UPDATE");
    assert_eq!(format!("{:?}", FrameType(0xfa)), "frame type 0xfa");
    assert_eq!(SettingId::ENABLE_PUSH.to_string(), "ENABLE_PUSH");
    assert_eq!(format!("{:?}", SettingId(0xa0a)), "setting 0xa0a");
    assert_eq!(SettingId(0xa0a).name(), None);
}

#[test]
fn every_registered_setting_and_code_has_its_name() {
    let settings = [
        (1, "HEADER_TABLE_SIZE"),
        (2, "ENABLE_PUSH"),
        (3, "MAX_CONCURRENT_STREAMS"),
        (4, "INITIAL_WINDOW_SIZE"),
        (5, "MAX_FRAME_SIZE"),
        (6, "MAX_HEADER_LIST_SIZE"),
        (8, "ENABLE_CONNECT_PROTOCOL"),
        (9, "NO_RFC7540_PRIORITIES"),
    ];
    for id in 0..20 {
        let known = settings.iter().find(|(known, _)| *known == id);
        assert_eq!(SettingId(id).name(), known.map(|(_, name)| *name), "{id}");
    }
    assert!((0..=0xd).all(|code| ErrorCode(code).name().is_some()));
    assert_eq!(ErrorCode(0xe).name(), None);
    assert_eq!(FrameType(0xb).name(), None);
}

#[test]
fn streams_by_number_and_by_name() {
    let id = StreamId::new(0x8000_0007);
    assert_eq!(
        (id.get(), id.to_string(), format!("{id:?}")),
        (7, "7".into(), "stream 7".into())
    );
    let name = StreamRef::new(id, 3);
    assert_eq!(
        (name.to_string(), format!("{name:?}")),
        ("stream 7".into(), "stream 7@3".into())
    );
    assert!(StreamId::new(0x8000_0000).is_connection());
}

#[test]
fn time_stops_at_its_end() {
    let start = Instant::from_nanos(5);
    assert_eq!(start + Duration::from_nanos(7), Instant::from_nanos(12));
    assert_eq!(start + Duration::MAX, Instant::MAX);
    assert_eq!(start + Duration::from_nanos(u64::MAX), Instant::MAX);
    assert_eq!(start.saturating_since(Instant::MAX), Duration::ZERO);
}

/// The space of identifiers (RFC 9113 5.1.1): 31 bits, the reserved one ignored; all but the
/// connection's belong to one side, and the order is that of the numbers.
#[test]
fn the_space_of_identifiers() {
    fn law(a: u32, b: u32) -> bool {
        let (one, other) = (StreamId::new(a), StreamId::new(b));
        let low = a & 0x7fff_ffff;
        one.get() == low
            && one <= StreamId::MAX
            && one == StreamId::new(a | 1 << 31)
            && one.is_connection() == (low == 0)
            && one.is_client() == (low % 2 == 1)
            && !(one.is_client() && one.is_connection())
            && (one < other) == (low < b & 0x7fff_ffff)
            && (StreamRef::new(one, a) == StreamRef::new(other, a)) == (one == other)
    }
    quickcheck::quickcheck(law as fn(_, _) -> bool);
}

#[test]
fn classes_are_shown_by_name() {
    let classes = OctetClasses::of(b"@A \x00\xff:");
    let shown = format!("{classes:?}");
    for name in [
        "AT",
        "UPPER",
        "SPACE",
        "NOT_TOKEN",
        "COLON",
        "CONTROL",
        "NUL_CR_LF",
        "HIGH",
    ] {
        assert!(shown.contains(name), "{shown}");
    }
    assert!(
        !shown.contains("EMPTY") && !shown.contains("FIRST_COLON"),
        "{shown}"
    );
    assert_eq!(format!("{:?}", OctetClasses::of_const(b"")), "{EMPTY}");
    assert!(classes.contains(OctetClasses::AT | OctetClasses::UPPER));
    assert!(!classes.contains(OctetClasses::AT | OctetClasses::EMPTY));
}
