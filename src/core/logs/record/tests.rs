//! Which lines are one record, and what is told of it.

use super::{super::line::split, *};

/// The records of these lines, each as its number of lines. Lines may have engine stamps.
fn records(lines: &[&str]) -> Vec<usize> {
    let (mut record, mut out) = (Record::new(), Vec::new());
    for line in lines {
        let (stamp, line) = split(line.as_bytes());
        if !record.take(stamp, line) {
            record.start(stamp, line);
            out.push(0);
        }
        *out.last_mut().unwrap() += 1;
    }
    out
}

/// As [`records`], with lines that come at once.
fn records_of(text: &str) -> Vec<usize> {
    records(&text.lines().collect::<Vec<_>>())
}

#[test]
fn a_rabbitmq_report_is_one_record() {
    assert_eq!(
        records(&[
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
            "2026-11-24 05:44:41.304151+00:00 [info] <0.795.0> closing AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672)",
            "2026-11-24 05:44:41.305638+00:00 [info] <0.800.0> accepting AMQP connection <0.800.0> (172.17.0.1:44646 -> 172.17.0.2:5672)",
        ]),
        [2, 1, 1]
    );
    // 3.8 writes the header once.
    assert_eq!(
        records(&[
            "2026-11-24 05:44:41.303 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):",
            "PLAIN login refused: user 'app' - invalid credentials",
            "2026-11-24 05:44:41.310 [error] <0.800.0> ** Generic server rabbit_disk_monitor terminating",
            "** Last message in was update",
            "** Reason for termination ==",
            "** {badarg,[]}",
            "2026-11-24 05:44:41.311 [info] <0.801.0> accepting AMQP connection",
        ]),
        [2, 4, 1]
    );
    // Up to 3.6 a report has its time above it and a blank line below.
    assert_eq!(
        records_of(
            "=ERROR REPORT==== 24-Nov-2026::05:44:41 ===\nError on AMQP connection <0.1.0>:\n{handshake_error,starting}\n\n\
             =INFO REPORT==== 24-Nov-2026::05:44:41 ===\naccepting AMQP connection <0.2.0>\n\nStarting broker... completed"
        ),
        [4, 3, 1]
    );
}

#[test]
fn what_java_throws_belongs_to_the_line_that_logs_it() {
    assert_eq!(
        records_of(
            "2026-11-24 05:44:36.123 ERROR 1 --- [main] c.e.App : failed\njava.lang.IllegalStateException: no\n\tat c.e.App.run(App.java:1)\n\
             \tSuppressed: java.io.IOException: close\n\t\tat c.e.App.close(App.java:9)\n\t\t... 1 more\nCaused by: java.io.IOException: broken\n\t... 12 more\n\
             2026-11-24 05:44:36.124  INFO 1 --- [main] c.e.App : next"
        ),
        [8, 1]
    );
    assert_eq!(
        records_of(
            "Exception in thread \"main\" java.lang.IllegalStateException: no\n\tat c.e.App.main(App.java:1)\nINFO next"
        ),
        [2, 1]
    );
    // Tomcat logs what a client sent wrong as information.
    assert_eq!(
        records_of(
            "24-Nov-2026 05:44:36.123 INFO [http-nio-8080-exec-1] o.a.c.Processor Error parsing HTTP request header\n Note: further occurrences are logged at DEBUG level.\njava.lang.IllegalArgumentException: Invalid character found in method name\n\tat o.a.c.X.y(X.java:1)"
        ),
        [4]
    );
    assert_eq!(
        records_of(
            "Nov 24, 2026 5:44:36 AM org.apache.catalina.core.StandardService startInternal\nSEVERE: Failed to start\norg.apache.catalina.LifecycleException: no\n\tat o.a.c.X.y(X.java:1)\nNov 24, 2026 5:44:36 AM org.apache.X start\nINFO: next"
        ),
        [4, 2]
    );
    assert_eq!(
        records_of(
            "2026-11-24 05:44:36.123 ERROR 1 --- [main] o.s.b.d.LoggingFailureAnalysisReporter   : \n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nWeb server failed to start. Port 8080 was already in use.\n\nAction:\n\nIdentify and stop the process.\n\n2026-11-24 05:44:37.123  INFO 1 --- [main] c.e.App : next"
        ),
        [14, 1]
    );
    let crash = "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x0, pid=1, tid=7\n#";
    assert_eq!(records_of(&format!("{crash}\nINFO next")), [5, 1]);
}

