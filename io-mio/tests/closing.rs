//! What is accepted is written to its end, also where a connection ends behind it.

mod common;

use bywash_mio::proto::config::Config;
use bywash_mio::server::{Reply, Request, Server};
use bywash_mio::{Listen, LoopOptions};
use common::{GET, Peer, Seen};
use std::time::Duration;

#[test]
fn a_slow_reader_gets_all_of_the_last_response() {
    let mut config = Config::default();
    config.timers.shutdown_round_trip = Duration::from_millis(50);
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap())
        .config(config)
        .socket_buffers(Some(4096), None);
    let mut options = LoopOptions::default();
    options.linger = Duration::from_millis(100);
    let server = Server::builder()
        .listen(listen)
        .loop_options(options)
        .serve(|_| {
            |_: &mut Request, reply: &mut Reply<'_>| {
                reply.send(200, &[("a", "b")], vec![7; 120_000]).unwrap();
            }
        })
        .unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    socket.connect(&at.into()).unwrap();
    let mut peer = Peer::over(socket.into());
    while !matches!(peer.next(), Seen::Settings) {}
    peer.request(&GET, true);
    // All of it is framed and waits for the socket when the server is told to end.
    std::thread::sleep(Duration::from_millis(100));
    server.shutdown(Duration::from_secs(30));
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(peer.response().1.len(), 120_000);
    while !matches!(peer.next(), Seen::Closed(_)) {}
    server.join().unwrap();
}
