//! What a peer that speaks gRPC badly sends.

use arbitrary::Arbitrary;
use bywash_grpc::compress::{Registry, Sending, seal};
use bywash_grpc::framing::Unsealed;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

/// One thing that the peer does.
#[derive(Arbitrary, Debug)]
pub(super) enum Sent {
    /// The head of a request or a response, with a field for each octet.
    Head {
        stream: u8,
        fields: Vec<u8>,
        end: bool,
    },
    /// A head without anything that gRPC needs.
    Bare {
        stream: u8,
        fields: Vec<u8>,
        end: bool,
    },
    /// Messages, well framed or not.
    Data {
        stream: u8,
        body: Vec<Body>,
        end: bool,
    },
    Trailers {
        stream: u8,
        fields: Vec<u8>,
    },
    Reset {
        stream: u8,
        code: u8,
    },
    Window {
        stream: u8,
        by: u16,
    },
    GoAway {
        last: u8,
        code: u8,
    },
    /// The initial window, and the largest head.
    Settings {
        window: u16,
        head: u16,
    },
    Octets(Vec<u8>),
}

/// A part of DATA.
#[derive(Arbitrary, Debug)]
pub(super) enum Body {
    Message { octets: u8 },
    Packed { octets: u16, deflate: bool },
    Prefix { flag: u8, claimed: u32 },
    Octets(Vec<u8>),
}

/// Fields of gRPC, right and wrong, and of nobody.
const FIELDS: [(&str, &str); 40] = [
    ("grpc-status", "0"),
    ("grpc-status", "5"),
    ("grpc-status", "99"),
    ("grpc-status", "x"),
    ("grpc-message", "a%20b%"),
    ("grpc-message", "%ff%0"),
    ("grpc-status-details-bin", "CAUSAWE"),
    ("grpc-status-details-bin", "?"),
    ("content-type", "application/grpc"),
    ("content-type", "application/grpc+json"),
    ("content-type", "text/html"),
    ("content-type", "application/grpc-web"),
    ("grpc-encoding", "gzip"),
    ("grpc-encoding", "deflate"),
    ("grpc-encoding", "identity"),
    ("grpc-encoding", "zstd"),
    ("grpc-accept-encoding", "gzip"),
    ("grpc-accept-encoding", "deflate,identity"),
    ("grpc-accept-encoding", ",,"),
    ("grpc-timeout", "1n"),
    ("grpc-timeout", "10m"),
    ("grpc-timeout", "99999999H"),
    ("grpc-timeout", "0S"),
    ("grpc-timeout", "-1S"),
    ("te", "trailers"),
    ("te", "gzip"),
    ("user-agent", "fuzz/1"),
    ("x-ascii", "value"),
    ("x-bytes-bin", "AAEC"),
    ("x-bytes-bin", "AAEC,AA==,"),
    ("x-bytes-bin", "not base64"),
    ("grpc-retry-pushback-ms", "-1"),
    ("grpc-previous-rpc-attempts", "1"),
    ("grpc-tags-bin", "AA"),
    ("authorization", "secret"),
    ("cookie", "a=b"),
    ("content-length", "5"),
    ("content-length", "0"),
    ("host", "a"),
    ("connection", "close"),
];

const STATUSES: [&str; 8] = ["200", "200", "200", "100", "204", "404", "503", "415"];

/// The stream of a number: few, so that things meet.
fn id(stream: u8) -> u32 {
    u32::from(stream % 6) * 2 + 1
}

fn with(mut block: BlockWriter, fields: &[u8]) -> BlockWriter {
    for &field in fields.iter().take(24) {
        let (name, value) = FIELDS[usize::from(field) % FIELDS.len()];
        block = block.incremental(name, value);
    }
    block
}

/// The fields that a head begins with; the first of `fields` chooses.
fn start(to_server: bool, fields: &[u8]) -> BlockWriter {
    let choice = usize::from(fields.first().copied().unwrap_or_default());
    if !to_server {
        return BlockWriter::response(STATUSES[choice / 40 % 8]);
    }
    let method = if choice > 250 { "GET" } else { "POST" };
    BlockWriter::request(method, "/s/m")
}

impl Body {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Body::Message { octets } => {
                out.extend_from_slice(&[0, 0, 0, 0, *octets]);
                out.extend((0..*octets).map(|n| n.wrapping_mul(7)));
            }
            Body::Packed { octets, deflate } => {
                let mut message = Unsealed::with_capacity(0);
                message.body().resize(5 + usize::from(*octets), b'z');
                let registry = Registry::standard();
                let name = if *deflate { "deflate" } else { "gzip" };
                let how = Sending {
                    compressor: registry.get(name).map(|known| &**known),
                    threshold: 1,
                    ..Sending::default()
                };
                let framed = seal(message, &how).expect("it fits");
                out.extend_from_slice(framed.as_bytes());
            }
            Body::Prefix { flag, claimed } => {
                out.push(*flag);
                out.extend_from_slice(&claimed.to_be_bytes());
            }
            Body::Octets(octets) => out.extend_from_slice(octets),
        }
    }
}

impl Sent {
    /// The octets, to a server or to a client.
    pub(super) fn encode(&self, to_server: bool, out: &mut Vec<u8>) {
        let ends = |frame: RawFrame, end: bool| if end { frame.end_stream() } else { frame };
        match self {
            Sent::Head {
                stream,
                fields,
                end,
            } => {
                let block = start(to_server, fields).field("content-type", "application/grpc");
                let block = with(block, fields.get(1..).unwrap_or_default()).build();
                ends(RawFrame::headers(id(*stream), block), *end).encode_into(out);
            }
            Sent::Bare {
                stream,
                fields,
                end,
            } => {
                let block = with(start(to_server, fields), fields).build();
                ends(RawFrame::headers(id(*stream), block), *end).encode_into(out);
            }
            Sent::Data { stream, body, end } => {
                let mut octets = Vec::new();
                body.iter()
                    .take(16)
                    .for_each(|part| part.encode(&mut octets));
                octets.truncate(16_384);
                ends(RawFrame::data(id(*stream), octets), *end).encode_into(out);
            }
            Sent::Trailers { stream, fields } => {
                let block = with(BlockWriter::new(), fields).build();
                let frame = RawFrame::headers(id(*stream), block);
                frame.end_stream().encode_into(out);
            }
            Sent::Reset { stream, code } => {
                RawFrame::rst_stream(id(*stream), u32::from(*code)).encode_into(out);
            }
            Sent::Window { stream, by } => {
                let stream = if *stream > 200 { 0 } else { id(*stream) };
                RawFrame::window_update(stream, u32::from(*by)).encode_into(out);
            }
            Sent::GoAway { last, code } => {
                RawFrame::goaway(id(*last), u32::from(*code), b"").encode_into(out);
            }
            Sent::Settings { window, head } => {
                let entries = [(4, u32::from(*window)), (6, u32::from(*head))];
                RawFrame::settings(&entries).encode_into(out);
            }
            Sent::Octets(octets) => out.extend_from_slice(octets),
        }
    }
}
