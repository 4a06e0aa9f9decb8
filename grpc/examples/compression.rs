//! Compression: by call, by message, and from a size on; never to a peer that does not accept it.
//!
//! A client compresses requests by `.compress("gzip")`; a server answers likewise unless its handler chooses. Both
//! know gzip and deflate; `encodings` takes others. A received message is inflated no further than the limit on
//! messages, so that a small one cannot fill the memory.
//!
//! `cargo run -p bywash-grpc --example compression` prints:
//!
//! ```text
//! as it is: the request took 30000 octets, the response 30000, compressed false
//! by gzip: the request took less than a tenth true, the response too true, compressed true
//! small: the request took 5 octets, the response 5, compressed false
//! the handler's choice: the request took 30000 octets, the response less than a tenth true
//! for a client that knows no encoding: the response 30000, compressed false
//! in a stream: compressed true, compressed false
//! a message that inflates beyond the limit: RESOURCE_EXHAUSTED
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Server, Status,
    client::{Channel, Reply},
    codec::Raw,
    compress::Registry,
    filter::{CallHooks, CallInfo, ClientFilter},
    method::{Method, ServerStreaming, Unary},
    server::{Limits, Service},
};
use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Ties the keys to their service.
enum Wiki {}

const EDIT: Method<Wiki, Unary, Bytes, Bytes> = Method::new("/wiki.Wiki/Edit", &Raw, &Raw);
const READ: Method<Wiki, ServerStreaming, Bytes, Bytes> =
    Method::new("/wiki.Wiki/Read", &Raw, &Raw);

/// What messages take on the wire: sent, received.
#[derive(Clone, Default)]
struct Scale(Arc<Mutex<[usize; 2]>>);

impl ClientFilter for Scale {
    fn on_call(&self, _: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        Ok(Some(Box::new(self.clone())))
    }
}

impl CallHooks for Scale {
    fn on_message(&mut self, sent: bool, octets: usize) {
        let mut weights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        weights[usize::from(!sent)] = octets;
    }
}

impl Scale {
    fn read(&self) -> [usize; 2] {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn service() -> Service<Wiki> {
    Service::new("wiki.Wiki")
        .unary(EDIT, |cx, request| {
            if cx.metadata().get("x-answer") == Some("gzip") {
                // False, and nothing changes, for a client that does not accept it.
                cx.compress_with("gzip")?;
            }
            Ok(request)
        })
        .server_streaming(READ, |cx, request, mut out| {
            cx.compress_with("gzip")?;
            out.send(&request)?;
            // Such as for a message that is compressed already, or secret beside what an attacker chose.
            out.compress(false);
            out.send(&request)
        })
        .usual_limits(Limits {
            max_recv: Some(100_000),
            max_send: None,
        })
}

fn main() -> Result<(), Box<dyn Error>> {
    let running = Server::builder()
        .service(service())
        .listen("127.0.0.1:0")?
        .start()?;
    let target = running.addrs()[0].to_string();
    let scale = Scale::default();
    let channel = Channel::builder(&target)
        .plaintext()
        .filter(scale.clone())
        .build()?;
    let (page, small) = (Bytes::from("page ".repeat(6000)), Bytes::from("small"));
    let size = page.len();
    let edit = |text| {
        channel
            .call(EDIT, Some(text))
            .timeout(Duration::from_secs(10))
    };

    let Reply { compressed, .. } = edit(&page).call_full()?;
    let [sent, got] = scale.read();
    println!(
        "as it is: the request took {sent} octets, the response {got}, compressed {compressed}"
    );
    let Reply { compressed, .. } = edit(&page).compress("gzip").call_full()?;
    let [sent, got] = scale.read().map(|octets| octets < size / 10);
    print!("by gzip: the request took less than a tenth {sent}, the response too {got}, ");
    println!("compressed {compressed}");
    // Below 128 octets it does not pay off; `compress_above` sets another bound.
    let Reply { compressed, .. } = edit(&small).compress("gzip").call_full()?;
    let [sent, got] = scale.read();
    println!("small: the request took {sent} octets, the response {got}, compressed {compressed}");
    edit(&page).meta("x-answer", "gzip").call()?;
    let [sent, got] = scale.read();
    print!("the handler's choice: the request took {sent} octets, ");
    println!("the response less than a tenth {}", got < size / 10);

    let builder = Channel::builder(&target).plaintext().filter(scale.clone());
    let simple = builder.encodings(Registry::new()).build()?;
    let reply = simple
        .call(EDIT, Some(&page))
        .meta("x-answer", "gzip")
        .call_full()?;
    let ([_, got], compressed) = (scale.read(), reply.compressed);
    println!("for a client that knows no encoding: the response {got}, compressed {compressed}");

    let mut stream = channel.call(READ, Some(&page)).open();
    let mut seen = Vec::new();
    while stream.recv()?.is_some() {
        seen.push(format!("compressed {}", stream.was_compressed()));
    }
    println!("in a stream: {}", seen.join(", "));
    let bomb = Bytes::from(vec![0; 1_000_000]);
    let ended = edit(&bomb).compress("gzip").call();
    let code = ended.map_or_else(|status| status.code().to_string(), |_| "taken".into());
    println!("a message that inflates beyond the limit: {code}");
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
