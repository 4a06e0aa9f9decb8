//! A server's certificate, replaceable while it is in use.

use super::fault::local;
use super::provider::choose;
use crate::error::TlsFault;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// A certificate with its chain and its key. Clones share it: what one replaces, all use, from the
/// next handshake on.
#[derive(Clone, Debug)]
pub struct Certificates {
    current: Arc<RwLock<Arc<CertifiedKey>>>,
    provider: Arc<CryptoProvider>,
}

impl Certificates {
    /// From PEM: the chain, the server's own certificate first; and its key.
    ///
    /// # Errors
    /// [`TlsFault::Local`]: not PEM, no key, or a key that does not fit.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsFault> {
        Self::with_provider(chain, key, choose(None)?)
    }

    /// The same with a provider of the caller's.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn with_provider(
        chain: &[u8],
        key: &[u8],
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsFault> {
        let current = load(chain, key, &provider)?;
        Ok(Self {
            current: Arc::new(RwLock::new(Arc::new(current))),
            provider,
        })
    }

    /// From files in PEM.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem); a file that cannot be read.
    pub fn from_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsFault> {
        Self::from_pem(&read(chain.as_ref())?, &read(key.as_ref())?)
    }

    /// Replaces it, without a restart: handshakes from now on use the new one.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem); the old one stays in use.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsFault> {
        let new = Arc::new(load(chain, key, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Replaces it by files. They are read here: not to be called on a loop's thread.
    ///
    /// # Errors
    /// As [`from_files`](Self::from_files); the old one stays in use.
    pub fn replace_by_files(
        &self,
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<(), TlsFault> {
        self.replace(&read(chain.as_ref())?, &read(key.as_ref())?)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    std::fs::read(path).map_err(|error| local(format_args!("{}: {error}", path.display())))
}

fn load(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, TlsFault> {
    let chain = chain_of(chain)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(local)?;
    CertifiedKey::from_der(chain, key, provider).map_err(local)
}

/// The certificates of a PEM text; at least one.
pub(crate) fn chain_of(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(local)?;
    if chain.is_empty() {
        return Err(local("no certificate in the PEM text"));
    }
    Ok(chain)
}
