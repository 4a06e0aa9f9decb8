//! A server and a client in one program: all four kinds of call, with their frames and how long they took.
//!
//! ```text
//! cargo run --example greeter              TLS, with a certificate made on the spot
//! cargo run --example greeter -- --plain   cleartext
//! cargo run --example greeter -- --quiet   without frames
//! ```
//!
//! The messages are written by hand here; `bywash-build` writes them, the keys, the trait and the client from a
//! `.proto` file.

#![allow(
    clippy::disallowed_methods,
    reason = "an example measures time by the system's clock"
)]

use bywash_grpc::{
    Server, Status,
    client::Channel,
    codec::Prost,
    driver::{
        ServerBuilder,
        tls::{Certificates, ClientTls, Roots, ServerTls},
    },
    method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary},
    server::Service,
};
use bywash_proto::{
    observer::{Content, Direction, Observer, Seen},
    vocabulary::FrameType,
};
use std::{error::Error, thread, time::Duration, time::Instant};

#[derive(Clone, PartialEq, prost::Message)]
struct HelloRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HelloReply {
    #[prost(string, tag = "1")]
    message: String,
}

/// Ties the keys to their service.
enum Greeter {}

type Key<K> = Method<Greeter, K, HelloRequest, HelloReply>;

const SAY_HELLO: Key<Unary> = Method::new("/hello.Greeter/SayHello", &Prost, &Prost);
const SAY_MANY: Key<ServerStreaming> = Method::new("/hello.Greeter/SayMany", &Prost, &Prost);
const GREET_ALL: Key<ClientStreaming> = Method::new("/hello.Greeter/GreetAll", &Prost, &Prost);
const CHAT: Key<Bidi> = Method::new("/hello.Greeter/Chat", &Prost, &Prost);

fn hello(name: &str) -> HelloReply {
    HelloReply {
        message: format!("Hello {name}"),
    }
}

fn request(name: &str) -> HelloRequest {
    HelloRequest { name: name.into() }
}

/// Each method is a plain function; it runs on a thread of the server's pool, or on its loop where that is said.
fn service() -> Service<Greeter> {
    Service::new("hello.Greeter")
        .unary(SAY_HELLO, |cx, request| {
            if request.name.is_empty() {
                return Err(Status::invalid_argument("who are you?"));
            }
            cx.set_trailer("x-greeted-from", &cx.peer().address)?;
            Ok(hello(&request.name))
        })
        .inline(SAY_HELLO)
        .server_streaming(SAY_MANY, |_, request, mut out| {
            for time in 1..=3 {
                out.send(&hello(&format!("{}, the {time}. time", request.name)))?;
            }
            Ok(())
        })
        .client_streaming(GREET_ALL, |_, requests| {
            let mut names = Vec::new();
            for request in requests {
                names.push(request?.name);
            }
            Ok(hello(&names.join(" and ")))
        })
        .bidi(CHAT, |_, mut requests, mut out| {
            while let Some(request) = requests.recv()? {
                out.send(&hello(&request.name))?;
            }
            Ok(())
        })
}

/// Prints the frames that a client sees.
struct Frames;

impl Observer for Frames {
    fn frame(&mut self, seen: &Seen<'_>) {
        let arrow = match seen.direction {
            Direction::Out => ">",
            Direction::In => "<",
        };
        let head = seen.head;
        let stream = head.stream.get();
        println!(
            "    {arrow} {} stream {stream}, {} octets",
            head.kind, head.length
        );
        if let (FrameType::HEADERS, Content::Fields(Some(fields))) = (head.kind, &seen.content) {
            for field in fields.fields() {
                println!("        {field:?}");
            }
        }
    }
}

fn timed<T>(name: &str, call: impl FnOnce() -> Result<T, Status>) -> Result<T, Status> {
    println!("\n{name}");
    let before = Instant::now();
    let result = call();
    let took = before.elapsed();
    match &result {
        Ok(_) => println!("  OK after {took:?}"),
        Err(status) => println!("  {status} after {took:?}"),
    }
    result
}

