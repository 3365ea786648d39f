//! Telegram: the client against a strict local endpoint of the Bot API, and all messages through `TDLib`'s own parser.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../message/sample.rs"]
mod sample;
mod tdlib;

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use secrecy::SecretString;
use stagewatch::{
    core::message::Part,
    notify::telegram::{Bot, Delivery, Telegram},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use xtask::rig::bot::{Answer, Bot as Endpoint};

const CHAT: &str = Endpoint::CHAT;

fn telegram(url: &str) -> Telegram {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Telegram::new(url).unwrap()
}

fn bot(url: &str) -> Bot {
    telegram(url).bot(&SecretString::from(Endpoint::TOKEN))
}

fn part() -> Part {
    Part { html: "<b>up</b> &lt;3".into(), plain: "up <3".into() }
}

async fn send(bot: &Bot) -> Delivery {
    bot.send(CHAT, None, &part(), false, None).await
}

/// Why a message did not arrive; in no case because of the token.
fn error(delivery: &Delivery) -> &str {
    let (Delivery::NotSent { error } | Delivery::Ambiguous { error } | Delivery::Refused { error }) = delivery else {
        panic!("{delivery:?}")
    };
    assert!(!error.contains("rig-token"), "{error}");
    error
}

#[tokio::test]
async fn accepted_with_all_that_was_asked_for() {
    let endpoint = Endpoint::start().unwrap();
    let bot = bot(&endpoint.url());
    let first = bot.send(CHAT, Some(12), &part(), true, None).await;
    let Delivery::Accepted { message_id } = first else { panic!("{first:?}") };
    let second = bot.send(CHAT, None, &part(), false, Some(message_id)).await;
    let third = bot.send(CHAT, None, &part(), false, Some(1)).await;
    assert!(matches!((second, third), (Delivery::Accepted { .. }, Delivery::Accepted { .. })));
    let seen: Vec<_> = endpoint
        .messages()
        .into_iter()
        .map(|m| (m.text, m.plain, m.thread, m.silent, m.reply_to, m.previews_off))
        .collect();
    let expected = |thread, silent, reply| (part().html, part().plain, thread, silent, reply, true);
    let replied = expected(None, false, Some(message_id));
    assert_eq!(seen, [expected(Some(12), true, None), replied, expected(None, false, None)]);
}

#[tokio::test]
async fn one_message_a_second_to_a_chat() {
    let endpoint = Endpoint::start().unwrap();
    let bot = bot(&endpoint.url());
    let start = Instant::now();
    for _ in 0..3 {
        send(&bot).await;
    }
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert_eq!(endpoint.messages().len(), 3);
}

#[tokio::test]
async fn a_pause_holds_for_the_whole_bot() {
    let endpoint = Endpoint::start().unwrap();
    let telegram = telegram(&endpoint.url());
    let bot = || telegram.bot(&SecretString::from(Endpoint::TOKEN));
    endpoint.script([Answer::TooManyRequests(2)]);
    let start = Instant::now();
    assert_eq!(send(&bot()).await, Delivery::RetryAfter(Duration::from_secs(2)));
    let other = bot().send("-42", None, &part(), false, None).await;
    assert!(matches!(other, Delivery::RetryAfter(left) if left <= Duration::from_secs(2)), "{other:?}");
    assert_eq!(endpoint.refusals().len(), 1, "nothing went out in the meantime");
    tokio::time::sleep_until((start + Duration::from_millis(2100)).into()).await;
    assert!(matches!(send(&bot()).await, Delivery::Accepted { .. }));
}

#[tokio::test]
async fn refused_markup_goes_once_more_as_plain_text() {
    let endpoint = Endpoint::start().unwrap();
    let bot = bot(&endpoint.url());
    let broken = Part { html: "<b>up".into(), plain: "<b>up".into() };
    assert!(matches!(bot.send(CHAT, None, &broken, false, None).await, Delivery::Accepted { .. }));
    assert_eq!((endpoint.messages()[0].plain.as_str(), endpoint.refusals().len()), ("<b>up", 1));
    endpoint.script([
        Answer::BadRequest("can't parse entities: x".into()),
        Answer::BadRequest("can't parse entities: x".into()),
    ]);
    let refused = send(&bot).await;
    assert!(matches!(refused, Delivery::Refused { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let endpoint = Endpoint::start().unwrap();
    let wrong = telegram(&endpoint.url()).bot(&SecretString::from("1:rig-token-of-nobody"));
    let answer = wrong.send(CHAT, None, &part(), false, None).await;
    assert!(matches!(answer, Delivery::Refused { .. }) && error(&answer).contains("401: Unauthorized"), "{answer:?}");
    let answer = bot(&endpoint.url()).send("-5", None, &part(), false, None).await;
    assert!(matches!(answer, Delivery::Refused { .. }) && error(&answer).contains("chat not found"), "{answer:?}");
    let elsewhere = bot(&format!("{}/elsewhere", endpoint.url()));
    let answer = send(&elsewhere).await;
    assert!(matches!(answer, Delivery::Refused { .. }) && error(&answer).contains("404"), "{answer:?}");
}

#[tokio::test]
async fn a_chat_that_moved_is_followed_once() {
    let endpoint = Endpoint::start().unwrap();
    let bot = bot(&endpoint.url());
    endpoint.script([Answer::Migrated(CHAT.parse().unwrap())]);
    assert!(matches!(bot.send("-5", None, &part(), false, None).await, Delivery::Accepted { .. }));
    endpoint.script([Answer::Migrated(-6), Answer::Migrated(-7)]);
    assert!(matches!(bot.send("-5", None, &part(), false, None).await, Delivery::Refused { .. }));
}

#[tokio::test]
async fn what_may_have_arrived_is_ambiguous() {
    let endpoint = Endpoint::start().unwrap();
    let bot = bot(&endpoint.url());
    for answer in [Answer::ServerError(502), Answer::AcceptThenClose, Answer::CloseAfterRead] {
        endpoint.script([answer.clone()]);
        let delivery = send(&bot).await;
        assert!(matches!(delivery, Delivery::Ambiguous { .. }), "{answer:?}: {delivery:?}");
        error(&delivery);
    }
    endpoint.script([Answer::AcceptThenHang]);
    let start = Instant::now();
    let delivery = send(&bot).await;
    assert!(matches!(delivery, Delivery::Ambiguous { .. }) && error(&delivery).contains("within 20 s"), "{delivery:?}");
    assert!(start.elapsed() < Duration::from_secs(25));
    assert_eq!(endpoint.messages().len(), 2, "and two of them have arrived");
}

#[tokio::test]
async fn what_cannot_have_arrived_is_not_sent() {
    let endpoint = Endpoint::start().unwrap();
    let url = endpoint.url();
    drop(endpoint);
    let delivery = send(&bot(&url)).await;
    assert!(matches!(delivery, Delivery::NotSent { .. }) && error(&delivery).contains("refused"), "{delivery:?}");
    let delivery = send(&bot("https://no-such-host.invalid")).await;
    assert!(matches!(delivery, Delivery::NotSent { .. }), "{delivery:?}");
    error(&delivery);
    // Whoever speaks no TLS has got no byte of the message.
    let (address, heard) = answer_with(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let delivery = send(&bot(&format!("https://{address}"))).await;
    assert!(matches!(delivery, Delivery::NotSent { .. }), "{delivery:?}");
    assert!(!heard.lock().unwrap().windows(9).any(|bytes| bytes == b"rig-token"));
    // A backlog that is full: the handshake never ends.
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    let start = Instant::now();
    let delivery = send(&bot(&format!("https://{}", full.local_addr().unwrap()))).await;
    assert!(matches!(delivery, Delivery::NotSent { .. }), "{delivery:?}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_answer_without_end_is_cut_and_one_that_says_the_token_back_does_not() {
    let mut flood = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..64 {
        flood.extend_from_slice(b"1000\r\n");
        flood.extend(std::iter::repeat_n(b'x', 4096));
        flood.extend_from_slice(b"\r\n");
    }
    let (address, _) = answer_with(&flood).await;
    let delivery = send(&bot(&format!("http://{address}"))).await;
    assert!(matches!(delivery, Delivery::Ambiguous { .. }), "{delivery:?}");
    let body = format!(r#"{{"description":"no such bot: {}"}}"#, Endpoint::TOKEN);
    let answer = format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (address, _) = answer_with(answer.as_bytes()).await;
    let delivery = send(&bot(&format!("http://{address}"))).await;
    assert_eq!(error(&delivery), "Telegram answered 404: no such bot: [redacted]");
}

/// Answers every connection with these bytes, and keeps what it heard.
async fn answer_with(bytes: &[u8]) -> (std::net::SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, bytes) = (listener.local_addr().unwrap(), bytes.to_vec());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65536];
            let count = stream.read(&mut buffer).await.unwrap_or(0);
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            // The client may hang up before the end.
            let _ = stream.write_all(&bytes).await;
        }
    });
    (address, heard)
}

/// What all libraries below say at the most talkative level.
#[test]
fn the_token_is_in_no_log() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let mut endpoint = Endpoint::start().unwrap();
            endpoint.script([Answer::ServerError(500), Answer::BadRequest("no".into()), Answer::CloseAfterRead]);
            let bot = bot(&endpoint.url());
            tracing::info!(?bot, "this is a log");
            for _ in 0..4 {
                let delivery = send(&bot).await;
                tracing::info!(?delivery);
            }
            endpoint.go_down();
            let delivery = send(&bot).await;
            tracing::info!(?delivery);
        });
    });
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("this is a log") && log.contains("Accepted") && log.contains("NotSent"), "{log}");
    assert!(!log.contains("rig-token"), "{log}");
}

