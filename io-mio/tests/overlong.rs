//! Heads that are larger than we take: what is left of them is not passed off as the whole.

mod common;

use bywash_mio::client::{CallError, Client, ClientOptions, Request};
use bywash_mio::proto::config::Config;
use bywash_mio::server::{Ended, Exchange, Reply, Server};
use bywash_mio::{Listen, server};
use common::{POST, Peer};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

/// Room for a request, and not for a field of 500 octets.
fn narrow() -> Config {
    let mut config = Config::default();
    config.settings.max_header_list_size = 400;
    config
}

/// HEADERS of stream 1, with END_HEADERS and these flags.
fn headers(flags: u8, block: &[u8]) -> Vec<u8> {
    let length = block.len() as u16;
    let mut frame = vec![
        0,
        (length >> 8) as u8,
        length as u8,
        1,
        flags | 4,
        0,
        0,
        0,
        1,
    ];
    frame.extend_from_slice(block);
    frame
}

/// `x`, a literal of 500 octets, neither indexed nor compressed.
fn large() -> Vec<u8> {
    let mut block = vec![0, 1, b'x', 0x7f, 0xf5, 0x02];
    block.extend_from_slice(&[b'v'; 500]);
    block
}

/// What becomes of a request to a server that says these words to it.
fn answered_by(words: Vec<u8>) -> Result<Vec<u8>, CallError> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
        let mut heard = Vec::new();
        let mut piece = [0; 4096];
        // The head of a GET: HEADERS with END_STREAM and END_HEADERS.
        while !heard.windows(6).any(|w: &[u8]| w == [1, 5, 0, 0, 0, 1]) {
            let n = socket.read(&mut piece).unwrap();
            heard.extend_from_slice(&piece[..n]);
        }
        socket.write_all(&words).unwrap();
        while matches!(socket.read(&mut piece), Ok(1..)) {}
    });
    let mut options = ClientOptions::default();
    options.config = narrow().into();
    options.timeout = Some(Duration::from_secs(5));
    let client = Client::new(options).unwrap();
    client.send(Request::get(&url).unwrap())?.body()
}

#[test]
fn a_response_that_was_cut_is_no_response() {
    // :status 200 stands before it.
    let whole = headers(1, &[0x88]);
    assert_eq!(answered_by(whole.clone()).unwrap(), b"");
    let head = headers(1, &[&[0x88][..], &large()].concat());
    let trailers = [headers(0, &[0x88]), headers(1, &large())].concat();
    for words in [head, trailers] {
        match answered_by(words) {
            Err(error @ CallError::HeadTooLarge) => assert!(!error.is_safe_to_retry()),
            other => panic!("{other:?}"),
        }
    }
}

/// Answers at the end of the request, and tells how that came.
struct Waits(mpsc::Sender<String>);

impl Exchange for Waits {
    fn on_trailers(&mut self, reply: &mut Reply<'_>, _: bywash_mio::proto::headers::Head) {
        self.0.send("trailers".into()).unwrap();
        reply.send(200, &[("a", "b")], "").unwrap();
    }

    fn on_end(&mut self, end: &Ended) {
        self.0.send(end.to_string()).unwrap();
    }
}

#[test]
fn trailers_that_were_cut_are_refused() {
    let (tell, told) = mpsc::channel();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(narrow()))
        .serve(move |_| {
            let tell = tell.clone();
            move |_: &mut server::Request, reply: &mut Reply<'_>| {
                reply.go_on(Waits(tell.clone()));
            }
        })
        .unwrap();
    for (length, status) in [(10, 200), (500, 431)] {
        // It has not heard of the server's limit yet.
        let mut peer = Peer::connect(server.addresses()[0].tcp().unwrap());
        let stream = peer.request(&POST, false);
        let value = "v".repeat(length);
        peer.conn.send(stream).trailers(&[("x", value)]).unwrap();
        peer.flush();
        assert_eq!(peer.response().0, status);
    }
    assert_eq!(told.recv().unwrap(), "trailers");
    assert!(told.recv().unwrap().contains("larger"));
}
