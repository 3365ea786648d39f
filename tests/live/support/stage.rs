//! Live containers of one Debian release, looked at as a run looks at them: from a job's spec to its report.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use jiff::Timestamp;
use stagewatch::{
    api::{
        Finding, FindingState, MonitoringJob, MonitoringJobSpec, Severity, Verdict, Window,
        job::{Confirm, Container as Watched, Dependency, DockerHost, ProfileName, Website},
        report::Report,
    },
    collect::{self, Collector},
    core::{previous::Previous, report},
    net::AddressPolicy,
    recording,
    secrets::Secrets,
};
use tokio::sync::mpsc;
use xtask::rig::{
    Rig,
    docker::{Container, ContainerOptions, Docker, Network},
    wait::wait_until,
};

/// How long anything that has to come may take; a busy machine starts RabbitMQ in half of it.
pub const SOON: Duration = Duration::from_mins(1);
const RELEASES: [&str; 2] = ["12", "13"];
/// A folder that keeps the recordings, `<release>-<situation>/` each, with a `NOTE` of what was done.
const KEEP: &str = "STAGEWATCH_KEEP_RECORDINGS";

/// One release of Debian, with its versions of the services.
pub struct Stage {
    pub docker: Docker,
    release: &'static str,
}

/// Plays a situation with the services of both releases, side by side.
pub fn on_both(situation: impl Fn(&Stage) -> Result<()> + Sync) -> Result<()> {
    let docker = Rig::from_env().docker;
    let outcomes = std::thread::scope(|scope| {
        let playing = RELEASES.map(|release| {
            let (stage, situation) = (Stage { docker: docker.clone(), release }, &situation);
            scope.spawn(move || situation(&stage).with_context(|| format!("on Debian {release}")))
        });
        playing.map(|playing| playing.join().unwrap_or_else(|_| Err(anyhow!("a situation panicked"))))
    });
    outcomes.into_iter().collect()
}

impl Stage {
    /// The stage of one release on this engine.
    pub fn of(docker: Docker, release: &'static str) -> Self {
        Self { docker, release }
    }

    /// Whether its services are Debian 12's: redis 7.0, RabbitMQ 3.10, nginx 1.22.
    pub fn is_12(&self) -> bool {
        self.release == "12"
    }

    /// Starts the release's `redis`, `rabbitmq` or `nginx`; an empty command is the image's own.
    pub fn run(&self, service: &str, options: &[&str], command: &[&str]) -> Result<Container> {
        let image = format!("stagewatch-rig/{service}:{}", self.release);
        self.docker.run(&format!("faults-{service}-{}", self.release), &image, &ContainerOptions { options, command })
    }

    /// The same with a shell's script for its command.
    pub fn sh(&self, service: &str, options: &[&str], script: &str) -> Result<Container> {
        self.run(service, options, &["sh", "-c", script])
    }

    /// The same under exactly this name, with the image's own command.
    pub fn run_as(&self, name: &str, service: &str, options: &[&str]) -> Result<Container> {
        let image = format!("stagewatch-rig/{service}:{}", self.release);
        self.docker.run_as(name, &image, &ContainerOptions { options, command: &[] })
    }

    /// A network for one situation.
    pub fn network(&self) -> Result<Network> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        self.docker.network(&format!("faults-{}-{}-{unique}", self.release, std::process::id()))
    }

    /// A job that watches these containers.
    pub fn job(&self, containers: &[(&Container, ProfileName)]) -> MonitoringJobSpec {
        let containers = containers.iter().map(|(container, profile)| Watched {
            name: container.name().to_owned(),
            profile: Some(*profile),
            ..Watched::default()
        });
        MonitoringJobSpec {
            environment: "Staging".into(),
            confirm: Some(Confirm { attempts: Some(1), delay: None }),
            docker_hosts: vec![DockerHost {
                name: "staging-host".into(),
                host: self.docker.host().to_owned(),
                containers: containers.collect(),
                ..DockerHost::default()
            }],
            ..MonitoringJobSpec::default()
        }
    }

    /// One run: looks, judges, and holds the report to that of the recording. `done` says what was done, for whoever
    /// keeps the recordings.
    #[expect(clippy::print_stdout, reason = "what was found is shown when the test fails")]
    pub fn look(&self, situation: &str, done: &str, spec: &MonitoringJobSpec, look: Look<'_>) -> Result<Seen> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let scratch = tempfile::tempdir()?;
        let folder = match std::env::var_os(KEEP) {
            Some(kept) => PathBuf::from(kept).join(format!("{}-{situation}", self.release)),
            None => scratch.path().join("recording"),
        };
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let seen = runtime.block_on(look.run(spec, &folder))?;
        std::fs::write(folder.join("NOTE"), format!("{done}\n"))?;
        println!("{situation} on Debian {}: {seen}", self.release);
        Ok(seen)
    }
}

/// What a run is given beside its job.
#[derive(Clone, Copy, Default)]
pub struct Look<'a> {
    /// Where its logs begin; none for the last hour.
    pub since: Option<Timestamp>,
    /// What was seen before.
    pub after: Option<&'a Seen>,
    /// The folder of its Secrets.
    pub secrets: Option<&'a Path>,
}

/// What a run came to.
pub struct Seen {
    report: Report,
    /// What it leaves to the next.
    previous: Previous,
}

impl<'a> Look<'a> {
    /// After what was seen before: its logs begin where those ended.
    pub fn after(seen: &'a Seen) -> Self {
        Self { after: Some(seen), ..Self::default() }
    }

