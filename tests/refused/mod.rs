//! One spec for each thing that the schema refuses: what is wrong, what the message has to offer instead, and that it
//! is accepted. `tests/api.rs` asks the Rust rules and `validate`, `tests/live/crd.rs` a real API server.

use serde_json::{Value, json};

/// What is refused.
pub struct Refused {
    /// Of which base: a job, or a run.
    pub of_run: bool,
    /// The JSON pointer of what is written.
    pub at: &'static str,
    /// What is refused there.
    pub bad: Value,
    /// What is accepted there.
    pub good: Value,
    /// What the message has to contain.
    pub says: &'static str,
    /// Whether a rule of ours says it, in the same words on both sides; else the schema's keywords do.
    pub rule: bool,
}

impl Refused {
    /// The whole object, with `value` where the row says.
    pub fn object(&self, value: &Value) -> Value {
        let mut object = if self.of_run { run() } else { job() };
        set(&mut object, self.at, value.clone());
        object
    }

    /// As it is told when a test fails.
    pub fn title(&self) -> String {
        format!("{} = {}", self.at, self.bad.to_string().chars().take(100).collect::<String>())
    }
}

/// Writes `value` at `pointer`; null takes the field out.
fn set(object: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer begins with /");
    match object.pointer_mut(parent).expect("the base has the parent") {
        Value::Object(fields) if value.is_null() => {
            fields.remove(last);
        }
        Value::Object(fields) => {
            fields.insert(last.to_owned(), value);
        }
        Value::Array(items) => items[last.parse::<usize>().expect("an index")] = value,
        other => panic!("{parent} is {other}"),
    }
}

/// A job that uses every part of the spec.
pub fn job() -> Value {
    json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringJob",
        "metadata": {"name": "base", "namespace": "default"},
        "spec": {
            "environment": "Base", "title": "BASE MONITORING",
            "schedule": {
                "cron": ["15 3 * * *"], "timeZone": "Etc/UTC", "startingDeadline": "1h", "concurrencyPolicy": "Forbid", "jitter": "30s"
            },
            "suspend": false, "lookback": "4h", "timeout": "5m", "dryRun": false,
            "history": {"keep": 10, "keepProblems": 10},
            "confirm": {"attempts": 2, "delay": "10s"},
            "websites": [{
                "name": "staging", "url": "https://staging.example.com", "timeout": "10s",
                "latency": {"warning": "3s", "critical": "10s"},
                "tls": {"warning": "14d", "critical": "3d", "caSecretRef": {"name": "ca"}},
                "resolve": "10.0.0.5",
                "headers": [
                    {"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}},
                    {"name": "Accept", "value": "text/html"}
                ],
                "checks": [
                    {"name": "home", "path": "/", "followRedirects": false, "expect": {"status": ["302"], "location": "/entry"}},
                    {"name": "health", "path": "/health", "expect": {
                        "status": ["2xx"], "body": [{"contains": "ok"}, {"contains": "sorry", "absent": true, "raw": true}],
                        "json": [{"path": "$.status", "equals": "ok"}]
                    }}
                ]
            }],
            "dockerHosts": [
                {"name": "staging-host", "host": "tcp://staging-host:2376", "tlsSecretRef": {"name": "docker-tls"}, "containers": [
                    {"name": "autopar-redis", "label": "Redis", "profile": "redis"},
                    {"name": "autopar-rabbitmq", "profile": "rabbitmq", "cpuPercent": {"warning": 85}, "memoryPercent": {"warning": 80, "critical": 95}}
                ]},
                {"name": "local", "host": "unix:///var/run/docker.sock", "containers": [{"name": "web"}]}
            ],
            "dependencies": [{"subject": "staging", "needs": ["autopar-redis"]}],
            "patterns": [
                {"id": "auth", "severity": "Critical", "contains": "authentication failed"},
                {"id": "retries", "severity": "Warning", "regex": "retry", "minCount": 20, "per": "10m", "subjects": ["autopar-rabbitmq"]},
                {"id": "summary", "severity": "Ignore", "contains": "0 jobs failed"}
            ],
            "overrides": [
                {"id": "container/autopar-rabbitmq/HighMemory", "severity": "Info", "until": "2026-12-01T00:00:00Z", "reason": "sized on Monday"}
            ],
            "analysis": {"claude": {
                "model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}, "analyze": "OnChange", "investigate": "OnIncident",
                "budget": {"turns": 20, "inputTokens": 200_000, "outputTokens": 16_000, "time": "5m", "dailyTokens": 2_000_000}
            }},
            "notifications": {
                "policy": "Always", "failureThreshold": 1, "successThreshold": 1, "ringOn": "Warning",
                "receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}, "messageThreadId": 12}}]
            }
        }
    })
}

