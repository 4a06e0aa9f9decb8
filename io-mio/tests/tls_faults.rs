//! TLS: the rarer faults of certificates, and what both sides are told of a client's.

mod common;

use bywash_mio::error::{CertificateFault, TlsFault};
use bywash_mio::tls::{Certificates, ClientAuth, ClientTls, Roots, ServerTls};
use bywash_mio::{Connect, Target};
use common::asker::Asker;
use common::authority::{Authority, certificates};
use common::secure::{Running, connect, serve};
use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, SerialNumber};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

fn refused(fault: CertificateFault) -> TlsFault {
    TlsFault::Certificate(fault)
}

fn plain(signed: &Certificates) -> Running {
    serve(ServerTls::builder(signed).build().unwrap())
}

fn der(pem: &str) -> Vec<u8> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    der.to_vec()
}

/// A certificate that no server would load.
#[derive(Debug)]
struct Anything(Arc<CertifiedKey>);

impl ResolvesServerCert for Anything {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn serve_anything(der: Vec<u8>, key: &str) -> Running {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = Anything(Arc::new(CertifiedKey::new(vec![der.into()], key)));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    serve(ServerTls::from_config(config))
}

#[test]
fn an_extension_that_must_not_be_ignored() {
    let authority = Authority::new();
    let signed = authority.sign(|params| {
        let mut unknown = CustomExtension::from_oid_content(&[1, 3, 9999, 1], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
    });
    // It is not loaded by mistake.
    let error = Certificates::from_pem(signed.0.as_bytes(), signed.1.as_bytes()).unwrap_err();
    assert!(matches!(error, TlsFault::Local(_)), "{error}");
    let running = serve_anything(der(&signed.0), &signed.1);
    let asker = Asker::ask(connect(running.at, authority.roots()));
    let expected = refused(CertificateFault::UnsupportedExtension);
    assert_eq!(asker.fault(), &expected);
}

/// ECDSA with SHA-224 (RFC 5758 3.2): no provider verifies it.
#[test]
fn an_algorithm_that_nobody_supports() {
    const SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const SHA224: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1];
    let authority = Authority::new();
    let (chain, key) = authority.sign(|_| {});
    let mut der = der(&chain);
    let places: Vec<usize> = (0..der.len() - SHA256.len())
        .filter(|at| der[*at..].starts_with(SHA256))
        .collect();
    assert_eq!(places.len(), 2, "inside of what is signed, and outside");
    for at in places {
        der[at..at + SHA224.len()].copy_from_slice(SHA224);
    }
    let running = serve_anything(der, &key);
    let asker = Asker::ask(connect(running.at, authority.roots()));
    let expected = refused(CertificateFault::UnsupportedAlgorithm);
    assert_eq!(asker.fault(), &expected);
    assert_eq!(
        asker.fault().to_string(),
        "the certificate is signed by an algorithm that is not supported"
    );
    assert!(matches!(running.fault(), TlsFault::Alert(..)));
}

#[test]
fn what_an_authority_took_back_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let numbered = |number: u64| {
        let change = |p: &mut CertificateParams| p.serial_number = Some(number.into());
        certificates(&authority.sign(change))
    };
    let (revoked, good) = (plain(&numbered(7)), plain(&numbered(8)));
    let list = authority.revoke(&[SEVEN]);
    let roots = || authority.roots().without(list.as_bytes()).unwrap();
    let asker = Asker::ask(connect(revoked.at, roots()));
    assert_eq!(asker.fault(), &refused(CertificateFault::Revoked));
    assert_eq!(Asker::ask(connect(good.at, roots())).status, Some(200));
    // Whoever keeps no list takes both.
    let asker = Asker::ask(connect(revoked.at, authority.roots()));
    assert_eq!(asker.status, Some(200));
    // A list of another authority says nothing about it.
    let list = other.revoke(&[SEVEN]);
    let roots = authority.roots().without(list.as_bytes()).unwrap();
    let asker = Asker::ask(connect(good.at, roots));
    assert_eq!(asker.fault(), &refused(CertificateFault::RevocationUnknown));
    // What is no list is not taken for an empty one.
    let error = authority.roots().without(b"nothing").unwrap_err();
    assert!(matches!(error, TlsFault::Local(_)), "{error}");
}

