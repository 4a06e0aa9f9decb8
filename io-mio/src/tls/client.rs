//! The client's side.

use super::certificates::chain_of;
use super::fault::local;
use super::provider::choose;
use super::roots::Roots;
use super::session::Rustls;
use crate::error::TlsFault;
use crate::session::{Connector, Session};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, KeyLogFile, SignatureScheme};
use std::fmt;
use std::sync::Arc;

/// TLS for connections out.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
}

/// Builds a [`ClientTls`].
#[must_use]
pub struct ClientTlsBuilder {
    roots: Option<Roots>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    key_log: bool,
    provider: Option<Arc<CryptoProvider>>,
}

impl ClientTls {
    /// TLS 1.3 and 1.2, `h2` by ALPN, with servers of these authorities.
    pub fn builder(roots: Roots) -> ClientTlsBuilder {
        ClientTlsBuilder::new(Some(roots))
    }

    /// The same with whatever server answers: its certificate is not looked at. Whoever sits in
    /// between can read and change everything.
    pub fn insecure() -> ClientTlsBuilder {
        ClientTlsBuilder::new(None)
    }

    /// A configuration of the caller's. Its ALPN protocols are replaced by `h2`.
    pub fn from_config(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self {
            config: Arc::new(config),
        }
    }
}

impl ClientTlsBuilder {
    fn new(roots: Option<Roots>) -> Self {
        Self {
            roots,
            identity: None,
            key_log: false,
            provider: None,
        }
    }

    /// Shows a certificate to servers that ask: its chain and its key, in PEM.
    pub fn identity(mut self, chain: &[u8], key: &[u8]) -> Self {
        self.identity = Some((chain.to_vec(), key.to_vec()));
        self
    }

    /// Writes the secrets of each connection to the file that SSLKEYLOGFILE names. Default off.
    pub fn key_log(mut self, log: bool) -> Self {
        self.key_log = log;
        self
    }

    /// Cryptography of the caller's choice.
    pub fn provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    /// [`TlsFault::Local`]: no provider, no roots, or a list, a certificate or a key that cannot be used.
    pub fn build(self) -> Result<ClientTls, TlsFault> {
        let provider = choose(self.provider)?;
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(local)?;
        let builder = match self.roots {
            Some(roots) => {
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots.store), provider);
                let verifier = verifier.with_crls(roots.revoked).build().map_err(local)?;
                builder.with_webpki_verifier(verifier)
            }
            None => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(algorithms))),
        };
        let mut config = match self.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let key = PrivateKeyDer::from_pem_slice(&key).map_err(local)?;
                builder
                    .with_client_auth_cert(chain_of(&chain)?, key)
                    .map_err(local)?
            }
        };
        if self.key_log {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(ClientTls::from_config(config))
    }
}

impl Connector for ClientTls {
    fn connect(&self, server_name: &str) -> Result<Box<dyn Session>, TlsFault> {
        let name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| TlsFault::BadName(server_name.to_owned()))?;
        let connection = ClientConnection::new(Arc::clone(&self.config), name).map_err(local)?;
        let asked = Some(server_name.to_owned());
        Ok(Box::new(Rustls::new(connection.into(), asked)))
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientTlsBuilder {
    /// The key is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTlsBuilder")
            .field("verifies", &self.roots.is_some())
            .field("has_identity", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}

/// Takes any certificate; signatures are still checked, so the peer owns the key it shows.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
