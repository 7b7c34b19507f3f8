//! The settings of a running host, checked before anything is opened.

mod blobs;

use kernel::limits::{HUB_NAME_MAX_CHARS, PAYLOAD_MAX_BYTES, PAYLOAD_MAX_MIN_BYTES};
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::egress::Rules;
use crate::http::Forwarded;
use crate::problem::{Code, Problem};
use crate::triggers::Connections;

pub use self::blobs::BlobSettings;

/// The name of a hub as it appears in URLs: a letter, then letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubName(String);

impl HubName {
    /// Checks and takes a text. The rule is that of Durable Functions, so that a name is good on both.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let alphanumeric = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let letter_first = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if alphanumeric && letter_first && (3..=HUB_NAME_MAX_CHARS).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let rule = format!("it must have 3 to {HUB_NAME_MAX_CHARS} letters and digits and begin with a letter");
        Err(Problem::new(Code::InvalidSetting, format!("{text:?} is not a hub name: {rule}")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an operator may write into a file of settings. It is refused as a whole for an unknown key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which payloads become blobs, and where those are kept.
    pub blobs: BlobSettings,
    /// Where guests may call; nowhere, if nothing is said.
    pub egress: Rules,
    /// How requests are understood.
    pub http: Http,
    /// How large payloads may be.
    pub payloads: Payloads,
    /// Connections to streams, by name.
    pub streams: Connections,
}

/// How large payloads may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Payloads {
    /// The largest one that is taken, in bytes.
    #[serde(deserialize_with = "payload_bytes")]
    pub max_bytes: usize,
}

impl Default for Payloads {
    fn default() -> Self {
        Self { max_bytes: PAYLOAD_MAX_BYTES }
    }
}

fn payload_bytes<'de, D: Deserializer<'de>>(value: D) -> Result<usize, D::Error> {
    let bytes = usize::deserialize(value)?;
    let allowed = PAYLOAD_MAX_MIN_BYTES..=PAYLOAD_MAX_BYTES;
    if allowed.contains(&bytes) {
        return Ok(bytes);
    }
    let (least, most) = allowed.into_inner();
    Err(D::Error::custom(format!("max-bytes must be from {least} to {most}")))
}

/// How HTTP requests are understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// Whether what a proxy says of the address counts for the URLs in answers.
    pub forwarded_headers: Forwarded,
}

impl Settings {
    /// Reads the text of the file at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| {
            let why = error.to_string();
            Problem::new(Code::InvalidSetting, format!("{}: {}", path.display(), why.trim_end()))
        })
    }
}

/// Who may reach the host over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Only this machine. The default, because nobody is asked for a key yet.
    LoopbackOnly,
    /// Whoever can route to it; the operator said so.
    Anyone,
}

/// Refuses to listen beyond this machine unless the operator asked for it.
pub fn check_exposure(address: SocketAddr, exposure: Exposure) -> Result<(), Problem> {
    if address.ip().is_loopback() || exposure == Exposure::Anyone {
        return Ok(());
    }
    let why = "is reachable from other machines, and no key is asked for";
    let message = format!("{address} {why}; listen on 127.0.0.1, or say --insecure if the network is trusted");
    Err(Problem::new(Code::InvalidSetting, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_names() {
        let check = |text: &str, expect: bool| assert_eq!(HubName::parse(text).is_ok(), expect, "{text:?}");
        check("TestHub1", true);
        check("dacapo", true);
        check("1st", false);
        check("ab", false);
        check("a-b", false);
        check("a&b=c", false);
        check(&"a".repeat(46), false);
    }

    #[test]
    fn settings() {
        let check = |text: &str, expect: Result<(), &str>| {
            let got = Settings::parse(text, Path::new("host.toml")).map_err(|problem| problem.to_string());
            match expect {
                Ok(()) => assert!(got.is_ok(), "{got:?}"),
                Err(part) => assert!(got.as_ref().is_err_and(|text| text.contains(part)), "{got:?} has no {part:?}"),
            }
        };
        check("", Ok(()));
        check("[egress]\n", Ok(()));
        check("[egress]\nallow = [\"https://api.example\"]\nnetworks = [\"10.0.0.0/8\"]\n", Ok(()));
        check("[http]\nforwarded-headers = true\n", Ok(()));
        check("[http]\nforwarded = true\n", Err("unknown field `forwarded`"));
        check("[streams.main]\nurl = \"nats://127.0.0.1:4222\"\n", Ok(()));
        check("[streams.main]\nurl = \"127.0.0.1:x\"\n", Err("url: NATS server URL is invalid"));
        check("[blobs]\nthreshold-bytes = 4096\n", Ok(()));
        check("[blobs]\nbucket = \"b\"\n", Err("bucket is for store"));
        check("[egres]\n", Err("host.toml: TOML parse error at line 1"));
        check("[egress]\nalow = []\n", Err("unknown field `alow`"));
        check("[payloads]\nmax-bytes = 1048576\n", Ok(()));
        check("[payloads]\nmax-bytes = 100\n", Err("max-bytes must be from 65536 to 67108864"));
        check("[egress]\nallow = [\"*\"]\n", Err("line 2"));
        check("[egress]\nallow = [\"a.example\", \"*\"]\n", Err("\"*\" cannot be allowed"));
    }

    #[test]
    fn exposure() {
        let check = |address: &str, exposure, expect: bool| {
            assert_eq!(check_exposure(address.parse().unwrap(), exposure).is_ok(), expect, "{address}");
        };
        check("127.0.0.1:7071", Exposure::LoopbackOnly, true);
        check("[::1]:7071", Exposure::LoopbackOnly, true);
        check("0.0.0.0:7071", Exposure::LoopbackOnly, false);
        check("[::]:7071", Exposure::LoopbackOnly, false);
        check("10.0.0.1:7071", Exposure::LoopbackOnly, false);
        check("0.0.0.0:7071", Exposure::Anyone, true);
    }
}
