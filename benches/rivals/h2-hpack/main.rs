//! `hpack-h2 MODE N`: h2's HPACK over the recorded set, as `hpack_bench` does it for the others.

use bytes::BytesMut;
use bywash_benches::hpack_cases::Cases;
use bywash_benches::recorded::Field;
use bywash_benches::run::Stopwatch;
use h2::hpack::{Decoder, Encoder, Header, huffman};
use http::{HeaderName, HeaderValue};
use std::io::Cursor;
use std::ops::ControlFlow;

type Owned = Header<Option<HeaderName>>;

/// The heads as h2 has them when it encodes; made once, cloned for each pass.
struct Heads(Vec<(bool, Vec<Owned>)>);

impl Heads {
    fn new(cases: &Cases) -> Self {
        let messages = cases.sets.iter().flat_map(|set| &set.messages);
        let heads = messages.flat_map(|message| {
            let first = |number| message.first && number == 0;
            let owned = |head: &Vec<Field>| head.iter().map(own).collect();
            message.heads.iter().enumerate().map(move |(number, head)| (first(number), owned(head)))
        });
        Self(heads.collect())
    }
}

fn own(&(name, value): &Field) -> Owned {
    let text = || value.as_bytes().to_vec();
    match name {
        ":method" => Header::Method(value.parse().expect("a method")),
        ":status" => Header::Status(value.parse().expect("a status")),
        ":authority" => Header::Authority(text().try_into_str()),
        ":scheme" => Header::Scheme(text().try_into_str()),
        ":path" => Header::Path(text().try_into_str()),
        _ => Header::Field {
            name: Some(HeaderName::from_static(name)),
            value: HeaderValue::from_static(value),
        },
    }
}

/// h2's string type cannot be named from outside; inference finds it.
trait IntoStr {
    fn try_into_str(self) -> h2::hpack::BytesStr;
}

impl IntoStr for Vec<u8> {
    fn try_into_str(self) -> h2::hpack::BytesStr {
        h2::hpack::BytesStr::try_from(self.into()).expect("text")
    }
}

fn decode(cases: &Cases) -> usize {
    let (mut bytes, mut input) = (0, BytesMut::with_capacity(65536));
    for set in &cases.sets {
        let mut decoder = Decoder::new(4096);
        let mut blocks = set.blocks.iter();
        for message in &set.messages {
            if message.first {
                decoder = Decoder::new(4096);
            }
            for block in blocks.by_ref().take(message.heads.len()) {
                input.clear();
                input.extend_from_slice(block);
                let result = decoder.decode(&mut Cursor::new(&mut input), |header| {
                    bytes += header.value_slice().len();
                    ControlFlow::Continue(())
                });
                result.expect("a recorded block");
            }
        }
    }
    bytes
}

fn encode(heads: &Heads) -> usize {
    let (mut bytes, mut block) = (0, BytesMut::with_capacity(65536));
    let mut encoder = Encoder::default();
    for (first, head) in &heads.0 {
        if *first {
            encoder = Encoder::default();
        }
        block.clear();
        encoder.encode(head.iter().cloned(), &mut block);
        bytes += block.len();
    }
    bytes
}

fn huffman_decode(cases: &Cases) -> usize {
    let (mut bytes, mut plain) = (0, BytesMut::with_capacity(1 << 20));
    for string in &cases.coded {
        plain.clear();
        bytes += huffman::decode(string, &mut plain).expect("a recorded string").len();
    }
    bytes
}

fn huffman_encode(cases: &Cases) -> usize {
    let (mut bytes, mut coded) = (0, BytesMut::with_capacity(1 << 20));
    for string in &cases.plain {
        coded.clear();
        huffman::encode(string, &mut coded);
        bytes += coded.len();
    }
    bytes
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, n] = arguments.as_slice() else {
        eprintln!("usage: hpack-h2 decode|encode|huffman-decode|huffman-encode N");
        std::process::exit(2);
    };
    let cases = Cases::new();
    let heads = Heads::new(&cases);
    let n: u64 = n.parse().expect("N is a number");
    let units = if mode.starts_with("huffman") { cases.coded.len() } else { cases.fields() };
    let mut bytes = 0;
    let watch = Stopwatch::start();
    for _ in 0..n {
        bytes = match mode.as_str() {
            "decode" => decode(&cases),
            "encode" => encode(&heads),
            "huffman-decode" => huffman_decode(&cases),
            "huffman-encode" => huffman_encode(&cases),
            _ => panic!("no mode {mode}"),
        };
    }
    let cpu_ns = watch.stop();
    let per_unit = cpu_ns as f64 / n.max(1) as f64 / units as f64;
    println!(
        "{{\"impl\":\"h2\",\"mode\":\"{mode}\",\"n\":{n},\"units\":{units},\"cpu_ns\":{cpu_ns},\
         \"ns_per_unit\":{per_unit:.1},\"bytes\":{bytes}}}"
    );
}
