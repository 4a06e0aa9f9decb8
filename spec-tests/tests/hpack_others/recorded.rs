//! The heads that clients and servers were recorded with: see `benches/data/README.md`.

/// A field: name and value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// One direction of one connection: its heads in order, and each of them as nghttp2 encodes it in that order.
pub(crate) struct Connection {
    pub(crate) heads: Vec<Vec<Pair>>,
    pub(crate) blocks: Vec<&'static [u8]>,
}

/// All connections, the clients' directions first.
pub(crate) fn connections() -> Vec<Connection> {
    let data = |name: &str| format!("benches/data/{name}");
    let mut all = parse(
        include_str!("../../../benches/data/requests.txt"),
        include_bytes!("../../../benches/data/requests.hpack"),
    );
    all.extend(parse(
        include_str!("../../../benches/data/responses.txt"),
        include_bytes!("../../../benches/data/responses.hpack"),
    ));
    assert_eq!(all.len(), 64, "connections in {}", data("*.txt"));
    all
}

fn parse(text: &str, mut blocks: &'static [u8]) -> Vec<Connection> {
    let mut all: Vec<Connection> = Vec::new();
    let mut head = Vec::new();
    for line in text.lines() {
        if line.starts_with("@ ") {
            all.push(Connection {
                heads: Vec::new(),
                blocks: Vec::new(),
            });
        } else if line == "+" || line.starts_with("= ") {
            let connection = all.last_mut().expect("a connection");
            connection.heads.push(std::mem::take(&mut head));
            let [high, low, rest @ ..] = blocks else {
                panic!("a block for each head");
            };
            let (block, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            connection.blocks.push(block);
            blocks = rest;
        } else {
            let (name, value) = line.split_once('\t').expect("a name and a value");
            head.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        }
    }
    assert!(blocks.is_empty(), "more blocks than heads");
    all
}
