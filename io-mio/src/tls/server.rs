//! The server's side.

use super::certificates::Certificates;
use super::fault::local;
use super::provider::{choose, ticketer};
use super::roots::Roots;
use super::session::Rustls;
use crate::error::TlsFault;
use crate::session::{Acceptor, Session};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{KeyLogFile, ServerConfig, ServerConnection};
use std::fmt;
use std::sync::Arc;

/// Whether clients show certificates.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They are asked; one that shows none is let in, one that shows a wrong one is not.
    Optional(Roots),
    /// Who shows no certificate of these authorities is not let in.
    Required(Roots),
}

/// TLS for a listener.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

/// Builds a [`ServerTls`].
#[derive(Debug)]
#[must_use]
pub struct ServerTlsBuilder {
    certificates: Certificates,
    client_auth: ClientAuth,
    key_log: bool,
    provider: Option<Arc<CryptoProvider>>,
}

impl ServerTls {
    /// TLS 1.3 and 1.2, `h2` by ALPN, with these certificates.
    pub fn builder(certificates: &Certificates) -> ServerTlsBuilder {
        ServerTlsBuilder {
            certificates: certificates.clone(),
            client_auth: ClientAuth::None,
            key_log: false,
            provider: None,
        }
    }

    /// A configuration of the caller's. Its ALPN protocols are replaced by `h2`, and early data is
    /// switched off: whoever recorded it could send it again (RFC 8446 8).
    pub fn from_config(mut config: ServerConfig) -> Self {
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.max_early_data_size = 0;
        Self {
            config: Arc::new(config),
        }
    }
}

impl ServerTlsBuilder {
    /// Whether clients show certificates. Default: they are not asked.
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
        self
    }

    /// Writes the secrets of each connection to the file that SSLKEYLOGFILE names, for Wireshark.
    /// Whoever reads it reads everything. Default off.
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
    /// [`TlsFault::Local`]: no provider, or no usable roots for clients.
    pub fn build(self) -> Result<ServerTls, TlsFault> {
        let provider = choose(self.provider)?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(local)?;
        let verifier = |roots: Roots| {
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots.store), provider)
                .with_crls(roots.revoked)
        };
        let builder = match self.client_auth {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(roots) => {
                let verifier = verifier(roots).allow_unauthenticated();
                builder.with_client_cert_verifier(verifier.build().map_err(local)?)
            }
            ClientAuth::Required(roots) => {
                builder.with_client_cert_verifier(verifier(roots).build().map_err(local)?)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(self.certificates));
        if let Some(ticketer) = ticketer() {
            config.ticketer = ticketer;
        }
        if self.key_log {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(ServerTls::from_config(config))
    }
}

impl Acceptor for ServerTls {
    fn accept(&self) -> Result<Box<dyn Session>, TlsFault> {
        let connection = ServerConnection::new(Arc::clone(&self.config)).map_err(local)?;
        Ok(Box::new(Rustls::new(connection.into(), None)))
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}
