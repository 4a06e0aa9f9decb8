use super::*;
use crate::{
    Code,
    compress::{CompressError, Compressor, DecompressError, Gzip},
};
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn raw_shares_what_is_shared() {
    let message = Bytes::from(vec![1, 2, 3]);
    let decoded = Raw.decode(MessageBuf::Shared(message.clone())).unwrap();
    assert_eq!(decoded.as_ptr(), message.as_ptr());
    assert_eq!(
        Raw.decode(MessageBuf::Borrowed(&[1, 2])).unwrap(),
        &[1, 2][..]
    );
    let framed = frame(&Raw, &message, &Sending::default()).unwrap();
    assert_eq!(&framed.into_bytes()[..], [0, 0, 0, 0, 3, 1, 2, 3]);
}

#[test]
fn limits_hold_for_what_is_encoded() {
    let how = Sending {
        limit: 2,
        ..Sending::default()
    };
    let error = frame(&Raw, &Bytes::from_static(b"abc"), &how).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let encoded = Encoded::new(&Raw, &Bytes::from_static(b"abc")).unwrap();
    assert_eq!(
        encoded.framed(&how).unwrap_err().code(),
        Code::ResourceExhausted
    );
}

#[cfg(feature = "prost")]
#[test]
fn prost_messages_come_back() {
    let message = prost_types::Duration {
        seconds: 7,
        nanos: -1,
    };
    let codec: &dyn Codec<prost_types::Duration> = &Prost;
    assert_eq!(codec.subtype(), "proto");
    let framed = frame(codec, &message, &Sending::default()).unwrap();
    assert_eq!(framed.message().len(), codec.size(&message));
    assert_eq!(
        codec
            .decode(MessageBuf::Borrowed(framed.message()))
            .unwrap(),
        message
    );
    let shared = framed.as_bytes().slice(crate::framing::PREFIX..);
    assert_eq!(codec.decode(MessageBuf::Shared(shared)).unwrap(), message);
    let error = codec.decode(MessageBuf::Borrowed(&[0xff])).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.message().starts_with("cannot decode message: "));
}

/// gzip that counts its uses.
#[derive(Default)]
struct Counting(Gzip, AtomicUsize);

impl Compressor for Counting {
    fn name(&self) -> &'static str {
        "gzip"
    }
    fn compress(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.compress(message, out)
    }
    fn decompress(
        &self,
        compressed: &[u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecompressError> {
        self.0.decompress(compressed, limit, out)
    }
}

#[test]
fn an_encoded_message_is_made_once_in_each_form() {
    let counting = Counting::default();
    let how = Sending {
        compressor: Some(&counting),
        threshold: 10,
        ..Sending::default()
    };
    let small = Encoded::new(&Raw, &Bytes::from(vec![7; 9])).unwrap();
    let large = Encoded::new(&Raw, &Bytes::from(vec![7; 900])).unwrap();
    let odd = Encoded::new(&Raw, &Bytes::from_static(b"0123456789")).unwrap();
    for _ in 0..3 {
        assert!(!small.framed(&how).unwrap().is_compressed());
        assert!(large.clone().framed(&how).unwrap().is_compressed());
        assert!(!odd.framed(&how).unwrap().is_compressed());
        assert!(!large.framed(&Sending::default()).unwrap().is_compressed());
    }
    // One for the large message, and one for the message that gzip makes no smaller.
    assert_eq!(counting.1.load(Ordering::Relaxed), 2);
    let (a, b) = (large.framed(&how).unwrap(), large.framed(&how).unwrap());
    assert_eq!(a.as_bytes().as_ptr(), b.as_bytes().as_ptr());
    assert_eq!(format!("{large:?}"), "Encoded(900 octets)");
}
