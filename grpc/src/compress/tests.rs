use super::*;
use crate::{
    Code,
    framing::{Frame, Framed, Unsealed},
    message::MessageBuf,
};
use quickcheck::{TestResult, quickcheck};
use std::sync::Arc;

fn packed(compressor: &dyn Compressor, message: &[u8]) -> Vec<u8> {
    let mut out = b"kept".to_vec();
    compressor.compress(message, &mut out).unwrap();
    assert!(out.starts_with(b"kept"));
    out.split_off(4)
}

fn unpacked(
    compressor: &dyn Compressor,
    octets: &[u8],
    limit: usize,
) -> Result<Vec<u8>, DecompressError> {
    let mut out = b"kept".to_vec();
    let result = compressor.decompress(octets, limit, &mut out);
    assert!(out.starts_with(b"kept"));
    assert!(
        out.len() - 4 <= limit.saturating_add(1),
        "{} octets for a limit of {limit}",
        out.len()
    );
    result.map(|()| out.split_off(4))
}

fn both() -> [Arc<dyn Compressor>; 2] {
    [Arc::new(Gzip::default()), Arc::new(Deflate::default())]
}

fn unsealed(message: &[u8]) -> Unsealed {
    let mut unsealed = Unsealed::with_capacity(message.len());
    unsealed.body().extend_from_slice(message);
    unsealed
}

fn frame(framed: &Framed) -> Frame<'_> {
    Frame {
        compressed: framed.is_compressed(),
        message: MessageBuf::Borrowed(framed.message()),
    }
}

#[test]
fn every_level_comes_back() {
    let message = b"all work and no play ".repeat(400);
    for level in 0..=10 {
        for compressor in [&Gzip::new(level) as &dyn Compressor, &Deflate::new(level)] {
            for _ in 0..2 {
                let octets = packed(compressor, &message);
                assert_eq!(
                    unpacked(compressor, &octets, message.len()).unwrap(),
                    message
                );
            }
        }
    }
}

#[test]
fn formats_are_those_of_the_protocol() {
    // As zlib's own tools make them of "hello": RFC 1952 and RFC 1950.
    let gzip = [
        31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ];
    let zlib = [120, 156, 203, 72, 205, 201, 201, 7, 0, 6, 44, 2, 21];
    assert_eq!(unpacked(&Gzip::default(), &gzip, 5).unwrap(), b"hello");
    assert_eq!(unpacked(&Deflate::default(), &zlib, 5).unwrap(), b"hello");
    assert_eq!(packed(&Deflate::default(), b"hello"), zlib);
    // Without the zlib header it is not gRPC's deflate.
    assert!(matches!(
        unpacked(&Deflate::default(), &zlib[2..11], 5),
        Err(DecompressError::Corrupt(_))
    ));
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0; 8 << 20];
    for compressor in both() {
        let bomb = packed(&*compressor, &zeros);
        assert!(bomb.len() < 16 << 10);
        for limit in [0, 1, 1000, 4 << 20, zeros.len() - 1] {
            let mut out = Vec::new();
            let result = compressor.decompress(&bomb, limit, &mut out);
            assert!(matches!(result, Err(DecompressError::TooLarge(l)) if l == limit));
            assert!(
                out.capacity() <= limit + 64,
                "{} octets for a limit of {limit}",
                out.capacity()
            );
        }
        assert_eq!(
            unpacked(&*compressor, &bomb, zeros.len()).unwrap().len(),
            zeros.len()
        );
        assert_eq!(
            unpacked(&*compressor, &bomb, usize::MAX).unwrap().len(),
            zeros.len()
        );
    }
}

#[test]
fn what_is_not_whole_is_refused() {
    for compressor in both() {
        let octets = packed(&*compressor, b"some message or other");
        for at in 0..octets.len() {
            let result = unpacked(&*compressor, &octets[..at], 100);
            assert!(
                matches!(result, Err(DecompressError::Corrupt(_))),
                "{} cut at {at}",
                compressor.name()
            );
        }
        let mut trailing = octets.clone();
        trailing.push(0);
        assert!(matches!(
            unpacked(&*compressor, &trailing, 100),
            Err(DecompressError::Corrupt(_))
        ));
        // The checksum is looked at.
        let mut wrong = octets;
        let at = wrong.len() - if compressor.name() == "gzip" { 8 } else { 4 };
        wrong[at] ^= 1;
        assert!(matches!(
            unpacked(&*compressor, &wrong, 100),
            Err(DecompressError::Corrupt(_))
        ));
    }
}

