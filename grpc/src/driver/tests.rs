mod edges;
mod faults;
mod lead;
mod refusals;

use super::*;
use crate::{
    Code, Status,
    channel::ChannelState,
    client::Channel,
    codec::Raw,
    method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary},
    server::{Sender, Service},
};
use bytes::Bytes;
use bywash_mio::tls::{Certificates, ClientTls, Roots, ServerTls};
use std::{thread, time::Duration};

enum Tag {}
const ECHO: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Echo", &Raw, &Raw);
const COUNT: Method<Tag, ServerStreaming, Bytes, Bytes> = Method::new("/t.T/Count", &Raw, &Raw);
const SUM: Method<Tag, ClientStreaming, Bytes, Bytes> = Method::new("/t.T/Sum", &Raw, &Raw);
const CHAT: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/t.T/Chat", &Raw, &Raw);

static NONE: Bytes = Bytes::new();

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn service() -> Service<Tag> {
    Service::new("t.T")
        .unary(ECHO, |cx, request| {
            cx.set_trailer("x-peer", &cx.peer().secure.to_string())?;
            match &request[..] {
                b"sleep" => {
                    while cx.check().is_ok() {
                        thread::sleep(Duration::from_millis(1));
                    }
                    Ok(request)
                }
                _ => Ok(request),
            }
        })
        .server_streaming(COUNT, |_, request, mut out: Sender<Bytes>| {
            for n in 0..request.len() {
                out.send(&Bytes::from(vec![n as u8; 20_000]))?;
            }
            Ok(())
        })
        .client_streaming(SUM, |_, requests| {
            let mut sum = 0;
            for request in requests {
                sum += request?.len();
            }
            Ok(bytes(&sum.to_string()))
        })
        .bidi(CHAT, |_, mut requests, mut out| {
            while let Some(request) = requests.recv()? {
                out.send(&request)?;
            }
            Err(Status::aborted("enough"))
        })
}

fn calls(channel: &Channel) {
    let hello = bytes("hello");
    let reply = channel.call(ECHO, Some(&hello)).call_full().unwrap();
    assert_eq!(reply.message, hello);
    let request = bytes(&"x".repeat(50));
    let counted = channel.call(COUNT, Some(&request)).open();
    assert_eq!(counted.map(Result::unwrap).count(), 50);
    let mut upload = channel.call(SUM, None).open();
    for _ in 0..50 {
        upload.send(&Bytes::from(vec![1; 20_000])).unwrap();
    }
    assert_eq!(upload.finish().unwrap(), "1000000");
    let (mut tx, mut rx) = channel.call(CHAT, None).open().split();
    thread::scope(|s| {
        s.spawn(move || {
            for n in 0..100 {
                tx.send(&bytes(&n.to_string())).unwrap();
            }
            tx.close();
        });
        for n in 0..100 {
            assert_eq!(rx.recv().unwrap().unwrap(), n.to_string());
        }
        assert_eq!(rx.recv().unwrap_err().code(), Code::Aborted);
    });
}

fn start(builder: ServerBuilder) -> (Running, String) {
    let running = builder.service(service()).start().unwrap();
    let target = running
        .addrs()
        .first()
        .map_or(String::new(), ToString::to_string);
    (running, target)
}

#[test]
fn cleartext() {
    let (running, target) = start(Server::builder().loops(2).listen("127.0.0.1:0").unwrap());
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    assert_eq!(channel.state(), ChannelState::Idle);
    calls(&channel);
    let deadline = Duration::from_millis(30);
    let status = channel
        .call(ECHO, Some(&bytes("sleep")))
        .timeout(deadline)
        .call()
        .unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(channel.state(), ChannelState::Ready);
    let ended = running.shutdown(Duration::from_secs(5));
    assert!(ended.completed >= 4 && ended.abandoned == 0, "{ended:?}");
    let status = channel.call(ECHO, Some(&bytes("q"))).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

#[test]
fn inline_on_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("bywash-grpc-{}.sock", std::process::id()));
    let service = service().inline(ECHO);
    let running = Server::builder()
        .service(service)
        .listen_unix(&path)
        .start()
        .unwrap();
    let target = format!("unix:{}", path.display());
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    calls(&channel);
    running.shutdown(Duration::from_secs(1));
    let _ = std::fs::remove_file(path);
}

#[test]
fn encrypted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificates = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let tls = ServerTls::builder(&certificates).build().unwrap();
    let (running, target) = start(Server::builder().listen_tls("127.0.0.1:0", tls).unwrap());
    let roots = || Roots::from_pem(chain.as_bytes()).unwrap();
    let client = ClientTls::builder(roots()).build().unwrap();
    let port = target.rsplit_once(':').unwrap().1;
    let channel = Channel::builder(&format!("localhost:{port}"))
        .tls(client)
        .build()
        .unwrap();
    calls(&channel);
    let reply = channel.call(ECHO, Some(&bytes("q"))).call_full().unwrap();
    assert_eq!(reply.trailers.get("x-peer"), Some("true"));
    // The certificate is for another name.
    let client = ClientTls::builder(roots()).build().unwrap();
    let wrong = Channel::builder(&target).tls(client).build().unwrap();
    let status = wrong.call(ECHO, Some(&bytes("q"))).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("another name"), "{status}");
    running.shutdown(Duration::from_secs(1));
}

#[test]
fn nobody_there_is_said_with_its_address() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let channel = Channel::builder(&at.to_string())
        .plaintext()
        .build()
        .unwrap();
    let status = channel.call(ECHO, Some(&bytes("q"))).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(
        status.message().contains(&at.to_string()) && status.message().contains("refused"),
        "{status}"
    );
}

#[test]
fn many_threads_on_one_channel() {
    let (running, target) = start(Server::builder().listen("127.0.0.1:0").unwrap());
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    thread::scope(|s| {
        for n in 0..16 {
            let channel = &channel;
            s.spawn(move || {
                let text = bytes(&n.to_string());
                for _ in 0..200 {
                    assert_eq!(channel.call(ECHO, Some(&text)).call().unwrap(), text);
                }
            });
        }
    });
    assert_eq!(running.shutdown(Duration::from_secs(5)).completed, 3200);
}

#[test]
fn a_handler_that_does_not_return_is_counted() {
    let service = Service::<Tag>::new("t.T").unary(ECHO, |_, request| {
        thread::sleep(Duration::from_secs(2));
        Ok(request)
    });
    let running = Server::builder()
        .service(service)
        .listen("127.0.0.1:0")
        .unwrap()
        .start()
        .unwrap();
    let channel = Channel::builder(&running.addrs()[0].to_string())
        .plaintext()
        .build()
        .unwrap();
    let calling = thread::spawn(move || channel.call(ECHO, Some(&bytes("q"))).call());
    thread::sleep(Duration::from_millis(200));
    let before = std::time::Instant::now();
    let ended = running.shutdown(Duration::from_millis(100));
    assert!(
        before.elapsed() < Duration::from_millis(1800),
        "{:?}",
        before.elapsed()
    );
    assert_eq!((ended.cancelled, ended.abandoned), (1, 1));
    assert_eq!(
        calling.join().unwrap().unwrap_err().code(),
        Code::Unavailable
    );
}
