//! What a guest writes to its standard streams: lines of the log, of turns that are new.

use kernel::limits::LOG_LINES_PER_TURN_MAX_COUNT;
use kernel::model::{LogLevel, LogLine, Play};

use crate::log::{LineBuffer, dropped};

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Error,
}

/// What was written in one turn.
#[derive(Debug)]
pub(super) struct Output {
    play: Play,
    output: LineBuffer,
    error: LineBuffer,
    lines: Vec<LogLine>,
    excess: usize,
}

impl Stream {
    /// How a guest names it to the host.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Output => 1,
            Self::Error => 2,
        }
    }

    /// The one of a number that the host gave.
    pub(super) fn of(number: u32) -> Self {
        if number == Self::Output.number() { Self::Output } else { Self::Error }
    }

    fn level(self) -> LogLevel {
        match self {
            Self::Output => LogLevel::Info,
            Self::Error => LogLevel::Warn,
        }
    }
}

impl Output {
    pub(super) fn of_turn(play: Play) -> Self {
        Self { play, output: LineBuffer::default(), error: LineBuffer::default(), lines: Vec::new(), excess: 0 }
    }

    pub(super) fn write(&mut self, to: Stream, bytes: &[u8]) {
        if self.play == Play::Again {
            return;
        }
        let Self { output, error, lines, excess, .. } = self;
        let buffer = match to {
            Stream::Output => output,
            Stream::Error => error,
        };
        buffer.write(bytes, |line| keep(lines, excess, to, line));
    }

    /// Ends lines that have no end yet, and gives all of them.
    pub(super) fn finish(mut self) -> Vec<LogLine> {
        let Self { output, error, lines, excess, .. } = &mut self;
        for (stream, buffer) in [(Stream::Output, output), (Stream::Error, error)] {
            buffer.end(|line| keep(lines, excess, stream, line));
        }
        if self.excess > 0 {
            self.lines.push(LogLine { level: LogLevel::Warn, message: dropped(self.excess) });
        }
        self.lines
    }
}

fn keep(lines: &mut Vec<LogLine>, excess: &mut usize, stream: Stream, message: String) {
    if lines.len() < LOG_LINES_PER_TURN_MAX_COUNT {
        lines.push(LogLine { level: stream.level(), message });
    } else {
        *excess += 1;
    }
}