#[test]
fn gzip_members_follow_one_another_up_to_a_number() {
    let gzip = Gzip::default();
    let two = [packed(&gzip, b"one "), packed(&gzip, b"two")].concat();
    assert_eq!(unpacked(&gzip, &two, 7).unwrap(), b"one two");
    assert!(matches!(
        unpacked(&gzip, &two, 6),
        Err(DecompressError::TooLarge(6))
    ));
    let member = packed(&gzip, b"");
    assert_eq!(unpacked(&gzip, &member.repeat(1024), 0).unwrap(), b"");
    assert!(matches!(
        unpacked(&gzip, &member.repeat(1025), 0),
        Err(DecompressError::Corrupt(_))
    ));
}

#[test]
fn threads_share_an_encoder() {
    let gzip = Gzip::default();
    std::thread::scope(|scope| {
        for n in 0..4_u8 {
            let gzip = &gzip;
            scope.spawn(move || {
                for round in 0..50 {
                    let message = vec![n; 500 + round];
                    assert_eq!(
                        unpacked(gzip, &packed(gzip, &message), 1000).unwrap(),
                        message
                    );
                }
            });
        }
    });
}

#[test]
fn a_registry_names_and_finds() {
    let registry = Registry::standard();
    assert_eq!(registry.accept(), "gzip,deflate,identity");
    assert_eq!(Registry::new().accept(), "identity");
    assert!(registry.get("GZIP").is_some() && registry.get("br").is_none());
    assert!(registry.declared(None).unwrap().is_none());
    assert!(registry.declared(Some(b"identity")).unwrap().is_none());
    assert_eq!(
        registry.declared(Some(b"deflate")).unwrap().unwrap().name(),
        "deflate"
    );
    let unknown = registry.declared(Some(b"snappy")).err().unwrap();
    assert_eq!(unknown.at_server().code(), Code::Unimplemented);
    assert_eq!(unknown.at_client().code(), Code::Internal);
    let text = "grpc-encoding \"snappy\" is not supported; supported: gzip,deflate,identity";
    assert_eq!(unknown.to_string(), text);
    assert!(
        registry
            .declared(Some(&[0xff; 9000]))
            .err()
            .unwrap()
            .to_string()
            .len()
            < 400
    );
}

#[test]
fn a_peer_gets_only_what_it_accepts() {
    let registry = Registry::standard();
    let silent = Accepted::default();
    let some = registry.accepted(b"identity, br,deflate");
    assert!(registry.agreed(silent, "gzip").is_none() && registry.agreed(some, "gzip").is_none());
    assert_eq!(registry.agreed(some, "deflate").unwrap().name(), "deflate");
    assert!(registry.agreed(some, "br").is_none() && registry.agreed(some, "identity").is_none());
}

struct Named(&'static str);

impl Compressor for Named {
    fn name(&self) -> &'static str {
        self.0
    }
    fn compress(&self, _: &[u8], _: &mut Vec<u8>) -> Result<(), CompressError> {
        Err(CompressError("broken".into()))
    }
    fn decompress(&self, _: &[u8], _: usize, out: &mut Vec<u8>) -> Result<(), DecompressError> {
        out.extend_from_slice(b"more than the limit");
        Ok(())
    }
}

