//! A client that costs little: HTTP/1.1 over one kept connection, written by hand.
//!
//! The generator shares its cores with the host, so whatever it spends is missing there. It knows only what the host
//! answers with: a status line, headers, and a body with a content length or in chunks. Everything else is an error,
//! not a guess.

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
    /// A body that came in chunks, put together.
    joined: Vec<u8>,
}

/// What was answered. The body lies with the connection until the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunks,
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
        Ok(Self { stream, buffer: Vec::with_capacity(16 << 10), joined: Vec::new() })
    }

    /// Sends a request and reads its answer to the end.
    pub async fn send(&mut self, request: &Request) -> Result<Answer<'_>> {
        self.stream.write_all(&request.0).await.context("the request could not be sent")?;
        self.buffer.clear();
        let head_end = self.read_past(0, b"\r\n\r\n").await?;
        let (status, framing) = parse_head(&self.buffer[..head_end])?;
        let end = match framing {
            Framing::Length(length) => head_end + length,
            Framing::Chunks => self.join_chunks(head_end).await?,
        };
        self.read_to(end).await?;
        if self.buffer.len() > end {
            bail!("the host sent {} bytes too many", self.buffer.len() - end);
        }
        let body = if framing == Framing::Chunks { &self.joined[..] } else { &self.buffer[head_end..] };
        Ok(Answer { status, body })
    }

    /// Reads the chunks that begin here and gives where they end.
    async fn join_chunks(&mut self, mut at: usize) -> Result<usize> {
        self.joined.clear();
        loop {
            let begin = self.read_past(at, b"\r\n").await?;
            let line = std::str::from_utf8(&self.buffer[at..begin - 2]).context("the size of a chunk is not text")?;
            let size =
                usize::from_str_radix(line, 16).with_context(|| format!("{line:?} is not the size of a chunk"))?;
            at = begin + size + 2;
            self.read_to(at).await?;
            self.joined.extend_from_slice(&self.buffer[begin..begin + size]);
            if size == 0 {
                return Ok(at);
            }
        }
    }

    /// Reads until this comes, and gives where it ends.
    async fn read_past(&mut self, from: usize, mark: &[u8]) -> Result<usize> {
        loop {
            if let Some(at) = self.buffer[from..].windows(mark.len()).position(|some| some == mark) {
                return Ok(from + at + mark.len());
            }
            self.read_some().await?;
        }
    }

    async fn read_to(&mut self, end: usize) -> Result<()> {
        while self.buffer.len() < end {
            self.read_some().await?;
        }
        Ok(())
    }

    async fn read_some(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await.context("the answer could not be read")? {
            0 => bail!("the host closed the connection before its answer was complete"),
            _ => Ok(()),
        }
    }
}

/// The status code, and what the head says of the body.
fn parse_head(head: &[u8]) -> Result<(u16, Framing)> {
    let head = std::str::from_utf8(head).context("the head of the answer is not text")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status =
        status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let framing = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| match value.trim() {
        "chunked" if name.eq_ignore_ascii_case("transfer-encoding") => Some(Framing::Chunks),
        length if name.eq_ignore_ascii_case("content-length") => length.parse().ok().map(Framing::Length),
        _ => None,
    });
    match (status, framing) {
        (Some(status), Some(framing)) => Ok((status, framing)),
        _ => bail!("no status, or nothing about a body, in {head:?}"),
    }
}
