//! The client of the example `fetch` against a server that contradicts itself, and what it cannot print or
//! send twice.

// Not all of what the example uses of them is used here.
#![allow(dead_code)]

#[path = "../examples/fetch/client.rs"]
mod client;
#[path = "../examples/fetch/dump.rs"]
mod dump;
#[path = "../examples/fetch/job.rs"]
mod job;
#[path = "../examples/fetch/options.rs"]
mod options;
#[path = "../examples/fetch/report.rs"]
mod report;
#[path = "../examples/fetch/server.rs"]
mod server;
#[path = "../examples/fetch/url.rs"]
mod url;

use bywash_mio::{EventLoop, LoopOptions};
use client::Client;
use job::{Job, Outcome};
use options::Options;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use url::Url;

/// SETTINGS; for stream 1 a head of 200 and three octets that are not the last ones; and GOAWAY, by which
/// stream 1 was not processed.
const CONTRADICTION: &[u8] = b"\0\0\0\x04\0\0\0\0\0\
    \0\0\x01\x01\x04\0\0\0\x01\x88\
    \0\0\x03\0\0\0\0\0\x01abc\
    \0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// A server that says the same to each of its connections.
fn serve(what: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            // The preface, SETTINGS, and something of the request: then stream 1 exists.
            let mut got = 0;
            while got < 24 + 9 + 9 + 20 {
                match socket.read(&mut [0; 1024]) {
                    Ok(n @ 1..) => got += n,
                    _ => break,
                }
            }
            // The client may be gone.
            let _ = socket.write_all(what);
            while matches!(socket.read(&mut [0; 1024]), Ok(1..)) {}
        }
    });
    at
}

fn options(url: &str) -> Options {
    Options {
        urls: vec![Url::parse(url).unwrap()],
        discards: true,
        timeout: Some(Duration::from_secs(10)),
        ..Options::default()
    }
}

#[test]
fn what_was_answered_is_not_asked_again() {
    let at = serve(CONTRADICTION);
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let start = event_loop.clock().now();
    let mut client = Client::new(options(&format!("http://{at}/")), None, start);
    client.begin(&mut event_loop.cx());
    while !client.is_over() {
        event_loop.turn(&mut client, None).unwrap();
    }
    let job = &client.jobs()[0];
    assert!(matches!(&job.outcome, Outcome::Failed(why) if !why.contains("too long")));
    assert_eq!((job.tries, job.octets, job.status), (1, 3, Some(200)));
}

#[test]
fn octets_that_cannot_be_printed_are_a_failure() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            Ok(data.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    assert_eq!(report::flush(&mut Full, 0), 1);
    assert_eq!(report::flush(&mut Full, 2), 2);
    assert_eq!(report::flush(&mut Vec::new(), 0), 0);
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_sent_once() {
    let mut options = options("http://a.example/");
    options.data = Some("/dev/null".into());
    let mut job = Job::new(options.urls[0].clone(), 0);
    assert!(job.prepare(&options).is_ok());
    job.tries = 1;
    let error = job.prepare(&options).unwrap_err();
    assert!(error.to_string().contains("cannot be sent again"));
}
