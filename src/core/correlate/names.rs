//! Whom a finding's evidence names: containers and sites by their names, containers by their addresses, and by the names
//! that they go by among themselves, where these can only mean one.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use crate::{
    api::{Finding, MonitoringJobSpec, job::ProfileName},
    core::{
        observation::{Observations, docker::ContainerLook},
        rules,
    },
};

/// A shorter name is a word like any other.
const MIN_NAME: usize = 3;
/// What stands before a host that was looked up, in the words of Go, Node, Python, Java, libpq and nginx.
const LOOKED_UP: [&str; 7] =
    ["lookup ", "ENOTFOUND ", "EAI_AGAIN ", "UnknownHostException: ", "host name \"", "server at \"", "in upstream \""];

/// What the subjects of a spec go by.
pub(super) struct Names<'s> {
    containers: Vec<Named<'s>>,
    /// The hosts of the websites' URLs.
    sites: Vec<(&'s str, &'s str)>,
    /// Networks, which stand behind a container's name in its full name.
    networks: BTreeSet<String>,
}

/// A container and what it goes by.
struct Named<'s> {
    name: &'s str,
    host: &'s str,
    /// Its name without the project before it and the number after it, its label, its profile; in lower case.
    short: Vec<String>,
    ports: &'static [u16],
    addresses: Vec<Ipv4Addr>,
}

/// A host in a text, with what stands around it.
struct Mention<'t> {
    host: &'t str,
    port: Option<u16>,
    looked_up: bool,
}

impl<'s> Names<'s> {
    pub(super) fn of(spec: &'s MonitoringJobSpec, seen: &Observations) -> Self {
        let mut addresses: BTreeMap<&str, Vec<Ipv4Addr>> = BTreeMap::new();
        let mut networks = BTreeSet::new();
        for container in &seen.containers {
            let ContainerLook::Seen { inspect, .. } = &container.look else { continue };
            for (network, endpoint) in inspect.network_settings.networks.iter().flatten() {
                networks.insert(network.clone());
                addresses.entry(&container.name).or_default().extend(endpoint.ip_address.parse::<Ipv4Addr>().ok());
            }
        }
        let containers = rules::containers(spec).map(|(host, container)| {
            let profile = container.profile.unwrap_or_default();
            let label = container.label.iter().map(|label| label.to_lowercase());
            let short = endings(&container.name).into_iter().chain(label).chain(service(profile).map(str::to_owned));
            Named {
                name: &container.name,
                host: &host.name,
                short: short.filter(|short| short.len() > 1).collect(),
                ports: ports(profile),
                addresses: addresses.remove(container.name.as_str()).unwrap_or_default(),
            }
        });
        let sites = spec.websites.iter().filter_map(|site| Some((host_of(&site.url)?, site.name.as_str())));
        let sites = sites.filter(|(host, _)| host.len() >= MIN_NAME).collect();
        Self { containers: containers.collect(), sites, networks }
    }

    /// The subjects that the evidence of a finding names, other than its own.
    pub(super) fn named_by(&self, finding: &Finding) -> BTreeSet<&'s str> {
        let own = self.containers.iter().find(|c| c.name == finding.subject);
        let mentions = finding.evidence.iter().flat_map(|text| mentions(text));
        let mut named: BTreeSet<&str> = mentions.flat_map(|mention| self.meant(&mention, own)).collect();
        named.remove(finding.subject.as_str());
        named
    }

    fn meant(&self, mention: &Mention<'_>, own: Option<&Named<'s>>) -> Vec<&'s str> {
        let is = |name: &str| {
            let rest = mention.host.strip_prefix(name).filter(|_| name.len() >= MIN_NAME);
            let network = |rest: &str| rest.strip_prefix('.').is_some_and(|n| self.networks.contains(n));
            rest.is_some_and(|rest| rest.is_empty() || network(rest))
        };
        let whole = self.containers.iter().map(|c| (c.name, c.name)).chain(self.sites.iter().copied());
        let found: Vec<&str> = whole.filter(|(name, _)| is(name)).map(|(_, subject)| subject).collect();
        if !found.is_empty() {
            return found;
        }
        // What follows is said among the containers of one host.
        let Some(own) = own else { return Vec::new() };
        let near = self.containers.iter().filter(|c| c.host == own.host);
        if let Ok(address) = mention.host.parse::<Ipv4Addr>() {
            let found: Vec<&Named<'_>> = near.clone().filter(|c| c.addresses.contains(&address)).collect();
            let same_network = |a: &&Ipv4Addr| a.octets()[..2] == address.octets()[..2];
            let stranger = found.is_empty() && own.addresses.iter().any(|a| same_network(&a));
            // A container that does not run has no address any more, and its port still tells.
            let gone = near.filter(|c| c.addresses.is_empty() && c.listens_on(mention.port));
            return if stranger { only(gone) } else { only(found.into_iter()) };
        }
        let host = mention.host.to_lowercase();
        if host.contains('.') || mention.port.is_none() && !mention.looked_up {
            return Vec::new();
        }
        only(near.filter(|c| c.short.contains(&host)))
    }
}

impl Named<'_> {
    fn listens_on(&self, port: Option<u16>) -> bool {
        port.is_some_and(|port| self.ports.contains(&port))
    }
}

/// The name where there is exactly one.
fn only<'a, 's: 'a>(mut candidates: impl Iterator<Item = &'a Named<'s>>) -> Vec<&'s str> {
    match (candidates.next(), candidates.next()) {
        (Some(one), None) => vec![one.name],
        _ => Vec::new(),
    }
}

/// The host of a URL.
pub(super) fn host_of(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', ':', '?']).next().filter(|host| !host.is_empty())
}