const SEVEN: u64 = 7;

/// A client that shows this, in TLS 1.3 or 1.2.
fn show(
    running: &Running,
    roots: &Authority,
    shown: Option<&(String, String)>,
    version: &'static rustls::SupportedProtocolVersion,
) -> Asker {
    let mut store = rustls::RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(roots.pem.as_bytes()).unwrap();
    store.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(store);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![chain], key).unwrap()
        }
    };
    let tls = Arc::new(ClientTls::from_config(config));
    let target = Target::Addresses(vec![running.at]);
    Asker::ask(Connect::new(target).tls(tls, "localhost"))
}

/// In TLS 1.2 a refused client learns of it in the handshake; in 1.3 it believes to be in, and the
/// alert ends an open connection.
fn told(asker: &Asker) -> &TlsFault {
    match &asker.refused {
        Some(fault) => fault,
        None => asker.fault(),
    }
}

#[test]
fn both_sides_know_why_a_client_is_refused() {
    const BAD_CERTIFICATE: u8 = 42;
    const UNSUPPORTED_CERTIFICATE: u8 = 43;
    const CERTIFICATE_REVOKED: u8 = 44;
    const CERTIFICATE_EXPIRED: u8 = 45;
    const HANDSHAKE_FAILURE: u8 = 40;
    const UNKNOWN_CA: u8 = 48;
    const CERTIFICATE_REQUIRED: u8 = 116;
    let authority = Authority::new();
    let list = authority.revoke(&[SEVEN]);
    let roots: Roots = authority.roots().without(list.as_bytes()).unwrap();
    let tls = ServerTls::builder(&certificates(&authority.sign(|_| {})))
        .client_auth(ClientAuth::Required(roots))
        .build()
        .unwrap();
    let running = serve(tls);
    let stranger = Authority::new().sign(|_| {});
    let expired = authority.sign(|p| p.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let early = authority.sign(|p| p.not_before = rcgen::date_time_ymd(2999, 1, 1));
    let revoked = authority.sign(|p| p.serial_number = Some(SerialNumber::from(SEVEN)));
    let servers =
        authority.sign(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let good = authority.sign(|_| {});
    let fault = |fault| refused(fault);
    let cases = [
        (
            &stranger,
            fault(CertificateFault::UnknownIssuer),
            UNKNOWN_CA,
        ),
        (
            &expired,
            fault(CertificateFault::Expired),
            CERTIFICATE_EXPIRED,
        ),
        (
            &early,
            fault(CertificateFault::NotYetValid),
            CERTIFICATE_EXPIRED,
        ),
        (
            &revoked,
            fault(CertificateFault::Revoked),
            CERTIFICATE_REVOKED,
        ),
        (
            &servers,
            fault(CertificateFault::WrongPurpose),
            UNSUPPORTED_CERTIFICATE,
        ),
    ];
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        for (shown, ours, alert) in &cases {
            let asker = show(&running, &authority, Some(shown), version);
            assert_eq!(&running.fault(), ours);
            assert_eq!(asker.status, None);
            match told(&asker) {
                TlsFault::Alert(number, _) => {
                    assert!([*alert, BAD_CERTIFICATE].contains(number), "{number}");
                }
                other => panic!("{other}"),
            }
        }
        let asker = show(&running, &authority, None, version);
        assert_eq!(running.fault(), TlsFault::NoCertificate);
        match told(&asker) {
            // TLS 1.2 knows no alert for it (RFC 5246 7.4.6).
            TlsFault::Alert(CERTIFICATE_REQUIRED | HANDSHAKE_FAILURE, _) => {}
            other => panic!("{other}"),
        }
        let asker = show(&running, &authority, Some(&good), version);
        assert_eq!(asker.status, Some(200), "{:?}", asker.failed);
    }
}
