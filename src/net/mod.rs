//! The one place where sockets to targets are opened: resolve → address policy → connect → TLS, each step timed.
//!
//! No proxy is ever used, whatever the environment says: what is watched is the target, and the policy judges the
//! address that is connected to.

mod exchange;
mod last_words;
mod policy;
mod stream;
mod tls;

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    net::{TcpStream, UnixStream, lookup_host},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

pub use exchange::{Driver, exchange};
pub use policy::{AddressPolicy, Denial};
pub use stream::Stream;
pub use tls::{Identity, TlsClient, TlsFailure, TlsSetupError, Trust};

/// The longest that a name may take to resolve, however much later the deadline is.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);
/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Opens connections to targets, as far as its address policy goes.
#[derive(Clone, Debug)]
pub struct Dialer {
    policy: Arc<AddressPolicy>,
}

/// Whom to connect to.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// A DNS name or an IP address, without brackets. TLS verifies the certificate against it.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The address to connect to instead of what the name resolves to. The policy judges it all the same.
    pub resolve: Option<IpAddr>,
    /// How to speak TLS; none for a plain connection.
    pub tls: Option<&'a TlsClient>,
}

/// What came of an attempt to connect.
#[derive(Debug)]
pub struct Dialed {
    /// How long each step took; zero for those that were not reached.
    pub timings: Timings,
    /// The address that was connected to, or tried last.
    pub address: Option<SocketAddr>,
    /// The certificate that the server presented, also when it was not accepted.
    pub certificate: Option<CertificateDer<'static>>,
    /// The connection.
    pub stream: Result<Stream, DialError>,
}

/// How long each step took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking the name up.
    pub dns: Duration,
    /// The TCP handshake, over all addresses that were tried.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
}

/// A step of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking the name up.
    Dns,
    /// The TCP handshake.
    Connect,
    /// The TLS handshake.
    Tls,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "resolving the name",
            Self::Connect => "connecting",
            Self::Tls => "in the TLS handshake",
        })
    }
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The name does not resolve.
    #[error("name does not resolve: {0}")]
    Dns(String),
    /// The policy refuses each address of the target; this is the first.
    #[error("{address} is not allowed: {denial}")]
    Denied {
        /// The address.
        address: IpAddr,
        /// Why.
        denial: Denial,
    },
    /// The policy refuses Unix sockets.
    #[error("unix:// is only for use outside a cluster: write tcp://host:2376 and a tlsSecretRef")]
    UnixDenied,
    /// Nobody listens there.
    #[error("connection refused by {0}")]
    Refused(String),
    /// This user may not open the Unix socket at this path.
    #[error("permission denied on {0}")]
    NoPermission(String),
    /// No connection for another reason: no route, no such socket.
    #[error("no connection to {to}: {why}")]
    Unreachable {
        /// The address or the socket's path.
        to: String,
        /// The system's reason.
        why: String,
    },
    /// The connection was closed during the TLS handshake.
    #[error("the connection was closed during the TLS handshake")]
    Closed,
    /// TLS failed.
    #[error(transparent)]
    Tls(#[from] TlsFailure),
    /// The deadline passed in this step.
    #[error("no answer in time while {0}")]
    Timeout(Phase),
}

impl Dialer {
    /// A dialer that keeps to this policy.
    pub fn new(policy: AddressPolicy) -> Self {
        Self { policy: Arc::new(policy) }
    }

    /// Connects before the deadline. With several addresses, those that the policy allows are tried one after another,
    /// each with an equal share of the time that is left.
    pub async fn dial(&self, to: Endpoint<'_>, deadline: Instant) -> Dialed {
        let mut dialed =
            Dialed { timings: Timings::default(), address: None, certificate: None, stream: Err(DialError::Closed) };
        dialed.stream = self.steps(to, deadline, &mut dialed).await;
        dialed
    }

