//! A peer on this machine that says what it was told to say.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

/// A self-signed certificate for `api.example`, good for a hundred years, and its key.
pub const CERTIFICATE: &[u8] = include_bytes!("../testdata/api.example.cert.der");
const KEY: &[u8] = include_bytes!("../testdata/api.example.key.der");

/// What a peer does when it is asked.
#[derive(Debug, Clone)]
pub enum Script {
    /// Says this and closes.
    Says(Vec<u8>),
    /// Says this and then nothing more, until the other side closes.
    SaysAndWaits(Vec<u8>),
    /// Says what it was asked.
    Echoes,
}

/// A socket that is listened on. Until it serves, connections to it can be counted.
#[derive(Debug)]
pub struct Peer(TcpListener);

impl Peer {
    pub fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// How many connections nobody has served. One that was opened on this machine is there at once.
    pub fn waiting(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }

    /// Serves one connection in the clear.
    pub async fn serve(self, script: Script) {
        let listener = tokio::net::TcpListener::from_std(self.0).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        play(stream, script).await;
    }

    /// Serves one connection over TLS. The other side may dislike the certificate.
    pub async fn serve_tls(self, script: Script) {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
            .unwrap();
        let listener = tokio::net::TcpListener::from_std(self.0).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
            play(stream, script).await;
        }
    }
}

async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Script) {
    let asked = read_request(&mut stream).await;
    let (says, waits) = match script {
        Script::Says(says) => (says, false),
        Script::SaysAndWaits(says) => (says, true),
        Script::Echoes => ([b"HTTP/1.1 200 OK\r\n\r\n", asked.as_slice()].concat(), false),
    };
    // The other side may have heard enough before the end.
    let _ = stream.write_all(&says).await;
    if waits {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let _ = stream.shutdown().await;
}

/// A response with this body.
pub fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut asked = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&asked).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return asked;
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await.unwrap() {
            0 => return asked,
            length => asked.extend(&part[..length]),
        }
    }
}
