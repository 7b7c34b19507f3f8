//! What went wrong, for the one who asked: a stable code, a sentence, and what to do next.
//!
//! It owns the table of codes; `errors.md` explains each of them and a test keeps the two in step. It does not know how
//! a problem reaches anybody: [`crate::http`] gives each code a status, [`crate::cli`] an exit code. A code is never
//! reused for something else.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $hint:literal;)+) => {
        /// The stable word for a problem; scripts may branch on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What has happened, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_start(),)+
                }
            }

            /// What to do next.
            pub fn hint(self) -> &'static str {
                match self {
                    $(Self::$name => $hint,)+
                }
            }
        }
    };
}

codes! {
    /// No deployed component has such a function.
    UnknownFunction = "unknown_function", "Deploy a component that has it, or correct the name.";
    /// The text cannot be the id of an instance or an entity.
    InvalidId = "invalid_id", "Choose an id of 1 to 100 characters without / \\ # ? and control characters that does not begin with @; an entity's is @name@key.";
    /// The body is not JSON, or nests too deep.
    InvalidJson = "invalid_json", "Send one JSON value, nested at most 64 levels deep.";
    /// A query parameter makes no sense.
    InvalidArgument = "invalid_argument", "Correct the parameter that the message names.";
    /// The body is not declared to be JSON.
    InvalidContentType = "invalid_content_type", "Send the body with the header `content-type: application/json`.";
    /// The value is larger than a payload may be.
    PayloadTooLarge = "payload_too_large", "Send at most 2 MiB; keep large data elsewhere and pass a reference.";
    /// The request head has too many headers.
    TooManyHeaders = "too_many_headers", "Send fewer headers.";
    /// The body did not arrive in time.
    BodyTimeout = "body_timeout", "Send the body without pauses.";
    /// The body broke off.
    BodyBroken = "body_broken", "Send the request again.";
    /// The id belongs to an instance that has not ended.
    InstanceExists = "instance_exists", "Choose another id, or end that instance first.";
    /// There is no such instance, or no such entity.
    NotFound = "not_found", "Check the id; `dacapo ls` lists instances, `dacapo entity ls` entities.";
    /// The instance has already ended.
    InstanceFinished = "instance_finished", "Nothing: an ended instance does not change.";
    /// Only an instance that has ended can be purged.
    NotEnded = "not_ended", "Terminate it first, or wait for its end.";
    /// Only an instance that failed can be rewound.
    NotFailed = "not_failed", "Nothing: rewind takes back a failure, and there is none.";
    /// No failed task led to the failure of the instance.
    NotRewindable = "not_rewindable", "Restart it: it would fail again in the same way.";
    /// Too many messages wait for the instance.
    TooManyPending = "too_many_pending", "Send it again later; an instance that is suspended or held takes nothing in until it goes on.";
    /// There is no such component.
    UnknownComponent = "unknown_component", "Check the digest; the history of an instance names its component.";
    /// The server has no such route.
    RouteNotFound = "route_not_found", "Check the path and the method.";
    /// The route does not answer requests of this method.
    MethodNotAllowed = "method_not_allowed", "Use one of the methods in the header `allow`.";
    /// The component that answers the request failed.
    TriggerFailed = "trigger_failed", "The log of the host says why; correct the component.";
    /// The component that answers the request took too long.
    TriggerTimeout = "trigger_timeout", "Let the component start an orchestration for what takes long, and answer at once.";
    /// Too many requests are being answered.
    TooBusy = "too_busy", "Send the request again after the time that `retry-after` says.";
    /// The Host header names another machine.
    HostNotAllowed = "host_not_allowed", "Use the address that `dacapo up` printed, or allow the name with --allow-host.";
    /// A browser sent the request on behalf of another site.
    CrossSite = "cross_site", "Send the request from the same site or from outside a browser.";
    /// There is no space for what would have to be stored.
    StorageFull = "storage_full", "Free space on the disk of the data folder, then try again.";
    /// The component cannot be played at present.
    ComponentUnavailable = "component_unavailable", "See the message; deploy the component again.";
    /// The host stops or recovers; it is not known whether the request took effect.
    OutcomeUnknown = "outcome_unknown", "Look at the instance before you send the request again.";
    /// The store could not be read.
    StoreUnavailable = "store_unavailable", "Try again; if it stays so, look at the log of the host.";
    /// The stored history of the instance is damaged.
    HistoryDamaged = "history_damaged", "Restore the data folder from a backup; other instances are not affected.";
    /// The host has a defect.
    InternalError = "internal_error", "Report it with the log of the host.";

    /// A file or folder cannot be read.
    FileUnreadable = "file_unreadable", "Check the path and its permissions.";
    /// A file or folder cannot be written.
    FileUnwritable = "file_unwritable", "Check the path, its permissions and the space on the disk.";
    /// The folder has something in it already.
    FolderInUse = "folder_in_use", "Choose another name, or empty the folder.";
    /// The manifest makes no sense.
    InvalidManifest = "invalid_manifest", "Correct the line that the message names.";
    /// A scenario makes no sense, or there is none.
    InvalidScenario = "invalid_scenario", "Correct what the message names; `dacapo test --help` shows a scenario.";
    /// A setting makes no sense.
    InvalidSetting = "invalid_setting", "See `dacapo up --help`.";
    /// The build command of a guest failed.
    BuildFailed = "build_failed", "Correct what the message or the output above it names.";
    /// The build made something that is not a component.
    NotAComponent = "not_a_component", "Build it with the dacapo SDK, or wrap the core module by `wasm-tools component new`.";
    /// No toolchain here can build for wasm.
    NoWasmTarget = "no_wasm_target", "Do one of the three, or run again with --install.";
    /// What builds guests of this language is not installed.
    ToolchainMissing = "toolchain_missing", "Do what the message says; `dacapo doctor` checks all toolchains.";
    /// The component could not be kept.
    ComponentNotStored = "component_not_stored", "Check the space and the permissions of the data folder.";
    /// Another dacapo uses the data folder.
    DataLocked = "data_locked", "Stop the other dacapo, or give this one its own folder with --data.";
    /// The data folder belongs to something else.
    DataForeign = "data_foreign", "Give dacapo a folder of its own with --data.";
    /// The data folder was written by a newer dacapo.
    DataNewer = "data_newer", "Use that version or a newer one; the folder was not touched.";
    /// The data folder cannot be opened.
    DataUnusable = "data_unusable", "See the message; check the disk and the permissions.";
    /// The address cannot be listened on.
    AddressUnavailable = "address_unavailable", "Choose another one with --port, or stop what uses it.";
    /// The server does not answer.
    ServerUnreachable = "server_unreachable", "Start one with `dacapo up`, or name it with --server.";
    /// More than one instance has an id that begins so.
    AmbiguousId = "ambiguous_id", "Name more of the id.";
    /// Nobody confirmed that instances shall be purged.
    NotConfirmed = "not_confirmed", "Say yes, or give --yes where nobody can be asked.";
    /// The file is not an exported history, or a damaged one.
    NotAnExport = "not_an_export", "Write one with `dacapo history ID --export FILE`.";
    /// The component does not do what the history says.
    HistoryDiverged = "history_diverged", "Change the code so that it decides as the history says; see what both have.";
    /// The answer is not what a dacapo would send.
    UnexpectedAnswer = "unexpected_answer", "Check that --server names a dacapo.";
    /// The orchestration failed.
    OrchestrationFailed = "orchestration_failed", "`dacapo history` shows what happened.";
    /// The orchestration was terminated.
    OrchestrationTerminated = "orchestration_terminated", "`dacapo show` tells the reason.";
    /// The orchestration did not end in time.
    WaitTimeout = "wait_timeout", "It goes on; `dacapo show` tells how it stands.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A problem that somebody is told about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// The stable word.
    pub code: Code,
    /// One sentence: what happened, and where.
    pub message: String,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;
    use crate::http;

    const TABLE: &str = include_str!("../errors.md");

    /// The row of a code: code, HTTP status, exit code, what happened, what to do next.
    #[test]
    fn every_code_is_documented() {
        for &code in Code::ALL {
            let status = http::status(code).map_or("–".to_owned(), |status| status.as_str().to_owned());
            let begin = format!("| `{code}` | {status} | {} | ", Exit::of(code).code());
            let row = TABLE.lines().find(|line| line.starts_with(&begin));
            let row = row.unwrap_or_else(|| panic!("errors.md has no row that begins with {begin}"));
            let end = format!(" | {} | {} |", code.meaning(), code.hint());
            assert!(row.ends_with(&end), "the text of {code} differs in errors.md: {row}");
        }
    }

    #[test]
    fn every_refusal_of_a_component_is_documented() {
        let source = include_str!("../../sandbox/src/refusal.rs");
        let codes = source.lines().filter_map(|line| line.trim().split_once(" => \"")?.1.strip_suffix("\","));
        let rows: Vec<_> = codes.map(|code| format!("| `{code}` | ")).collect();
        assert!(!rows.is_empty(), "the codes are found in the source");
        for row in &rows {
            assert!(TABLE.lines().any(|line| line.starts_with(row)), "errors.md has no row that begins with {row}");
        }
        let documented = TABLE.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(documented, Code::ALL.len() + rows.len(), "errors.md has rows for codes that do not exist");
    }
}