#[test]
fn what_comes_later_is_a_failure_of_its_own() {
    let at = |ms: u32, line: &str| format!("2026-11-24T05:44:36.{ms:03}000000Z {line}");
    let lines = [
        at(0, "ERROR job failed"),
        at(400, "Traceback (most recent call last):"),
        at(400, "  File \"a.py\", line 1, in <module>"),
        at(401, "ValueError: no"),
        at(700, "INFO connecting"),
        at(701, "Traceback (most recent call last):"),
        at(701, "  File \"a.py\", line 1, in <module>"),
        at(701, "ValueError: no"),
        at(800, "WARN retrying"),
        at(990, "java.io.IOException: broken"),
        at(990, "\tat c.e.App.run(App.java:1)"),
    ];
    assert_eq!(records(&lines.each_ref().map(String::as_str)), [1, 3, 1, 3, 1, 2]);
}

#[test]
fn a_line_of_another_program_within_a_trace_does_not_hide_the_rest() {
    let lines = [
        "ERROR request failed",
        "java.lang.RuntimeException: no",
        "INFO another program",
        "\tat c.e.App.run(App.java:1)",
        "Caused by: java.lang.OutOfMemoryError: Java heap space",
        "\tat c.e.App.run(App.java:1)",
    ];
    assert_eq!(records(&lines), [2, 1, 3]);
}

