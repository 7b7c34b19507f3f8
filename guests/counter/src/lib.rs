//! Entities in both styles: the methods of a type, and a function with an enum of its operations.

use std::collections::BTreeSet;

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [tally],
    entities: [Counter, Members, register],
}

/// A number that many add to.
#[payload]
#[derive(Default)]
struct Counter {
    value: i64,
}

/// Counts.
#[entity]
impl Counter {
    /// Adds, and gives the sum.
    fn add(&mut self, n: i64) -> i64 {
        self.value = self.value.wrapping_add(n);
        self.value
    }

    /// The sum.
    fn get(&self) -> i64 {
        self.value
    }

    /// Begins at zero again.
    fn reset(&mut self) {
        self.value = 0;
    }
}

/// A set of names.
#[payload]
#[derive(Default)]
struct Members(BTreeSet<String>);

/// Keeps each name once.
#[entity]
impl Members {
    /// Whether the name is new.
    fn insert(&mut self, name: String) -> bool {
        self.0.insert(name)
    }

    /// Whether the name was there.
    fn remove(&mut self, name: String) -> bool {
        self.0.remove(&name)
    }

    /// Whether the name is there.
    fn contains(&self, name: String) -> bool {
        self.0.contains(&name)
    }
}

/// What can be done with a register.
#[payload]
enum Operation {
    /// Gives the value.
    Read,
    /// Takes a value, and gives the one before.
    Write(i64),
    /// Takes a value if the present one is known, and gives the one before.
    Exchange {
        /// What it must be.
        from: i64,
        /// What it becomes.
        to: i64,
    },
}

/// A value that somebody may have changed meanwhile.
#[entity]
fn register(value: &mut i64, operation: Operation) -> Result<i64> {
    let before = *value;
    match operation {
        Operation::Read => {}
        Operation::Write(to) => *value = to,
        Operation::Exchange { from, .. } if from != before => {
            return Err(fail!("changed", "the value is {before}, not {from}").non_retryable());
        }
        Operation::Exchange { to, .. } => *value = to,
    }
    Ok(before)
}

/// Whose sum grows by what.
#[payload]
struct Tally {
    counter: String,
    numbers: Vec<i64>,
}

/// Adds all but the last number without waiting, then the last one for the sum: what one sender sends arrives in order.
#[orchestrator]
async fn tally(cx: Context, Tally { counter, mut numbers }: Tally) -> Result<i64> {
    let last = numbers.pop().unwrap_or_default();
    for number in numbers {
        cx.signal::<Counter>(&counter).add(number)?;
    }
    let sum = cx.entity::<Counter>(&counter).add(last).await?;
    cx.entity::<register>(counter).call(Operation::Write(sum)).await?;
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::{Actor, Kit};

    use super::*;

    #[test]
    fn a_counter_counts() {
        let mut counter = Actor::<Counter>::new("c");
        let mut check = |operation: &str, input: i64, expect: Option<i64>| {
            assert_eq!(counter.call(operation, &input), Ok(expect), "{operation}({input})");
        };
        check("get", 0, Some(0));
        check("ADD", 5, Some(5));
        check("add", -7, Some(-2));
        check("reset", 0, None);
        check("get", 0, Some(0));
    }

    #[test]
    fn members_are_there_once() {
        let mut members = Actor::<Members>::new("m");
        let mut check =
            |operation: &str, expect: bool| assert_eq!(members.call(operation, "Ada"), Ok(expect), "{operation}");
        check("remove", false);
        check("insert", true);
        check("insert", false);
        check("contains", true);
        check("remove", true);
        check("contains", false);
    }

    #[test]
    fn a_register_is_exchanged_only_by_who_knows_it() {
        let mut register = Actor::<register>::new("r");
        let mut check = |operation: &str, input: &[(&str, i64)], expect: Result<i64, &str>| {
            let input: std::collections::BTreeMap<_, _> = input.iter().copied().collect();
            let result: Result<i64> = register.call(operation, &input);
            assert_eq!(result.as_ref().map_err(|failure| failure.message.as_str()).copied(), expect);
        };
        check("exchange", &[("from", 0), ("to", 3)], Ok(0));
        check("exchange", &[("from", 0), ("to", 4)], Err("the value is 3, not 0"));
        check("read", &[], Ok(3));
        assert_eq!(register.call("write", &9), Ok(3));
        assert_eq!(register.state(), Some(9));
    }

    #[test]
    fn an_orchestration_adds_up() {
        let kit = Kit::new::<tally>().entity_with::<Counter>("c", &Counter { value: 10 }).entity::<register>();
        let run = kit.start(&Tally { counter: "c".to_owned(), numbers: vec![1, 2, 3] });
        assert_eq!(run.output::<i64>(), Ok(16));
        assert_eq!(run.entity::<register>("c"), Some(16));
    }
}
