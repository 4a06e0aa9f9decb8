use quickcheck::quickcheck;

use super::super::build::PriorityFields;
use super::super::content::Content;
use super::super::frame::RawFrame;
use super::super::wire::{flag, kind};
use super::*;

fn parse(frame: &RawFrame) -> Result<Option<Frame>, PeerFault> {
    let mut parser = FrameParser::new();
    parser.push(&frame.encode());
    parser.next_frame()
}

fn content(frame: &RawFrame) -> Content {
    parse(frame).unwrap().unwrap().content
}

fn fault(frame: &RawFrame) -> FrameFault {
    match parse(frame) {
        Err(PeerFault::Frame { fault, .. }) => fault,
        other => panic!("expected a malformed frame, got {other:?}"),
    }
}

const FIELDS: PriorityFields = PriorityFields {
    exclusive: true,
    dependency: 3,
    weight: 7,
};

#[test]
fn every_frame_comes_back() {
    assert_eq!(
        content(&RawFrame::data(1, b"abc").padded(4)),
        Content::Data(b"abc".to_vec())
    );
    let headers = RawFrame::headers(1, vec![0x82])
        .with_priority(FIELDS)
        .padded(1);
    assert_eq!(
        content(&headers),
        Content::Headers {
            priority: Some(FIELDS),
            fragment: vec![0x82]
        }
    );
    assert_eq!(
        content(&RawFrame::priority(1, FIELDS)),
        Content::Priority(FIELDS)
    );
    assert_eq!(
        content(&RawFrame::rst_stream(1, 8)),
        Content::RstStream { code: 8 }
    );
    assert_eq!(
        content(&RawFrame::settings(&[(3, 9), (1, 0)])),
        Content::Settings(vec![(3, 9), (1, 0)])
    );
    assert_eq!(
        content(&RawFrame::settings_ack()),
        Content::Settings(vec![])
    );
    let push = RawFrame::push_promise(1, 2, &[0x82]).padded(3);
    assert_eq!(
        content(&push),
        Content::PushPromise {
            promised: 2,
            fragment: vec![0x82]
        }
    );
    assert_eq!(content(&RawFrame::ping([1; 8])), Content::Ping([1; 8]));
    let goaway = Content::GoAway {
        last_stream: 5,
        code: 1,
        debug: b"why".to_vec(),
    };
    assert_eq!(content(&RawFrame::goaway(5, 1, b"why")), goaway);
    assert_eq!(
        content(&RawFrame::window_update(0, 1)),
        Content::WindowUpdate { increment: 1 }
    );
    assert_eq!(
        content(&RawFrame::continuation(1, b"x")),
        Content::Continuation {
            fragment: b"x".to_vec()
        }
    );
    let altsvc = Content::AltSvc {
        origin: b"o".to_vec(),
        value: b"v".to_vec(),
    };
    assert_eq!(content(&RawFrame::altsvc(0, b"o", b"v")), altsvc);
    assert_eq!(
        content(&RawFrame::origin(&[b"a", b"bc"])),
        Content::Origin(vec![b"a".to_vec(), b"bc".to_vec()])
    );
    let update = Content::PriorityUpdate {
        prioritized: 3,
        value: b"u=2".to_vec(),
    };
    assert_eq!(content(&RawFrame::priority_update(3, b"u=2")), update);
    assert_eq!(
        content(&RawFrame::new(0xee, 0xff, 9, b"?")),
        Content::Unknown(b"?".to_vec())
    );
}

#[test]
fn faults_of_the_head() {
    assert_eq!(
        fault(&RawFrame::data(1, vec![]).with_length(16_385)),
        FrameFault::TooLong { max: 16_384 }
    );
    assert_eq!(
        fault(&RawFrame::data(1, vec![]).with_reserved()),
        FrameFault::ReservedBit
    );
    assert_eq!(
        fault(&RawFrame::data(1, vec![]).flag(flag::END_HEADERS)),
        FrameFault::UndefinedFlags(4)
    );
    for frame in [
        RawFrame::data(0, vec![]),
        RawFrame::headers(0, vec![]),
        RawFrame::rst_stream(0, 0),
    ] {
        assert_eq!(fault(&frame), FrameFault::StreamZero);
    }
    for frame in [
        RawFrame::settings(&[]),
        RawFrame::ping([0; 8]),
        RawFrame::goaway(0, 0, b""),
        RawFrame::origin(&[]),
    ] {
        assert_eq!(fault(&frame.on(1)), FrameFault::StreamNotZero);
    }
}

