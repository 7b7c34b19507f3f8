//! What a cup remembers, and what it does.

use dacapo::prelude::*;
use dacapo::serde_json::{Value, json};

/// A sum that can be spilled. It counts its uses, so that each of them makes another state in every language.
#[payload]
#[derive(Clone, Default)]
pub struct Cup {
    sum: i64,
    uses: u32,
}

#[entity]
impl Cup {
    /// Adds, and gives the sum. What ends with a 4 or a 9 is spilled only after it was added, and must leave no trace.
    fn add(&mut self, n: i64) -> Result<i64> {
        self.sum += n;
        self.uses += 1;
        if n.rem_euclid(5) == 4 { Err(fail!("spilled", "{n}")) } else { Ok(self.sum) }
    }

    /// Adds by chance, and gives what it saw.
    fn shake(&mut self, cx: &EntityContext) -> Value {
        let number = cx.random_f64();
        self.sum += (number * 100.0) as i64;
        self.uses += 1;
        json!({ "number": number, "uuid": cx.new_guid(), "now": cx.now().as_millis(), "key": cx.key() })
    }

    /// Gives the sum to another cup, starts an orchestration, and is empty then.
    fn pour(&mut self, cx: &EntityContext, to: String) -> Result<String> {
        cx.signal::<Cup>(to).add(self.sum)?;
        (self.sum, self.uses) = (0, self.uses + 1);
        cx.start(Start::named("dice", &json!({ "steps": [] }))?)
    }

    /// The sum.
    fn look(&self) -> i64 {
        self.sum
    }
}