#[test]
fn the_judge_is_the_real_one() {
    let texts = ["<b>up", "<b>up</b> &lt;", "evil.example.com @admin /stop", "<code>/stop</code> staging.example.com"];
    let texts = texts.map(|text| tdlib::Text { text, hosts: &["staging.example.com"] });
    let judged = tdlib::judge(&texts).unwrap();
    assert!(judged[0].error.as_ref().unwrap().contains("Can't find end tag"), "{judged:?}");
    assert_eq!((judged[1].units, judged[1].links.len()), (4, 0));
    assert_eq!(judged[2].links, ["evil.example.com", "@admin", "/stop"]);
    assert_eq!(judged[3].links, [""; 0]);
}

#[test]
fn ten_thousand_messages_pass_telegrams_own_parser() {
    const HOSTS: [&str; 1] = ["staging.autopar.pitchai.net"];
    let mut runner = TestRunner::deterministic();
    let hostile = sample::hostile_case();
    let generated = (0..10_000).map(|_| hostile.new_tree(&mut runner).unwrap().current());
    let cases = sample::samples().into_iter().map(|(_, case)| case).chain(generated);
    let parts: Vec<Part> = cases.flat_map(|case| case.render()).collect();
    let texts: Vec<_> = parts.iter().map(|part| tdlib::Text { text: &part.html, hosts: &HOSTS }).collect();
    let judged = tdlib::judge(&texts).unwrap();
    assert_eq!(judged.len(), parts.len());
    for (part, judgement) in parts.iter().zip(judged) {
        assert_eq!(judgement.error, None, "{}", part.html);
        assert!(judgement.units <= 4096, "{} units: {}", judgement.units, part.html);
        assert_eq!(judgement.links, [""; 0], "{}", part.html);
        assert_eq!(xtask::rig::bot::parse(&part.html).as_ref(), Ok(&part.plain));
    }
}
