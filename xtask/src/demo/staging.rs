//! The staging environment that the demo's job watches, and whom it tells.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use xtask::rig::bot::Bot;
use xtask::rig::docker::{self, Container, ContainerOptions, Docker, Found, LABEL, Network};
use xtask::rig::scratch::Scratch;
use xtask::rig::site::Site;
use xtask::rig::{cache, images};
use xtask::say::say;

pub(crate) const REDIS: &str = "autopar-redis";
const RABBITMQ: &str = "autopar-rabbitmq";
pub(crate) const SITE: &str = "autopar-site";
const NETWORK: &str = "autopar-staging";
pub(crate) const HOST: &str = "staging.autopar.pitchai.net";

/// Redis is healthy within seconds, RabbitMQ on a busy machine within a minute.
pub(crate) const HEALTHY_WITHIN: Duration = Duration::from_mins(3);

/// A Secret's name, and its keys and values.
pub(crate) type Secret = (&'static str, Vec<(&'static str, String)>);

/// All of it; dropping it leaves nothing.
pub(crate) struct Staging {
    // In the order in which they go.
    pub(crate) redis: Container,
    _rabbitmq: Container,
    site: Site,
    _network: Network,
    pub(crate) bot: Bot,
    engine: Found,
    scratch: Scratch,
    _only: File,
}

impl Staging {
    pub(crate) fn set_up() -> Result<Self> {
        let only = only_demo()?;
        let scratch = Scratch::new()?;
        let engine = docker::find_or_start()?;
        let docker = &engine.docker;
        images::ensure_release(docker, "12")?;
        free_the_names(docker)?;
        let network = docker.network(NETWORK)?;
        let options = ContainerOptions { options: &["--network", NETWORK], command: &[] };
        let redis = docker.run_as(REDIS, "stagewatch-rig/redis:12", &options)?;
        let rabbitmq = docker.run_as(RABBITMQ, "stagewatch-rig/rabbitmq:12", &options)?;
        let site = Site::start(docker, &network, SITE, HOST, REDIS, &scratch.path().join("site"))?;
        redis.wait_healthy(HEALTHY_WITHIN)?;
        rabbitmq.wait_healthy(HEALTHY_WITHIN)?;
        let bot = Bot::start()?;
        say(format!(
            "healthy: {REDIS}, {RABBITMQ}, and {SITE}, which is https://{HOST} on 127.0.0.1:{}; the Bot API is {}",
            site.port(),
            bot.url()
        ));
        Ok(Self { redis, _rabbitmq: rabbitmq, site, _network: network, bot, engine, scratch, _only: only })
    }

    /// A folder that goes away with all the rest.
    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Where the site is on loopback.
    pub(crate) fn site_port(&self) -> u16 {
        self.site.port()
    }

    /// The engine's address as people and the `docker` command line use it.
    pub(crate) fn docker_host(&self) -> &str {
        self.engine.docker.host()
    }

    /// The engine's address over mTLS, when it has one: an engine of the user's own is reached by its socket.
    pub(crate) fn docker_tls_host(&self) -> Result<Option<String>> {
        self.engine.tls().map(|folder| read(&folder, "host")).transpose()
    }

    /// What the job refers to by `secretRef`s.
    pub(crate) fn secrets(&self) -> Result<Vec<Secret>> {
        let telegram = vec![("TELEGRAM_BOT_TOKEN", Bot::TOKEN.to_owned()), ("TELEGRAM_CHAT_ID", Bot::CHAT.to_owned())];
        let mut secrets = vec![("telegram", telegram), ("site-ca", vec![("ca.crt", self.site.authority().to_owned())])];
        if let Some(folder) = self.engine.tls() {
            let files = [("ca.crt", "ca.pem"), ("tls.crt", "cert.pem"), ("tls.key", "key.pem")];
            let values = files.into_iter().map(|(key, file)| Ok((key, read(&folder, file)?)));
            secrets.push(("autopar-docker-tls", values.collect::<Result<_>>()?));
        }
        Ok(secrets)
    }
}

fn read(folder: &Path, file: &str) -> Result<String> {
    let path = folder.join(file);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The names of the containers are the example's, so there is room for one demo on a machine.
fn only_demo() -> Result<File> {
    let path = cache::folder("demo")?.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        bail!("another `cargo xtask demo` is running: end it first (Ctrl-C in its terminal)");
    }
    Ok(file)
}

/// Removes what a demo that was killed has left, and refuses when somebody else has a thing of one of our names.
fn free_the_names(docker: &Docker) -> Result<()> {
    let ours = format!("label={LABEL}");
    let kinds = [
        ("container", &["ls", "--all"][..], &["rm", "--force", "--volumes"][..], &[REDIS, RABBITMQ, SITE][..]),
        ("network", &["ls"][..], &["rm"][..], &[NETWORK][..]),
    ];
    for (kind, list, remove, names) in kinds {
        for &name in names {
            let by_name = format!("name=^/?{name}$");
            let listed = |filters: &[&str]| docker.docker(&[&[kind], list, &["--quiet"], filters].concat());
            if listed(&["--filter", &by_name])?.is_empty() {
                continue;
            }
            if listed(&["--filter", &by_name, "--filter", &ours])?.is_empty() {
                bail!(
                    "the Docker Engine at {} has a {kind} {name} that is not ours, and the demo needs that name: \
                     rename or remove it, or set DOCKER_HOST to another engine",
                    docker.host()
                );
            }
            docker.docker(&[&[kind], remove, &[name]].concat())?;
            say(format!("removed {kind} {name}, which a killed demo had left"));
        }
    }
    Ok(())
}
