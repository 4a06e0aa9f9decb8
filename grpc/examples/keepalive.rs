//! Keepalive: how a channel notices that its server went away without a word, and a server its client.
//!
//! A cable that is pulled closes no connection: a call without a deadline would wait for hours. With keepalive the
//! channel pings when it has heard nothing for a while, and gives the connection up when no answer comes. Here a
//! relay between the two plays the cable.
//!
//! Times are short to be seen. Servers end connections of clients that ping often; many want five minutes
//! (`ServerBuilder::ping_policy` says what ours allows).
//!
//! `cargo run -p bywash-grpc --example keepalive` prints:
//!
//! ```text
//! over a quiet cable: after half a second of silence the call goes on: pong
//! the cable is pulled
//! the call, which has no deadline, ended: UNAVAILABLE
//! the server's handler heard of it: the connection was lost
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "an example waits by the system's clock"
)]

use bytes::Bytes;
use bywash_grpc::{
    Server,
    client::Channel,
    codec::Raw,
    method::{Bidi, Method},
    server::Service,
};
use std::{
    error::Error,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// Ties the keys to their service.
enum Table {}

const PLAY: Method<Table, Bidi, Bytes, Bytes> = Method::new("/table.Table/Play", &Raw, &Raw);

/// Carries octets one way; none once the cable is pulled, but closes nothing.
fn carry(mut from: TcpStream, mut to: TcpStream, pulled: Arc<AtomicBool>) {
    let mut octets = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut octets) {
        if !pulled.load(Ordering::SeqCst) && to.write_all(&octets[..read]).is_err() {
            return;
        }
    }
    // What has ended on one side ends on the other, unless the cable is pulled.
    if !pulled.load(Ordering::SeqCst) {
        let _ = to.shutdown(std::net::Shutdown::Write);
    }
}

/// A cable for one connection, to `target`; its near end's address.
fn cable(target: SocketAddr, pulled: &Arc<AtomicBool>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = listener.local_addr()?;
    let pulled = Arc::clone(pulled);
    thread::spawn(move || -> io::Result<()> {
        let (client, _) = listener.accept()?;
        let server = TcpStream::connect(target)?;
        let back = (
            server.try_clone()?,
            client.try_clone()?,
            Arc::clone(&pulled),
        );
        thread::spawn(move || carry(back.0, back.1, back.2));
        carry(client, server, pulled);
        Ok(())
    });
    Ok(near)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (tell, told) = mpsc::channel();
    let service = Service::new("table.Table").bidi(PLAY, move |cx, mut requests, mut out| {
        let tell = tell.clone();
        cx.on_cancel(move |why| {
            let _ = tell.send(why);
        })
        .forget();
        while requests.recv()?.is_some() {
            out.send(&Bytes::from("pong"))?;
        }
        Ok(())
    });
    let running = Server::builder()
        .service(service)
        // The server's own pings: after a second of silence, with a second for the answer.
        .keepalive(Duration::from_secs(1), Duration::from_secs(1))
        .ping_policy(Duration::from_millis(10), false)
        .listen("127.0.0.1:0")?
        .start()?;
    let pulled = Arc::new(AtomicBool::new(false));
    let near = cable(running.addrs()[0], &pulled)?;
    let channel = Channel::builder(&near.to_string())
        .plaintext()
        // After 100 ms of silence, with a second for the answer, and not while there are no calls.
        .keepalive(Duration::from_millis(100), Duration::from_secs(1), false)
        .build()?;

    let mut game = channel.call(PLAY, None).open();
    game.tx.send(&Bytes::from("ping"))?;
    game.rx.recv()?;
    thread::sleep(Duration::from_millis(500));
    game.tx.send(&Bytes::from("ping"))?;
    let answer = game.rx.recv()?.ok_or("the game is over")?;
    let answer = String::from_utf8_lossy(&answer);
    println!("over a quiet cable: after half a second of silence the call goes on: {answer}");

    println!("the cable is pulled");
    pulled.store(true, Ordering::SeqCst);
    match game.rx.recv() {
        Ok(_) => return Err("an answer came through a pulled cable".into()),
        Err(status) => println!("the call, which has no deadline, ended: {}", status.code()),
    }
    println!("the server's handler heard of it: {}", told.recv()?);
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
