//! TLS, with a certificate that was given or is made on the spot.

use crate::flags::Flags;
use bywash_mio::tls::{Certificates, ServerTls};
use rcgen::{CertifiedKey, generate_simple_self_signed};

/// Names and addresses that a certificate of our own making is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What listeners with TLS share.
///
/// # Errors
/// One line: a file that cannot be read, or a key that does not fit.
pub(crate) fn tls(flags: &Flags) -> Result<ServerTls, String> {
    let certificates = match &flags.identity {
        Some((chain, key)) => Certificates::from_files(chain, key),
        None => {
            let CertifiedKey { cert, signing_key } =
                generate_simple_self_signed(NAMES.map(String::from).to_vec())
                    .map_err(|error| format!("no certificate could be made: {error}"))?;
            Certificates::from_pem(
                cert.pem().as_bytes(),
                signing_key.serialize_pem().as_bytes(),
            )
        }
    };
    certificates
        .and_then(|certificates| ServerTls::builder(&certificates).key_log(true).build())
        .map_err(|fault| fault.to_string().replace('\n', " "))
}
