//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Which addresses may be connected to.
///
/// Refused always, whatever an operator allows: link-local, metadata services, multicast, broadcast, unspecified. An
/// address that carries an IPv4 address (IPv4-mapped, NAT64, 6to4) is judged by that one as well.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    denied: Vec<IpNet>,
    allowed: Vec<IpNet>,
    unix_sockets: bool,
}

/// Why an address may not be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// A cloud's metadata service, which hands out credentials.
    #[error("a metadata service is never asked")]
    Metadata,
    /// `169.254.0.0/16`, `fe80::/10`.
    #[error("link-local addresses are never asked")]
    LinkLocal,
    /// `224.0.0.0/4`, `ff00::/8`.
    #[error("multicast addresses are never asked")]
    Multicast,
    /// 255.255.255.255.
    #[error("the broadcast address is never asked")]
    Broadcast,
    /// `0.0.0.0/8`, `::`: the kernel takes them for this machine.
    #[error("the unspecified address is never asked")]
    Unspecified,
    /// The operator's setting.
    #[error("the operator's settings deny {0}")]
    Denied(IpNet),
}

/// AWS, Azure, Google and most others; Alibaba.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(100, 100, 100, 200)];
/// AWS.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

impl AddressPolicy {
    /// Refuses besides what lies in `denied`, except for what lies in `allowed`. So `0.0.0.0/0` and `::/0` denied make
    /// `allowed` the list of all that may be asked. Unix sockets are refused.
    pub fn new(denied: Vec<IpNet>, allowed: Vec<IpNet>) -> Self {
        Self { denied, allowed, unix_sockets: false }
    }

    /// The same, with Unix sockets: outside a cluster, where who writes the job may open them himself.
    #[must_use]
    pub fn with_unix_sockets(self) -> Self {
        Self { unix_sockets: true, ..self }
    }

    /// Whether Unix sockets may be connected to.
    pub fn allows_unix_sockets(&self) -> bool {
        self.unix_sockets
    }

    /// Whether this address may be connected to.
    pub fn check(&self, address: IpAddr) -> Result<(), Denial> {
        let outer = address.to_canonical();
        let carried = if let IpAddr::V6(v6) = outer { carried_v4(v6).map(IpAddr::V4) } else { None };
        for address in [Some(outer), carried].into_iter().flatten() {
            if let Some(denial) = refused_always(address) {
                return Err(denial);
            }
            let inside = |nets: &[IpNet]| nets.iter().find(|net| net.contains(&address)).copied();
            if let Some(net) = inside(&self.denied)
                && inside(&self.allowed).is_none()
            {
                return Err(Denial::Denied(net));
            }
        }
        Ok(())
    }
}

fn refused_always(address: IpAddr) -> Option<Denial> {
    match address {
        IpAddr::V4(v4) if METADATA_V4.contains(&v4) => Some(Denial::Metadata),
        IpAddr::V6(v6) if v6 == METADATA_V6 => Some(Denial::Metadata),
        IpAddr::V4(v4) if v4.is_link_local() => Some(Denial::LinkLocal),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(Denial::LinkLocal),
        IpAddr::V4(v4) if v4.is_broadcast() => Some(Denial::Broadcast),
        IpAddr::V4(v4) if v4.octets()[0] == 0 => Some(Denial::Unspecified),
        _ if address.is_unspecified() => Some(Denial::Unspecified),
        _ if address.is_multicast() => Some(Denial::Multicast),
        _ => None,
    }
}

/// The IPv4 address that a translator or a tunnel would send to.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(v4(high, low)),
        // IPv4-compatible: obsolete, and still unwrapped by some stacks. `::` and `::1` are what they are.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn refuses_always_whatever_is_allowed() {
        let policy = AddressPolicy::new(vec![], nets(&["0.0.0.0/0", "::/0"]));
        for (address, denial) in [
            ("169.254.169.254", Denial::Metadata),
            ("100.100.100.200", Denial::Metadata),
            ("fd00:ec2::254", Denial::Metadata),
            ("::ffff:169.254.169.254", Denial::Metadata),
            ("64:ff9b::169.254.169.254", Denial::Metadata),
            ("2002:a9fe:a9fe::1", Denial::Metadata),
            ("::169.254.169.254", Denial::Metadata),
            ("169.254.0.1", Denial::LinkLocal),
            ("fe80::1", Denial::LinkLocal),
            ("febf::1", Denial::LinkLocal),
            ("::ffff:169.254.1.1", Denial::LinkLocal),
            ("224.0.0.1", Denial::Multicast),
            ("239.255.255.255", Denial::Multicast),
            ("ff02::1", Denial::Multicast),
            ("64:ff9b::224.0.0.1", Denial::Multicast),
            ("255.255.255.255", Denial::Broadcast),
            ("2002:ffff:ffff::", Denial::Broadcast),
            ("0.0.0.0", Denial::Unspecified),
            ("0.1.2.3", Denial::Unspecified),
            ("::", Denial::Unspecified),
            ("::ffff:0.0.0.0", Denial::Unspecified),
            ("64:ff9b::", Denial::Unspecified),
        ] {
            assert_eq!(policy.check(address.parse().unwrap()), Err(denial), "{address}");
        }
    }

    #[test]
    fn allows_the_rest() {
        let policy = AddressPolicy::default();
        for address in
            ["127.0.0.1", "::1", "10.0.0.5", "192.168.1.1", "fd12::1", "1.1.1.1", "2606:4700::1111", "64:ff9b::1.1.1.1"]
        {
            assert_eq!(policy.check(address.parse().unwrap()), Ok(()), "{address}");
        }
    }

    #[test]
    fn keeps_the_operators_settings() {
        let policy = AddressPolicy::new(nets(&["10.0.0.0/8", "fd00::/8"]), nets(&["10.1.2.0/24"]));
        let denied = |net: &str| Err(Denial::Denied(net.parse().unwrap()));
        for (address, expected) in [
            ("10.0.0.1", denied("10.0.0.0/8")),
            ("10.1.2.3", Ok(())),
            ("::ffff:10.0.0.1", denied("10.0.0.0/8")),
            ("::ffff:10.1.2.3", Ok(())),
            ("64:ff9b::10.0.0.1", denied("10.0.0.0/8")),
            ("2002:0a00:0001::", denied("10.0.0.0/8")),
            ("fd00::1", denied("fd00::/8")),
            ("192.168.0.1", Ok(())),
        ] {
            assert_eq!(policy.check(address.parse().unwrap()), expected, "{address}");
        }
    }
}
