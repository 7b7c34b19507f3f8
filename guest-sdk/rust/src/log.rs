//! Lines for people: what an orchestrator or an entity says about itself.

use std::{cell::RefCell, fmt};

use crate::{
    bindings::types::{LogLevel, LogLine},
    machine::Shared,
};

/// The log of an instance.
pub struct Log<'a> {
    sink: &'a dyn Sink,
}

/// Where lines go.
pub(crate) trait Sink {
    fn write(&self, line: LogLine);
}

/// Lines of replayed turns were written before.
impl Sink for Shared {
    fn write(&self, line: LogLine) {
        let mut machine = self.borrow_mut();
        if !machine.replaying {
            machine.logs.push(line);
        }
    }
}

impl Sink for RefCell<Vec<LogLine>> {
    fn write(&self, line: LogLine) {
        self.borrow_mut().push(line);
    }
}

impl<'a> Log<'a> {
    pub(crate) fn new(sink: &'a dyn Sink) -> Self {
        Log { sink }
    }

    /// Writes a line for the author.
    pub fn debug(&self, message: impl Into<String>) {
        self.write(LogLevel::Debug, message.into());
    }

    /// Writes a line for the operator.
    pub fn info(&self, message: impl Into<String>) {
        self.write(LogLevel::Info, message.into());
    }

    /// Writes a line about something that may go wrong.
    pub fn warn(&self, message: impl Into<String>) {
        self.write(LogLevel::Warn, message.into());
    }

    /// Writes a line about something that went wrong.
    pub fn error(&self, message: impl Into<String>) {
        self.write(LogLevel::Error, message.into());
    }

    fn write(&self, level: LogLevel, message: String) {
        self.sink.write(LogLine { level, message });
    }
}

impl fmt::Debug for Log<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Log")
    }
}
