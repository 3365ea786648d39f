//! A certificate as it came over the wire → what is judged of it.

use std::net::IpAddr;

use jiff::Timestamp;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, time::ASN1Time, x509::X509Name,
};

use crate::core::{observation::website::Certificate, redact::cut};

const MAX_NAMES: usize = 16;
const MAX_CHARS: usize = 128;

/// What is judged of a certificate; none when it cannot be read.
pub(super) fn read(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let validity = certificate.validity();
    Some(Certificate {
        not_before: instant(validity.not_before),
        not_after: instant(validity.not_after),
        issuer: cut(&common_name(certificate.issuer()).unwrap_or_else(|| certificate.issuer().to_string()), MAX_CHARS),
        names: names(&certificate),
    })
}

/// `99991231235959Z`, which stands for "no end", lies after the last instant that we can tell.
fn instant(time: ASN1Time) -> Timestamp {
    let end = if time.timestamp() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Timestamp::from_second(time.timestamp()).unwrap_or(end)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let alternatives = alternatives.iter().flat_map(|extension| &extension.value.general_names);
    let names: Vec<String> = alternatives
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(cut(name, MAX_CHARS)),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        })
        .take(MAX_NAMES)
        .collect();
    if names.is_empty() {
        common_name(certificate.subject()).map(|name| cut(&name, MAX_CHARS)).into_iter().collect()
    } else {
        names
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next()?.as_str().ok().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn reads_what_is_judged() {
        let mut params = CertificateParams::new(vec!["a.example".into(), "127.0.0.1".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Somebody");
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 3, 1);
        let certificate = read(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap();
        assert_eq!(
            certificate,
            Certificate {
                not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
                not_after: "2026-03-01T00:00:00Z".parse().unwrap(),
                issuer: "Somebody".into(),
                names: vec!["a.example".into(), "127.0.0.1".into()],
            }
        );
        assert_eq!(read(b"not a certificate"), None);
        params = CertificateParams::default();
        params.not_after = date_time_ymd(9999, 12, 31);
        let endless = read(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap();
        assert_eq!(endless.not_after, Timestamp::MAX);
    }
}