/// `redis` of `autopar-redis`, `autopar_redis_1` and `autopar-redis-1`; `main-db` and `db` of `autopar-main-db`.
fn endings(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = if name.ends_with(['-', '_']) { name.trim_end_matches(['-', '_']) } else { name };
    let cuts = name.match_indices(['-', '_']).map(|(at, _)| name[at + 1..].to_owned());
    cuts.chain([name.to_owned()]).collect()
}

/// What a service is called everywhere; none for any program.
fn service(profile: ProfileName) -> Option<&'static str> {
    match profile {
        ProfileName::Redis => Some("redis"),
        ProfileName::Rabbitmq => Some("rabbitmq"),
        _ => None,
    }
}

/// The ports that a service listens on, by its own defaults, and nothing else that a profile knows does.
fn ports(profile: ProfileName) -> &'static [u16] {
    match profile {
        ProfileName::Redis => &[6379],
        ProfileName::Rabbitmq => &[5671, 5672, 15672],
        _ => &[],
    }
}

/// The words of a text that may be hosts.
fn mentions(text: &str) -> impl Iterator<Item = Mention<'_>> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(inside)?;
        let end = text[start..].find(|c| !inside(c)).map_or(text.len(), |length| start + length);
        at = end;
        let host = text[start..end].trim_end_matches(['.', '-']);
        let port = text[end..].strip_prefix(':').and_then(|rest| {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        });
        let looked_up = LOOKED_UP.iter().any(|before| text[..start].ends_with(before));
        Some(Mention { host, port, looked_up })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        api::{Kind, Severity},
        core::{
            fixtures::inspect,
            observation::{ContainerObservation, docker::ContainerLook},
            rules::finding,
        },
    };

    const SPEC: &str = "
environment: Staging
websites: [{name: staging, url: 'https://staging.example.com'}]
dockerHosts:
  - name: one
    host: tcp://one:2376
    containers:
      - {name: autopar-redis, label: Redis, profile: redis}
      - {name: autopar_rabbitmq_1, profile: rabbitmq}
      - {name: autopar-main-db, label: Database}
      - {name: autopar-api}
      - {name: autopar-worker-1}
      - {name: autopar-worker-2}
  - name: two
    host: tcp://two:2376
    containers: [{name: cache, profile: redis}]
";

    /// Whom a log line of `autopar-api` names.
    fn named(line: &str) -> Vec<String> {
        let spec = serde_saphyr::from_str(SPEC).unwrap();
        let of = |(name, address): (&str, &str)| {
            let networks = json!({"NetworkSettings": {"Networks": {"autopar": {"IPAddress": address}}}});
            let look = ContainerLook::Seen {
                inspect: inspect(&networks),
                stats: None,
                logs: crate::core::observation::docker::LogLook::Unavailable { why: String::new() },
            };
            ContainerObservation { name: name.into(), host: "one".into(), look }
        };
        let addresses = [
            ("autopar-api", "172.18.0.4"),
            ("autopar-main-db", "172.18.0.5"),
            ("autopar_rabbitmq_1", "172.18.0.6"),
            ("autopar-redis", ""),
        ];
        let seen = Observations { containers: addresses.map(of).into(), ..Observations::default() };
        let id = "logs/autopar-api/error-records".to_owned();
        let finding =
            Finding { evidence: vec![line.into()], ..finding(id, Kind::Event, Severity::Warning, "autopar-api", "x") };
        Names::of(&spec, &seen).named_by(&finding).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_can_only_mean_one_names_it() {
        for (line, subject) in [
            ("ERROR cannot connect to autopar-redis:6379", "autopar-redis"),
            ("ERROR cannot connect to autopar-redis.", "autopar-redis"),
            ("ERROR autopar-redis.autopar:6379 refused", "autopar-redis"),
            ("ERROR GET https://staging.example.com/api: 502", "staging"),
            ("ERROR Error 111 connecting to redis:6379. Connection refused.", "autopar-redis"),
            ("ERROR amqp://app:***@rabbitmq:5672/: connection refused", "autopar_rabbitmq_1"),
            ("ERROR Error: getaddrinfo ENOTFOUND redis", "autopar-redis"),
            ("ERROR dial tcp: lookup db on 127.0.0.11:53: no such host", "autopar-main-db"),
            ("ERROR could not translate host name \"db\" to address: Name or service not known", "autopar-main-db"),
            ("ERROR connection to server at \"database\" (172.18.0.5), port 5432 failed", "autopar-main-db"),
            ("ERROR java.net.UnknownHostException: main-db", "autopar-main-db"),
            ("ERROR connect ECONNREFUSED 172.18.0.5:5432", "autopar-main-db"),
            // The one that does not run has no address, and only it listens there.
            ("ERROR connect ECONNREFUSED 172.18.0.9:6379", "autopar-redis"),
        ] {
            assert_eq!(named(line), [subject], "{line}");
        }
    }

    #[test]
    fn what_may_mean_another_names_nobody() {
        for line in [
            "ERROR cannot connect to autopar-redis-2:6379",
            "ERROR cannot connect to my.autopar-redis:6379",
            "ERROR redis cluster of a customer is full",
            "ERROR connect ECONNREFUSED 127.0.0.1:6379",
            "ERROR localhost:6379 refused",
            "ERROR connect ECONNREFUSED 10.20.0.7:6379",
            "ERROR cache.example.org:6379 timed out",
            "ERROR worker:8000 refused",
            "ERROR autopar-api:8000 refused",
            "ERROR at 12:30:01 x.py:6379",
            "ERROR smtp:25 timed out",
            "ERROR broker:6379 refused",
            "ERROR connect ECONNREFUSED 172.18.0.9:5672",
            "",
        ] {
            assert_eq!(named(line), [""; 0], "{line}");
        }
    }
}