    async fn steps(&self, to: Endpoint<'_>, deadline: Instant, seen: &mut Dialed) -> Result<Stream, DialError> {
        let started = Instant::now();
        let addresses = resolve(to, deadline).await;
        seen.timings.dns = started.elapsed();
        let addresses = self.allowed(addresses?)?;

        let started = Instant::now();
        let tcp = connect(&addresses, deadline, &mut seen.address).await;
        seen.timings.connect = started.elapsed();
        let tcp = tcp?;

        let Some(tls) = to.tls else { return Ok(Stream::Tcp(tcp)) };
        let name = ServerName::try_from(to.host.to_owned())
            .map_err(|_| TlsFailure::Handshake(format!("{:?} is not a name that a certificate can be for", to.host)))?;
        let (config, recording) = tls.connection();
        let started = Instant::now();
        let handshake = timeout_at(deadline, TlsConnector::from(config).connect(name, tcp)).await;
        seen.timings.tls = started.elapsed();
        seen.certificate = recording.presented().cloned();
        match handshake {
            Err(_) => Err(DialError::Timeout(Phase::Tls)),
            Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
            Ok(Err(error)) => Err(match TlsFailure::behind(&error) {
                Some(failure) => failure.into(),
                None => DialError::Closed,
            }),
        }
    }

    fn allowed(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, DialError> {
        let mut denied = None;
        let mut allowed = Vec::new();
        for address in addresses {
            match self.policy.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(denial) => {
                    denied.get_or_insert_with(|| DialError::Denied { address: address.ip(), denial });
                }
            }
        }
        match denied {
            Some(denied) if allowed.is_empty() => Err(denied),
            _ if allowed.is_empty() => Err(DialError::Dns("the name has no address".into())),
            _ => Ok(allowed),
        }
    }

    /// Connects to a Unix socket before the deadline.
    pub async fn dial_unix(&self, path: &Path, deadline: Instant) -> Result<Stream, DialError> {
        if !self.policy.allows_unix_sockets() {
            return Err(DialError::UnixDenied);
        }
        let to = || path.display().to_string();
        match timeout_at(deadline, UnixStream::connect(path)).await {
            Err(_) => Err(DialError::Timeout(Phase::Connect)),
            Ok(Ok(stream)) => Ok(Stream::Unix(stream)),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(DialError::Refused(to())),
            Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Err(DialError::NoPermission(to())),
            Ok(Err(error)) => Err(DialError::Unreachable { to: to(), why: plain(&error) }),
        }
    }
}

async fn resolve(to: Endpoint<'_>, deadline: Instant) -> Result<Vec<SocketAddr>, DialError> {
    if let Some(ip) = to.resolve.or_else(|| to.host.parse().ok()) {
        return Ok(vec![SocketAddr::new(ip, to.port)]);
    }
    let own = Instant::now() + DNS_TIMEOUT;
    match timeout_at(deadline.min(own), lookup_host((to.host, to.port))).await {
        Ok(Ok(addresses)) => {
            let mut distinct = Vec::new();
            for address in addresses {
                if !distinct.contains(&address) && distinct.len() < MAX_ADDRESSES {
                    distinct.push(address);
                }
            }
            Ok(distinct)
        }
        Ok(Err(error)) => Err(DialError::Dns(plain(&error))),
        Err(_) if own < deadline => {
            Err(DialError::Dns(format!("the name server did not answer within {} s", DNS_TIMEOUT.as_secs())))
        }
        Err(_) => Err(DialError::Timeout(Phase::Dns)),
    }
}

async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
    tried: &mut Option<SocketAddr>,
) -> Result<TcpStream, DialError> {
    let mut last = DialError::Timeout(Phase::Connect);
    for (left, &address) in (1..=u32::try_from(addresses.len()).unwrap_or(u32::MAX)).rev().zip(addresses) {
        *tried = Some(address);
        let now = Instant::now();
        let share = now + deadline.saturating_duration_since(now) / left;
        last = match timeout_at(share, TcpStream::connect(address)).await {
            Err(_) => DialError::Timeout(Phase::Connect),
            Ok(Ok(stream)) => {
                // A request is one small write: it should not wait for company. Where that cannot be set, it waits.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                DialError::Refused(address.to_string())
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => DialError::Timeout(Phase::Connect),
            Ok(Err(error)) => DialError::Unreachable { to: address.to_string(), why: plain(&error) },
        };
    }
    Err(last)
}

/// The system's reason, without the number that means nothing to a reader, nor what we say ourselves.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

/// An error, its cause, the cause of that, … An I/O error hides the error that it wraps from `source`.
pub(crate) fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}
