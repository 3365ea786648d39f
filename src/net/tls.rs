//! TLS to a target: whom to trust, who we are, and which certificate was presented, accepted or not.

use std::sync::{Arc, OnceLock};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use secrecy::{ExposeSecret, SecretString};

/// Which authorities are trusted.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Those of this machine.
    Platform,
    /// Only those in this PEM text.
    Only(&'a str),
    /// Any certificate is accepted; whoever presents it still has to hold its key.
    Anyone,
}

/// A client certificate with its chain, and its key, in PEM.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The certificate, followed by its intermediates.
    pub certificates: &'a str,
    /// The key: PKCS#8, PKCS#1 or SEC1.
    pub key: &'a SecretString,
}

/// Why no TLS client could be made: what is wrong with what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsSetupError {
    /// This machine has no trusted authorities.
    #[error("this machine trusts no authority: install ca-certificates")]
    NoPlatformAuthorities,
    /// The text of authorities holds no usable certificate.
    #[error("ca.crt holds no certificate that can be read: it has to be PEM, from -----BEGIN CERTIFICATE----- on")]
    NoAuthority,
    /// The text of the client certificate holds none.
    #[error("tls.crt holds no certificate that can be read: it has to be PEM, from -----BEGIN CERTIFICATE----- on")]
    NoCertificate,
    /// The text of the key holds none.
    #[error("tls.key holds no private key that can be read: it has to be PEM, unencrypted")]
    NoKey,
    /// Certificate and key are not a pair, or of a kind that is not supported.
    #[error("tls.crt and tls.key cannot be used together: {0}")]
    Identity(String),
}

/// A TLS client's settings: made once, used for any number of connections.
#[derive(Clone, Debug)]
pub struct TlsClient {
    config: ClientConfig,
    verifier: Arc<dyn ServerCertVerifier>,
}

impl TlsClient {
    /// A client that trusts so, and shows this identity where a server asks for one.
    pub fn new(trust: Trust<'_>, identity: Option<Identity<'_>>) -> Result<Self, TlsSetupError> {
        let verifier: Arc<dyn ServerCertVerifier> = match trust {
            Trust::Platform => platform_verifier()?,
            Trust::Only(pem) => private_verifier(pem)?,
            Trust::Anyone => Arc::new(Anyone),
        };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsSetupError::Identity(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let chain = certificates(identity.certificates).ok_or(TlsSetupError::NoCertificate)?;
                let key = PrivateKeyDer::from_pem_slice(identity.key.expose_secret().as_bytes())
                    .map_err(|_| TlsSetupError::NoKey)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| TlsSetupError::Identity(error.to_string()))?
            }
        };
        // A resumed session presents no certificate, and then there is nothing to judge.
        config.resumption = Resumption::disabled();
        Ok(Self { config, verifier })
    }

    /// Settings for one connection, and where the certificate that it is presented will be.
    pub(super) fn connection(&self) -> (Arc<ClientConfig>, Arc<Recording>) {
        let recording = Arc::new(Recording { verifier: Arc::clone(&self.verifier), presented: OnceLock::new() });
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(&recording) as Arc<dyn ServerCertVerifier>);
        (Arc::new(config), recording)
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// Reads the machine's authorities once: there are hundreds.
fn platform_verifier() -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    static VERIFIER: OnceLock<Option<Arc<rustls_platform_verifier::Verifier>>> = OnceLock::new();
    let verifier = VERIFIER.get_or_init(|| rustls_platform_verifier::Verifier::new(provider()).ok().map(Arc::new));
    verifier.clone().map(|verifier| verifier as _).ok_or(TlsSetupError::NoPlatformAuthorities)
}

fn private_verifier(pem: &str) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem).ok_or(TlsSetupError::NoAuthority)?);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map(|verifier| verifier as _)
        .map_err(|_| TlsSetupError::NoAuthority)
}

fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().ok()?;
    if all.is_empty() { None } else { Some(all) }
}

/// Keeps the certificate that a server presents, then lets another verifier judge it.
#[derive(Debug)]
pub(super) struct Recording {
    verifier: Arc<dyn ServerCertVerifier>,
    presented: OnceLock<CertificateDer<'static>>,
}

impl Recording {
    pub(super) fn presented(&self) -> Option<&CertificateDer<'static>> {
        self.presented.get()
    }
}