fn calls(channel: &Channel) -> Result<(), Status> {
    let world = request("world");
    timed("unary, the first: connects", || {
        let reply = channel.call(SAY_HELLO, Some(&world)).call_full()?;
        println!(
            "  {:?}, trailers {:?}",
            reply.message.message, reply.trailers
        );
        Ok(())
    })?;
    timed("unary, the second", || {
        let reply = channel
            .call(SAY_HELLO, Some(&world))
            .timeout(Duration::from_secs(1))
            .call()?;
        println!("  {:?}", reply.message);
        Ok(())
    })?;
    let refused = timed("unary, refused by the handler", || {
        channel.call(SAY_HELLO, Some(&request(""))).call()
    });
    assert!(refused.is_err());
    timed("server streaming", || {
        for reply in channel.call(SAY_MANY, Some(&world)).open() {
            println!("  {:?}", reply?.message);
        }
        Ok(())
    })?;
    timed("client streaming", || {
        let mut upload = channel.call(GREET_ALL, None).open();
        for name in ["Ada", "Grace", "Barbara"] {
            if upload.send(&request(name)).is_err() {
                break;
            }
        }
        println!("  {:?}", upload.finish()?.message);
        Ok(())
    })?;
    timed("bidirectional streaming", || {
        let (mut tx, rx) = channel.call(CHAT, None).open().split();
        thread::scope(|scope| {
            scope.spawn(move || {
                for name in ["ping", "pong"] {
                    if tx.send(&request(name)).is_err() {
                        return;
                    }
                }
                tx.close();
            });
            for reply in rx {
                println!("  {:?}", reply?.message);
            }
            Ok(())
        })
    })
}

/// What a call costs when nothing else goes on.
fn latency(channel: &Channel) -> Result<(), Status> {
    const CALLS: usize = 2000;
    let world = request("world");
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let before = Instant::now();
        channel.call(SAY_HELLO, Some(&world)).call()?;
        times.push(before.elapsed());
    }
    times.sort();
    println!(
        "\n{CALLS} unary calls one after the other: half of them within {:?}, 99 % within {:?}",
        times[CALLS / 2],
        times[CALLS * 99 / 100],
    );
    Ok(())
}

fn encrypted(builder: ServerBuilder) -> Result<(ServerBuilder, ClientTls), Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificates = Certificates::from_pem(chain.as_bytes(), key.as_bytes())?;
    let server = ServerTls::builder(&certificates).build()?;
    let client = ClientTls::builder(Roots::from_pem(chain.as_bytes())?).build()?;
    Ok((builder.listen_tls("127.0.0.1:0", server)?, client))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut plain, mut quiet) = (false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--plain" => plain = true,
            "--quiet" => quiet = true,
            other => return Err(format!("unknown argument {other}: --plain, --quiet").into()),
        }
    }
    let builder = Server::builder().service(service());
    let (builder, tls) = if plain {
        (builder.listen("127.0.0.1:0")?, None)
    } else {
        let (builder, tls) = encrypted(builder)?;
        (builder, Some(tls))
    };
    let running = builder.start()?;
    let target = format!("localhost:{}", running.addrs()[0].port());
    println!(
        "serving at {target}, {}",
        if plain { "in cleartext" } else { "with TLS" }
    );

    let connect = || match &tls {
        Some(tls) => Channel::builder(&target).tls(tls.clone()),
        None => Channel::builder(&target).plaintext(),
    };
    let shown = if quiet {
        connect()
    } else {
        connect().observe(|| Box::new(Frames))
    };
    calls(&shown.build()?)?;
    latency(&connect().build()?)?;

    let ended = running.shutdown(Duration::from_secs(5));
    println!("\nthe server has ended: {ended:?}");
    Ok(())
}
