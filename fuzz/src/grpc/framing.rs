//! Streams of messages, cut anywhere, and what compressed messages hold.

use bywash_grpc::Code;
use bywash_grpc::compress::{Compressor, Registry, Sending, open, seal};
use bywash_grpc::framing::{Frame, FramingError, PREFIX, Reader, Unsealed};
use bywash_grpc::message::MessageBuf;

/// A message with its flag.
type Messages = Vec<(bool, Vec<u8>)>;

/// The most octets that a message may have, by a choice.
const LIMITS: [usize; 4] = [0, 9, 300, 1 << 20];

/// One octet of limit and encoding, one that counts the sizes of pieces behind it, then the stream.
pub fn grpc_framing(data: &[u8]) {
    let Some(([choice, count], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let Some((sizes, stream)) = rest.split_at_checked(usize::from(count % 16)) else {
        return;
    };
    let limit = LIMITS[usize::from(choice % 4)];
    let registry = Registry::standard();
    let name = ["identity", "gzip", "deflate"][usize::from(choice / 4 % 3)];
    let compressor = registry.get(name).map(|known| &**known);

    let expected = plainly(stream, limit, compressor.is_some());
    assert_eq!(
        read(stream, limit, compressor, &mut || usize::MAX),
        expected
    );
    assert_eq!(read(stream, limit, compressor, &mut || 1), expected);
    if !sizes.is_empty() {
        let mut next = sizes.iter().cycle();
        let mut piece = || next.next().map_or(1, |&size| usize::from(size));
        assert_eq!(read(stream, limit, compressor, &mut piece), expected);
    }
    for (compressed, message) in &expected.0 {
        inflate(*compressed, message, compressor, limit);
    }
    for name in ["identity", "gzip", "deflate"] {
        round_trip(stream, registry.get(name).map(|known| &**known));
    }
}

/// The stream as the specification has it, read in one go.
fn plainly(stream: &[u8], limit: usize, encoded: bool) -> (Messages, Result<(), FramingError>) {
    let (mut messages, mut rest) = (Vec::new(), stream);
    let end = loop {
        let Some((&[flag, a, b, c, d], behind)) = rest.split_first_chunk::<PREFIX>() else {
            break if rest.is_empty() {
                Ok(())
            } else {
                Err(FramingError::Truncated)
            };
        };
        let claimed = u32::from_be_bytes([a, b, c, d]);
        match flag {
            0 => {}
            1 if encoded => {}
            1 => break Err(FramingError::CompressedWithoutEncoding),
            _ => break Err(FramingError::Flag(flag)),
        }
        if claimed as usize > limit {
            break Err(FramingError::TooLarge { claimed, limit });
        }
        let Some((message, behind)) = behind.split_at_checked(claimed as usize) else {
            break Err(FramingError::Truncated);
        };
        messages.push((flag == 1, message.to_vec()));
        rest = behind;
    };
    (messages, end)
}

/// The stream through a [`Reader`], in pieces of the sizes that `piece` says.
fn read(
    stream: &[u8],
    limit: usize,
    compressor: Option<&dyn Compressor>,
    piece: &mut dyn FnMut() -> usize,
) -> (Messages, Result<(), FramingError>) {
    let mut reader = Reader::new(limit, compressor.is_some());
    let (mut messages, mut rest, mut fed) = (Vec::new(), stream, 0);
    while !rest.is_empty() {
        let (mut input, behind) = rest.split_at(piece().clamp(1, rest.len()));
        fed += input.len();
        rest = behind;
        loop {
            match reader.next(&mut input) {
                Ok(Some(frame)) => messages.push((frame.compressed, frame.message.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(reader.next(&mut input).err(), Some(error));
                    assert_eq!((reader.heap_bytes(), reader.missing()), (0, None));
                    return (messages, Err(error));
                }
            }
            let heap = reader.heap_bytes();
            assert_eq!(heap, 0, "heap between messages");
        }
        assert!(input.is_empty(), "it wants more and leaves some");
        let heap = reader.heap_bytes();
        assert!(heap <= limit.min(2 * fed), "{heap} for {fed} octets");
        assert!(!reader.at_boundary() || (heap, reader.missing()) == (0, None));
        assert!(reader.missing().is_none_or(|missing| missing <= limit));
    }
    (messages, reader.end())
}

/// What a peer calls compressed is inflated within the limit, or refused.
fn inflate(compressed: bool, message: &[u8], compressor: Option<&dyn Compressor>, limit: usize) {
    let frame = Frame {
        compressed,
        message: MessageBuf::Borrowed(message),
    };
    match open(frame, compressor, limit) {
        Ok(inflated) => {
            assert!(inflated.len() <= limit);
            assert!(compressed || *inflated == *message);
        }
        Err(status) => {
            assert!(compressed, "{status}");
            assert!(
                matches!(status.code(), Code::Internal | Code::ResourceExhausted),
                "{status}"
            );
        }
    }
}

/// What is sent is received, and is never longer for being compressed.
fn round_trip(message: &[u8], compressor: Option<&dyn Compressor>) {
    let mut unsealed = Unsealed::with_capacity(0);
    unsealed.body().extend_from_slice(message);
    let how = Sending {
        compressor,
        threshold: 1,
        ..Sending::default()
    };
    let framed = seal(unsealed, &how).expect("a message of any octets can be sent");
    assert_eq!(framed.size(), message.len());
    assert!(framed.message().len() <= message.len());
    let mut reader = Reader::new(message.len(), compressor.is_some());
    let mut input = &framed.as_bytes()[..];
    let frame = reader.next(&mut input);
    let frame = frame
        .expect("our prefix is right")
        .expect("and all is there");
    let back = open(frame, compressor, message.len()).expect("our own compression");
    assert_eq!(*back, *message);
    assert!(input.is_empty() && reader.end().is_ok());
    if !message.is_empty() && framed.is_compressed() {
        let mut input = &framed.as_bytes()[..];
        let mut reader = Reader::new(message.len(), true);
        if let Ok(Some(frame)) = reader.next(&mut input) {
            let refused = open(frame, compressor, message.len() - 1).map(|_| ());
            let code = refused.map_err(|status| status.code());
            assert_eq!(
                code,
                Err(Code::ResourceExhausted),
                "one octet over the limit"
            );
        }
    }
}
