//! Whom to trust.

use super::certificates::chain_of;
use super::fault::local;
use crate::error::TlsFault;
use rustls::RootCertStore;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;

/// Authorities whose certificates are trusted.
#[derive(Clone, Debug)]
pub struct Roots {
    pub(crate) store: RootCertStore,
    /// What they took back.
    pub(crate) revoked: Vec<CertificateRevocationListDer<'static>>,
}

impl Roots {
    fn of(store: RootCertStore) -> Self {
        Self {
            store,
            revoked: Vec::new(),
        }
    }

    /// Those of a PEM text.
    ///
    /// # Errors
    /// [`TlsFault::Local`]: not PEM, empty, or a certificate that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsFault> {
        let mut store = RootCertStore::empty();
        for certificate in chain_of(pem)? {
            store.add(certificate).map_err(local)?;
        }
        Ok(Self::of(store))
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
        Ok(Self::of(store))
    }

    /// Those that Mozilla trusts, as they were when the crate `webpki-roots` was released.
    #[cfg(feature = "tls-webpki-roots")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-webpki-roots")))]
    pub fn webpki() -> Self {
        let store = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        Self::of(store)
    }

    /// Trusts those of `other` too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.store.extend(other.store.roots);
        self.revoked.extend(other.revoked);
        self
    }

    /// Refuses what these lists of revocation name (RFC 5280 5), in PEM. From then on a list is
    /// needed for every authority, those in the middle of a chain included: what no list covers is
    /// refused. They are not fetched again: a list that is out of date is still used.
    ///
    /// # Errors
    /// [`TlsFault::Local`]: not PEM, or no list in it. A list that cannot be read is told by
    /// `build` of whoever is given these roots.
    pub fn without(mut self, lists: &[u8]) -> Result<Self, TlsFault> {
        let before = self.revoked.len();
        for list in CertificateRevocationListDer::pem_slice_iter(lists) {
            self.revoked.push(list.map_err(local)?);
        }
        if self.revoked.len() == before {
            return Err(local("no list of revocation in the PEM text"));
        }
        Ok(self)
    }
}
