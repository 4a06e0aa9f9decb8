//! Engines and loops that break: whoever waits is told.

use bytes::Bytes;
use bywash_grpc::{
    Code, Server, Status,
    channel::ChannelState,
    client::Channel,
    codec::Raw,
    driver::Engine,
    method::{Bidi, Method, Unary},
    server::Service,
};
use bywash_mio::{Acceptor, Session, error::TlsFault};
use bywash_proto::observer::{Observer, Seen};
use std::{net::TcpStream, sync::mpsc, thread, time::Duration};

enum Tag {}
const ECHO: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Echo", &Raw, &Raw);
const CHAT: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/t.T/Chat", &Raw, &Raw);

static Q: Bytes = Bytes::from_static(b"q");

fn service() -> Service<Tag> {
    Service::new("t.T")
        .unary(ECHO, |_, request| Ok(request))
        .bidi(CHAT, |_, mut requests, mut out| {
            while let Some(request) = requests.recv()? {
                out.send(&request)?;
            }
            Ok(())
        })
}

/// Breaks the loop of whoever shows it a frame.
struct Careless;

impl Observer for Careless {
    fn frame(&mut self, _: &Seen<'_>) {
        panic!("a frame");
    }
}

fn careless(target: &str, engine: Option<&Engine>) -> Channel {
    let builder = Channel::builder(target).plaintext();
    let builder = builder.observe(|| Box::new(Careless));
    match engine {
        Some(engine) => builder.engine(engine).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

fn is_told(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(status.message(), "the channel's loop has ended");
}

#[test]
fn calls_of_a_loop_that_breaks_end() {
    let running = Server::builder().service(service());
    let running = running.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let engine = Engine::new().unwrap();
    let channel = Channel::builder(&target).plaintext().engine(&engine);
    let channel = channel.build().unwrap();
    thread::scope(|s| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert_eq!(chat.rx.recv().unwrap(), Some(Q.clone()));
        let reader = s.spawn(move || chat.rx.recv().unwrap_err());
        let (other, state) = (channel.clone(), channel.state());
        let watcher = s.spawn(move || other.wait_for_state_change(state, Duration::from_secs(60)));
        is_told(
            &careless(&target, Some(&engine))
                .call(ECHO, Some(&Q))
                .call()
                .unwrap_err(),
        );
        is_told(&reader.join().unwrap());
        assert_eq!(watcher.join().unwrap(), ChannelState::Shutdown);
    });
    is_told(&channel.call(ECHO, Some(&Q)).call().unwrap_err());
    let late = Channel::builder(&target).plaintext().engine(&engine);
    assert_eq!(late.build().unwrap().state(), ChannelState::Shutdown);
    running.shutdown(Duration::from_secs(5));
}

#[test]
fn an_owner_hears_that_its_loop_has_ended() {
    let running = Server::builder().service(service());
    let running = running.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let engine = Engine::without_keeper().unwrap();
    let channel = careless(&target, Some(&engine));
    thread::scope(|s| {
        let caller = s.spawn(|| channel.call(ECHO, Some(&Q)).call().unwrap_err());
        let error = loop {
            if let Err(error) = engine.turn(Some(Duration::from_millis(10))) {
                break error;
            }
        };
        assert_eq!(error.to_string(), "the engine's loop has ended");
        is_told(&caller.join().unwrap());
    });
    running.shutdown(Duration::from_secs(5));
}

/// Breaks the loop of a server as soon as somebody connects.
impl Acceptor for Careless {
    fn accept(&self) -> Result<Box<dyn Session>, TlsFault> {
        panic!("a peer");
    }
}

#[test]
fn handlers_of_a_loop_that_breaks_hear_that_their_calls_are_over() {
    let (told, heard) = mpsc::channel();
    let service = Service::new("t.T").bidi(CHAT, move |_, mut requests, mut out| {
        while let Some(request) = requests.recv().inspect_err(|why| {
            let _ = told.send(why.clone());
        })? {
            out.send(&request)?;
        }
        Ok(())
    });
    let builder = Server::builder().service(service);
    let builder = builder.listen("127.0.0.1:0").unwrap();
    let running = builder.listen_tls("127.0.0.1:0", Careless).unwrap();
    let running = running.start().unwrap();
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext();
    let channel = channel.engine(&Engine::new().unwrap()).build().unwrap();
    let mut chat = channel.call(CHAT, None).open();
    chat.tx.send(&Q).unwrap();
    assert_eq!(chat.rx.recv().unwrap(), Some(Q.clone()));
    let _visit = TcpStream::connect(running.addrs()[1]).unwrap();
    let why = heard.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(why.code(), Code::Cancelled, "{why}");
    assert_eq!(chat.rx.recv().unwrap_err().code(), Code::Unavailable);
    assert_eq!(running.shutdown(Duration::from_secs(5)).abandoned, 0);
}

/// The one test that breaks the engine that others share: it is alone in its process but for engines of their own.
#[test]
fn who_shares_an_engine_gets_one_that_works() {
    let running = Server::builder().service(service());
    let running = running.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    is_told(
        &careless(&target, None)
            .call(ECHO, Some(&Q))
            .call()
            .unwrap_err(),
    );
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
    running.shutdown(Duration::from_secs(5));
}
