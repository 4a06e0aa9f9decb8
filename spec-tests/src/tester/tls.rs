//! TLS with ALPN `h2` (RFC 9113 3.2, 9.2): handshakes of both roles, over blocking sockets.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned,
};

use super::socket::Stream;

/// How long a handshake may wait for each answer.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Any certificate will do: the tester looks at HTTP/2, and peers under test have certificates of their own making.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl Stream for StreamOwned<ClientConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }

    fn goodbye(&mut self) {
        self.conn.send_close_notify();
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }

    fn goodbye(&mut self) {
        self.conn.send_close_notify();
    }
}

/// The client's side, over a connected socket. Any certificate will do.
///
/// # Errors
/// What went wrong, in words: a handshake that fails or stalls, a host that is no name, ALPN without `h2`.
pub fn connect(
    mut socket: TcpStream,
    address: &str,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|error| format!("{host}: {error}"))?;
    let mut tls =
        ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    let _ = socket.set_read_timeout(Some(HANDSHAKE));
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)
            .map_err(|error| format!("TLS with {address}: {error}"))?;
    }
    if tls.alpn_protocol() != Some(b"h2") {
        return Err(format!("{address} does not select h2 by ALPN"));
    }
    Ok(StreamOwned::new(tls, socket))
}

/// The server's side, over an accepted socket, with a chain and a key in PEM.
///
/// # Errors
/// What went wrong, in words: files that cannot be read, a handshake that fails or stalls, ALPN without `h2`.
pub fn accept(
    mut socket: TcpStream,
    cert: &Path,
    key: &Path,
) -> Result<StreamOwned<ServerConnection, TcpStream>, String> {
    let problem = |error| format!("{}: {error}", cert.display());
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(problem)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| error.to_string())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut tls = ServerConnection::new(Arc::new(config)).map_err(|error| error.to_string())?;
    let _ = socket.set_read_timeout(Some(HANDSHAKE));
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)
            .map_err(|error| format!("TLS with the client: {error}"))?;
    }
    if tls.alpn_protocol() != Some(b"h2") {
        return Err("the client does not offer h2 by ALPN".to_owned());
    }
    Ok(StreamOwned::new(tls, socket))
}
