//! The operator's connections to NATS: their settings, and that each is up or down.
//!
//! A connection is kept by its client, which tries again for as long as the host runs. What is said of it is said once for
//! each change. It knows nothing of streams.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use kernel::limits::{STREAM_CONNECT_WARN_MS, STREAM_RETRY_FIRST_MS, STREAM_RETRY_MAX_MS};
use serde::Deserialize;
use tokio::sync::watch;

use crate::problem::{Code, Problem};

/// One `[streams.NAME]` of the operator's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Connection {
    server: ServerAddr,
    login: Login,
    authorities: Option<PathBuf>,
}

/// How the host makes itself known. Secrets are in files of their own, so that settings can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Login {
    Nobody,
    Password { user: String, file: PathBuf },
    Token { file: PathBuf },
}

/// [`Connection`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    url: String,
    user: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

/// Whether a connection can be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It was never up.
    Pending,
    /// It can.
    Up,
    /// It was lost.
    Down,
}

/// A connection that is kept.
#[derive(Debug, Clone)]
pub struct Connected {
    /// What to speak through.
    pub client: Client,
    /// How it is.
    pub link: watch::Receiver<Link>,
}

impl Connection {
    /// Connects in the background; whether that works is told by the link and in the log.
    ///
    /// # Errors
    /// A file that the settings name cannot be read.
    pub async fn connect(&self, name: &str) -> Result<Connected, Problem> {
        let (sender, link) = watch::channel(Link::Pending);
        let label = format!("connection {name} to {self}");
        let (noted, report) = (sender, label.clone());
        let options = self
            .options(name)?
            .name("dacapo")
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempt| backoff(u32::try_from(attempt).unwrap_or(u32::MAX)))
            .event_callback(move |event| {
                note(&noted, &report, &event);
                async {}
            });
        let unusable = |error: &dyn fmt::Display| Problem::new(Code::InvalidSetting, format!("{label}: {error}"));
        let client = options.connect(&self.server).await.map_err(|error| unusable(&error))?;
        tokio::spawn(warn_if_late(link.clone(), label));
        Ok(Connected { client, link })
    }

    fn options(&self, name: &str) -> Result<ConnectOptions, Problem> {
        let secret = |file: &Path| {
            let read = std::fs::read_to_string(file).map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
            read.map_err(|error| {
                let text = format!("[streams.{name}]: {} cannot be read: {error}", file.display());
                Problem::new(Code::InvalidSetting, text)
            })
        };
        let options = match &self.login {
            Login::Nobody => ConnectOptions::new(),
            Login::Password { user, file } => ConnectOptions::with_user_and_password(user.clone(), secret(file)?),
            Login::Token { file } => ConnectOptions::with_token(secret(file)?),
        };
        Ok(match &self.authorities {
            Some(file) => {
                secret(file)?;
                options.add_root_certificates(file.clone()).require_tls(true)
            }
            None => options,
        })
    }
}

/// How long to wait after so many attempts in vain.
pub fn backoff(attempts: u32) -> Duration {
    let length_ms = STREAM_RETRY_FIRST_MS.saturating_mul(1 << attempts.min(16));
    Duration::from_millis(length_ms.min(STREAM_RETRY_MAX_MS))
}

fn note(link: &watch::Sender<Link>, label: &str, event: &Event) {
    let now = match event {
        Event::Connected => Link::Up,
        Event::Disconnected => Link::Down,
        Event::Closed | Event::Draining | Event::LameDuckMode => return,
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            tracing::debug!("{label}: {event}");
            return;
        }
    };
    if link.send_replace(now) == now {
        return;
    }
    match now {
        Link::Up => tracing::info!("{label} is up"),
        Link::Pending | Link::Down => tracing::warn!("{label} is lost; it is tried again until it is back"),
    }
}

async fn warn_if_late(mut link: watch::Receiver<Link>, label: String) {
    let first = link.wait_for(|link| *link != Link::Pending);
    if tokio::time::timeout(Duration::from_millis(STREAM_CONNECT_WARN_MS), first).await.is_err() {
        tracing::warn!("{label} cannot be made; it is tried again until it can, and its triggers wait");
    }
}

impl TryFrom<Written> for Connection {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { url, user, password_file, token_file, ca_file } = written;
        let server: ServerAddr = url.parse().map_err(|error| format!("url: {error}"))?;
        if !matches!(server.scheme(), "nats" | "tls") {
            return Err(format!("url = {url:?} must begin with nats:// or tls://"));
        }
        if server.has_user_pass() || server.password().is_some() {
            return Err("url: it must not hold a password; give user and password-file, or token-file".to_owned());
        }
        let login = match (user, password_file, token_file) {
            (None, None, None) => Login::Nobody,
            (Some(user), Some(file), None) => Login::Password { user, file },
            (None, None, Some(file)) => Login::Token { file },
            _ => return Err("give user and password-file, or token-file, or neither".to_owned()),
        };
        Ok(Self { server, login, authorities: ca_file })
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.server.as_url_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let got = toml::from_str::<Connection>(text).map(|got| got.to_string());
            match (got.map_err(|error| error.to_string()), expect) {
                (Ok(got), Ok(expect)) => assert_eq!(got, expect),
                (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
                (got, expect) => panic!("{got:?}, not {expect:?}"),
            }
        };
        check("url = \"nats://127.0.0.1:4222\"", Ok("nats://127.0.0.1:4222"));
        check(
            "url = \"tls://nats.example\"\nuser = \"u\"\npassword-file = \"p\"\nca-file = \"c\"",
            Ok("tls://nats.example"),
        );
        check("url = \"nats://n\"\ntoken-file = \"t\"", Ok("nats://n"));
        check("url = \"nats://u:secret@n\"", Err("must not hold a password"));
        check("url = \"http://n\"", Err("invalid scheme"));
        check("url = \"ws://n\"", Err("must begin with nats://"));
        check("url = \"nats://n\"\nuser = \"u\"", Err("give user and password-file"));
        check("url = \"nats://n\"\nuser = \"u\"\npassword-file = \"p\"\ntoken-file = \"t\"", Err("or neither"));
        check("url = \"nats://n\"\npassword = \"p\"", Err("unknown field `password`"));
        check("user = \"u\"", Err("missing field `url`"));
    }

    #[test]
    fn waits_grow_up_to_a_limit() {
        let check = |attempts, expect: u64| assert_eq!(backoff(attempts), Duration::from_millis(expect), "{attempts}");
        check(0, STREAM_RETRY_FIRST_MS);
        check(3, 8 * STREAM_RETRY_FIRST_MS);
        check(30, STREAM_RETRY_MAX_MS);
        check(u32::MAX, STREAM_RETRY_MAX_MS);
    }
}