/// A run that uses every part of the spec.
pub fn run() -> Value {
    json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringRun",
        "metadata": {"name": "base-now", "namespace": "default"},
        "spec": {
            "jobRef": {"name": "base"}, "trigger": "Schedule", "scheduledTime": "2026-11-24T10:30:00Z", "lookback": "4h",
            "dryRun": true, "failOn": "SUSPICIOUS_INVESTIGATE"
        }
    })
}

fn texts(count: usize) -> Value {
    (0..count).map(|i| Value::from(format!("x{i}"))).collect()
}

fn named(count: usize, key: &str, rest: &Value) -> Value {
    let item = |i| {
        let mut item = rest.clone();
        item[key] = format!("x{i}").into();
        item
    };
    (0..count).map(item).collect()
}

/// All rows.
pub fn table() -> Vec<Refused> {
    let mut rows = Vec::new();
    let mut add = |of_run, rule, at, bad: Value, good: Value, says| {
        rows.push(Refused { of_run, at, bad, good, says, rule });
    };
    rules(&mut |at, bad, good, says| add(false, true, at, bad, good, says));
    bounds(&mut |at, bad, good, says| add(false, false, at, bad, good, says));
    let long = "x".repeat(64);
    add(true, true, "/metadata/name", long.into(), json!("autopar-staging-now"), "autopar-staging-now");
    add(true, true, "/spec/jobRef/name", json!("Base"), json!("telegram"), "telegram");
    add(true, true, "/spec/lookback", json!("30s"), json!("4h"), "4h");
    add(true, true, "/spec/lookback", json!("8d"), json!("7d"), "7d");
    add(true, true, "/spec/trigger", json!("Manual"), json!("Schedule"), "Schedule");
    add(true, true, "/spec/scheduledTime", Value::Null, json!("2026-11-24T10:30:00Z"), "trigger Schedule");
    add(true, false, "/spec/scheduledTime", json!("tomorrow"), json!("2026-11-24T10:30:00Z"), "2026-11-24T10:30:00Z");
    add(true, false, "/spec/trigger", json!("FollowUp"), json!("Schedule"), "Schedule");
    add(true, false, "/spec/failOn", json!("ALL_GOOD"), json!("ERRORS_INVESTIGATE"), "ERRORS_INVESTIGATE");
    add(true, false, "/spec/jobRef/name", "x".repeat(41).into(), "x".repeat(40).into(), "40");
    add(true, false, "/spec/jobRef", Value::Null, json!({"name": "base"}), "required");
    rows
}

