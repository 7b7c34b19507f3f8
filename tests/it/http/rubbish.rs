//! Requests that are none.

use std::io::{Read, Write};

use anyhow::{Result, ensure};
use tests::host::Host;

use super::RPC;

/// Bytes that are no request are answered or cut off; connections that say nothing more take nobody's place.
pub fn check_all(host: &Host) -> Result<()> {
    let client = host.client();
    let check = |bytes: &[u8], expect: &str| {
        let answer = client.raw(bytes)?;
        let first = answer.lines().next().unwrap_or_default();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        ensure!(first.starts_with(expect), "{shown:?} was answered {first:?}, not {expect:?}");
        Ok(())
    };
    let path = format!("{RPC}/orchestrators/sequence/raw");
    let head = |more: &str| format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}\r\n");
    let mut slow = Vec::new();
    for begun in ["", "P", "POST / HT", &head("content-length: 5"), &head("transfer-encoding: chunked")] {
        let mut stream = client.connect()?;
        stream.write_all(begun.as_bytes())?;
        slow.push(stream);
    }
    check(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03rubbish\r\n\r\n", "HTTP/1.1 400")?;
    check(b"GET\r\n\r\n", "HTTP/1.1 400")?;
    check(head("content-length: 9999999\r\n").as_bytes(), "HTTP/1.1 413")?;
    check(head("content-length: 1\r\ncontent-length: 2\r\n").as_bytes(), "HTTP/1.1 400")?;
    check(head("transfer-encoding: chunked\r\n").replace("\r\n\r\n", "\r\n\r\nxyz\r\n").as_bytes(), "HTTP/1.1 400")?;
    check(head(&"x: y\r\n".repeat(100)).as_bytes(), "HTTP/1.1 431")?;
    check(head(&format!("x: {}\r\n", "y".repeat(100_000))).as_bytes(), "HTTP/1.1 431")?;
    check(head("content-length: 1\r\n").replace("127.0.0.1", "evil.example").as_bytes(), "HTTP/1.1 403")?;
    check(head("content-length: 1\r\norigin: http://evil.example\r\n").as_bytes(), "HTTP/1.1 403")?;
    // The slow ones are still there, and others are served.
    let id = client.start("sequence", Some("beside"), "2")?;
    ensure!(client.wait(&id)?["output"] == 2);
    for stream in &mut slow {
        stream.set_nonblocking(true)?;
        let read = stream.read(&mut [0; 1]);
        ensure!(read.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "{read:?}");
    }
    ensure!(client.get(&format!("{RPC}/instances/raw"))?.status == 404, "a request that was refused left something");
    Ok(())
}
