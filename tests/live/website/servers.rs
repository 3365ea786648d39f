//! Servers on loopback that behave well or badly, each on a port of its own, until the test ends.

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::BoxFuture;
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// Both directions of a connection.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// What a server does with a connection once the head of the request is there.
pub type Answer = Arc<dyn Fn(String, Box<dyn Connection>) -> BoxFuture<'static, io::Result<()>> + Send + Sync>;

/// Answers each request with these bytes, and closes.
pub fn bytes(answer: impl Into<Vec<u8>>) -> Answer {
    let answer = answer.into();
    by_request(move |_| answer.clone())
}

/// Answers each request with what the function makes of its head, and closes.
pub fn by_request(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Answer {
    Arc::new(move |head, mut connection| {
        let answer = answer(&head);
        Box::pin(async move {
            connection.write_all(&answer).await?;
            connection.shutdown().await
        })
    })
}

/// Sends the start, then the part again and again, with a pause before each.
pub fn endless(start: &'static str, part: &'static str, pause: Duration) -> Answer {
    Arc::new(move |_, mut connection| {
        Box::pin(async move {
            connection.write_all(start.as_bytes()).await?;
            loop {
                if !pause.is_zero() {
                    connection.flush().await?;
                    sleep(pause).await;
                }
                connection.write_all(part.as_bytes()).await?;
            }
        })
    })
}

/// Waits, then answers.
pub fn late(pause: Duration, answer: &'static str) -> Answer {
    Arc::new(move |_, mut connection| {
        Box::pin(async move {
            sleep(pause).await;
            connection.write_all(answer.as_bytes()).await?;
            connection.shutdown().await
        })
    })
}

/// An answer with a status line, headers and a body of that length.
pub fn http(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for header in headers {
        write!(answer, "{header}\r\n").unwrap();
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(body);
    answer
}

/// A server of plain HTTP.
pub async fn plain(answer: Answer) -> SocketAddr {
    serve(None, answer).await
}

/// A server of HTTPS.
pub async fn tls(config: Arc<ServerConfig>, answer: Answer) -> SocketAddr {
    serve(Some(config.into()), answer).await
}

async fn serve(acceptor: Option<TlsAcceptor>, answer: Answer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
            tokio::spawn(async move {
                let mut connection: Box<dyn Connection> = match acceptor {
                    None => Box::new(tcp),
                    Some(acceptor) => Box::new(acceptor.accept(tcp).await?),
                };
                let head = read_head(&mut connection).await?;
                // Who is badly served goes away in the middle.
                answer(head, connection).await
            });
        }
    });
    address
}

/// Reads up to the blank line; what does not start like a request is answered at once, as web servers do.
async fn read_head(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
        if !head[0].is_ascii_alphabetic() {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A port on which nobody listens.
pub async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A server that reads the request and resets the connection.
pub async fn resetting() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                read_head(&mut tcp).await?;
                tcp.set_zero_linger()
            });
        }
    });
    address
}

/// A listener on which the kernel accepts, and nobody else does anything. Lives as long as what is returned.
pub async fn silent() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

/// A port that swallows the first packet of each connection: its queue is full. Lives as long as what is returned.
pub async fn black_hole() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(connected.unwrap());
    }
    (address, listener, waiting)
}

/// A listener that counts those who come.
pub async fn counting() -> (SocketAddr, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (_tcp, _) = listener.accept().await.unwrap();
            *counted.lock().unwrap() += 1;
        }
    });
    (address, count)
}

/// A certificate authority that no machine trusts.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test Authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// The settings of a server whose certificate is for this name; `change` may change it before it is signed.
    pub fn server(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        server_config(certificate, &key, WebPkiClientVerifier::no_client_auth())
    }

    /// The same, of one that asks for a client certificate of ours.
    pub fn server_for_known_clients(&self, name: &str) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        server_config(certificate, &key, verifier)
    }
}

/// The settings of a server that signed its certificate itself.
pub fn self_signed(name: &str) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    server_config(certificate, &key, WebPkiClientVerifier::no_client_auth())
}

fn server_config(certificate: Certificate, key: &KeyPair, clients: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate.into()], key);
    Arc::new(config.unwrap())
}
