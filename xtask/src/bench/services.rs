//! What services write: records as in `tests/logs/records.txt`, `tests/recordings` and the profiles' tests, with values
//! in the place of `{n}` (up to 99 999), `{b}` (up to 255), `{w}` (a word) and `{t}` (the service's own time).

/// A service whose log is made.
#[derive(Clone, Copy)]
pub(super) struct Service {
    /// The profile that its container has.
    pub(super) profile: &'static str,
    /// What it writes while all is well; all are as frequent.
    pub(super) healthy: &'static [&'static str],
    /// What it then writes once a minute or once a start; nearly all that is benign or clears something is among it.
    pub(super) seldom: &'static [&'static str],
    /// Records that some pattern is for.
    pub(super) hits: &'static [&'static str],
    pub(super) time: Time,
}

/// How a service writes the time.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// `24 Nov 2026 05:44:36.123`
    Redis,
    /// `2026-11-24 05:44:36.123456+00:00`
    Rabbitmq,
    /// `24/Nov/2026:05:44:36 +0000`
    Nginx,
    /// `2026-11-24 05:44:36.123 UTC`
    Postgres,
    /// `2026-11-24 05:44:36,123`
    Iso,
}

/// The parts of a corpus, of about the same size.
pub(super) const SERVICES: [Service; 5] = [
    Service {
        profile: "redis",
        healthy: &[
            "1:M {t} - Accepted 10.0.{b}.{b}:{n}",
            "1:M {t} - Client closed connection id={n} addr=10.0.{b}.{b}:{n} laddr=10.0.0.2:6379 fd={b} name= age={b} idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=20474 argv-mem=0 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37632 events=r cmd={w} user=default redir=-1 resp=2",
            "1:M {t} - DB 0: {n} keys ({n} volatile) in {n} slots HT.",
            "1:M {t} - {b} clients connected (0 replicas), {n} bytes in use",
            "1:M {t} - Accepted 10.0.{b}.{b}:{n}",
            "1:M {t} - Client closed connection id={n} addr=10.0.{b}.{b}:{n} laddr=10.0.0.2:6379 fd={b} name={w} age={n} idle={b} flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=22298 events=r cmd={w} user=default redir=-1 resp=2",
        ],
        seldom: &[
            "1:M {t} * {n} changes in 60 seconds. Saving...\n1:M {t} * Background saving started by pid 71\n71:C {t} * DB saved on disk\n71:C {t} * Fork CoW for RDB: current {b} MB, peak {b} MB, average {b} MB\n1:M {t} * Background saving terminated with success",
            "1:C {t} # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition. Being disabled, it can also cause failures without low memory condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect.",
            "1:M {t} * Ready to accept connections tcp",
        ],
        hits: &[
            "1:M {t} # Error accepting a client connection: accept4: Too many open files",
            "1:M {t} # Can't save in background: fork: Cannot allocate memory",
            "{b}:C {t} # Write error saving DB on disk: No space left on device",
            "1:M {t} # Background saving error",
            "1:S {t} # MASTER aborted replication with an error: NOAUTH Authentication required.",
        ],
        time: Time::Redis,
    },
    Service {
        profile: "rabbitmq",
        healthy: &[
            "{t} [info] <0.{n}.0> accepting AMQP connection <0.{n}.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672)",
            "{t} [info] <0.{n}.0> connection <0.{n}.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672): user 'app' authenticated and granted access to vhost '/'",
            "{t} [info] <0.{n}.0> closing AMQP connection <0.{n}.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672, vhost: '/', user: 'app')",
            "{t} [info] <0.{n}.0> accepting AMQP connection 10.0.{b}.{b}:{n} -> 10.0.0.3:5672",
            "{t} [info] <0.{n}.0> connection 10.0.{b}.{b}:{n} -> 10.0.0.3:5672 has a client-provided name: {w}-{b}",
            "{t} [info] <0.{n}.0> connection 10.0.{b}.{b}:{n} -> 10.0.0.3:5672 - {w}-{b}: user 'app' authenticated and granted access to vhost '/'",
            "{t} [info] <0.{n}.0> closing AMQP connection (10.0.{b}.{b}:{n} -> 10.0.0.3:5672 - {w}-{b}, vhost: '/', user: 'app', duration: '{b}s')",
        ],
        seldom: &[
            "{t} [info] <0.{n}.0> Feature flags:   [x] {w}_{w}_queue\n{t} [info] <0.{n}.0> Feature flags:   [ ] {w}_{w}",
            "{t} [info] <0.{n}.0> Waiting for Mnesia tables for 30000 ms, 9 retries left\n{t} [info] <0.{n}.0> Successfully synced tables from a peer",
            "{t} [info] <0.{n}.0> Running boot step {w}_{w} defined by app rabbit",
            "{t} [info] <0.{n}.0> Making sure data directory '/var/lib/rabbitmq/mnesia/rabbit@rabbit/msg_stores/vhosts/628WB79CIFDYO9LJI6DKMI09L' for vhost '/' exists",
            "{t} [notice] <0.{n}.0>     alarm_handler: {clear,system_memory_high_watermark}",
        ],
        hits: &[
            "{t} [error] <0.795.0> closing AMQP connection <0.795.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672):\n{t} [error] <0.795.0> missed heartbeats from client, timeout: 60s",
            "{t} [warning] <0.795.0> closing AMQP connection <0.795.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672, vhost: '/', user: 'app'):\n{t} [warning] <0.795.0> client unexpectedly closed TCP connection",
            "{t} [error] <0.{n}.0> PLAIN login refused: user '{w}' - invalid credentials",
            "{t} [error] <0.795.0> Channel error on connection <0.782.0> (10.0.{b}.{b}:{n} -> 10.0.0.3:5672, vhost: '/', user: 'app'), channel {b}:\n{t} [error] <0.795.0> operation queue.declare caused a channel exception precondition_failed: inequivalent arg 'durable' for queue '{w}' in vhost '/': received 'true' but current is 'false'",
        ],
        time: Time::Rabbitmq,
    },
    Service {
        profile: "nginx",
        healthy: &[
            "10.0.{b}.{b} - - [{t}] \"GET /api/v1/{w}/{n} HTTP/1.1\" 200 {n} \"https://staging.example.org/{w}/{n}\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\"",
            "10.0.{b}.{b} - - [{t}] \"GET /health HTTP/1.1\" 200 {b} \"-\" \"kube-probe/1.34\" \"-\"",
            "10.0.{b}.{b} - - [{t}] \"POST /api/v1/{w}?page={b}&size={b} HTTP/2.0\" 201 {n} \"-\" \"okhttp/4.12.0\"",
            "10.0.{b}.{b} - - [{t}] \"GET /static/{w}.{n}.js HTTP/1.1\" 304 0 \"https://staging.example.org/\" \"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1\"",
            "10.0.{b}.{b} - - [{t}] \"GET /{w}/{w}/{n} HTTP/1.1\" 404 153 \"-\" \"Go-http-client/1.1\"",
            "10.0.{b}.{b} - {w} [{t}] \"PUT /api/v1/{w}/{n}/{w} HTTP/1.1\" 204 0 \"-\" \"python-requests/2.32.3\" \"10.1.{b}.{b}\" rt=0.0{b} uct=0.000 urt=0.0{b}",
            "10.0.{b}.{b} - - [{t}] \"GET /errors?user=a{n}@example.org HTTP/1.1\" 200 {n} \"-\" \"curl/7.88.1\" \"-\"",
        ],
        seldom: &[
            "2026/11/24 05:45:36 [notice] 1#1: signal 1 (SIGHUP) received from 40, reconfiguring\n2026/11/24 05:45:36 [notice] 1#1: start worker process {b}\n2026/11/24 05:45:36 [notice] 29#29: gracefully shutting down\n2026/11/24 05:45:36 [notice] 1#1: worker process 29 exited with code 0",
        ],
        hits: &[
            "2026/11/24 05:44:36 [error] 31#31: *{n} connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.{b}.{b}, server: staging.example.org, request: \"GET /api/v1/{w} HTTP/1.1\", upstream: \"http://10.0.0.5:8080/api/v1/{w}\", host: \"staging.example.org\"",
            "2026/11/24 05:44:36 [error] 31#31: *{n} upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.{b}.{b}, server: staging.example.org, request: \"GET /{w} HTTP/1.1\", upstream: \"http://10.0.0.5:8080/{w}\", host: \"staging.example.org\"",
            "10.0.{b}.{b} - - [{t}] \"GET /api/v1/{w}/{n} HTTP/1.1\" 502 157 \"-\" \"okhttp/4.12.0\"",
            "2026/11/24 05:44:36 [crit] 31#31: *{n} open() \"/var/cache/nginx/{w}\" failed (28: No space left on device) while reading upstream, client: 10.0.{b}.{b}, server: staging.example.org",
        ],
        time: Time::Nginx,
    },
    Service {
        profile: "postgres",
        healthy: &[
            "{t} [{n}] LOG:  connection received: host=10.0.{b}.{b} port={n}",
            "{t} [{n}] app@app LOG:  connection authenticated: identity=\"app\" method=scram-sha-256 (/etc/postgresql/17/main/pg_hba.conf:{b})",
            "{t} [{n}] app@app LOG:  connection authorized: user=app database=app application_name={w}",
            "{t} [{n}] app@app LOG:  disconnection: session time: 0:00:{b}.{b} user=app database=app host=10.0.{b}.{b} port={n}",
            "{t} [{n}] app@app LOG:  duration: {n}.{b} ms  statement: SELECT id, state, total FROM {w} WHERE customer = {n} AND state <> 'done' ORDER BY created DESC LIMIT {b}",
            "{t} [{n}] app@app LOG:  duration: {n}.{b} ms  execute <unnamed>: UPDATE {w}\n\tSET state = 'done', total = {n}\n\tWHERE id = {n}",
        ],
        seldom: &[
            "{t} [27] LOG:  checkpoint starting: time",
            "{t} [27] LOG:  checkpoint complete: wrote {n} buffers (0.3%); 0 WAL file(s) added, 0 removed, 0 recycled; write=4.215 s, sync=0.005 s, total=4.228 s; sync files={b}, longest=0.003 s, average=0.001 s; distance={n} kB, estimate={n} kB; lsn=0/19{n}, redo lsn=0/19{n}",
            "{t} [{n}] LOG:  automatic vacuum of table \"app.public.{w}\": index scans: 1\n\tpages: 0 removed, {n} remain, {n} scanned (100.00% of total)\n\ttuples: {n} removed, {n} remain, 0 are dead but not yet removable\n\tremovable cutoff: {n}, which was 0 XIDs old when operation ended\n\tbuffer usage: {n} hits, {b} misses, {b} dirtied\n\tsystem usage: CPU: user: 0.0{b} s, system: 0.00 s, elapsed: 0.{b} s",
            "{t} [1] LOG:  database system is ready to accept connections",
        ],
        hits: &[
            "{t} [{n}] app@app FATAL:  sorry, too many clients already",
            "{t} [77] app@app ERROR:  could not extend file \"base/16384/{n}\": No space left on device\n{t} [77] app@app HINT:  Check free disk space.",
            "{t} [78] app@app FATAL:  password authentication failed for user \"app\"\n{t} [78] app@app DETAIL:  Role \"app\" does not exist.",
            "{t} [79] app@app ERROR:  deadlock detected\n{t} [79] app@app DETAIL:  Process 79 waits for ShareLock on transaction {n}; blocked by process {n}.\n{t} [79] app@app HINT:  See server log for query details.\n{t} [79] app@app STATEMENT:  UPDATE {w} SET total = {n} WHERE id = {n}",
        ],
        time: Time::Postgres,
    },
    Service {
        profile: "generic",
        healthy: &[
            "{\"level\":\"info\",\"ts\":\"{t}\",\"caller\":\"server/handler.go:{b}\",\"msg\":\"request served\",\"method\":\"GET\",\"path\":\"/api/v1/{w}/{n}\",\"status\":200,\"durationMs\":{b},\"bytes\":{n},\"requestId\":\"{n}-{b}-{n}\",\"user\":\"{w}\"}",
            "time=\"{t}\" level=info msg=\"batch written\" component={w} rows={n} duration={b}ms queue={w}.{b} attempt=1 errors=0",
            "{t}  INFO 1 --- [worker-{b}] c.e.jobs.Import{n} : finished {n} of {n} records in {b} ms",
            "{t} app.{w} INFO job {n} done in {b} ms ({w}, {w})",
            "INFO 0 jobs failed, {n} done, {b} waiting",
            "{\"level\":30,\"time\":17954910{n},\"pid\":{b},\"hostname\":\"web-{b}\",\"req\":{\"id\":{n},\"method\":\"GET\",\"url\":\"/{w}/{n}\",\"headers\":{\"host\":\"staging.example.org\",\"user-agent\":\"kube-probe/1.34\",\"accept\":\"*/*\"},\"remoteAddress\":\"10.0.{b}.{b}\"},\"res\":{\"statusCode\":200,\"headers\":{\"content-type\":\"application/json; charset=utf-8\",\"content-length\":\"{n}\"}},\"responseTime\":{b},\"msg\":\"request completed\"}",
            "I1124 05:44:36.0{n}       1 controller.go:{b}] reconciled {w}/{w}-{b} in {b}ms",
            "{t} DEBUG cache hit for key {w}:{n}:{w}, age {b} s, size {n} bytes",
            "INFO:     10.0.{b}.{b}:{n} - \"GET /{w}/{n} HTTP/1.1\" 200 OK",
            "info: Microsoft.EntityFrameworkCore.Database.Command[20101]\n      Executed DbCommand ({b}ms) [Parameters=[], CommandType='Text', CommandTimeout='30']\n      SELECT id, state FROM {w} WHERE id = {n}",
            "[GIN] 2026/11/24 - 05:44:36 | 200 |     1.{b}ms |      10.0.{b}.{b} | GET      \"/{w}/{n}\"",
        ],
        seldom: &["{t} WARN  [worker-{b}] retrying {w} in {b} ms, attempt 1 of 5: timeout"],
        hits: &[
            "{\"level\":\"error\",\"ts\":\"{t}\",\"caller\":\"server/handler.go:{b}\",\"msg\":\"request failed\",\"path\":\"/api/v1/{w}/{n}\",\"status\":500,\"error\":\"dial tcp 10.0.{b}.{b}:6379: connect: connection refused\"}",
            "time=\"{t}\" level=error msg=\"cannot write batch\" component={w} err=\"no space left on device\"",
            "{t} app.{w} ERROR job {n} failed\nTraceback (most recent call last):\n  File \"/app/{w}.py\", line {b}, in run\n    self.{w}({n})\n  File \"/app/{w}.py\", line {b}, in {w}\n    return self.client.get(key)\nredis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
            "{t} ERROR 1 --- [worker-{b}] c.e.jobs.Import{n} : gave up after {b} attempts",
        ],
        time: Time::Iso,
    },
];
