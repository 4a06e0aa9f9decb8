//! Certificates for tests: a root, and a server's for the names of gRPC's tests.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::{fs, io, path::Path};

/// The names that gRPC's test server answers to.
const NAMES: [&str; 4] = [
    "*.test.google.fr",
    "waterzooi.test.google.be",
    "*.test.youtube.com",
    "localhost",
];

/// A root and one server, in PEM.
#[derive(Clone, Debug)]
pub struct TestCertificates {
    /// The root.
    pub ca: String,
    /// The server's certificate.
    pub server: String,
    /// The server's key.
    pub key: String,
}

impl TestCertificates {
    /// Makes new ones.
    ///
    /// # Errors
    /// The library of certificates fails.
    pub fn new() -> Result<TestCertificates, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name
            .push(DnType::CommonName, "bywash's test root");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = ca.self_signed(&ca_key)?;
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(NAMES.map(str::to_owned))?;
        server
            .distinguished_name
            .push(DnType::CommonName, "*.test.google.fr");
        let server = server.signed_by(&key, &issuer)?;
        Ok(TestCertificates {
            ca: root.pem(),
            server: server.pem(),
            key: key.serialize_pem(),
        })
    }

    /// Writes `ca.pem`, `server1.pem` and `server1.key`, the names that gRPC's programs look for.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("ca.pem"), &self.ca)?;
        fs::write(folder.join("server1.pem"), &self.server)?;
        fs::write(folder.join("server1.key"), &self.key)
    }
}
