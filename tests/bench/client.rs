//! A client that costs little: HTTP/1.1 over one kept connection, written by hand.
//!
//! The generator shares its cores with the host, so whatever it spends is missing there. It knows only what the host
//! answers with: a status line, headers with a content length, a body. Everything else is an error, not a guess.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request, put together once and sent many times.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

/// One kept connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered. The body lies in the connection's buffer until the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Request {
    pub fn get(to: SocketAddr, target: &str) -> Self {
        Self(format!("GET {target} HTTP/1.1\r\nhost: {to}\r\n\r\n").into_bytes())
    }

    pub fn post(to: SocketAddr, target: &str, json: &str) -> Self {
        let length = json.len();
        let head = format!("POST {target} HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\n");
        Self(format!("{head}content-length: {length}\r\n\r\n{json}").into_bytes())
    }
}

impl Connection {
    pub async fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and reads its answer to the end.
    pub async fn send(&mut self, request: &Request) -> Result<Answer<'_>> {
        self.stream.write_all(&request.0).await.context("the request could not be sent")?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_some().await?;
        };
        let (status, length) = parse_head(&self.buffer[..head_end])?;
        while self.buffer.len() < head_end + length {
            self.read_some().await?;
        }
        if self.buffer.len() > head_end + length {
            bail!("the host sent {} bytes too many", self.buffer.len() - head_end - length);
        }
        Ok(Answer { status, body: &self.buffer[head_end..] })
    }

    async fn read_some(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await.context("the answer could not be read")? {
            0 => bail!("the host closed the connection before its answer was complete"),
            _ => Ok(()),
        }
    }
}

/// The status code and the length of the body.
fn parse_head(head: &[u8]) -> Result<(u16, usize)> {
    let head = std::str::from_utf8(head).context("the head of the answer is not text")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status =
        status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok());
    match (status, length) {
        (Some(status), Some(length)) => Ok((status, length)),
        _ => bail!("no status or no content length in {head:?}"),
    }
}
