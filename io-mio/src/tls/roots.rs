//! Whom to trust.

use super::certificates::chain_of;
use super::fault::local;
use crate::error::TlsFault;
use rustls::RootCertStore;

/// Authorities whose certificates are trusted.
#[derive(Clone, Debug)]
pub struct Roots {
    pub(crate) store: RootCertStore,
}

impl Roots {
    /// Those of a PEM text.
    ///
    /// # Errors
    /// [`TlsFault::Local`]: not PEM, empty, or a certificate that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsFault> {
        let mut store = RootCertStore::empty();
        for certificate in chain_of(pem)? {
            store.add(certificate).map_err(local)?;
        }
        Ok(Self { store })
    }

    /// Those that the system trusts. What cannot be read of them is left out.
    ///
    /// # Errors
    /// [`TlsFault::Local`] if there is none.
    #[cfg(feature = "tls-native-roots")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-native-roots")))]
    pub fn native() -> Result<Self, TlsFault> {
        let mut store = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map(ToString::to_string);
            return Err(local(format_args!(
                "the system has no trusted certificates: {}",
                why.unwrap_or_else(|| "none found".into())
            )));
        }
        Ok(Self { store })
    }

    /// Those that Mozilla trusts, as they were when the crate `webpki-roots` was released.
    #[cfg(feature = "tls-webpki-roots")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-webpki-roots")))]
    pub fn webpki() -> Self {
        let store = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        Self { store }
    }

    /// Trusts those of `other` too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.store.extend(other.store.roots);
        self
    }
}
