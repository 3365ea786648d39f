//! Ten minutes of ordinary load, and three clean restarts of each service: worth a word, and no more.

#[expect(dead_code, reason = "the other target uses the rest of it")]
mod support {
    pub mod amqp;
    pub mod stage;
}

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use stagewatch::api::{
    MonitoringJobSpec, Verdict,
    job::ProfileName::{Nginx, Rabbitmq, Redis},
};
use xtask::rig::{docker::Container, free_ports};

use support::{
    amqp::Amqp,
    stage::{Look, SOON, ask, needs, on_both, site},
};

const LOAD: Duration = Duration::from_mins(10);
const BENCHMARK: &str = "redis-benchmark -q -c 20 -n 20000 -r 10000 -t set,get,lpush,lpop";
/// How long each client of nginx waits between two requests.
const PAUSE: Duration = Duration::from_millis(5);
/// What a batch job does: comes, works off its messages, goes.
const MESSAGES: u32 = 500;

#[test]
fn load_is_silent_and_clean_restarts_are_told_as_such() -> Result<()> {
    on_both(|stage| {
        let [amqp, http] = free_ports()?;
        let (amqp_port, http_port) = (format!("127.0.0.1:{amqp}:5672"), format!("127.0.0.1:{http}:80"));
        let limited = ["--memory", "512m"];
        let redis = stage.run("redis", &limited, &[])?;
        let configured = "echo 'loopback_users = none' > /tmp/rabbitmq.conf
            RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf exec /usr/lib/rabbitmq/bin/rabbitmq-server";
        let rabbit = stage.sh("rabbitmq", &[&limited[..], &["--publish", &amqp_port]].concat(), configured)?;
        let nginx = stage.run("nginx", &[&limited[..], &["--publish", &http_port]].concat(), &[])?;
        let all = [&redis, &rabbit, &nginx];
        for one in all {
            one.wait_healthy(SOON * 3)?;
        }
        let job = MonitoringJobSpec {
            websites: vec![site("http", http)],
            dependencies: vec![needs("site", &[nginx.name()])],
            ..stage.job(&[(&redis, Redis), (&rabbit, Rabbitmq), (&nginx, Nginx)])
        };
        let before = stage.look("load-before", "redis, rabbitmq and nginx were started", &job, Look::default())?;
        before.is_silent()?;

        let end = Instant::now() + LOAD;
        let loads: [&(dyn Fn() -> Result<()> + Sync); 3] = [
            &|| {
                redis.exec(&["sh", "-c", BENCHMARK])?;
                thread::sleep(Duration::from_secs(1));
                Ok(())
            },
            &|| work_off(amqp),
            &|| {
                thread::sleep(PAUSE);
                ensure!(ask(http)?.contains(" 200 "), "nginx does not answer 200");
                Ok(())
            },
        ];
        let [benchmarks, batches, requests] = thread::scope(|scope| {
            let loads = loads.map(|load| {
                scope.spawn(move || -> Result<u64> {
                    let mut rounds = 0;
                    while Instant::now() < end {
                        load()?;
                        rounds += 1;
                    }
                    Ok(rounds)
                })
            });
            loads.map(|load| load.join().unwrap_or_else(|_| Err(anyhow!("a load panicked"))))
        });
        let done = format!(
            "ten minutes of load: {} runs of redis-benchmark, {} batches of {MESSAGES} messages, {} requests to nginx",
            benchmarks?, batches?, requests?
        );
        println!("{done}");
        let loaded = stage.look("load-after", &done, &job, Look::after(&before))?;

        for _ in 0..3 {
            for one in all {
                one.docker(&["restart"])?;
                one.wait_healthy(SOON * 3)?;
            }
        }
        let done = "redis, rabbitmq and nginx were restarted three times each by `docker restart`";
        let restarted = stage.look("load-restarted", done, &job, Look::after(&loaded))?;
        loaded.is_silent()?;
        restarted.is_only("Restarted", Verdict::SuspiciousInvestigate, &all.map(Container::name))
    })
}

/// Comes, works off its messages, goes.
fn work_off(port: u16) -> Result<()> {
    let mut client = Amqp::open(port, "guest", "guest")?;
    client.declare("batch")?;
    for _ in 0..MESSAGES {
        client.publish("batch", &[b'x'; 1024])?;
        client.get("batch")?;
    }
    client.close()
}
