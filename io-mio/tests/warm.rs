//! Connections that are quiet hold no scratch memory, however many were active just before.

use bywash_mio::proto::event::Event;
use bywash_mio::{ConnId, Cx, EventLoop, Handler, Listen, LoopOptions};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

/// Preface, SETTINGS, GET / as HPACK's static fields.
const GET: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\
    \x00\x00\x0e\x01\x05\x00\x00\x00\x01\x82\x86\x84\x01\x09localhost";

#[derive(Default)]
struct Answering {
    conns: Vec<ConnId>,
    answered: usize,
}

impl Handler for Answering {
    type Message = ();

    fn on_open(&mut self, _cx: &mut Cx<'_>, conn: ConnId) {
        self.conns.push(conn);
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        if let Event::Request { stream, .. } = event {
            let server = cx.server(conn).unwrap();
            server
                .response(stream, &[(":status", "204")], true)
                .unwrap();
            self.answered += 1;
        }
    }
}

/// What three connections hold that had a request each, one after the other.
fn held(warm: usize) -> Vec<usize> {
    held_by(3, warm)
}

fn held_by(count: usize, warm: usize) -> Vec<usize> {
    let mut options = LoopOptions::default();
    options.warm_connections = warm;
    options.trim_after = Duration::from_secs(3600);
    let mut event_loop = EventLoop::<()>::new(options).unwrap();
    let mut cx = event_loop.cx();
    let listener = cx.listen(Listen::tcp("127.0.0.1:0".parse().unwrap()));
    let at = cx.listening_at(listener.unwrap()).unwrap().tcp().unwrap();
    let mut handler = Answering::default();
    let mut sockets = Vec::new();
    for count in 1..=count {
        let mut socket = TcpStream::connect(at).unwrap();
        socket.write_all(GET).unwrap();
        sockets.push(socket);
        while handler.answered < count {
            event_loop.turn(&mut handler, None).unwrap();
        }
    }
    let mut cx = event_loop.cx();
    let conns = handler.conns.iter();
    conns
        .map(|id| cx.server(*id).unwrap().heap_bytes())
        .collect()
}

#[test]
fn the_quietest_give_their_scratch_back_when_many_are_warm() {
    let all = held(3);
    assert_eq!(all[0], all[2]);
    let one = held(1);
    assert_eq!(one[2], all[2]);
    assert!(one[0] + 1000 < all[0], "{one:?}, {all:?}");
    assert_eq!(one[0], one[1]);
    // None is read as one.
    assert_eq!(held(0), one);
}

/// A crowd that asks once and idles keeps scratch memory for a few of them only, though the list has room for all.
#[test]
fn newcomers_give_their_scratch_back_when_several_are_warm() {
    let all = held_by(12, 24);
    let cold = *all.iter().min().unwrap();
    let warm: Vec<bool> = all.iter().map(|held| *held > cold + 1000).collect();
    assert_eq!(warm, [[true; 6], [false; 6]].concat(), "{all:?}");
}
