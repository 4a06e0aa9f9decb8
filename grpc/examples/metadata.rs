//! Metadata: fields beside the messages, of the request, and at the head and the end of the response.
//!
//! Keys are lower case. Values are printable ASCII, or any octets under a key that ends in `-bin`; a key may come more
//! than once. Names that belong to the protocol (`grpc-`, `content-type`, `te`, ...) cannot be set.
//!
//! `cargo run -p bywash-grpc --example metadata` prints:
//!
//! ```text
//! server: x-request-id = a-17
//! server: x-tag = ["red", "blue"]
//! server: x-trace-bin = [0, 255, 16]
//! server: the user agent begins with shop: true
//! client: head, x-served-by = one
//! client: trailers, x-cost = 3
//! client: trailers, x-cost-bin = [3, 0]
//! client: an error has trailers too: FAILED_PRECONDITION, x-retry = no
//! client: of a stream: head Some("two"), 1 message, trailers Some("1")
//! client: a name of the protocol: INTERNAL
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Server, Status,
    client::Channel,
    codec::Raw,
    ctx::Ctx,
    method::{Method, ServerStreaming, Unary},
    server::Service,
};
use std::{error::Error, time::Duration};

/// Ties the keys to their service.
enum Shop {}

const BUY: Method<Shop, Unary, Bytes, Bytes> = Method::new("/shop.Shop/Buy", &Raw, &Raw);
const LIST: Method<Shop, ServerStreaming, Bytes, Bytes> =
    Method::new("/shop.Shop/List", &Raw, &Raw);

fn buy(cx: &Ctx, request: Bytes) -> Result<Bytes, Status> {
    if request == "nothing" {
        return Err(Status::failed_precondition("buy something").with_trailer("x-retry", "no")?);
    }
    let fields = cx.metadata();
    let id = fields.get("x-request-id");
    println!("server: x-request-id = {}", id.unwrap_or("missing"));
    println!(
        "server: x-tag = {:?}",
        fields.get_all("x-tag").collect::<Vec<_>>()
    );
    println!(
        "server: x-trace-bin = {:?}",
        fields.get_bin("x-trace-bin").unwrap_or_default()
    );
    let agent = cx.user_agent().unwrap_or_default();
    println!(
        "server: the user agent begins with shop: {}",
        agent.starts_with("shop/1 ")
    );
    // The head goes out with the first message, and the trailers with the status.
    cx.set_header("x-served-by", "one")?;
    cx.set_trailer("x-cost", "3")?;
    cx.set_trailer_bin("x-cost-bin", &[3, 0])?;
    Ok(request)
}

fn main() -> Result<(), Box<dyn Error>> {
    let service =
        Service::new("shop.Shop")
            .unary(BUY, buy)
            .server_streaming(LIST, |cx, request, mut out| {
                cx.set_header("x-served-by", "two")?;
                // So that the client has the head before there is a message.
                out.flush_headers()?;
                out.send(&request)?;
                cx.set_trailer("x-count", "1")
            });
    let running = Server::builder()
        .service(service)
        .listen("127.0.0.1:0")?
        .start()?;
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target)
        .plaintext()
        .user_agent("shop/1")
        .build()?;

    let apple = Bytes::from("apple");
    let reply = channel
        .call(BUY, Some(&apple))
        .meta("x-request-id", "a-17")
        .meta("x-tag", "red")
        .meta("x-tag", "blue")
        .meta_bin("x-trace-bin", &[0, 255, 16])
        .call_full()?;
    let served = reply.headers.get("x-served-by");
    println!(
        "client: head, x-served-by = {}",
        served.unwrap_or("missing")
    );
    println!(
        "client: trailers, x-cost = {}",
        reply.trailers.get("x-cost").unwrap_or("missing")
    );
    let cost = reply.trailers.get_bin("x-cost-bin").unwrap_or_default();
    println!("client: trailers, x-cost-bin = {cost:?}");

    match channel.call(BUY, Some(&Bytes::from("nothing"))).call() {
        Ok(_) => return Err("the shop sold nothing".into()),
        Err(status) => println!(
            "client: an error has trailers too: {}, x-retry = {}",
            status.code(),
            status.trailers().get("x-retry").unwrap_or("missing")
        ),
    }

    let mut stream = channel.call(LIST, Some(&apple)).open();
    let head = stream.headers()?.get("x-served-by").map(str::to_owned);
    let messages = stream.by_ref().collect::<Result<Vec<_>, _>>()?.len();
    let trailers = stream.trailers().unwrap_or_default();
    let count = trailers.get("x-count");
    println!("client: of a stream: head {head:?}, {messages} message, trailers {count:?}");

    match channel
        .call(BUY, Some(&apple))
        .meta("grpc-status", "0")
        .call()
    {
        Ok(_) => return Err("a name of the protocol was sent".into()),
        Err(status) => println!("client: a name of the protocol: {}", status.code()),
    }
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
