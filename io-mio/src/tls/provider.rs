//! Whose cryptography is used.

use crate::error::TlsFault;
use rustls::crypto::CryptoProvider;
use std::sync::Arc;

/// The provider that was given, or that of the features.
pub(crate) fn choose(given: Option<Arc<CryptoProvider>>) -> Result<Arc<CryptoProvider>, TlsFault> {
    given.or_else(of_the_features).ok_or_else(|| {
        TlsFault::Local("neither tls-ring nor tls-aws-lc is on, and no provider given".into())
    })
}

#[cfg(feature = "tls-aws-lc")]
fn of_the_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
fn of_the_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
fn of_the_features() -> Option<Arc<CryptoProvider>> {
    None
}

/// Session tickets that need no memory at the server, where the features have them.
pub(crate) fn ticketer() -> Option<Arc<dyn rustls::server::ProducesTickets>> {
    #[cfg(feature = "tls-aws-lc")]
    return rustls::crypto::aws_lc_rs::Ticketer::new().ok();
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
    return rustls::crypto::ring::Ticketer::new().ok();
    #[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
    None
}
