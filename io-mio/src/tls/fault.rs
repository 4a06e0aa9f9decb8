//! From the library's errors to ours.

use crate::error::{CertificateFault, TlsFault};
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// Our own side cannot be set up.
pub(crate) fn local(error: impl std::fmt::Display) -> TlsFault {
    TlsFault::Local(error.to_string())
}

/// What went wrong between the two.
pub(crate) fn translate(error: Error) -> TlsFault {
    match error {
        Error::InvalidCertificate(error) => TlsFault::Certificate(certificate(error)),
        Error::NoCertificatesPresented => TlsFault::NoCertificate,
        Error::NoApplicationProtocol => TlsFault::Alpn,
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => TlsFault::Alpn,
        Error::AlertReceived(alert) => TlsFault::Alert(u8::from(alert), format!("{alert:?}")),
        Error::PeerIncompatible(reason) => TlsFault::Incompatible(format!("{reason:?}")),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::InvalidEmptyPayload,
        ) => TlsFault::NotTls,
        Error::FailedToGetCurrentTime
        | Error::FailedToGetRandomBytes
        | Error::InconsistentKeys(_)
        | Error::BadMaxFragmentSize => local(error),
        other => TlsFault::Protocol(other.to_string()),
    }
}

fn certificate(error: CertificateError) -> CertificateFault {
    use CertificateError as Theirs;
    match error {
        Theirs::Expired | Theirs::ExpiredContext { .. } => CertificateFault::Expired,
        Theirs::NotValidYet | Theirs::NotValidYetContext { .. } => CertificateFault::NotYetValid,
        Theirs::NotValidForName | Theirs::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        Theirs::UnknownIssuer => CertificateFault::UnknownIssuer,
        Theirs::Revoked => CertificateFault::Revoked,
        Theirs::UnknownRevocationStatus => CertificateFault::RevocationUnknown,
        Theirs::ExpiredRevocationList | Theirs::ExpiredRevocationListContext { .. } => {
            CertificateFault::RevocationOutdated
        }
        Theirs::BadSignature => CertificateFault::BadSignature,
        #[allow(deprecated)]
        Theirs::UnsupportedSignatureAlgorithm
        | Theirs::UnsupportedSignatureAlgorithmContext { .. }
        | Theirs::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            CertificateFault::UnsupportedAlgorithm
        }
        Theirs::UnhandledCriticalExtension => CertificateFault::UnsupportedExtension,
        // The verifier's own error, whose type the library does not show.
        Theirs::Other(error) if error.0.to_string() == "UnsupportedCriticalExtension" => {
            CertificateFault::UnsupportedExtension
        }
        Theirs::InvalidPurpose | Theirs::InvalidPurposeContext { .. } => {
            CertificateFault::WrongPurpose
        }
        Theirs::BadEncoding => CertificateFault::Malformed,
        other => CertificateFault::Other(other.to_string()),
    }
}
