//! Filters: code around every call, on both sides, without a word in the handlers.
//!
//! - `ClientFilter` sees each call of a channel and may add metadata.
//! - `ServerFilter` sees each call before its handler and may refuse it; what it leaves in the call's context, the
//!   handler finds.
//! - `CallHooks`, which either may return, hear of messages and of the end.
//! - `Around` wraps handlers on their own threads and may block.
//!
//! The first three run on loops and must not block.
//!
//! `cargo run -p bywash-grpc --example filters` prints:
//!
//! ```text
//! around: before the handler
//! handler: called by ada
//! around: the handler said Ok(())
//! hooks: /hall.Hall/Enter, 4 octets in, 11 octets out, OK
//! client: hello, ada!, x-filtered = yes
//! client: without a token: UNAUTHENTICATED: who are you?
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Code, Metadata, Server, Status,
    client::Channel,
    codec::Raw,
    ctx::Ctx,
    filter::{Around, CallHooks, CallInfo, ClientFilter, Next, ServerFilter},
    method::{Method, Unary},
    server::Service,
};
use std::{error::Error, sync::mpsc, time::Duration};

/// Ties the keys to their service.
enum Hall {}

const ENTER: Method<Hall, Unary, Bytes, Bytes> = Method::new("/hall.Hall/Enter", &Raw, &Raw);

/// The client's: says who calls. For real secrets there is `credentials`, which keeps them from cleartext.
struct Token(&'static str);

impl ClientFilter for Token {
    fn on_call(&self, info: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        info.metadata.set("x-token", self.0)?;
        Ok(None)
    }
}

/// What the server's filter leaves for the handler.
struct Caller(String);

/// The server's: lets nobody in without a token.
struct Guard {
    tell: mpsc::Sender<String>,
}

impl ServerFilter for Guard {
    fn on_call(&self, cx: &Ctx) -> Result<Option<Box<dyn CallHooks>>, Status> {
        let token = cx.metadata().get("x-token");
        let name = token.and_then(|token| token.strip_prefix("I am "));
        let name = name.ok_or_else(|| Status::unauthenticated("who are you?"))?;
        cx.set_extension(Caller(name.to_owned()));
        Ok(Some(Box::new(Meter {
            path: cx.path().to_owned(),
            octets: [0; 2],
            tell: self.tell.clone(),
        })))
    }
}

/// Counts the octets of one call.
struct Meter {
    path: String,
    /// In, out.
    octets: [usize; 2],
    tell: mpsc::Sender<String>,
}

impl CallHooks for Meter {
    fn on_message(&mut self, sent: bool, octets: usize) {
        self.octets[usize::from(sent)] += octets;
    }

    fn on_end(&mut self, result: &mut Result<(), Status>, trailers: &mut Metadata) {
        // What is added here goes out with the trailers.
        let added = trailers.set("x-filtered", "yes");
        if let (Err(error), Ok(())) = (added, &result) {
            *result = Err(error.into());
        }
        let end = result.as_ref().map_or_else(Status::code, |()| Code::Ok);
        let ([came, went], path) = (self.octets, &self.path);
        let line = format!("hooks: {path}, {came} octets in, {went} octets out, {end}");
        // An unbounded channel: this does not block.
        let _ = self.tell.send(line);
    }
}

/// Around the handler, on its thread.
struct Log;

impl Around for Log {
    fn around(&self, _: &Ctx, next: Next<'_>) -> Result<(), Status> {
        println!("around: before the handler");
        let result = next.run();
        println!("around: the handler said {result:?}");
        result
    }
}

fn enter(cx: &Ctx, _: Bytes) -> Result<Bytes, Status> {
    let caller = cx.extension::<Caller>();
    let Caller(name) = caller.ok_or_else(|| Status::internal("no filter has run"))?;
    println!("handler: called by {name}");
    Ok(Bytes::from(format!("hello, {name}!")))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (tell, told) = mpsc::channel();
    let running = Server::builder()
        .service(Service::new("hall.Hall").unary(ENTER, enter))
        .filter(Guard { tell })
        .around(Log)
        .listen("127.0.0.1:0")?
        .start()?;
    let target = running.addrs()[0].to_string();
    let longest = Duration::from_secs(5);

    let builder = Channel::builder(&target).plaintext();
    let named = builder.filter(Token("I am ada")).build()?;
    let request = Bytes::from("open");
    let call = named.call(ENTER, Some(&request)).timeout(longest);
    let reply = call.call_full()?;
    println!("{}", told.recv()?);
    let filtered = reply.trailers.get("x-filtered").unwrap_or("no");
    let text = String::from_utf8_lossy(&reply.message);
    println!("client: {text}, x-filtered = {filtered}");

    let unnamed = Channel::builder(&target).plaintext().build()?;
    match unnamed.call(ENTER, Some(&request)).timeout(longest).call() {
        Ok(_) => return Err("the guard let somebody in".into()),
        Err(status) => println!("client: without a token: {status}"),
    }
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
