//! One request over a connection of its own.
//!
//! It owns connecting, TLS and the exchange. It knows no rule and resolves no name: it is given addresses that were
//! judged, and connects to nothing else. Redirects, proxies, cookies and compression do not exist here. When the
//! future of a request is dropped, its connection is closed.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kernel::limits::{
    EGRESS_CONNECT_TIMEOUT_MS, EGRESS_HEAD_MAX_BYTES, EGRESS_HEADERS_MAX_COUNT, EGRESS_RESPONSE_MAX_BYTES,
};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::message::Answer;
use super::policy::{Destination, Host, Scheme};

/// What every request has in common.
pub struct Client {
    tls: TlsConnector,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The peer cannot be reached, or does not speak as it should; it may later.
    #[error("{0}")]
    Failed(String),
    /// The body is more than a guest may take in.
    #[error("the response body has more than {EGRESS_RESPONSE_MAX_BYTES} bytes")]
    BodyTooLarge,
    /// The head is more than a guest may take in.
    #[error("the response head has more than {EGRESS_HEAD_MAX_BYTES} bytes or {EGRESS_HEADERS_MAX_COUNT} headers")]
    HeadTooLarge,
    /// The body is something that a payload cannot carry.
    #[error("the response body is not UTF-8, so it cannot be handed on as text")]
    NotText,
}

const CONNECT_TIMEOUT: Duration = Duration::from_millis(EGRESS_CONNECT_TIMEOUT_MS);

impl Client {
    /// Trusts the certificate authorities of Mozilla, which are part of the binary: it then works in an empty container,
    /// and the same way on every machine.
    pub fn new() -> Self {
        Self::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// Trusts these certificate authorities.
    pub fn trusting(roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the cipher suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Sends a request to the first address that accepts a connection, and takes in the answer.
    pub async fn send(
        &self,
        to: &Destination,
        addresses: &[SocketAddr],
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, ClientError> {
        let stream = connect(addresses).await?;
        match to.scheme() {
            Scheme::Http => exchange(stream, request).await,
            Scheme::Https => {
                let name = server_name(to.host())?;
                let shaken = timeout(CONNECT_TIMEOUT, self.tls.connect(name, stream)).await;
                let stream = shaken.map_err(|_| ClientError::Failed("no TLS handshake in time".to_owned()))?;
                exchange(stream.map_err(|error| failed("no TLS connection", &error))?, request).await
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, ClientError> {
    let mut last = ClientError::Failed("the name has no address".to_owned());
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = failed(&format!("no connection to {address}"), &error),
            Err(_) => last = ClientError::Failed(format!("no connection to {address} in time")),
        }
    }
    Err(last)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, ClientError> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|error| failed("the name cannot be in a certificate", &error))
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, ClientError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(EGRESS_HEADERS_MAX_COUNT)
        .max_header_size(EGRESS_HEAD_MAX_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed("no HTTP connection", &error))?;
    // Dropping the set ends the connection, whichever way this function is left.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| match error.is_parse_too_large() {
        true => ClientError::HeadTooLarge,
        false => failed("no response", &error),
    })?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, EGRESS_RESPONSE_MAX_BYTES).collect().await;
    let body = body.map_err(|error| match error.is::<LengthLimitError>() {
        true => ClientError::BodyTooLarge,
        false => failed("the response broke off", error.as_ref()),
    })?;
    let content = String::from_utf8(body.to_bytes().into()).map_err(|_| ClientError::NotText)?;
    Ok(Answer { status: head.status, headers: head.headers, content })
}

/// An error with what led to it, which most of these errors do not print themselves.
fn failed(what: &str, error: &(dyn Error + 'static)) -> ClientError {
    let mut text = format!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    ClientError::Failed(text)
}
