//! Where an engine listens, read from the spec.

use std::path::PathBuf;

/// Where an engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A host and a port.
    Tcp {
        /// A name or an IP address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// The text says nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no Docker host: write tcp://host:2376 with a tlsSecretRef, or, outside a cluster, unix:///var/run/docker.sock"
)]
pub struct NotAnAddress(String);

impl Address {
    /// Reads `unix:///path` or `tcp://host:port`.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let known = match text.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Some(Self::Unix(path.into())),
            Some(("tcp", rest)) => tcp(rest),
            _ => None,
        };
        known.ok_or_else(|| NotAnAddress(text.chars().take(80).collect()))
    }
}

fn tcp(rest: &str) -> Option<Address> {
    let (host, port) = rest.strip_suffix('/').unwrap_or(rest).rsplit_once(':')?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
    };
    let port = port.parse().ok().filter(|port| *port > 0)?;
    good.then(|| Address::Tcp { host: bracketed.unwrap_or(host).to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sockets_and_hosts_with_ports() {
        let at = |host: &str, port| Ok(Address::Tcp { host: host.into(), port });
        for (text, expected) in [
            ("unix:///var/run/docker.sock", Ok(Address::Unix("/var/run/docker.sock".into()))),
            ("tcp://staging-host:2376", at("staging-host", 2376)),
            ("tcp://10.0.0.5:2376/", at("10.0.0.5", 2376)),
            ("tcp://[fd00::5]:2376", at("fd00::5", 2376)),
        ] {
            assert_eq!(Address::parse(text), expected);
        }
        for text in [
            "",
            "tcp://",
            "tcp://host",
            "tcp://host:0",
            "tcp://host:99999",
            "tcp://a@b:1",
            "tcp://a/b:1",
            "tcp://[x]:1",
            "tcp://fd00::5:1",
            "unix://run/docker.sock",
            "http://host:2375",
            "ssh://user@host",
            "host:2376",
        ] {
            assert!(Address::parse(text).unwrap_err().to_string().contains("tcp://host:2376"), "{text}");
        }
    }
}
