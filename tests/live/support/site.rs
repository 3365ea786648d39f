//! A site on loopback that answers as it is told.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;

/// The site; it ends with the test's process.
pub struct Site {
    address: SocketAddr,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Site {
    /// One that welcomes whoever comes.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let site = Self { address: listener.local_addr()?, answer: Arc::new(Mutex::new((200, "welcome".to_owned()))) };
        let answer = Arc::clone(&site.answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (status, body) = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Whoever breaks off gets no answer.
                let _ = serve(stream, status, &body);
            }
        });
        Ok(site)
    }

    /// Its host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, body.to_owned());
    }
}

fn serve(mut stream: TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (mut head, mut part) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            n => head.extend_from_slice(&part[..n]),
        }
    }
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