/// What the rules of `api::validation` say, in the same words on both sides.
#[expect(clippy::too_many_lines, reason = "a table")]
fn rules(add: &mut dyn FnMut(&'static str, Value, Value, &'static str)) {
    let mut add_all =
        |at, bads: &[Value], good: Value, says| bads.iter().for_each(|bad| add(at, bad.clone(), good.clone(), says));
    add_all("/metadata/name", &["x".repeat(41).into()], json!("autopar-staging"), "autopar-staging");
    add_all("/spec/environment", &[json!(" "), json!("two\nlines")], json!("Autopar Staging"), "Autopar Staging");
    add_all("/spec/title", &[json!("a\tb")], json!("Autopar Staging"), "Autopar Staging");
    add_all("/spec/lookback", &[json!("59s"), json!("7d1ms")], json!("4h"), "4h");
    add_all("/spec/timeout", &[json!("9s999ms"), json!("11m")], json!("5m"), "5m");
    add_all("/spec/schedule/startingDeadline", &[json!("29s"), json!("6h1s")], json!("1h"), "1h");
    add_all("/spec/schedule/jitter", &[json!("61m")], json!("30s"), "30s");
    add_all("/spec/confirm/delay", &[json!("61s")], json!("10s"), "10s");
    // Nothing to watch: what refers to subjects would be refused besides.
    add_all(
        "/spec",
        &[json!({"environment": "Base"})],
        json!({"environment": "Base", "websites": [{"name": "staging", "url": "https://staging.example.com"}]}),
        "websites: [{name: staging, url: \"https://staging.example.com\"}]",
    );

    let site = "/spec/websites/0/name";
    add_all(site, &[json!("Staging"), json!("-a"), json!("a."), json!("a_b")], json!("staging"), "staging");
    add_all(site, &[json!("staging-host"), json!("web")], json!("staging"), "staging");
    let urls = [
        "staging.example.com",
        "ftp://staging.example.com",
        "https://",
        "https://staging.example.com/",
        "https://staging.example.com/health",
        "https://me:secret@staging.example.com",
        "https://staging.example.com?x=1",
        "https://staging.example.com:x",
        "HTTPS://staging.example.com",
        "https://exa mple.com",
        "https://münchen.example",
    ];
    add_all(
        "/spec/websites/0/url",
        &urls.map(Value::from),
        json!("https://staging.example.com"),
        "https://staging.example.com",
    );
    add_all("/spec/websites/0/timeout", &[json!("99ms"), json!("5m1s")], json!("10s"), "10s");
    add_all("/spec/websites/0/latency/warning", &[json!("0s")], json!("3s"), "3s");
    add_all("/spec/websites/0/latency/critical", &[json!("301s")], json!("5m"), "5m");
    add_all(
        "/spec/websites/0/latency",
        &[json!({"warning": "10s", "critical": "3s"})],
        json!({"warning": "3s", "critical": "10s"}),
        "{warning: 3s, critical: 10s}",
    );
    add_all(
        "/spec/websites/0/tls",
        &[json!({"warning": "3d", "critical": "14d"})],
        json!({"warning": "14d", "critical": "3d"}),
        "{warning: 14d, critical: 3d}",
    );
    add_all("/spec/websites/0/tls/insecureSkipVerify", &[json!(true)], json!(false), "caSecretRef: {name: staging-ca}");
    add_all("/spec/websites/0/tls/caSecretRef/name", &[json!("Staging_CA")], json!("telegram"), "telegram");
    let addresses =
        ["localhost", "10.0.0", "10.0.0.05", "::ffff:10.0.0.5", "fe80::1%eth0", "10.0.0.5:80", "10.0.0.0/8"];
    add_all("/spec/websites/0/resolve", &addresses.map(Value::from), json!("fd00::5"), "fd00::5");
    let header = "/spec/websites/0/headers/1";
    add_all(
        header,
        &[
            json!({"name": "Accept"}),
            json!({"name": "Accept", "value": "x", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}),
        ],
        json!({"name": "Accept", "valueFrom": {"secretKeyRef": {"name": "staging-login", "key": "basic"}}}),
        "valueFrom: {secretKeyRef: {name: staging-login, key: basic}}",
    );
    let reserved = [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "connection",
        "Keep-Alive",
        "proxy-connection",
        "TE",
        "trailer",
        "Upgrade",
    ];
    add_all("/spec/websites/0/headers/1/name", &reserved.map(Value::from), json!("X-Team"), "another");
    add_all(
        "/spec/websites/0/headers/1/name",
        &[json!("Two Words"), json!("Name:"), json!("Ä")],
        json!("X-Team"),
        "letters, digits",
    );
    add_all(
        "/spec/websites/0/headers/1/value",
        &[json!("a\r\nX: b"), json!(" a"), json!("ä")],
        json!("text/html"),
        "text/html",
    );
    add_all("/spec/websites/0/headers/0/valueFrom/secretKeyRef/name", &[json!("Login")], json!("telegram"), "telegram");
    add_all("/spec/websites/0/headers/0/valueFrom/secretKeyRef/key", &[json!("a/b")], json!("api-key"), "api-key");
    add_all("/spec/websites/0/checks/0/name", &[json!("Home")], json!("staging"), "staging");
    add_all(
        "/spec/websites/0/checks/0/path",
        &[json!("health"), json!("/a b"), json!("/a#b"), json!("/ä")],
        json!("/health?full=1"),
        "/health?full=1",
    );
    add_all(
        "/spec/websites/0/checks/0/followRedirects",
        &[json!(true), Value::Null],
        json!(false),
        "followRedirects: false",
    );
    add_all("/spec/websites/0/checks/0/expect/location", &[json!("entry"), json!("/a b")], json!("/entry"), "/entry");
    add_all(
        "/spec/websites/0/checks/1/expect/status",
        &[json!(["20x"]), json!(["OK!"]), json!(["099"]), json!(["100"]), json!(["200", "2XX"])],
        json!(["200", "4xx"]),
        "200",
    );
    let mut checks = named(65, "name", &json!({"path": "/"}));
    let sites = |checks: Value| {
        let all = checks.as_array().expect("a list");
        let chunks = all.chunks(32).enumerate();
        let mut sites: Vec<Value> = chunks
            .map(|(i, checks)| json!({"name": format!("s{i}"), "url": "https://a.example", "checks": checks}))
            .collect();
        sites[0]["name"] = json!("staging");
        Value::from(sites)
    };
    let many = sites(checks.clone());
    checks.as_array_mut().expect("a list").pop();
    add_all("/spec/websites", &[many], sites(checks), "64");

    add_all("/spec/dockerHosts/0/name", &[json!("Host")], json!("staging-host"), "staging");
    add_all("/spec/dockerHosts/0/name", &[json!("web"), json!("autopar-redis")], json!("staging-host"), "staging-host");
    let engines = [
        "staging-host:2376",
        "tcp://staging-host",
        "tcp://staging-host:2376/x",
        "tcp://me@staging-host:2376",
        "ssh://me@staging-host",
        "https://staging-host:2376",
        "unix://docker.sock",
    ];
    add_all(
        "/spec/dockerHosts/0/host",
        &engines.map(Value::from),
        json!("tcp://staging-host:2376"),
        "tcp://staging-host:2376",
    );
    add_all(
        "/spec/dockerHosts/0/host",
        &[json!("unix:///var/run/docker.sock")],
        json!("tcp://staging-host:2376"),
        "tcp://staging-host:2376",
    );
    add_all(
        "/spec/dockerHosts/0/tlsSecretRef",
        &[Value::Null],
        json!({"name": "autopar-docker-tls"}),
        "tlsSecretRef: {name: autopar-docker-tls}",
    );
    add_all(
        "/spec/dockerHosts/1/host",
        &[
            json!("tcp://10.0.0.5:2375"),
            json!("tcp://127.0.0.1.example.com:2375"),
            json!("tcp://localhost.example:2375"),
        ],
        json!("tcp://127.0.0.1:2375"),
        "tcp://127.0.0.1:2375",
    );
    add_all("/spec/dockerHosts/1/host", &[json!("tcp://[::2]:2375")], json!("tcp://[::1]:2375"), "127.0.0.1");
    add_all("/spec/dockerHosts/0/tlsSecretRef/name", &[json!("TLS")], json!("telegram"), "telegram");
    add_all(
        "/spec/dockerHosts/1/containers/0/name",
        &[json!("_web"), json!("a/b")],
        json!("autopar-web"),
        "autopar-redis",
    );
    add_all(
        "/spec/dockerHosts/1/containers/0/name",
        &[json!("autopar-redis"), json!("staging"), json!("local")],
        json!("autopar-web"),
        "its own",
    );
    add_all("/spec/dockerHosts/0/containers/0/label", &[json!("\n")], json!("Autopar Staging"), "Autopar Staging");
    let percent = [json!({"warning": 96, "critical": 95})];
    add_all(
        "/spec/dockerHosts/0/containers/1/memoryPercent",
        &percent,
        json!({"warning": 80, "critical": 95}),
        "{warning: 80, critical: 95}",
    );
    add_all(
        "/spec/dockerHosts/0/containers/1/cpuPercent",
        &percent,
        json!({"warning": 80, "critical": 95}),
        "{warning: 80, critical: 95}",
    );
    add_all("/spec/dockerHosts/1/containers", &[named(63, "name", &json!({}))], named(62, "name", &json!({})), "64");

    add_all("/spec/dependencies/0/subject", &[json!("other")], json!("staging"), "staging");
    add_all(
        "/spec/dependencies/0/needs",
        &[json!(["other"]), json!(["autopar-redis", "other"])],
        json!(["autopar-redis"]),
        "autopar-redis",
    );
    add_all("/spec/dependencies/0/needs", &[json!(["staging"])], json!(["autopar-redis"]), "autopar-redis");
    add_all("/spec/patterns/0/id", &[json!("Auth")], json!("staging"), "staging");
    add_all("/spec/patterns/0/contains", &[Value::Null], json!("connection refused"), "connection refused");
    add_all("/spec/patterns/0/regex", &[json!("x")], Value::Null, "exactly one");
    add_all("/spec/patterns/2/minCount", &[json!(2)], Value::Null, "leave them out");
    add_all("/spec/patterns/2/per", &[json!("10m")], Value::Null, "leave them out");
    add_all("/spec/patterns/1/per", &[json!("999ms"), json!("169h")], json!("10m"), "10m");
    add_all(
        "/spec/patterns/1/subjects",
        &[json!(["other"]), json!(["staging"]), json!(["staging-host"])],
        json!(["autopar-redis"]),
        "autopar-redis",
    );
    let overridden = "/spec/overrides/0/id";
    let shapes = [
        "HighMemory",
        "autopar-redis/HighMemory",
        "container/autopar-redis",
        "container/autopar-redis/",
        "container/autopar-redis/High Memory",
        "container/autopar-redis/home/HighMemory",
        "website/staging/Slow",
        "logs/autopar-redis/*",
    ];
    add_all(
        overridden,
        &shapes.map(Value::from),
        json!("logs/autopar-redis/oom"),
        "such as \"container/autopar-redis/HighMemory\"",
    );
    add_all(overridden, &[json!("self/run/Failed")], json!("docker/local/EngineSlow"), "counts in any case");
    let unknown = [
        "container/other/HighMemory",
        "container/staging/HighMemory",
        "logs/staging-host/LogsUnavailable",
        "docker/autopar-redis/EngineSlow",
        "website/local/home/Slow",
        "website/staging/entry/Slow",
    ];
    add_all(
        overridden,
        &unknown.map(Value::from),
        json!("website/staging/health/Slow"),
        "names a website and its check",
    );
    add_all(
        "/spec/overrides/0/reason",
        &[json!(" "), json!("two\nlines")],
        json!("sized on Monday"),
        "Autopar Staging",
    );
    add_all(
        "/spec/analysis/claude/model",
        &[json!(""), json!("claude sonnet"), json!("-x")],
        json!("claude-sonnet-5-5"),
        "claude-sonnet-5-5",
    );
    add_all("/spec/analysis/claude/apiKeySecretRef/key", &[json!("a/b")], json!("api-key"), "api-key");
    add_all("/spec/analysis/claude/budget/time", &[json!("29s"), json!("31m")], json!("5m"), "30s to 30m");
    add_all("/spec/notifications/receivers/0/name", &[json!("Team")], json!("staging"), "staging");
    add_all(
        "/spec/notifications/receivers/0/telegram/secretRef/name",
        &[json!("Telegram")],
        json!("telegram"),
        "telegram",
    );
}

