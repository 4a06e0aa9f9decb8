//! TLS, and mutual TLS: who the server is, and who the client is, by certificates.
//!
//! A root that is made on the spot signs a server and a client. The server lets in whom the root signed and tells
//! handlers who that is. A channel needs a choice, `.tls(..)` or `.plaintext()`: there is no silent default.
//!
//! `cargo run -p bywash-grpc --example tls` prints:
//!
//! ```text
//! by TLS: encrypted true, 0 certificates
//! by mutual TLS: encrypted true, 1 certificate, the client's own: true
//! mutual TLS without a certificate: UNAVAILABLE
//! a server of an unknown root: UNAVAILABLE
//! a server of another name: UNAVAILABLE
//! neither TLS nor cleartext: choose .tls(..) or .plaintext(): there is no silent default
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Running, Server, Status,
    client::Channel,
    codec::Raw,
    driver::tls::{Certificates, ClientAuth, ClientTls, Roots, ServerTls},
    method::{Method, Unary},
    server::Service,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{error::Error, time::Duration};

/// Ties the keys to their service.
enum Door {}

const KNOCK: Method<Door, Unary, Bytes, Bytes> = Method::new("/door.Door/Knock", &Raw, &Raw);

/// A root that signs certificates. Yours are files: see `Certificates::from_files`.
struct Root {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM; the certificate in DER too.
struct Identity {
    chain: String,
    key: String,
    der: Vec<u8>,
}

impl Root {
    fn new() -> Result<Root, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Root { pem, issuer })
    }

    fn sign(&self, name: &str) -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let made = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.issuer)?;
        let (chain, der) = (made.pem(), made.der().to_vec());
        let key = key.serialize_pem();
        Ok(Identity { chain, key, der })
    }
}

/// Answers with what it knows of the client; `of` is the client whose certificate it looks for.
fn serve(identity: &Identity, auth: ClientAuth, of: Vec<u8>) -> Result<Running, Box<dyn Error>> {
    let certificates = Certificates::from_pem(identity.chain.as_bytes(), identity.key.as_bytes())?;
    let tls = ServerTls::builder(&certificates)
        .client_auth(auth)
        .build()?;
    let service = Service::new("door.Door").unary(KNOCK, move |cx, _| {
        let peer = cx.peer();
        let text = match &peer.certificates[..] {
            [] => "0 certificates".to_owned(),
            [own] => format!("1 certificate, the client's own: {}", *own == of),
            more => format!("{} certificates", more.len()),
        };
        Ok(Bytes::from(format!("encrypted {}, {text}", peer.secure)))
    });
    Ok(Server::builder()
        .service(service)
        .listen_tls("127.0.0.1:0", tls)?
        .start()?)
}

fn knock(running: &Running, name: &str, tls: ClientTls) -> Result<String, Box<dyn Error>> {
    // The name must be the certificate's. It need not be the target's: this one is an address.
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).tls(tls).authority(name).build()?;
    let reply: Result<Bytes, Status> = channel
        .call(KNOCK, Some(&Bytes::new()))
        .timeout(Duration::from_secs(10))
        .call();
    // The status says why, for people; whom not to trust is no matter of the message.
    Ok(reply.map_or_else(
        |status| status.code().to_string(),
        |text| String::from_utf8_lossy(&text).into_owned(),
    ))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (root, stranger) = (Root::new()?, Root::new()?);
    let (server, client) = (root.sign("door.example")?, root.sign("ada")?);
    let roots = || Roots::from_pem(root.pem.as_bytes());
    let plain = serve(&server, ClientAuth::None, Vec::new())?;
    let mutual = serve(&server, ClientAuth::Required(roots()?), client.der.clone())?;

    let anonymous = || ClientTls::builder(roots()?).build();
    let named = ClientTls::builder(roots()?)
        .identity(client.chain.as_bytes(), client.key.as_bytes())
        .build()?;
    println!("by TLS: {}", knock(&plain, "door.example", anonymous()?)?);
    println!("by mutual TLS: {}", knock(&mutual, "door.example", named)?);
    let refused = knock(&mutual, "door.example", anonymous()?)?;
    println!("mutual TLS without a certificate: {refused}");

    let elsewhere = ClientTls::builder(Roots::from_pem(stranger.pem.as_bytes())?).build()?;
    println!(
        "a server of an unknown root: {}",
        knock(&plain, "door.example", elsewhere)?
    );
    println!(
        "a server of another name: {}",
        knock(&plain, "bank.example", anonymous()?)?
    );
    match Channel::builder("door.example:443").build() {
        Ok(_) => return Err("a channel was made without a choice".into()),
        Err(error) => println!("neither TLS nor cleartext: {error}"),
    }
    plain.shutdown(Duration::from_secs(1));
    mutual.shutdown(Duration::from_secs(1));
    Ok(())
}
