//! What a website's requests carry, and whom it trusts: from the spec and its Secrets.

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::{
    api::job::{Header, Website},
    core::observation::MissingCredentials,
    net::{TlsClient, TlsSetupError, Trust},
    secrets::{RunSecrets, Secret},
};

/// What a website's requests carry, and whom it trusts.
#[derive(Debug)]
pub(super) struct Access {
    /// The headers of the spec.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// How TLS is spoken; an error when this machine trusts nobody.
    pub(super) tls: Result<TlsClient, TlsSetupError>,
}

/// A Secret that could not be used.
#[derive(Debug)]
pub(super) struct Missing {
    secret: String,
    problem: String,
}

impl Missing {
    pub(super) fn at(&self, at: Timestamp) -> MissingCredentials {
        MissingCredentials { secret: self.secret.clone(), problem: self.problem.clone(), at }
    }
}

impl Access {
    pub(super) fn of(website: &Website, secrets: &RunSecrets) -> Result<Self, Missing> {
        let headers = website.headers.iter().map(|h| header(h, secrets)).collect::<Result<_, _>>()?;
        Ok(Self { headers, tls: tls(website, secrets)? })
    }
}

fn header(header: &Header, secrets: &RunSecrets) -> Result<(HeaderName, HeaderValue), Missing> {
    let refuse = |secret: &str, problem: String| Missing { secret: secret.into(), problem };
    let name =
        HeaderName::try_from(&header.name).map_err(|_| refuse("", format!("{:?} is no header name", header.name)))?;
    let mut value = match (&header.value_from, &header.value) {
        (Some(from), _) => {
            let (secret, key) = (&from.secret_key_ref.name, &from.secret_key_ref.key);
            let value = secrets
                .get(secret)
                .and_then(|values| values.value(key).map(ExposeSecret::expose_secret))
                .map_err(|problem| refuse(secret, problem.to_string()))?;
            HeaderValue::try_from(value).map_err(|_| {
                refuse(
                    secret,
                    format!("the value of its key {key} cannot be a header's: it has to be one line of text"),
                )
            })?
        }
        (None, value) => HeaderValue::try_from(value.as_deref().unwrap_or_default())
            .map_err(|_| refuse("", format!("the value of the header {} has to be one line of text", header.name)))?,
    };
    value.set_sensitive(true);
    Ok((name, value))
}

fn tls(website: &Website, secrets: &RunSecrets) -> Result<Result<TlsClient, TlsSetupError>, Missing> {
    let tls = website.tls.as_ref();
    if tls.is_some_and(|tls| tls.insecure_skip_verify) {
        return Ok(TlsClient::new(Trust::Anyone, None));
    }
    let Some(reference) = tls.and_then(|tls| tls.ca_secret_ref.as_ref()) else {
        return Ok(TlsClient::new(Trust::Platform, None));
    };
    let refuse = |problem: String| Missing { secret: reference.name.clone(), problem };
    let authorities = secrets.get(&reference.name).and_then(|secret: &Secret| secret.value("ca.crt"));
    let authorities = authorities.map_err(|problem| refuse(problem.to_string()))?;
    match TlsClient::new(Trust::Only(authorities.expose_secret()), None) {
        Ok(client) => Ok(Ok(client)),
        Err(error) => Err(refuse(error.to_string())),
    }
}
