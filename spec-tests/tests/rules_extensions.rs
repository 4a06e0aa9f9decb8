//! Frames beyond RFC 9113's ten: ALTSVC (RFC 7838 4), ORIGIN (RFC 8336 2), unknown ones (RFC 9113 5.5).

use bywash_proto::config::Config;
use bywash_proto::error::{ExtensionError, LimitName};
use bywash_proto::frame::extension::{AltSvc, Origins};
use bywash_proto::vocabulary::{FrameType, StreamId};
use bywash_spec_tests::pair::{Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::kind;
use bywash_spec_tests::raw::{RawFrame, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// The extension frames that the program sees of these.
fn seen(role: Role, settings: &Config, frames: &[RawFrame]) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let all = std::cell::RefCell::new(Vec::new());
    every_split(|feed| {
        let mut net = World::new(role, feed, settings.clone()).net;
        net.peer.send_all(frames);
        net.pump();
        net.peer.expect_nothing()?;
        *all.borrow_mut() = net
            .events()
            .into_iter()
            .map(|event| match event {
                Seen::Extension {
                    kind,
                    flags,
                    stream,
                    payload,
                } => (kind, flags, stream, payload),
                other => panic!("{other:?}"),
            })
            .collect();
        Ok(net)
    });
    all.into_inner()
}

#[test]
fn altsvc_is_for_clients() {
    let frames = [
        RawFrame::altsvc(0, b"https://a", b"h2=\":443\""),
        RawFrame::altsvc(World::OPEN, b"", b"clear"),
    ];
    let plain = Config::default();
    assert_eq!(seen(Role::Server, &plain, &frames), []);
    let got = seen(Role::Client, &plain, &frames);
    let read: Vec<_> = got
        .iter()
        .map(|(_, _, stream, payload)| AltSvc::parse(StreamId::new(*stream), payload).unwrap())
        .collect();
    assert_eq!(
        (read[0].origin, read[0].value),
        (&b"https://a"[..], &b"h2=\":443\""[..])
    );
    assert_eq!((read[1].origin, read[1].value), (&b""[..], &b"clear"[..]));
}

#[test]
fn origin_counts_on_a_secure_connection_alone() {
    let origin = RawFrame::origin(&[b"https://a", b"https://b"]);
    let secure = config(|c| c.secure = true);
    let got = seen(Role::Client, &secure, std::slice::from_ref(&origin));
    let origins: Vec<_> = Origins::new(&got[0].3).collect();
    assert_eq!(origins, [b"https://a", b"https://b"]);
    assert_eq!(
        seen(
            Role::Client,
            &Config::default(),
            std::slice::from_ref(&origin)
        ),
        []
    );
    assert_eq!(
        seen(Role::Server, &secure, std::slice::from_ref(&origin)),
        []
    );
    for frame in [
        origin.clone().on(World::OPEN),
        origin.clone().flag(1),
        origin.clone().flag(8),
    ] {
        assert_eq!(seen(Role::Client, &secure, &[frame]), []);
    }
    // Other flags have no meaning.
    assert_eq!(seen(Role::Client, &secure, &[origin.flag(0x10)]).len(), 1);
}

#[test]
fn unknown_frames_are_delivered_if_asked() {
    let raw = config(|c| c.raw_extensions = true);
    let frames = [
        RawFrame::new(0xfa, 0x81, World::OPEN, b"payload".to_vec()),
        RawFrame::new(0x0b, 0, 0, vec![]),
        RawFrame::new(0xff, 0xff, World::IDLE, vec![7; 16_384]),
    ];
    for role in ROLES {
        let got = seen(role, &raw, &frames);
        let wanted: Vec<_> = frames
            .iter()
            .map(|f| (f.kind, f.flags, f.stream, f.payload.clone()))
            .collect();
        assert_eq!(got, wanted);
        assert_eq!(seen(role, &Config::default(), &frames), []);
        // Beyond the bound they are skipped.
        let few = config(|c| {
            c.raw_extensions = true;
            c.limits.extension_bytes = 7;
        });
        assert_eq!(seen(role, &few, &frames).len(), 2);
    }
}

#[test]
fn a_program_may_send_any_type_that_is_not_the_cores() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            let mut send = |kind, payload: &[u8]| {
                let stream = StreamId::new(World::OPEN);
                net.core
                    .send_extension(FrameType(kind), 0x81, stream, payload)
            };
            assert_eq!(send(0xfa, b"hello"), Ok(()));
            for kind in 0..=9 {
                assert_eq!(send(kind, b""), Err(ExtensionError::Core));
            }
            let large = vec![0; 16_385];
            assert_eq!(
                send(0xfa, &large),
                Err(ExtensionError::TooLarge { limit: 16_384 })
            );
            net.pump();
            net.peer.expect_exactly(&Received::Unknown {
                kind: 0xfa,
                flags: 0x81,
                stream: World::OPEN,
                payload: b"hello".to_vec(),
            })?;
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn floods_of_unknown_frames_end() {
    for role in ROLES {
        let mut net = World::new(role, Feed::Whole, Config::default()).net;
        let frame = RawFrame::new(0xfa, 0, 0, vec![]);
        for _ in 0..1_024 {
            net.peer.send(&frame);
        }
        net.pump();
        assert_eq!(net.events(), [Seen::Pressure(LimitName::UnknownFrames)]);
        net.peer.send(&frame);
        net.pump();
        let reason = bywash_proto::error::CloseReason::Limit(LimitName::UnknownFrames);
        assert_eq!(net.events().last(), Some(&Seen::Closed(reason)));
    }
}

#[test]
fn nothing_comes_inside_a_block() {
    let block = bywash_spec_tests::raw::BlockWriter::fields(&[("x", "y")]).build();
    for kind in [kind::ALTSVC, kind::ORIGIN, kind::PRIORITY_UPDATE, 0xfa] {
        let frames = [
            RawFrame::headers(World::OPEN, block.clone()).unfinished(),
            RawFrame::new(kind, 0, 0, vec![0; 8]),
        ];
        let verdict = Verdict::Connection(bywash_proto::error::Violation::BlockInterrupted);
        for case in Case::both("inside", frames, verdict) {
            judge(&case);
        }
    }
}
