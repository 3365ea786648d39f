//! As much of an AMQP 0-9-1 client as the tests need: it logs in, publishes, consumes and never acknowledges.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Result, bail, ensure};

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
const FRAME_END: u8 = 0xCE;
/// Larger ones are none that a test has asked for.
const MAX_FRAME: u32 = 1 << 20;

/// A method: its class and number in the specification.
type Method = (u16, u16);

const START: Method = (10, 10);
const START_OK: Method = (10, 11);
const TUNE: Method = (10, 30);
const TUNE_OK: Method = (10, 31);
const OPEN: Method = (10, 40);
const OPEN_OK: Method = (10, 41);
const CLOSE: Method = (10, 50);
const CLOSE_OK: Method = (10, 51);
const CHANNEL_OPEN: Method = (20, 10);
const CHANNEL_OPEN_OK: Method = (20, 11);
const DECLARE: Method = (50, 10);
const DECLARE_OK: Method = (50, 11);
const CONSUME: Method = (60, 20);
const CONSUME_OK: Method = (60, 21);
const PUBLISH: Method = (60, 40);
const DELIVER: Method = (60, 60);
const GET: Method = (60, 70);
const GET_OK: Method = (60, 71);

/// A connection with one channel.
pub struct Amqp(TcpStream);

impl Amqp {
    /// Comes as far as the server's greeting.
    pub fn greeted(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.set_nodelay(true)?;
        let mut amqp = Self(stream);
        amqp.0.write_all(b"AMQP\0\0\x09\x01")?;
        amqp.wait(START)?;
        Ok(amqp)
    }

    /// Logs in and opens the channel.
    pub fn open(port: u16, user: &str, password: &str) -> Result<Self> {
        let mut amqp = Self::greeted(port)?;
        let response = format!("\0{user}\0{password}");
        amqp.send(0, START_OK, &[&[0; 4], &short("PLAIN"), &long(response.as_bytes()), &short("en_US")])?;
        amqp.wait(TUNE)?;
        // As many channels (2047) and as large frames (128 KiB) as the server offers, and no heartbeats.
        amqp.send(0, TUNE_OK, &[&[7, 0xff, 0, 2, 0, 0, 0, 0]])?;
        amqp.send(0, OPEN, &[&short("/"), &short(""), &[0]])?;
        amqp.wait(OPEN_OK)?;
        amqp.send(1, CHANNEL_OPEN, &[&short("")])?;
        amqp.wait(CHANNEL_OPEN_OK)?;
        Ok(amqp)
    }

    /// Declares a queue that goes with the connection.
    pub fn declare(&mut self, queue: &str) -> Result<()> {
        let exclusive = 4;
        self.send(1, DECLARE, &[&[0, 0], &short(queue), &[exclusive], &[0; 4]])?;
        self.wait(DECLARE_OK)
    }

    /// Publishes to a queue by way of the default exchange.
    pub fn publish(&mut self, queue: &str, body: &[u8]) -> Result<()> {
        self.send(1, PUBLISH, &[&[0, 0], &short(""), &short(queue), &[0]])?;
        let size = u64::try_from(body.len())?;
        self.frame(HEADER, 1, &[&60_u16.to_be_bytes(), &[0, 0], &size.to_be_bytes(), &[0, 0]])?;
        self.frame(BODY, 1, &[body])
    }

    /// Takes one message, acknowledged by the taking.
    pub fn get(&mut self, queue: &str) -> Result<()> {
        let no_ack = 1;
        self.send(1, GET, &[&[0, 0], &short(queue), &[no_ack]])?;
        self.wait(GET_OK)
    }

    /// Takes leave.
    pub fn close(mut self) -> Result<()> {
        self.send(0, CLOSE, &[&200_u16.to_be_bytes(), &short("bye"), &[0; 4]])?;
        self.wait(CLOSE_OK)
    }

    /// Begins to consume a queue; nothing is ever acknowledged.
    pub fn consume(&mut self, queue: &str) -> Result<()> {
        self.send(1, CONSUME, &[&[0, 0], &short(queue), &short(""), &[0], &[0; 4]])?;
        self.wait(CONSUME_OK)
    }

    fn send(&mut self, channel: u16, method: Method, arguments: &[&[u8]]) -> Result<()> {
        let head = [method.0.to_be_bytes(), method.1.to_be_bytes()].concat();
        self.frame(METHOD, channel, &[&[head.as_slice()], arguments].concat())
    }

    fn frame(&mut self, kind: u8, channel: u16, parts: &[&[u8]]) -> Result<()> {
        let payload = parts.concat();
        let mut frame = vec![kind];
        frame.extend(channel.to_be_bytes());
        frame.extend(u32::try_from(payload.len())?.to_be_bytes());
        frame.extend(payload);
        frame.push(FRAME_END);
        Ok(self.0.write_all(&frame)?)
    }

    /// Reads on until the server answers with this method.
    fn wait(&mut self, expected: Method) -> Result<()> {
        loop {
            let mut head = [0; 7];
            self.0.read_exact(&mut head)?;
            let size = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
            ensure!(size <= MAX_FRAME, "the server sends no AMQP");
            let mut payload = vec![0; usize::try_from(size)? + 1];
            self.0.read_exact(&mut payload)?;
            let method = match (head[0], payload.as_slice()) {
                (METHOD, [a, b, c, d, ..]) => (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])),
                (HEADER | BODY | HEARTBEAT, _) => continue,
                _ => bail!("the server sends no AMQP"),
            };
            if method == expected {
                return Ok(());
            }
            ensure!(method == DELIVER, "the server answers {method:?}, not {expected:?}");
        }
    }
}

fn short(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).unwrap_or(u8::MAX)];
    bytes.extend(text.as_bytes());
    bytes
}

fn long(text: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    bytes.extend(text);
    bytes
}
