//! Bodies that are given whole and are larger than the core takes at once (1 GiB): all of them comes.
//! Their octets are zeros that nobody ever wrote, so they cost no memory.

use bytes::Bytes;
use bywash_mio::Listen;
use bywash_mio::client::{Client, ClientOptions, Request};
use bywash_mio::proto::config::Config;
use bywash_mio::server::{self, Exchange, Reply, ServeOptions, Server};
use std::time::Duration;

const HUGE: usize = (1 << 30) + 100_001;

/// Large windows: the fewer turns, the sooner it is over.
fn config() -> Config {
    let mut config = Config::default();
    config.settings.initial_window_size = 16 << 20;
    config.settings.connection_window = 64 << 20;
    config
}

fn zeros() -> Bytes {
    vec![0; HUGE].into()
}

struct Count(u64);

impl Exchange for Count {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.0 += data.len() as u64;
        if end {
            reply.send(200, &[("a", "b")], self.0.to_string()).unwrap();
        }
        data.len()
    }
}

fn start() -> (Server, Client, String) {
    let mut options = ServeOptions::default();
    // The request's end is past before its response is written.
    options.discard_for = Duration::from_millis(1);
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config()))
        .options(options)
        .serve(|_| {
            let huge = zeros();
            move |request: &mut server::Request, reply: &mut Reply<'_>| match request.method() {
                b"POST" => reply.go_on(Count(0)),
                _ => reply.send(200, &[("a", "b")], huge.clone()).unwrap(),
            }
        })
        .unwrap();
    let mut options = ClientOptions::default();
    options.config = config().into();
    let client = Client::new(options).unwrap();
    let url = format!("http://{}/", server.addresses()[0]);
    (server, client, url)
}

#[test]
fn a_request() {
    let (_server, client, url) = start();
    let request = Request::post(&url, zeros()).unwrap();
    let mut response = client.send(request).unwrap();
    let counted = String::from_utf8(response.body().unwrap()).unwrap();
    assert_eq!(counted, HUGE.to_string());
}

#[test]
fn a_response() {
    let mut got = 0;
    let (_server, client, url) = start();
    // Its own body never ends: past its time the stream is reset, but not before all is written.
    let request = Request::new("PUT", &url).unwrap().streamed();
    let (upload, pending) = client.start(request).unwrap();
    let mut response = pending.wait().unwrap();
    let length = response.field("content-length").map(<[u8]>::to_vec);
    assert_eq!(length, Some(HUGE.to_string().into_bytes()));
    while let Some(piece) = response.next_piece().unwrap() {
        got += piece.len();
    }
    assert_eq!(got, HUGE);
    drop(upload);
}
