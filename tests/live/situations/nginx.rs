//! nginx 1.22 and 1.26, and the website behind it.

use std::{fs, path::Path, time::Duration};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use stagewatch::api::{
    MonitoringJobSpec,
    Severity::{Critical, Warning},
    Verdict::{ErrorsInvestigate, SuspiciousInvestigate},
    job::{ProfileName::Nginx, SecretRef, Tls},
};
use xtask::rig::docker::Container;

use crate::support::stage::{Look, SOON, Stage, ask, needs, on_both, site, wait_log};

/// nginx with one server on port 80, with these directives in it, after this much of a shell's script.
fn serving(stage: &Stage, before: &str, directives: &str) -> Result<Container> {
    let write = format!("echo 'server {{ listen 80; {directives} }}' > /etc/nginx/conf.d/default.conf");
    let script = format!("{before}\n{write}\nexec nginx -g 'daemon off;'");
    let nginx = stage.sh("nginx", &["--publish", "127.0.0.1::80"], &script)?;
    nginx.wait_healthy(SOON)?;
    Ok(nginx)
}

/// A job that watches nginx and its site.
fn job(stage: &Stage, nginx: &Container) -> Result<MonitoringJobSpec> {
    Ok(MonitoringJobSpec {
        websites: vec![site("http", nginx.port(80)?)],
        dependencies: vec![needs("site", &[nginx.name()])],
        ..stage.job(&[(nginx, Nginx)])
    })
}

/// A user of the site meets the trouble, and it is logged.
fn is_met(stage: &Stage, nginx: &Container) -> Result<()> {
    ask(nginx.port(80)?)?;
    wait_log(&stage.docker, nginx, "[error]", 1)
}

#[test]
fn its_upstream_refuses() -> Result<()> {
    on_both(|stage| {
        let nginx = serving(stage, "", "location / { proxy_pass http://127.0.0.1:8000; }")?;
        let done = "nothing listens where nginx passes requests on to";
        is_met(stage, &nginx)?;
        let seen = stage.look("nginx-upstream-refused", done, &job(stage, &nginx)?, Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Warning, nginx.name(), "upstream-refused"), &["UnexpectedStatus"])?;
        seen.explains(&["UnexpectedStatus"])
    })
}

#[test]
fn its_upstream_is_silent() -> Result<()> {
    on_both(|stage| {
        // It accepts, and says nothing.
        let silent = "nc -ll -p 8000 -e sleep 600 &";
        let nginx = serving(stage, silent, "location / { proxy_pass http://127.0.0.1:8000; proxy_read_timeout 1s; }")?;
        let done = "what nginx passes requests on to accepts them and never answers; proxy_read_timeout is 1 s";
        is_met(stage, &nginx)?;
        let seen = stage.look("nginx-upstream-timeout", done, &job(stage, &nginx)?, Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Warning, nginx.name(), "upstream-timeout"), &["UnexpectedStatus"])?;
        seen.explains(&["UnexpectedStatus"])
    })
}

#[test]
fn its_root_cannot_be_read() -> Result<()> {
    on_both(|stage| {
        let closed = "mkdir -m 700 /srv/site && echo hello > /srv/site/index.html";
        let nginx = serving(stage, &format!("mkdir -p /srv && {closed}"), "root /srv/site;")?;
        let done = "the folder that nginx serves belongs to root and is closed to others";
        is_met(stage, &nginx)?;
        let seen = stage.look("nginx-unreadable-root", done, &job(stage, &nginx)?, Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Warning, nginx.name(), "permission-denied"), &["UnexpectedStatus"])?;
        seen.explains(&["UnexpectedStatus"])
    })
}

#[test]
fn its_certificate_has_expired() -> Result<()> {
    on_both(|stage| {
        let files = tempfile::tempdir()?;
        let authority = expired(files.path())?;
        let secret = files.path().join("secrets/site-ca");
        fs::create_dir_all(&secret)?;
        fs::write(secret.join("ca.crt"), authority)?;
        let server = "server { listen 443 ssl; ssl_certificate /tls/tls.crt; ssl_certificate_key /tls/tls.key; }";
        let script = format!(
            "until [ -e /tls/tls.key ]; do sleep 0.1; done
            echo '{server}' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'"
        );
        let nginx = stage.sh("nginx", &["--publish", "127.0.0.1::443"], &script)?;
        let from = files.path().join("tls").display().to_string();
        stage.docker.docker(&["cp", &from, &format!("{}:/tls", nginx.name())])?;
        nginx.wait_healthy(SOON)?;
        let tls = Tls { ca_secret_ref: Some(SecretRef { name: "site-ca".into() }), ..Tls::default() };
        let mut website = site("https", nginx.port(443)?);
        website.tls = Some(tls);
        let job = MonitoringJobSpec {
            websites: vec![website],
            dependencies: vec![needs("site", &[nginx.name()])],
            ..stage.job(&[(&nginx, Nginx)])
        };
        let secrets = files.path().join("secrets");
        let look = Look { secrets: Some(&secrets), ..Look::default() };
        let done = "nginx serves a certificate that ended with 2020";
        let seen = stage.look("nginx-expired-certificate", done, &job, look)?;
        seen.comes_to(ErrorsInvestigate, (Critical, "site", "CertificateInvalid"), &[])
    })
}

/// Writes `tls/tls.crt` and `tls/tls.key` of a certificate for `site.test` that ended with 2020, and gives its
/// authority's own.
fn expired(folder: &Path) -> Result<String> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let mut params = CertificateParams::new(vec!["site.test".to_owned()])?;
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    let tls = folder.join("tls");
    fs::create_dir(&tls)?;
    fs::write(tls.join("tls.crt"), certificate.pem())?;
    fs::write(tls.join("tls.key"), key.serialize_pem())?;
    Ok(authority.pem())
}

#[test]
fn it_is_told_to_reload_what_is_wrong() -> Result<()> {
    on_both(|stage| {
        let nginx = serving(stage, "", "location / { return 200 ok; }")?;
        nginx.exec(&["sh", "-c", "echo 'server { prxy_pass; }' > /etc/nginx/conf.d/default.conf"])?;
        nginx.docker(&["kill", "--signal", "HUP"])?;
        wait_log(&stage.docker, &nginx, "[emerg]", 1)?;
        // Just after these words it could still end of them.
        std::thread::sleep(Duration::from_secs(2));
        let done = "nginx was sent SIGHUP after its configuration was made wrong; it goes on with the old one";
        let seen = stage.look("nginx-failed-reload", done, &job(stage, &nginx)?, Look::default())?;
        // It goes on as before, and only its next start fails.
        seen.comes_to(SuspiciousInvestigate, (Warning, nginx.name(), "config-error"), &[])
    })
}
