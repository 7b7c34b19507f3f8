//! Lines that guests write. They may end in a terminal or in another program, so nothing in them may act on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use kernel::limits::{LOG_LINE_MAX_BYTES, LOG_LINES_PER_TURN_MAX_COUNT};
use kernel::model::{FunctionName, InstanceId};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Escapes control characters and cuts the line to size.
pub(crate) fn clean(line: String) -> String {
    if line.len() <= LOG_LINE_MAX_BYTES && !line.chars().any(is_active) {
        return line;
    }
    let mut text = String::with_capacity(line.len().min(LOG_LINE_MAX_BYTES));
    for c in line.chars() {
        if text.len() + c.len_utf8() > LOG_LINE_MAX_BYTES {
            text.push('…');
            break;
        }
        if is_active(c) { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

/// What is said in place of the lines that were one too many.
pub(crate) fn dropped(count: usize) -> String {
    format!(
        "{count} more lines were dropped; a turn, an activity or a trigger may write {LOG_LINES_PER_TURN_MAX_COUNT}"
    )
}

/// Characters that move a cursor, begin an escape sequence or turn the order of what follows.
fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Standard output and standard error of one call, which end in the host's log line by line.
#[derive(Clone)]
pub(crate) struct LineSink(Arc<Mutex<Lines>>);

/// Makes lines of what is written in pieces.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    partial: Vec<u8>,
}

struct Lines {
    writer: Writer,
    buffer: LineBuffer,
    count: usize,
}

/// Who writes.
enum Writer {
    Activity { instance: InstanceId, function: FunctionName },
    Trigger(String),
}

impl LineSink {
    /// For an activity.
    pub(crate) fn of_activity(instance: InstanceId, function: FunctionName) -> Self {
        Self::new(Writer::Activity { instance, function })
    }

    /// For a trigger; `trigger` says which.
    pub(crate) fn of_trigger(trigger: String) -> Self {
        Self::new(Writer::Trigger(trigger))
    }

    fn new(writer: Writer) -> Self {
        Self(Arc::new(Mutex::new(Lines { writer, buffer: LineBuffer::default(), count: 0 })))
    }
}

impl LineBuffer {
    /// Takes a piece, and gives the lines that end in it.
    pub(crate) fn write(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, ends) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            // One byte more than fits, so that the cut can be seen.
            let room = (LOG_LINE_MAX_BYTES + 1).saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                line(self.take());
            }
        }
    }

    /// Gives the line that has no end yet, if there is one.
    pub(crate) fn end(&mut self, line: impl FnOnce(String)) {
        if !self.partial.is_empty() {
            line(self.take());
        }
    }

    fn take(&mut self) -> String {
        clean(String::from_utf8_lossy(&std::mem::take(&mut self.partial)).into_owned())
    }
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        let Self { writer, buffer, count } = self;
        buffer.write(bytes, |line| writer.count(count, &line));
    }
}

impl Writer {
    fn count(&self, count: &mut usize, line: &str) {
        *count += 1;
        if *count <= LOG_LINES_PER_TURN_MAX_COUNT {
            self.write(line);
        }
    }

    fn write(&self, line: &str) {
        match self {
            Self::Activity { instance, function } => tracing::info!(%instance, %function, "{line}"),
            Self::Trigger(trigger) => tracing::info!(%trigger, "{line}"),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let Self { writer, buffer, count } = self;
        buffer.end(|line| writer.count(count, &line));
        if *count > LOG_LINES_PER_TURN_MAX_COUNT {
            writer.write(&dropped(*count - LOG_LINES_PER_TURN_MAX_COUNT));
        }
    }
}

impl IsTerminal for LineSink {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LineSink {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for LineSink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |line: &str, expect: &str| assert_eq!(clean(line.to_owned()), expect);
        check("plain ünï", "plain ünï");
        check("two\nlines\r\t", "two\\nlines\\r\\t");
        check("\x1b[31mred\u{9b}", "\\u{1b}[31mred\\u{9b}");
        check("ab\u{202e}c", "ab\\u{202e}c");
        check(&"x".repeat(LOG_LINE_MAX_BYTES), &"x".repeat(LOG_LINE_MAX_BYTES));
        check(&"x".repeat(LOG_LINE_MAX_BYTES + 1), &format!("{}…", "x".repeat(LOG_LINE_MAX_BYTES)));
    }
}