/// What the schema's keywords say: the API server in its words, `validate` in ours.
#[expect(clippy::too_many_lines, reason = "a table")]
fn bounds(add: &mut dyn FnMut(&'static str, Value, Value, &'static str)) {
    for at in [
        "/spec/lookback",
        "/spec/timeout",
        "/spec/websites/0/tls/warning",
        "/spec/patterns/1/per",
        "/spec/confirm/delay",
    ] {
        for bad in ["10", "5 m", "1.5m", "5M", "-5m", "", "213504d"] {
            let good = if at.ends_with("delay") { "10s" } else { "5m" };
            add(at, json!(bad), json!(if at.ends_with("warning") { "366d" } else { good }), "1d12h");
        }
    }
    add("/spec/websites/0/tls/warning", json!("367d"), json!("366d"), "366d");
    for (at, max) in [
        ("/spec/environment", 64),
        ("/spec/title", 64),
        ("/spec/schedule/timeZone", 64),
        ("/spec/patterns/0/id", 63),
        ("/spec/websites/0/checks/0/name", 63),
    ] {
        add(at, "x".repeat(max + 1).into(), "x".repeat(max).into(), if max == 64 { "64" } else { "63" });
    }
    let text = |length: usize| Value::from("x".repeat(length));
    add("/spec/environment", json!(""), json!("x"), "1");
    add("/spec/environment", Value::Null, json!("Base"), "required");
    add("/spec/schedule/cron", json!([]), json!(["@daily"]), "1");
    add("/spec/schedule/cron", texts(17), texts(16), "16");
    add("/spec/schedule/cron", json!(["@daily", "@daily"]), json!(["@daily"]), "@daily");
    add("/spec/schedule/cron", json!([text(101)]), json!([text(100)]), "100");
    add("/spec/schedule/concurrencyPolicy", json!("Allow"), json!("Replace"), "Replace");
    add("/spec/suspend", json!("yes"), json!(true), "boolean");
    for at in ["/spec/history/keep", "/spec/history/keepProblems"] {
        add(at, json!(0), json!(1), "1");
        add(at, json!(101), json!(100), "100");
        add(at, json!(1.5), json!(1), "integer");
        add(at, json!("5"), json!(5), "integer");
    }
    add("/spec/confirm/attempts", json!(0), json!(1), "1");
    add("/spec/confirm/attempts", json!(6), json!(5), "5");
    add("/spec/websites/0/name", text(64), json!("staging"), "63");
    add("/spec/websites/0/url", Value::Null, json!("https://staging.example.com"), "required");
    add(
        "/spec/websites/0/url",
        format!("https://{}", "x".repeat(505)).into(),
        format!("https://{}", "x".repeat(504)).into(),
        "512",
    );
    add("/spec/websites/0/resolve", text(46), json!("10.0.0.5"), "45");
    add(
        "/spec/websites/0/headers",
        named(17, "name", &json!({"value": "x"})),
        named(16, "name", &json!({"value": "x"})),
        "16",
    );
    add("/spec/websites/0/headers/1/name", text(65), text(64), "64");
    add("/spec/websites/0/headers/1/value", text(1025), text(1024), "1024");
    add("/spec/websites/0/headers/1/name", json!("Authorization"), json!("Accept"), "Authorization");
    add("/spec/websites/0/headers/0/valueFrom/secretKeyRef/name", text(254), text(253), "253");
    add("/spec/websites/0/headers/0/valueFrom/secretKeyRef/key", text(254), text(253), "253");
    add("/spec/websites/0/headers/0/valueFrom/secretKeyRef/key", Value::Null, json!("basic"), "required");
    add("/spec/websites/0/tls/caSecretRef/name", text(254), text(253), "253");
    add(
        "/spec/websites/0/checks",
        named(33, "name", &json!({"path": "/"})),
        named(32, "name", &json!({"path": "/"})),
        "32",
    );
    add("/spec/websites/0/checks/1/name", json!("home"), json!("health"), "home");
    add(
        "/spec/websites/0/checks/1/path",
        format!("/{}", "x".repeat(1024)).into(),
        format!("/{}", "x".repeat(1023)).into(),
        "1024",
    );
    let expect = |count: usize| (0..count).map(|i| Value::from((200 + i).to_string())).collect::<Value>();
    add("/spec/websites/0/checks/1/expect/status", expect(17), expect(16), "16");
    add("/spec/websites/0/checks/1/expect/status", json!(["200", "200"]), json!(["200"]), "200");
    add("/spec/websites/0/checks/1/expect/status", json!([200]), json!(["200"]), "string");
    add("/spec/websites/0/checks/0/expect/location", format!("/{}", "x".repeat(1024)).into(), json!("/entry"), "1024");
    let bodies = |count: usize| (0..count).map(|i| json!({"contains": format!("x{i}")})).collect::<Value>();
    add("/spec/websites/0/checks/1/expect/body", bodies(17), bodies(16), "16");
    add("/spec/websites/0/checks/1/expect/body/0/contains", text(257), text(256), "256");
    add("/spec/websites/0/checks/1/expect/body/0/contains", json!(""), json!("x"), "1");
    let paths = |count: usize| (0..count).map(|i| json!({"path": format!("$.x{i}")})).collect::<Value>();
    add("/spec/websites/0/checks/1/expect/json", paths(17), paths(16), "16");
    add("/spec/websites/0/checks/1/expect/json/0/path", text(257), text(256), "256");
    add("/spec/websites/0/checks/1/expect/json/0/equals", text(257), text(256), "256");
    add("/spec/websites/0/checks/1/expect/json/0/equals", json!(5), json!("5"), "string");
    let sites = |count| {
        let mut sites = named(count, "name", &json!({"url": "https://a.example"}));
        sites[0]["name"] = json!("staging");
        sites
    };
    add("/spec/websites", sites(17), sites(16), "16");
    let hosts = |count| {
        let mut hosts = named(count, "name", &json!({"host": "unix:///a"}));
        hosts[0]["containers"] = json!([{"name": "autopar-redis"}, {"name": "autopar-rabbitmq"}]);
        hosts
    };
    add("/spec/dockerHosts", hosts(9), hosts(8), "8");
    add("/spec/dockerHosts/0/host", Value::Null, json!("tcp://staging-host:2376"), "required");
    add(
        "/spec/dockerHosts/0/host",
        format!("unix:///{}", "x".repeat(256)).into(),
        json!("tcp://staging-host:2376"),
        "256",
    );
    add("/spec/dockerHosts/1/containers", named(65, "name", &json!({})), named(62, "name", &json!({})), "64");
    add("/spec/dockerHosts/1/containers/0/name", text(129), text(128), "128");
    add("/spec/dockerHosts/0/containers/0/label", text(65), text(64), "64");
    add("/spec/dockerHosts/0/containers/0/profile", json!("mysql"), json!("nginx"), "nginx");
    for at in [
        "/spec/dockerHosts/0/containers/1/cpuPercent/warning",
        "/spec/dockerHosts/0/containers/1/memoryPercent/warning",
    ] {
        add(at, json!(0), json!(1), "1");
    }
    for at in [
        "/spec/dockerHosts/0/containers/1/cpuPercent/critical",
        "/spec/dockerHosts/0/containers/1/memoryPercent/critical",
    ] {
        add(at, json!(101), json!(100), "100");
    }
    add("/spec/dependencies/0/needs", json!([]), json!(["autopar-redis"]), "1");
    add("/spec/dependencies/0/needs", texts(17), json!(["autopar-redis"]), "16");
    add(
        "/spec/patterns",
        named(65, "id", &json!({"severity": "Info", "contains": "x"})),
        named(64, "id", &json!({"severity": "Info", "contains": "x"})),
        "64",
    );
    add("/spec/patterns/0/severity", json!("Error"), json!("Critical"), "Critical");
    add("/spec/patterns/0/severity", Value::Null, json!("Critical"), "required");
    add("/spec/patterns/0/contains", text(257), text(256), "256");
    add("/spec/patterns/1/regex", text(513), text(512), "512");
    add("/spec/patterns/1/minCount", json!(0), json!(1), "1");
    add("/spec/patterns/1/minCount", json!(1_000_001), json!(1_000_000), "1");
    add("/spec/patterns/1/id", json!("auth"), json!("retries"), "auth");
    add("/spec/patterns/1/subjects", texts(65), json!(["autopar-redis"]), "64");
    add("/spec/notifications/policy", json!("Never"), json!("Problems"), "Problems");
    add("/spec/notifications/ringOn", json!("Info"), json!("Critical"), "Critical");
    for at in ["/spec/notifications/failureThreshold", "/spec/notifications/successThreshold"] {
        add(at, json!(0), json!(1), "1");
        add(at, json!(11), json!(10), "10");
    }
    let overrides = |count: usize| {
        let id = |i| json!({"id": format!("logs/autopar-redis/x{i}"), "severity": "Info", "reason": "x"});
        (0..count).map(id).collect::<Value>()
    };
    add("/spec/overrides", overrides(33), overrides(32), "32");
    add("/spec/overrides/0/id", text(257), json!("docker/local/EngineSlow"), "256");
    for bad in ["Ignore", "Mute", "info"] {
        add("/spec/overrides/0/severity", json!(bad), json!("Info"), "Info");
    }
    add("/spec/overrides/0/severity", Value::Null, json!("Critical"), "required");
    add("/spec/overrides/0/until", json!("tomorrow"), json!("2026-11-24T10:30:00Z"), "2026-11-24T10:30:00Z");
    add("/spec/overrides/0/until", json!("2026-12-01"), Value::Null, "2026-11-24T10:30:00Z");
    add("/spec/overrides/0/reason", text(201), text(200), "200");
    add("/spec/overrides/0/reason", Value::Null, json!("sized on Monday"), "required");
    add("/spec/analysis", json!({}), Value::Null, "required");
    add("/spec/analysis/claude/model", text(65), text(64), "64");
    add("/spec/analysis/claude/apiKeySecretRef", Value::Null, json!({"name": "claude", "key": "api-key"}), "required");
    add("/spec/analysis/claude/analyze", json!("Never"), json!("OnProblem"), "OnProblem");
    add("/spec/analysis/claude/investigate", json!("OnChange"), json!("Never"), "Never");
    for (at, least, most, says) in [
        ("/spec/analysis/claude/budget/turns", 1, 50, "5"),
        ("/spec/analysis/claude/budget/inputTokens", 10_000, 2_000_000, "2"),
        ("/spec/analysis/claude/budget/outputTokens", 1_000, 100_000, "1"),
        ("/spec/analysis/claude/budget/dailyTokens", 10_000, 100_000_000, "1"),
    ] {
        add(at, json!(least - 1), json!(least), "1");
        add(at, json!(most + 1), json!(most), says);
    }
    let telegram = json!({"telegram": {"secretRef": {"name": "telegram"}}});
    add("/spec/notifications/receivers", named(5, "name", &telegram), named(4, "name", &telegram), "4");
    add("/spec/notifications/receivers/0/telegram", Value::Null, telegram["telegram"].clone(), "required");
    add("/spec/notifications/receivers/0/telegram/messageThreadId", json!(0), json!(1), "1");
    add(
        "/spec/notifications/receivers/0/telegram/messageThreadId",
        json!(2_147_483_648_i64),
        json!(2_147_483_647),
        "2147483647",
    );
    // What there is not (yet) is refused by name: kubectl and `validate` are strict.
    add("/spec/analysis/openai", json!({}), Value::Null, "openai");
    add("/spec/websites/0/intervall", json!("5m"), Value::Null, "intervall");
}