#[test]
fn faults_of_length() {
    let short = [
        RawFrame::rst_stream(1, 0).truncated(3),
        RawFrame::rst_stream(1, 0).extended(&[0]),
        RawFrame::settings(&[(1, 1)]).truncated(5),
        RawFrame::ping([0; 8]).truncated(7),
        RawFrame::ping([0; 8]).extended(&[0]),
        RawFrame::goaway(0, 0, b"").truncated(7),
        RawFrame::window_update(1, 1).truncated(3),
        RawFrame::window_update(1, 1).extended(&[0]),
        RawFrame::priority(1, FIELDS).truncated(4),
        RawFrame::priority(1, FIELDS).extended(&[0]),
        RawFrame::push_promise(1, 2, &[]).truncated(3),
        RawFrame::data(1, vec![]).flag(flag::PADDED),
        RawFrame::headers(1, vec![])
            .with_priority(FIELDS)
            .truncated(4),
    ];
    for frame in short {
        assert_eq!(fault(&frame), FrameFault::Length, "{frame:?}");
    }
    assert_eq!(
        fault(&RawFrame::settings_ack().extended(&[0; 6])),
        FrameFault::AckWithPayload
    );
    assert_eq!(
        fault(&RawFrame::altsvc(0, b"ab", b"").truncated(3)),
        FrameFault::InnerLength
    );
    assert_eq!(
        fault(&RawFrame::origin(&[b"ab"]).truncated(1)),
        FrameFault::InnerLength
    );
}

#[test]
fn faults_of_content() {
    assert_eq!(
        fault(&RawFrame::data(1, b"abc").padded_with(4, &[])),
        FrameFault::PaddingTooLong
    );
    assert_eq!(
        fault(&RawFrame::data(1, b"abc").padded_with(3, &[])),
        FrameFault::PaddingNotZero
    );
    assert_eq!(
        fault(&RawFrame::data(1, b"").padded_with(2, &[0, 1])),
        FrameFault::PaddingNotZero
    );
    assert_eq!(
        fault(&RawFrame::window_update(1, 0)),
        FrameFault::ZeroIncrement
    );
    assert_eq!(
        fault(&RawFrame::window_update(1, 1 << 31)),
        FrameFault::ReservedBitInside
    );
    assert_eq!(
        fault(&RawFrame::goaway(1 << 31, 0, b"")),
        FrameFault::ReservedBitInside
    );
    assert_eq!(
        fault(&RawFrame::priority(3, FIELDS)),
        FrameFault::SelfDependency
    );
    assert_eq!(
        fault(&RawFrame::push_promise(1, 0, &[])),
        FrameFault::TargetZero
    );
    assert_eq!(
        fault(&RawFrame::altsvc(0, b"", b"v")),
        FrameFault::AltSvcOrigin
    );
    assert_eq!(
        fault(&RawFrame::altsvc(1, b"o", b"v")),
        FrameFault::AltSvcOrigin
    );
    for (id, value) in [
        (2, 2),
        (4, 1 << 31),
        (5, 16_383),
        (5, 1 << 24),
        (8, 2),
        (9, 2),
    ] {
        assert_eq!(
            fault(&RawFrame::settings(&[(id, value)])),
            FrameFault::SettingValue { id, value }
        );
    }
}

quickcheck! {
    fn no_split_changes_what_is_read(bodies: Vec<(u8, u32, Vec<u8>)>, sizes: Vec<u8>) -> bool {
        let bytes: Vec<u8> = bodies
            .iter()
            .flat_map(|(kind, stream, body)| RawFrame::new(*kind | 0x80, 0, *stream, body.clone()).encode())
            .collect();
        let mut whole = FrameParser::new();
        whole.push(&bytes);
        let mut parts = FrameParser::new();
        let mut rest = bytes.as_slice();
        let mut seen = Vec::new();
        for size in sizes {
            let (part, tail) = rest.split_at(usize::from(size).min(rest.len()));
            parts.push(part);
            rest = tail;
            while let Some(frame) = parts.next_frame().unwrap() {
                seen.push(frame);
            }
        }
        parts.push(rest);
        while let Some(frame) = parts.next_frame().unwrap() {
            seen.push(frame);
        }
        seen.len() == bodies.len()
            && seen.iter().all(|frame| whole.next_frame().unwrap().as_ref() == Some(frame))
            && !parts.is_mid_frame()
    }

    fn any_octets_are_frames_or_a_fault(octets: Vec<u8>, kind: u8, flags: u8) -> bool {
        // Whatever the payload is, a parser answers; what it accepts has a known shape for known types.
        match parse(&RawFrame::new(kind % 20, flags, 1, octets)) {
            Ok(Some(frame)) => kind::defined_flags(frame.kind).is_some() != matches!(frame.content, Content::Unknown(_)),
            Ok(None) => false,
            Err(fault) => matches!(fault, PeerFault::Frame { .. }),
        }
    }
}