#[test]
fn python_chains_are_one_record() {
    assert_eq!(
        records_of(
            "ERROR:root:job failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    x()\nValueError: no\n\n\
             During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nKeyError: 'x'\nINFO next"
        ),
        [11, 1]
    );
    assert_eq!(
        records_of(
            "ERROR:    Exception in ASGI application\n  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 76, in collapse\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"a.py\", line 1, in x\n    | ValueError: no\n    +------------------------------------\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 3, in y\nValueError: no\nINFO:     127.0.0.1:5000 - \"GET / HTTP/1.1\" 500 Internal Server Error"
        ),
        [15, 1]
    );
    assert_eq!(
        records_of(
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection refused\n\tIs the server running on that host?\n\n(Background on this error at: https://sqlalche.me/e/20/e3q8)\nstarting again"
        ),
        [6, 1]
    );
}

#[test]
fn go_panics_are_one_record() {
    assert_eq!(
        records_of(
            "panic: runtime error: index out of range [1] with length 1 [recovered]\n\tpanic: again\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5 +0x1d\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/usr/lib/go/server.go:1\nexit status 2\nlevel=info msg=started"
        ),
        [9, 1]
    );
    assert_eq!(
        records_of(
            "2026/11/24 05:44:36 http: panic serving 172.17.0.1:5: no\ngoroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/lib/go/server.go:1\n2026/11/24 05:44:36 next"
        ),
        [4, 1]
    );
    assert_eq!(
        records_of(
            "SIGSEGV: segmentation violation\nPC=0x46b2e1 m=0 sigcode=1\n\ngoroutine 0 [idle]:\nruntime.throw({0x1, 0x2})\n\t/usr/lib/go/panic.go:1\n\nrax    0x0\nrip    0x46b2e1\nnext"
        ),
        [9, 1]
    );
}

#[test]
fn what_node_prints_of_an_error_is_one_record() {
    assert_eq!(
        records_of(
            "Error: no\n    at x (/app/a.js:1:1) {\n  code: 'ENOENT',\n  [cause]: Error: inner\n      at y (/app/a.js:2:1)\n}\nlistening on 3000"
        ),
        [6, 1]
    );
    assert_eq!(
        records_of(
            "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\nError: Cannot find module '/app/x.js'\nRequire stack:\n- /app/index.js\n    at Module._load (node:internal/modules/cjs/loader:1:1) {\n  code: 'MODULE_NOT_FOUND'\n}\n\nNode.js v20.11.0\nlistening on 3000"
        ),
        [12, 1]
    );
    assert_eq!(
        records_of(
            "node:internal/process/promises:288\n            triggerUncaughtException(err, true /* fromPromise */);\n            ^\n\n[UnhandledPromiseRejection: This error originated either by throwing] {\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n\nNode.js v18.1.0"
        ),
        [9]
    );
    assert_eq!(
        records_of(
            "(node:1) UnhandledPromiseRejectionWarning: Error: no\n    at x (/app/a.js:1:1)\n(node:1) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated\n(node:1) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated."
        ),
        [3, 1]
    );
}

#[test]
fn what_rust_prints_of_a_panic_or_an_error_is_one_record() {
    assert_eq!(
        records_of(
            "thread 'main' panicked at src/main.rs:2:5:\nassertion `left == right` failed\n  left: 1\n right: 2\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nstarting"
        ),
        [5, 1]
    );
    assert_eq!(
        records_of(
            "thread 'main' panicked at 'no', src/main.rs:2:5\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/x/library/std/src/panicking.rs:1\nnote: Some details are omitted\nstarting"
        ),
        [5, 1]
    );
    assert_eq!(
        records_of(
            "Error: cannot start\n\nCaused by:\n    0: cannot connect\n    1: Connection refused (os error 111)\n\nLocation:\n    src/main.rs:1:1\nstarting"
        ),
        [8, 1]
    );
}

#[test]
fn dotnet_ruby_and_php_are_known() {
    assert_eq!(
        records_of(
            "Unhandled exception. System.InvalidOperationException: no\n ---> System.Exception: inner\n   at Program.Main() in /app/x.cs:line 5\n   --- End of inner exception stack trace ---\n--- End of stack trace from previous location ---\n   at Program.X()\nnext"
        ),
        [6, 1]
    );
    assert_eq!(
        records_of(
            "fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      Connection id \"0HM\": An unhandled exception was thrown by the application.\n      System.InvalidOperationException: no\n         at Program.X()\ninfo: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://[::]:8080"
        ),
        [4, 2]
    );
    assert_eq!(
        records_of(
            "[05:44:36 ERR] failed\nSystem.InvalidOperationException: no\n   at Program.X()\n[05:44:37 INF] next"
        ),
        [3, 1]
    );
    assert_eq!(records_of("app.rb:3:in 'foo': no (RuntimeError)\n\tfrom app.rb:7:in '<main>'\nnext"), [2, 1]);
    assert_eq!(
        records_of(
            "[24-Nov-2026 05:44:36 UTC] PHP Fatal error:  Uncaught Exception: no in /app/x.php:3\nStack trace:\n#0 /app/y.php(7): x()\n#1 {main}\n  thrown in /app/x.php on line 3\nnext"
        ),
        [5, 1]
    );
    assert_eq!(
        records_of(
            "[2026-11-24 05:44:36] production.ERROR: no {\"exception\":\"[object] (Exception(code: 0): no at /app/x.php:3)\n[stacktrace]\n#0 /app/y.php(7): x()\n\"} \nnext"
        ),
        [4, 1]
    );
    let rails = "F, [2026-11-24T05:44:36.123456 #1] FATAL -- : [id]";
    assert_eq!(
        records_of(&format!(
            "{rails}\n{rails} RuntimeError (no):\n{rails} app/x.rb:3\nI, [2026-11-24T05:44:36.123456 #1]  INFO -- : next"
        )),
        [3, 1]
    );
}

#[test]
fn a_message_of_postgres_is_one_record_with_its_detail_and_statement() {
    let p = "2026-11-24 05:44:36.123 UTC [71]";
    assert_eq!(
        records_of(&format!(
            "{p} ERROR:  duplicate key value violates unique constraint \"cars_pkey\"\n{p} DETAIL:  Key (id)=(7) already exists.\n{p} STATEMENT:  insert into cars\n\tvalues (7)\n{p} LOG:  next"
        )),
        [4, 1]
    );
    let p = |n| format!("2026-11-24 05:44:36 UTC [71]: [{n}-1] user=app,db=cars ");
    assert_eq!(records_of(&format!("{}ERROR:  no\n{}HINT:  yes\n{}LOG:  next", p(1), p(2), p(3))), [2, 1]);
    // Of another process.
    assert_eq!(
        records_of("2026-11-24 05:44:36.123 UTC [71] ERROR:  no\n2026-11-24 05:44:36.123 UTC [72] DETAIL:  x"),
        [1, 1]
    );
}

#[test]
fn a_redis_crash_report_is_one_record_however_long() {
    let mut lines = vec!["=== REDIS BUG REPORT START: Cut & paste starting from here ==="];
    lines.extend(["1:M 24 Nov 2026 05:41:17.793 # (00007fffe1620f4f) -> 0000003300000035"; 400]);
    lines.extend([
        "=== REDIS BUG REPORT END. Make sure to include from START to END. ===",
        "",
        "       Please report the crash",
    ]);
    lines.push("1:C 24 Nov 2026 05:41:18.294 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    assert_eq!(records(&lines), [404, 1]);
}

#[test]
fn each_attempt_to_start_with_a_wrong_configuration_is_one_record() {
    let error = "*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 6\n>>> 'maxmemory \"lots\"'\nargument must be a memory value\n";
    assert_eq!(records_of(&error.repeat(3)), [4, 4, 4]);
}

#[test]
fn json_is_one_record_a_line_or_plainly_over_several() {
    assert_eq!(
        records_of(
            "{\"level\":\"error\"}\n{\"level\":\"info\"}\nTraceback (most recent call last):\n  File \"a.py\", line 1"
        ),
        [1, 1, 2]
    );
    assert_eq!(
        records_of("{\n  \"level\": \"error\",\n  \"msg\": \"no\"\n}\n{\n  \"level\": \"info\"\n}\nnext"),
        [4, 3, 1]
    );
}

#[test]
fn npm_tells_one_failure_over_several_lines() {
    assert_eq!(
        records_of("npm ERR! code ELIFECYCLE\nnpm ERR! errno 1\nnpm ERR! app@1.0.0 start: `node index.js`\nnpm WARN x"),
        [3, 1]
    );
}

#[test]
fn a_flood_of_indented_lines_is_not_one_record() {
    assert_eq!(records(&["  ERROR no"; 50]).len(), 50);
    assert_eq!(records(&["  something"; 1000]).len(), 5);
}

#[test]
fn the_summary_of_a_record_is_what_it_says_happened() {
    for (record, told) in [
        ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused", "PLAIN login refused"),
        ("1:M 24 Nov 2026 05:41:04.986 # Short write", "Short write"),
        ("2026/11/24 05:44:36 [error] 31#31: *1 connect() failed", "*1 connect() failed"),
        ("2026-11-24 05:44:36,123 - app - ERROR - no", "no"),
        ("2026-11-24T05:44:36.123Z ERROR 1 --- [nio-8080-exec-1] o.a.c.C : no", "o.a.c.C : no"),
        ("ERROR job failed", "ERROR job failed"),
        ("2026-11-24 05:44:41.303372+00:00 ", "2026-11-24 05:44:41.303372+00:00"),
        (r#"{"level":50,"time":1,"err":{"type":"Error","message":"no","stack":"x"},"msg":"failed"}"#, "failed ⏎ no"),
        (r#"time="2026-11-24T05:44:36Z" level=error msg="failed" error="no such host" id=7"#, "failed ⏎ no such host"),
        (
            "ERROR:root:job failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    x()\nValueError: no",
            "ERROR:root:job failed ⏎ ValueError: no",
        ),
        (
            "/app/index.js:5\n    throw new Error('x')\n    ^\n\nError: x\n    at a (/app/index.js:5:1)\n\nNode.js v20.11.0",
            "Error: x",
        ),
        ("panic: no\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5", "panic: no"),
        (
            "fail: App[13]\n      An exception was thrown.\n      System.Exception: no\n         at Program.X()",
            "fail: App[13] ⏎ An exception was thrown. ⏎ System.Exception: no",
        ),
        ("2026-11-24 05:44:36.123 UTC [71] ERROR:  no\n2026-11-24 05:44:36.123 UTC [71] STATEMENT:  select 1", "no"),
        ("", ""),
    ] {
        assert_eq!(summary(record.as_bytes()), told);
    }
}

#[test]
fn what_is_told_fits_without_frames_rather_than_without_the_cause() {
    let text = b"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on x:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused";
    assert_eq!(told(text, 400), "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on x: ⏎ PLAIN login refused");
    let trace = format!(
        "ERROR no\njava.io.IOException: broken{}\nCaused by: java.lang.X: y",
        "\n\tat c.e.App.run(App.java:1)".repeat(50)
    );
    assert_eq!(told(trace.as_bytes(), 400), "ERROR no ⏎ java.io.IOException: broken ⏎ Caused by: java.lang.X: y");
}

#[test]
fn the_essence_of_a_line_has_no_header() {
    for (line, told) in [
        ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused", "PLAIN login refused"),
        ("2026-11-24 05:44:36,123 - app - ERROR - größer", "größer"),
        ("ERROR job failed", "ERROR job failed"),
        ("2026-11-24 05:44:41.303372+00:00 ", "2026-11-24 05:44:41.303372+00:00 "),
        ("é", "é"),
    ] {
        assert_eq!(essence(line), told);
    }
}
