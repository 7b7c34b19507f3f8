//! The activity that all programs call, and what an attempt of it gives.

use kernel::model::{ActivityOptions, Failure, FunctionName, Millis, Payload, RetryPolicy};

use super::blobs::payload;
use super::program::OnFailure;
use super::rng::{Rng, mix};

/// A call of the activity.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its input.
    pub value: u64,
    /// How many attempts fail first.
    pub fails: u32,
    /// How they fail.
    pub nature: Nature,
    /// Attempts in all and the wait between them, if it is tried again.
    pub retry: Option<(u32, Millis)>,
    /// What its failure means to the orchestrator.
    pub on_failure: OnFailure,
}

/// How an activity fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It may be tried again.
    Passing,
    /// Its kind is one that the policy does not retry.
    Declined,
}

const DECLINED: &str = "declined";

impl Call {
    /// A call that succeeds at once.
    pub fn plain(value: u64) -> Self {
        Self { value, fails: 0, nature: Nature::Passing, retry: None, on_failure: OnFailure::Fail }
    }

    /// A call whose first attempts fail, and that is not tried again.
    pub fn failing(value: u64, fails: u32) -> Self {
        Self { fails, ..Self::plain(value) }
    }

    /// Any call.
    pub fn any(rng: &mut Rng) -> Self {
        if rng.happens(600) {
            return Self::plain(rng.below(1_000));
        }
        Self {
            value: rng.below(1_000),
            fails: (rng.number() % 4) as u32,
            nature: if rng.happens(150) { Nature::Declined } else { Nature::Passing },
            retry: rng.happens(800).then(|| (1 + (rng.number() % 4) as u32, Millis(rng.below(3) * rng.below(400)))),
            on_failure: if rng.happens(500) { OnFailure::GoOn } else { OnFailure::Fail },
        }
    }

    /// The activity's input.
    pub fn input(&self) -> Payload {
        let nature = match self.nature {
            Nature::Passing => 0,
            Nature::Declined => 1,
        };
        payload(&format!("[{},{},{nature}]", self.value, self.fails), self.value)
    }

    /// The activity's options.
    pub fn options(&self) -> ActivityOptions {
        ActivityOptions { retry: self.retry.map(policy), timeout: None }
    }

    /// What the call comes to, retries and all.
    pub fn result(&self) -> Result<u64, Failure> {
        let attempts = self.retry.map_or(1, |(attempts, _)| attempts);
        let mut attempt = 1;
        loop {
            match activity(&self.input().shown(), attempt) {
                Ok(output) => return Ok(number(&output)),
                Err(failure) if attempt == attempts || failure.kind == DECLINED => return Err(failure),
                Err(_) => attempt += 1,
            }
        }
    }
}

/// The policy with so many attempts and such a wait.
pub fn policy((max_attempts, first_interval): (u32, Millis)) -> RetryPolicy {
    RetryPolicy {
        max_attempts,
        first_interval,
        coefficient: 2.0,
        max_interval: None,
        retry_timeout: None,
        jitter: 0.0,
        non_retryable: vec![DECLINED.to_owned()],
    }
}

/// The activity that all programs call.
pub fn activity_name() -> FunctionName {
    FunctionName::parse("work").expect("it is a name")
}

/// What an attempt of the activity gives: a function of its input and its number, and of nothing else.
pub fn activity(input: &str, attempt: u32) -> Result<Payload, Failure> {
    let text = input.trim().trim_matches(['[', ']']);
    let fields: Vec<u64> = text.split(',').map(|field| field.parse().expect("programs write numbers")).collect();
    let [value, fails, nature] = fields[..] else { panic!("{input} is not the input of a call") };
    if u64::from(attempt) > fails {
        return Ok(payload(&mix(value, 1).to_string(), value / 8));
    }
    let kind = if nature == 0 { "busy" } else { DECLINED };
    Err(Failure::from_guest(kind.to_owned(), format!("attempt {attempt} of {value}"), None, true, Vec::new()))
}

/// What tasks return.
pub fn number(output: &Payload) -> u64 {
    number_in(output.shown().trim())
}

/// The number in a text; entities return negative ones too, and a lock that was granted none.
pub fn number_in(text: &str) -> u64 {
    let negative = || text.parse().map(i64::cast_unsigned);
    if text == "null" { 0 } else { text.parse().or_else(|_| negative()).expect("tasks return numbers") }
}