    /// With logs from this instant on.
    pub fn since(since: Timestamp) -> Self {
        Self { since: Some(since), ..Self::default() }
    }

    async fn run(self, spec: &MonitoringJobSpec, folder: &Path) -> Result<Seen> {
        let job = MonitoringJob::new("faults", spec.clone());
        let now = Timestamp::now();
        let previous = self.after.map(|seen| seen.previous.clone()).unwrap_or_default();
        let since = self.since.or_else(|| Some(previous.window?.until));
        let window = Window { since: since.unwrap_or(now - Duration::from_hours(1)), until: now };
        let (sender, receiver) = mpsc::channel(64);
        let writer = recording::Writer::create(folder).await?;
        let collector = Collector::new(AddressPolicy::default().with_unix_sockets());
        let look =
            collect::Look { job: &job, window, logs: true, patience: SOON, evidence: Some(sender), progress: None };
        let secrets = Secrets::local(self.secrets, [], "/nonexistent/.env".as_ref())?;
        let (observations, written) =
            tokio::join!(collector.collect(look, &secrets), writer.write(&job, &previous, window, now, receiver));
        written?;
        let report = report::report(spec, &observations, &previous, window);
        let replayed = recording::read(folder)?.report();
        ensure!(replayed == report, "the recording comes to another report: {replayed:#?} is not {report:#?}");
        let previous = previous.followed_by(spec, &report, &report::containers(&observations));
        Ok(Seen { report, previous })
    }
}

impl Seen {
    /// Fails unless the verdict is this, the first finding and the probable cause are of this severity, subject and
    /// reason, and all others are among the reasons `beside`.
    pub fn comes_to(&self, verdict: Verdict, first: (Severity, &str, &str), beside: &[&str]) -> Result<()> {
        let Some(found) = self.report.findings.first() else { bail!("nothing was found: {self}") };
        let (severity, subject, reason) = first;
        ensure!(self.report.verdict == verdict, "the verdict is not {verdict:?}: {self}");
        let is = (found.severity, found.subject.as_str(), found.reason.as_str());
        ensure!(is == first, "the first finding is not {severity:?} {reason} of {subject}: {self}");
        let cause = self.report.probable_cause.as_ref();
        ensure!(cause.is_some_and(|cause| cause.finding_id == found.id), "the first finding is not the cause: {self}");
        let strange = self.bad().find(|f| f.id != found.id && !beside.contains(&f.reason.as_str()));
        ensure!(strange.is_none(), "{} was not to be found: {self}", strange.map_or("", |f| &f.id));
        Ok(())
    }

    /// Fails unless these are among what follows from the cause, each by its reason.
    pub fn explains(&self, reasons: &[&str]) -> Result<()> {
        let cause = self.report.probable_cause.as_ref().with_context(|| format!("no cause: {self}"))?;
        for reason in reasons {
            let told = self.bad().any(|f| f.reason == *reason && cause.consequences.contains(&f.id));
            ensure!(told, "{reason} is no consequence: {self}");
        }
        Ok(())
    }

    /// Fails when anything is found that is worth more than knowing.
    pub fn is_silent(&self) -> Result<()> {
        ensure!(self.report.verdict == Verdict::AllGood && self.bad().count() == 0, "it is not silent: {self}");
        Ok(())
    }

    /// Fails unless exactly this is found of each of these subjects, and nothing else that is worth more than knowing.
    pub fn is_only(&self, reason: &str, verdict: Verdict, subjects: &[&str]) -> Result<()> {
        let mut found: Vec<_> = self.bad().map(|f| (f.subject.as_str(), f.reason.as_str())).collect();
        let mut expected: Vec<_> = subjects.iter().map(|&subject| (subject, reason)).collect();
        found.sort_unstable();
        expected.sort_unstable();
        ensure!(self.report.verdict == verdict && found == expected, "it is not only {reason}: {self}");
        Ok(())
    }

    fn bad(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(|f| f.severity > Severity::Info && f.state != FindingState::Resolved)
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "{:?}", self.report.verdict)?;
        for f in &self.report.findings {
            writeln!(out, "  {:?} {:?} {} ×{}: {}", f.state, f.severity, f.id, f.count, f.message)?;
        }
        write!(out, "  cause: {:?}", self.report.probable_cause)
    }
}

/// A website on a port of loopback, asked once for `/`.
pub fn site(scheme: &str, port: u16) -> Website {
    let url = format!("{scheme}://site.test:{port}");
    Website { name: "site".into(), url, resolve: Some("127.0.0.1".into()), ..Website::default() }
}

/// Asks a site for `/`, as its users do: gives all of the answer.
pub fn ask(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(SOON))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: site.test\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// `subject` needs `needed`.
pub fn needs(subject: &str, needed: &[&str]) -> Dependency {
    Dependency { subject: subject.into(), needs: needed.iter().map(|&name| name.to_owned()).collect() }
}

/// What a container has logged so far.
fn log(docker: &Docker, container: &Container) -> Result<String> {
    let output = docker.command(&["logs", container.name()]).output()?;
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// Waits until a container has logged this text `times` times.
pub fn wait_log(docker: &Docker, container: &Container, text: &str, times: usize) -> Result<()> {
    let said = || log(docker, container).is_ok_and(|log| log.matches(text).count() >= times);
    wait_until(&format!("{text:?} {times}× in the log of {}", container.name()), SOON, said)
        .with_context(|| log(docker, container).unwrap_or_default())
}
