//! What a client of gRPC writes on a connection, recorded, so that a bare program can write the same octets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

/// The preface of a connection (RFC 9113 section 3.4), without the frames behind it.
const PREFACE: usize = 24;
const HEAD: usize = 9;

/// A connection with some calls, one after the other, as its client wrote it.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    /// All up to the last call.
    pub opening: Vec<u8>,
    /// The calls in it.
    pub calls: usize,
    /// The frames of the last call: its head refers to the peer's table where it can.
    pub call: Vec<u8>,
    /// The stream of that call.
    pub stream: u32,
}

impl RecordedCall {
    /// Records what a client writes that `make_calls` leads to the given address; its calls reach `server`.
    ///
    /// # Errors
    /// The system's; `InvalidData` if what was written is no whole call on HTTP/2.
    pub fn record(
        server: SocketAddr,
        make_calls: impl FnOnce(SocketAddr),
    ) -> io::Result<RecordedCall> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let at = listener.local_addr()?;
        let written = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&written);
        let (tell, told) = mpsc::channel();
        let between = thread::spawn(move || -> io::Result<()> {
            let (client, _) = listener.accept()?;
            let server = TcpStream::connect(server)?;
            // Nobody listens if no call was made.
            let _ = tell.send((client.try_clone()?, server.try_clone()?));
            let (from, mut to) = (server.try_clone()?, client.try_clone()?);
            let back = thread::spawn(move || copy(from, |octets| to.write_all(octets)));
            copy(client, |octets| {
                let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
                record.extend_from_slice(octets);
                drop(record);
                (&server).write_all(octets)
            })?;
            back.join().unwrap_or(Ok(()))
        });
        make_calls(at);
        // What was to be seen was: both directions end, and how does not matter.
        if let Ok((client, server)) = told.try_recv() {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
            let _ = between.join();
        }
        let written = written.lock().unwrap_or_else(PoisonError::into_inner);
        cut(&written).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no whole call"))
    }

    /// The frames of the last call, on another stream.
    pub fn on_stream(&self, stream: u32) -> Vec<u8> {
        let mut call = self.call.clone();
        let mut at = 0;
        while let Some((_, length)) = frame(&self.call, at) {
            call[at + 5..at + HEAD].copy_from_slice(&stream.to_be_bytes());
            at += HEAD + length;
        }
        call
    }
}

fn copy(mut from: TcpStream, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            read => to(&buffer[..read])?,
        }
    }
}

/// Stream and length of the frame that begins here.
fn frame(octets: &[u8], at: usize) -> Option<(u32, usize)> {
    let &[l2, l1, l0, _, _, s3, s2, s1, s0] = octets.get(at..)?.first_chunk::<HEAD>()?;
    let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
    Some((u32::from_be_bytes([s3, s2, s1, s0]), length))
}

/// Takes the last stream's frames out, and leaves out what follows them.
fn cut(written: &[u8]) -> Option<RecordedCall> {
    let mut found = RecordedCall {
        opening: written.get(..PREFACE)?.to_vec(),
        calls: 0,
        call: Vec::new(),
        stream: 0,
    };
    let mut at = PREFACE;
    while let Some((stream, length)) = frame(written, at) {
        let whole = written.get(at..at + HEAD + length)?;
        at += HEAD + length;
        if stream > found.stream {
            found.calls += usize::from(found.stream > 0);
            found.opening.append(&mut found.call);
            found.stream = stream;
        }
        match stream == found.stream && stream > 0 {
            true => found.call.extend_from_slice(whole),
            // SETTINGS, acknowledgements, windows: some come behind the last call, when the client leaves.
            false if found.stream == 0 => found.opening.extend_from_slice(whole),
            false => {}
        }
    }
    (!found.call.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_call_is_cut_out() {
        let mut written = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let head = |stream| [0, 0, 1, 1, 5, 0, 0, 0, stream, 0x82];
        written.extend(settings);
        written.extend(head(1));
        let opening = written.clone();
        written.extend(head(3));
        written.extend(settings);
        let found = cut(&written).unwrap();
        assert_eq!(found.opening, opening);
        assert_eq!((found.calls, found.stream), (1, 3));
        assert_eq!(found.call, head(3));
        assert_eq!(found.on_stream(5), head(5));
        assert!(cut(&opening[..24]).is_none());
    }
}
