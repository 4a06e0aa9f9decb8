//! A client that makes one request after the other, on a connection of its own, and measures how long each takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received};

use crate::line::{self, Line};

/// Time between requests.
const PAUSE: Duration = Duration::from_millis(1);
/// Requests before a connection is made anew, so that accepting is measured too.
const PER_CONNECTION: u32 = 100;

type Waits = std::io::Result<Vec<Duration>>;

/// The client, at work on a thread.
pub(crate) struct Honest {
    thread: JoinHandle<Waits>,
    over: Arc<AtomicBool>,
}

impl Honest {
    pub(crate) fn start(address: &str, secure: bool) -> std::io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let (address, stop) = (address.to_owned(), over.clone());
        // The first connection stands before any flood.
        let first = connect(&address, secure)?;
        let thread = std::thread::spawn(move || work(&address, secure, first, &stop));
        Ok(Self { thread, over })
    }

    /// How long each request took, one that began after this call included.
    pub(crate) fn stop(self) -> Waits {
        self.over.store(true, Ordering::Relaxed);
        let waits = self.thread.join();
        waits.unwrap_or_else(|_| Err(std::io::Error::other("the honest client panicked")))
    }
}

type Connection = (Box<dyn Line>, RawPeer);

fn connect(address: &str, secure: bool) -> std::io::Result<Connection> {
    let line = line::connect(address, secure)?;
    Ok((line, RawPeer::client(&[]).with_auto_ack()))
}

fn work(address: &str, secure: bool, mut connection: Connection, stop: &AtomicBool) -> Waits {
    let (mut waits, mut number, mut over) = (Vec::new(), 0, false);
    while !over {
        over = stop.load(Ordering::Relaxed);
        let began = Instant::now();
        if number == PER_CONNECTION {
            connection = connect(address, secure)?;
            number = 0;
        }
        request(&mut connection, 2 * number + 1)?;
        waits.push(began.elapsed());
        number += 1;
        std::thread::sleep(PAUSE);
    }
    Ok(waits)
}

/// A GET, and its whole answer.
fn request((line, peer): &mut Connection, stream: u32) -> std::io::Result<()> {
    let block = BlockWriter::request("GET", "/").build();
    peer.send(&RawFrame::headers(stream, block).end_stream());
    let mut buffer = [0; 16 * 1024];
    loop {
        line.write_all(&peer.take_output())?;
        line.flush()?;
        let n = line.read(&mut buffer)?;
        if n == 0 {
            return Err(std::io::Error::other("the honest client was cut off"));
        }
        peer.receive(&buffer[..n]);
        for item in peer.drain() {
            match item {
                Received::Data {
                    end_stream: true, ..
                } => return Ok(()),
                Received::Rst { .. } | Received::GoAway { .. } => {
                    return Err(std::io::Error::other("the honest client was refused"));
                }
                _ => {}
            }
        }
    }
}
