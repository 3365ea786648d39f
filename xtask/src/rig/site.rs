//! A small live site over HTTPS: it redirects, shows a page, and tells on `/health` whether its Redis answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::certificates::Authority;
use super::docker::{Container, ContainerOptions, Docker, Network};
use super::{free_ports, write_private};

const HEALTHY_WITHIN: Duration = Duration::from_mins(1);

/// nginx does not speak to Redis: a shell behind it does.
const COMMAND: &str =
    "httpd -p 127.0.0.1:8080 -h /site/www && exec nginx -e stderr -c /site/nginx.conf -g 'daemon off;'";

/// Without `absolute_redirect off` the redirect would carry the port inside the container.
const NGINX: &str = r#"events {}
http {
    access_log /dev/stdout;
    server {
        listen 443 ssl;
        ssl_certificate /site/tls.crt;
        ssl_certificate_key /site/tls.key;
        absolute_redirect off;
        location = / { return 302 /entry; }
        location = /entry {
            default_type text/html;
            return 200 "<!doctype html><html><head><title>AutoPAR</title></head><body><h1>AutoPAR</h1></body></html>\n";
        }
        location = /health { proxy_pass http://127.0.0.1:8080/cgi-bin/health; }
    }
}
"#;

/// A network that is told of no such name may look for it elsewhere, and long.
const HEALTH: &str = r#"#!/bin/sh
if printf 'PING\r\nQUIT\r\n' | timeout 3 nc REDIS 6379 | grep -q PONG
then printf 'Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"ok"}\n'
else printf 'Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n{"status":"redis is unreachable"}\n'
fi
"#;

/// A running (or stopped) site; dropping it removes it.
#[derive(Debug)]
pub struct Site {
    container: Container,
    authority: String,
    port: u16,
}

impl Site {
    /// Starts one for `host` in a container of this name, on a port of this machine's loopback that stays over a stop and a start.
    ///
    /// `redis` is the name of the Redis that its health rests on, in `network`; `folder`, which should be empty, takes its files.
    pub fn start(
        docker: &Docker,
        network: &Network,
        name: &str,
        host: &str,
        redis: &str,
        folder: &Path,
    ) -> Result<Self> {
        let authority = Authority::new("Stagewatch rig site CA")?;
        let identity = authority.server(&[host])?;
        let scripts = folder.join("www/cgi-bin");
        fs::create_dir_all(&scripts)?;
        let health = scripts.join("health");
        fs::write(&health, HEALTH.replace("REDIS", redis))?;
        fs::set_permissions(&health, fs::Permissions::from_mode(0o755))?;
        fs::write(folder.join("nginx.conf"), NGINX)?;
        fs::write(folder.join("tls.crt"), identity.certificate)?;
        write_private(&folder.join("tls.key"), &identity.key)?;

        let [port] = free_ports()?;
        let publish = format!("127.0.0.1:{port}:443");
        let options = ContainerOptions {
            options: &["--network", network.name(), "--publish", &publish],
            command: &["sh", "-c", COMMAND],
        };
        let container = docker.create_as(name, "stagewatch-rig/nginx:12", &options)?;
        // Copied, not mounted: the engine may be in another machine, as on a laptop it often is.
        docker.docker(&["cp", &folder.display().to_string(), &format!("{name}:/site")])?;
        container.docker(&["start"])?;
        container.wait_healthy(HEALTHY_WITHIN)?;
        Ok(Self { container, authority: authority.certificate(), port })
    }

    /// Its container, to stop and to start.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The certificate of the authority that signed its own, as PEM text.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Its port of this machine's loopback.
    pub fn port(&self) -> u16 {
        self.port
    }
}
