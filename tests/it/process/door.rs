//! Clients of a host that is killed and started again: they notice only that answers do not come, and ask again.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use tests::http::{Answer, Client};

/// How long clients wait for a host before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the host is found at present.
#[derive(Debug, Default)]
pub struct Door {
    open: Mutex<Option<Open>>,
    opened: Condvar,
}

#[derive(Debug, Clone)]
struct Open {
    life: usize,
    url: String,
}

/// A client that repeats what is not answered.
#[derive(Debug)]
pub struct Patient<'a> {
    door: &'a Door,
    at: Option<(usize, Client)>,
}

/// An answer that came at last.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// How often the request was sent before without an answer. Each of them may have had its effect.
    pub unanswered: usize,
}

impl Door {
    /// The host of this life is found at this URL.
    pub fn open(&self, life: usize, url: &str) {
        *self.lock() = Some(Open { life, url: url.to_owned() });
        self.opened.notify_all();
    }

    /// A client that comes through this door.
    pub fn client(&self) -> Patient<'_> {
        Patient { door: self, at: None }
    }

    /// Waits for a host that lives after the one of this life.
    fn after(&self, life: Option<usize>) -> Result<Open> {
        let is_old = |open: &mut Option<Open>| open.as_ref().map(|open| open.life) <= life;
        let waited = self.opened.wait_timeout_while(self.lock(), PATIENCE, is_old);
        let (open, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        ensure!(!waited.timed_out(), "no host came after that of life {life:?}");
        Ok(open.clone().expect("who is not old is there"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Patient<'_> {
    /// Sends the request to one host after the other until it is answered.
    pub fn send(&mut self, request: impl Fn(&Client) -> Result<Answer>) -> Result<Answered> {
        let mut unanswered = 0;
        loop {
            if let Some((_, client)) = &self.at {
                if let Ok(answer) = request(client) {
                    return Ok(Answered { answer, unanswered });
                }
                unanswered += 1;
            }
            let open = self.door.after(self.at.as_ref().map(|(life, _)| *life))?;
            self.at = Some((open.life, Client::new(&open.url)));
        }
    }
}
