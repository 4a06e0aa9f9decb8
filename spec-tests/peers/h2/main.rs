//! hyperium/h2 as a server and as a client, with as little around it as its API allows.
//!
//! usage: h2-peer server ADDR:PORT [CERT KEY]    64 octets for GET; for POST, once all of it is there, up to 40
//!        h2-peer client URL [post]              three requests in a row; the bodies of posts stay open

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

type Outcome<T> = Result<T, Box<dyn Error>>;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments[..] {
            ["server", address] => listen(address, None).await,
            ["server", address, cert, key] => listen(address, Some(acceptor(cert, key)?)).await,
            ["client", url] => ask(url.parse()?, false).await,
            ["client", url, "post"] => ask(url.parse()?, true).await,
            _ => Err("server ADDR:PORT [CERT KEY], or client URL [post]".into()),
        }
    })
}

fn acceptor(cert: &str, key: &str) -> Outcome<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(cert)?.collect::<Result<Vec<_>, _>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn listen(address: &str, tls: Option<TlsAcceptor>) -> Outcome<()> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => serve(socket).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(socket).await {
                        serve(stream).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl Stream) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond));
    }
}

async fn answer(request: Request<h2::RecvStream>, mut respond: h2::server::SendResponse<Bytes>) {
    let (head, mut body) = request.into_parts();
    let mut length = 64;
    if head.method == "POST" {
        let mut octets = 0;
        while let Some(data) = body.data().await {
            let Ok(data) = data else { return };
            octets += data.len();
            let _ = body.flow_control().release_capacity(data.len());
        }
        if body.trailers().await.is_err() {
            return;
        }
        length = octets.min(40);
    }
    let empty = head.method == "HEAD";
    if let Ok(mut stream) = respond.send_response(Response::new(()), empty) {
        if !empty {
            let _ = stream.send_data(Bytes::from(vec![b'.'; length]), true);
        }
    }
}

async fn ask(url: Uri, post: bool) -> Outcome<()> {
    let authority = url.authority().ok_or("a URL without authority")?;
    let socket = TcpStream::connect(authority.as_str()).await?;
    socket.set_nodelay(true)?;
    let stream: Box<dyn Stream> = if url.scheme_str() == Some("https") {
        let name = ServerName::try_from(authority.host().to_owned())?;
        Box::new(connector()?.connect(name, socket).await?)
    } else {
        Box::new(socket)
    };
    let mut builder = h2::client::Builder::new();
    builder.enable_push(false);
    let (mut send, connection) = builder.handshake::<_, Bytes>(stream).await?;
    tokio::spawn(connection);
    for _ in 0..3 {
        send = send.ready().await?;
        let method = if post { "POST" } else { "GET" };
        let request = Request::builder()
            .uri(url.clone())
            .method(method)
            .body(())?;
        let (response, mut upload) = send.send_request(request, !post)?;
        if post {
            let _ = upload.send_data(Bytes::from(vec![b'.'; 100]), false);
        }
        if let Ok(response) = response.await {
            read(response.into_body()).await;
            if post {
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
        }
        drop(upload);
    }
    Ok(())
}

async fn read(mut body: h2::RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
    }
    let _ = body.trailers().await;
}

fn connector() -> Outcome<TlsConnector> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Any certificate will do: the tester's is of its own making, and HTTP/2 is what is looked at.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