impl ServerCertVerifier for Recording {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.presented.get_or_init(|| end_entity.clone().into_owned());
        self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Accepts any certificate of whoever holds its key.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
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
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Why TLS failed: which way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// The server's certificate is not from an authority that is trusted, or it is self-signed.
    #[error("the certificate is not from a trusted authority")]
    UntrustedAuthority,
    /// The server's certificate has expired.
    #[error("the certificate has expired")]
    Expired,
    /// The server's certificate is not valid yet.
    #[error("the certificate is not valid yet")]
    NotValidYet,
    /// The server's certificate is for other names.
    #[error("the certificate is for {}, not for {host}", if .names.is_empty() { "no name".into() } else { .names.join(", ") })]
    WrongName {
        /// Who was asked for.
        host: String,
        /// Whom the certificate is for, at most eight.
        names: Vec<String>,
    },
    /// The server's certificate is not valid in another way.
    #[error("the certificate is not valid: {0}")]
    OtherCertificate(String),
    /// The server refused our client certificate, or asked for one where we have none. Over TLS 1.3 this comes only
    /// with the first read after the handshake.
    #[error("the server refused the client certificate ({0})")]
    ClientCertificateRefused(&'static str),
    /// What came back is not TLS: most likely plain HTTP.
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// The handshake ended otherwise.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
}

impl TlsFailure {
    /// Whether it is the server's certificate that was not accepted.
    pub fn is_certificate(&self) -> bool {
        matches!(
            self,
            Self::UntrustedAuthority
                | Self::Expired
                | Self::NotValidYet
                | Self::WrongName { .. }
                | Self::OtherCertificate(_)
        )
    }

    /// The TLS failure behind an error of a stream or of an HTTP client over it, when that is its cause.
    pub fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        super::causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()).map(Self::from)
    }
}

impl From<&rustls::Error> for TlsFailure {
    fn from(error: &rustls::Error) -> Self {
        use rustls::{AlertDescription as Alert, Error};
        match error {
            Error::InvalidCertificate(problem) => certificate_failure(problem),
            // Only clients are asked for certificates by servers, so a server's alert about one is about ours.
            Error::AlertReceived(alert) => match alert {
                Alert::CertificateRequired | Alert::NoCertificate => Self::ClientCertificateRefused("it requires one"),
                Alert::UnknownCA => Self::ClientCertificateRefused("from an authority that it does not know"),
                Alert::CertificateExpired => Self::ClientCertificateRefused("expired"),
                Alert::CertificateRevoked => Self::ClientCertificateRefused("revoked"),
                Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateUnknown
                | Alert::DecryptError
                | Alert::AccessDenied => Self::ClientCertificateRefused("not acceptable to it"),
                other => Self::Handshake(format!("the server sent the alert {other:?}")),
            },
            Error::InvalidMessage(_) => Self::NotTls,
            other => Self::Handshake(other.to_string()),
        }
    }
}

fn certificate_failure(problem: &CertificateError) -> TlsFailure {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFailure::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFailure::NotValidYet,
        // The signature is bad when an authority of the same name has made its key anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFailure::UntrustedAuthority,
        CertificateError::NotValidForNameContext { expected, presented } => TlsFailure::WrongName {
            host: expected.to_str().into_owned(),
            names: presented.iter().take(8).map(|name| plain_name(name)).collect(),
        },
        other => TlsFailure::OtherCertificate(other.to_string()),
    }
}

/// `DnsName("a.example")` → `a.example`: rustls passes on how webpki prints a name for programmers.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.trim_end_matches(')'));
    inner.trim_matches('"').chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn says_what_is_wrong_with_what_was_given() {
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["a.example".into()]).unwrap().self_signed(&key).unwrap().pem();
        let (key, other) =
            (SecretString::from(key.serialize_pem()), SecretString::from(KeyPair::generate().unwrap().serialize_pem()));
        let with = |certificates: &str, key: &SecretString| {
            TlsClient::new(Trust::Anyone, Some(Identity { certificates, key })).map(|_| ()).map_err(|e| e.to_string())
        };
        assert!(TlsClient::new(Trust::Only(&own), None).is_ok());
        for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
            let error = TlsClient::new(Trust::Only(pem), None).unwrap_err();
            assert_eq!(error, TlsSetupError::NoAuthority, "{pem}");
        }
        assert_eq!(with(&own, &key), Ok(()));
        assert!(with("", &key).unwrap_err().starts_with("tls.crt holds no certificate"));
        assert!(with(&own, &SecretString::from("")).unwrap_err().starts_with("tls.key holds no private key"));
        let error = with(&own, &other).unwrap_err();
        assert!(error.starts_with("tls.crt and tls.key cannot be used together"), "{error}");
    }

    #[test]
    fn tells_failures_apart() {
        use rustls::{AlertDescription as Alert, Error, InvalidMessage};
        for (error, expected) in [
            (Error::InvalidCertificate(CertificateError::Expired), TlsFailure::Expired),
            (Error::InvalidCertificate(CertificateError::UnknownIssuer), TlsFailure::UntrustedAuthority),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), TlsFailure::NotTls),
            (
                Error::AlertReceived(Alert::UnknownCA),
                TlsFailure::ClientCertificateRefused("from an authority that it does not know"),
            ),
            (Error::AlertReceived(Alert::CertificateRequired), TlsFailure::ClientCertificateRefused("it requires one")),
        ] {
            // As an HTTP client hands it on: inside an I/O error, inside another.
            let nested = std::io::Error::other(std::io::Error::other(error));
            assert_eq!(TlsFailure::behind(&nested), Some(expected));
        }
        assert_eq!(TlsFailure::behind(&std::io::Error::from(std::io::ErrorKind::ConnectionReset)), None);
    }
}
