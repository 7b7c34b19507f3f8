//! How a command ends: exit codes, and errors as they are printed.

use std::borrow::Cow;
use std::process::ExitCode;

use super::output::{self, Format};
use crate::problem::{Code, Problem};

/// An exit code of the documented table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    pub const DONE: Self = Self(0);
    pub const FAILURE: Self = Self(1);
    pub const USAGE: Self = Self(2);
    pub const NOT_FOUND: Self = Self(3);
    pub const ORCHESTRATION_FAILED: Self = Self(4);
    pub const CONFLICT: Self = Self(5);
    pub const NOT_ALLOWED: Self = Self(6);
    pub const UNREACHABLE: Self = Self(7);
    /// A component does not do what a history says.
    pub const DIVERGED: Self = Self(8);
    /// `EX_DATAERR` of `sysexits.h`.
    pub const DATA: Self = Self(65);
    /// `EX_CONFIG` of `sysexits.h`: a supervisor must not simply start it again.
    pub const DATA_UNUSABLE: Self = Self(78);
    /// As `timeout(1)` has it.
    pub const TIMEOUT: Self = Self(124);
    /// As a shell reports SIGINT.
    pub const INTERRUPTED: Self = Self(130);

    /// The exit code that goes with a problem.
    pub fn of(code: Code) -> Self {
        match code {
            Code::InvalidId
            | Code::InvalidJson
            | Code::InvalidArgument
            | Code::InvalidContentType
            | Code::PayloadTooLarge
            | Code::AmbiguousId
            | Code::NotConfirmed
            | Code::FileUnreadable
            | Code::FileUnwritable
            | Code::InvalidManifest
            | Code::InvalidScenario
            | Code::InvalidSetting => Self::USAGE,
            Code::UnknownFunction | Code::NotFound | Code::UnknownComponent => Self::NOT_FOUND,
            Code::OrchestrationFailed | Code::OrchestrationTerminated => Self::ORCHESTRATION_FAILED,
            Code::InstanceExists
            | Code::InstanceFinished
            | Code::NotEnded
            | Code::NotFailed
            | Code::NotRewindable
            | Code::FolderInUse => Self::CONFLICT,
            Code::HostNotAllowed | Code::CrossSite => Self::NOT_ALLOWED,
            Code::ServerUnreachable => Self::UNREACHABLE,
            Code::HistoryDiverged => Self::DIVERGED,
            Code::NotAnExport => Self::DATA,
            Code::DataLocked | Code::DataForeign | Code::DataNewer | Code::DataUnusable => Self::DATA_UNUSABLE,
            Code::WaitTimeout => Self::TIMEOUT,
            Code::TooManyHeaders
            | Code::BodyTimeout
            | Code::BodyBroken
            | Code::RouteNotFound
            | Code::MethodNotAllowed
            | Code::TriggerFailed
            | Code::TriggerTimeout
            | Code::TooBusy
            | Code::TooManyPending
            | Code::StorageFull
            | Code::ComponentUnavailable
            | Code::OutcomeUnknown
            | Code::StoreUnavailable
            | Code::HistoryDamaged
            | Code::InternalError
            | Code::BuildFailed
            | Code::NotAComponent
            | Code::NoWasmTarget
            | Code::ToolchainMissing
            | Code::ComponentNotStored
            | Code::AddressUnavailable
            | Code::UnexpectedAnswer => Self::FAILURE,
        }
    }

    /// The exit code for a refusal whose code a newer server made.
    pub fn of_status(status: u16) -> Self {
        match status {
            400 | 413 => Self::USAGE,
            401 | 403 => Self::NOT_ALLOWED,
            404 => Self::NOT_FOUND,
            409 | 410 | 412 => Self::CONFLICT,
            _ => Self::FAILURE,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// A code of `errors.md`, or one that a newer server made.
    pub code: Cow<'static, str>,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl CliError {
    /// The component was refused; the message says what to do.
    pub fn refused(file: &std::path::Path, refusal: &sandbox::Refusal) -> Self {
        let message = format!("{}: {refusal}", file.display());
        Self { code: refusal.code().into(), message, hint: None, exit: Exit::FAILURE }
    }

    /// Prints it on stderr.
    pub fn print(&self, format: Format) {
        match format {
            Format::Json => output::note(&self.json()),
            Format::Text => {
                let (red, bold, off) = (output::RED, output::BOLD, output::RED.render_reset());
                let Self { code, message, hint, .. } = self;
                let message = output::printable(message);
                output::note(&format!("{red}error[{code}]{off}: {message}"));
                if let Some(hint) = hint {
                    output::note(&format!("{bold}hint{off}: {}", output::printable(hint)));
                }
            }
        }
    }

    fn json(&self) -> String {
        let error = serde_json::json!({ "code": self.code, "message": self.message, "hint": self.hint });
        serde_json::json!({ "error": error }).to_string()
    }
}

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        let Problem { code, message } = problem;
        Self { code: code.as_str().into(), message, hint: Some(code.hint().to_owned()), exit: Exit::of(code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_as_json() {
        let error = CliError::from(Problem::new(Code::NotFound, "there is no instance \"a\""));
        let json: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert_eq!(json["error"]["code"], "not_found");
        assert_eq!(json["error"]["message"], "there is no instance \"a\"");
        assert_eq!(json["error"]["hint"], Code::NotFound.hint());
    }
}
