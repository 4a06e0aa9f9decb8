use super::*;
use crate::{Code, Status};
use quickcheck::quickcheck;

fn stream(messages: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let frame = |(compressed, message): &(bool, Vec<u8>)| {
        Framed::copy(message, *compressed, usize::MAX).unwrap()
    };
    messages
        .iter()
        .flat_map(|message| frame(message).into_bytes())
        .collect()
}

/// Everything that comes out of `chunks`, and the largest heap held relative to what the message had sent.
fn read<'a>(
    reader: &mut Reader,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<(bool, Vec<u8>)>, FramingError> {
    let mut out = Vec::new();
    let mut in_message = 0;
    for mut input in chunks {
        in_message += input.len();
        while let Some(frame) = reader.next(&mut input)? {
            out.push((frame.compressed, frame.message.to_vec()));
            in_message = input.len();
        }
        assert!(input.is_empty());
        assert!(
            reader.heap_bytes() <= 2 * in_message,
            "{} octets of heap for {in_message}",
            reader.heap_bytes()
        );
    }
    Ok(out)
}

fn samples() -> Vec<(bool, Vec<u8>)> {
    vec![
        (false, b"one".to_vec()),
        (false, vec![]),
        (true, b"three".to_vec()),
        (false, vec![7; 300]),
    ]
}

#[test]
fn split_at_every_octet() {
    let messages = samples();
    let octets = stream(&messages);
    for at in 0..=octets.len() {
        let (head, tail) = octets.split_at(at);
        let mut reader = Reader::new(300, true);
        assert_eq!(
            read(&mut reader, [head, tail]).unwrap(),
            messages,
            "split at {at}"
        );
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(reader.heap_bytes(), 0);
    }
    let mut reader = Reader::new(300, true);
    assert_eq!(read(&mut reader, octets.chunks(1)).unwrap(), messages);
}

#[test]
fn what_lies_whole_in_the_input_is_lent() {
    let octets = stream(&samples());
    // The prefix may have come before.
    for at in 0..=PREFIX {
        let mut reader = Reader::new(300, true);
        assert!(reader.next(&mut &octets[..at]).unwrap().is_none());
        let mut input = &octets[at..];
        while let Some(frame) = reader.next(&mut input).unwrap() {
            assert!(matches!(
                frame.message,
                crate::message::MessageBuf::Borrowed(_)
            ));
        }
    }
}

#[test]
fn a_claim_buys_no_memory() {
    let mut reader = Reader::new(usize::MAX, false);
    assert!(
        reader
            .next(&mut &[0, 0xff, 0xff, 0xff, 0xff][..])
            .unwrap()
            .is_none()
    );
    assert_eq!(reader.heap_bytes(), 0);
    assert_eq!(reader.missing(), Some(u32::MAX as usize));
    assert!(reader.next(&mut &[1, 2, 3][..]).unwrap().is_none());
    assert!(reader.heap_bytes() <= 6);
    assert_eq!(reader.missing(), Some(u32::MAX as usize - 3));
    assert_eq!(reader.end(), Err(FramingError::Truncated));
}

#[test]
fn wrong_prefixes_end_the_stream() {
    let cases: [(&[u8], FramingError, Code); 5] = [
        (&[2, 0, 0, 0, 0], FramingError::Flag(2), Code::Internal),
        (
            &[255, 255, 255, 255, 255],
            FramingError::Flag(255),
            Code::Internal,
        ),
        (
            &[1, 0, 0, 0, 0],
            FramingError::CompressedWithoutEncoding,
            Code::Internal,
        ),
        (
            &[0, 0, 0, 0, 11],
            FramingError::TooLarge {
                claimed: 11,
                limit: 10,
            },
            Code::ResourceExhausted,
        ),
        (
            &[0, 255, 255, 255, 255],
            FramingError::TooLarge {
                claimed: u32::MAX,
                limit: 10,
            },
            Code::ResourceExhausted,
        ),
    ];
    for (prefix, error, code) in cases {
        let mut reader = Reader::new(10, false);
        let octets = [&stream(&[(false, vec![9; 10])])[..], prefix].concat();
        let mut input = &octets[..];
        assert!(reader.next(&mut input).unwrap().is_some());
        assert_eq!(reader.next(&mut input).unwrap_err(), error);
        assert_eq!(reader.next(&mut &[0, 0, 0, 0, 0][..]).unwrap_err(), error);
        assert_eq!((reader.end(), reader.missing()), (Err(error), None));
        assert_eq!(Status::from(error).code(), code);
    }
}

#[test]
fn an_end_inside_a_message_is_told() {
    let octets = stream(&[(false, b"abc".to_vec())]);
    for at in 1..octets.len() {
        let mut reader = Reader::new(10, false);
        assert!(reader.next(&mut &octets[..at]).unwrap().is_none());
        assert!(!reader.at_boundary());
        assert_eq!(reader.end(), Err(FramingError::Truncated));
    }
    assert_eq!(Reader::new(10, false).end(), Ok(()));
}

#[test]
fn what_is_sent_is_bounded() {
    assert_eq!(
        Framed::copy(b"abc", false, 2),
        Err(FramingError::TooLargeToSend { size: 3, limit: 2 })
    );
    let framed = Framed::copy(b"abc", true, 3).unwrap();
    assert_eq!(&framed.as_bytes()[..], b"\x01\0\0\0\x03abc");
    assert_eq!(
        (framed.message(), framed.is_compressed()),
        (&b"abc"[..], true)
    );
    let status = Status::from(FramingError::TooLargeToSend { size: 3, limit: 2 });
    assert_eq!(
        status.to_string(),
        "RESOURCE_EXHAUSTED: trying to send message larger than max (3 vs. 2)"
    );
}

#[test]
fn encoding_in_place_does_not_move_the_message() {
    let mut unsealed = Unsealed::with_capacity(100);
    unsealed.body().extend_from_slice(&[5; 100]);
    let before = unsealed.body().as_ptr();
    let framed = unsealed.seal(false, 100).unwrap();
    assert_eq!(framed.as_bytes().as_ptr(), before);
}

quickcheck! {
    fn random_chunks_change_nothing(messages: Vec<(bool, Vec<u8>)>, cuts: Vec<u8>) -> bool {
        let octets = stream(&messages);
        let mut rest = &octets[..];
        let mut chunks = Vec::new();
        for cut in cuts {
            let (chunk, after) = rest.split_at(rest.len().min(cut.into()));
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        let mut reader = Reader::new(usize::MAX, true);
        read(&mut reader, chunks).unwrap() == messages && reader.end().is_ok()
    }

    fn any_octets_are_read_or_refused(octets: Vec<u8>, at: usize, limit: u16, encoded: bool) -> bool {
        let (head, tail) = octets.split_at(at % (octets.len() + 1));
        let whole = read(&mut Reader::new(limit.into(), encoded), [&octets[..]]);
        whole == read(&mut Reader::new(limit.into(), encoded), [head, tail])
    }
}
