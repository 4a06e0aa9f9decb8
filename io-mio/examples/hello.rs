//! The smallest server: answers every request, in cleartext with prior knowledge.
//!
//! `cargo run --example hello`, then `curl --http2-prior-knowledge http://127.0.0.1:8080/`.

use bywash_mio::Listen;
use bywash_mio::server::{Reply, Request, Server};

fn main() -> std::io::Result<()> {
    let at = std::env::args().nth(1);
    let at = at.as_deref().unwrap_or("127.0.0.1:8080").parse();
    let at = at.map_err(std::io::Error::other)?;
    let server = Server::builder().listen(Listen::tcp(at)).serve(|_thread| {
        |request: &mut Request, reply: &mut Reply<'_>| {
            let text = format!("you asked for {}\n", request.path().escape_ascii());
            // It fails only when the client is gone.
            let _ = reply.send(200, &[("content-type", "text/plain")], text);
        }
    })?;
    println!("http://{}", server.addresses()[0]);
    server.join()
}