#[test]
fn others_can_be_registered() {
    let registry = Registry::standard()
        .with(Arc::new(Named("x")))
        .unwrap()
        .with(Arc::new(Named("gzip")))
        .unwrap();
    assert_eq!(registry.accept(), "gzip,deflate,x,identity");
    for name in ["", "identity", "a,b", "a b"] {
        assert_eq!(
            registry.with(Arc::new(Named(name))).err(),
            Some(RegistryError)
        );
    }
    let mut full = Registry::new();
    for n in 0..32 {
        full = full
            .with(Arc::new(Named(Box::leak(format!("n{n}").into_boxed_str()))))
            .unwrap();
    }
    assert_eq!(
        full.with(Arc::new(Named("one-more"))).err(),
        Some(RegistryError)
    );
    assert!(full.agreed(full.accepted(b"n31"), "n31").is_some());

    let how = Sending {
        compressor: Some(&Named("x")),
        threshold: 0,
        ..Sending::default()
    };
    assert_eq!(
        seal(unsealed(b"m"), &how).unwrap_err().code(),
        Code::Internal
    );
    let frame = Frame {
        compressed: true,
        message: MessageBuf::Borrowed(b""),
    };
    assert_eq!(
        open(frame, Some(&Named("x")), 3).unwrap_err().code(),
        Code::ResourceExhausted
    );
}

#[test]
fn messages_are_compressed_where_it_pays_off() {
    let gzip = Gzip::default();
    let how = Sending {
        compressor: Some(&gzip),
        threshold: 100,
        limit: 1000,
    };
    let flag =
        |message: &[u8], how: &Sending<'_>| seal(unsealed(message), how).unwrap().is_compressed();
    assert!(flag(&[7; 100], &how));
    assert!(!flag(&[7; 99], &how));
    assert!(!flag(
        &[7; 100],
        &Sending {
            compressor: None,
            ..how
        }
    ));
    assert!(!flag(
        b"",
        &Sending {
            threshold: 0,
            ..how
        }
    ));
    // Too small to get smaller.
    assert!(!flag(
        b"abc",
        &Sending {
            threshold: 0,
            ..how
        }
    ));
    assert_eq!(
        seal(unsealed(&[7; 1001]), &how).unwrap_err().code(),
        Code::ResourceExhausted
    );
}

#[test]
fn frames_are_opened() {
    let gzip = Gzip::default();
    let how = Sending {
        compressor: Some(&gzip),
        threshold: 0,
        ..Sending::default()
    };
    let framed = seal(unsealed(&[7; 500]), &how).unwrap();
    assert!(framed.is_compressed());
    assert_eq!(&*open(frame(&framed), Some(&gzip), 500).unwrap(), &[7; 500]);
    assert_eq!(
        open(frame(&framed), Some(&gzip), 499).unwrap_err().code(),
        Code::ResourceExhausted
    );
    assert_eq!(
        open(frame(&framed), None, 500).unwrap_err().code(),
        Code::Internal
    );
    let broken = Frame {
        compressed: true,
        message: MessageBuf::Borrowed(b"not gzip"),
    };
    assert_eq!(
        open(broken, Some(&gzip), 500).unwrap_err().code(),
        Code::Internal
    );
    let plain = seal(unsealed(&[7; 500]), &Sending::default()).unwrap();
    assert!(
        matches!(open(frame(&plain), Some(&gzip), 500).unwrap(), MessageBuf::Borrowed(m) if m.len() == 500)
    );
}

quickcheck! {
    fn messages_come_back(message: Vec<u8>, repeat: u8) -> bool {
        let message = message.repeat(repeat.into());
        both().iter().all(|compressor| {
            let octets = packed(&**compressor, &message);
            unpacked(&**compressor, &octets, message.len()).unwrap() == message
        })
    }

    fn the_limit_is_exact(message: Vec<u8>, less: usize) -> TestResult {
        if message.is_empty() {
            return TestResult::discard();
        }
        let limit = less % message.len();
        TestResult::from_bool(both().iter().all(|compressor| {
            let octets = packed(&**compressor, &message);
            matches!(unpacked(&**compressor, &octets, limit), Err(DecompressError::TooLarge(_)))
        }))
    }

    fn any_octets_are_inflated_or_refused(octets: Vec<u8>, message: Vec<u8>, at: usize, limit: u16) -> bool {
        for compressor in both() {
            let _ = unpacked(&*compressor, &octets, limit.into());
            let mut bent = packed(&*compressor, &message);
            let at = at % bent.len();
            bent.splice(at..at, octets.iter().copied());
            let _ = unpacked(&*compressor, &bent, limit.into());
        }
        true
    }
}
