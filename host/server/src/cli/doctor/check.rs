//! One thing that is checked, and how versions are judged. It asks nobody anything.

use serde::Serialize;

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked for.
    pub name: &'static str,
    /// How it stands.
    pub state: State,
    /// Whether it has to be there.
    pub need: Need,
    /// Its version or its place.
    pub found: Option<String>,
    /// What to do if it is wanted and not there.
    pub fix: Option<String>,
}

/// How it stands with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Ok,
    Missing,
    TooOld,
    /// Somebody else has it.
    InUse,
}

/// Whether something has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    Required,
    Optional,
}

/// A version, as far as it matters.
pub type Version = (u32, u32);

impl Check {
    /// Something that is as it has to be.
    pub fn ok(name: &'static str, need: Need, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, need, found: Some(found.into()), fix: None }
    }

    /// Something that is not there.
    pub fn missing(name: &'static str, need: Need, fix: impl Into<String>) -> Self {
        Self { name, state: State::Missing, need, found: None, fix: Some(fix.into()) }
    }

    /// A program by what it answered when it was asked for its version, if it is there.
    pub fn program(name: &'static str, need: Need, answer: Option<String>, least: Option<Version>, fix: &str) -> Self {
        let Some(answer) = answer else { return Self::missing(name, need, fix) };
        let found = answer.lines().next().unwrap_or_default().trim().to_owned();
        match (version(&found), least) {
            (Some(version), Some(least)) if version < least => {
                let fix = format!("{}.{} or newer is needed: {fix}", least.0, least.1);
                Self { name, state: State::TooOld, need, found: Some(found), fix: Some(fix) }
            }
            _ => Self::ok(name, need, found),
        }
    }

    /// Whether nothing has to be done.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ok || self.need == Need::Optional
    }
}

impl State {
    /// The word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::TooOld => "too-old",
            Self::InUse => "in-use",
        }
    }
}

/// The first two numbers of `v20.1.0`, `Python 3.11.2` or `rustc 1.95.0 (…)`.
pub fn version(text: &str) -> Option<Version> {
    let word =
        text.split_whitespace().find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.trim_start_matches('v').split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    Some((numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check = |text: &str, expect: Option<Version>| assert_eq!(version(text), expect, "{text}");
        check("v20.1.0", Some((20, 1)));
        check("Python 3.11.2", Some((3, 11)));
        check("rustc 1.95.0-nightly (59807616e 2026-04-14)", Some((1, 95)));
        check("Debian clang version 14.0.6", Some((14, 0)));
        check("11", Some((11, 0)));
        check("nothing", None);
        check("", None);
    }

    #[test]
    fn programs() {
        let check = |answer: Option<&str>, expect: State, fix: Option<&str>| {
            let got = Check::program("node", Need::Required, answer.map(str::to_owned), Some((20, 0)), "install it");
            assert_eq!((got.state, got.fix.as_deref()), (expect, fix), "{answer:?}");
            assert_eq!(got.is_ready(), expect == State::Ok);
        };
        check(Some("v20.0.0"), State::Ok, None);
        check(Some("v18.19.1\n"), State::TooOld, Some("20.0 or newer is needed: install it"));
        check(Some("strange"), State::Ok, None);
        check(None, State::Missing, Some("install it"));
        assert!(Check::missing("npm", Need::Optional, "install it").is_ready());
    }
}
