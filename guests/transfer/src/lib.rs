//! Critical sections: money moves between accounts, and nobody ever sees it in both or in neither.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [transfer, audit],
    entities: [Account],
}

/// What somebody has, in cents.
#[payload]
#[derive(Clone, Debug, Default, PartialEq)]
struct Account {
    cents: u64,
}

/// Keeps money.
#[entity]
impl Account {
    /// Puts money in, and gives the balance.
    fn deposit(&mut self, cents: u64) -> Result<u64> {
        let balance = self.cents.checked_add(cents);
        self.cents = balance.ok_or_else(|| fail!("too-much", "an account cannot hold that much").non_retryable())?;
        Ok(self.cents)
    }

    /// Takes money out, and gives the balance.
    fn withdraw(&mut self, cents: u64) -> Result<u64> {
        let short = || fail!("insufficient-funds", "there are {} cents, not {cents}", self.cents).non_retryable();
        self.cents = self.cents.checked_sub(cents).ok_or_else(short)?;
        Ok(self.cents)
    }

    /// The balance.
    fn balance(&self) -> u64 {
        self.cents
    }
}

/// Who gives how much to whom.
#[payload]
#[derive(Clone)]
struct Transfer {
    from: String,
    to: String,
    cents: u64,
}

/// What the two have afterwards.
#[payload]
#[derive(Debug, PartialEq)]
struct Balances {
    from: u64,
    to: u64,
}

/// Locks both accounts, moves the money, and unlocks them: by the end of the block, or by a failure.
#[orchestrator]
async fn transfer(cx: Context, Transfer { from, to, cents }: Transfer) -> Result<Balances> {
    if from == to {
        return Err(fail!("same-account", "{from} cannot pay itself").non_retryable());
    }
    let lock = cx.lock([EntityId::of::<Account>(&from), EntityId::of::<Account>(&to)]).await?;
    let (payer, payee) = (cx.entity::<Account>(&from), cx.entity::<Account>(&to));
    let balance = payer.balance().await?;
    if balance < cents {
        return Err(fail!("insufficient-funds", "{from} has {balance} cents, not {cents}").non_retryable());
    }
    let balances = Balances { from: payer.withdraw(cents).await?, to: payee.deposit(cents).await? };
    lock.release();
    Ok(balances)
}

/// The sum of some accounts at one moment.
#[orchestrator]
async fn audit(cx: Context, accounts: Vec<String>) -> Result<u64> {
    let _lock = cx.lock(accounts.iter().map(EntityId::of::<Account>)).await?;
    let balances = cx.join_all(accounts.iter().map(|account| cx.entity::<Account>(account).balance())).await?;
    Ok(balances.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use dacapo::testing::{Kit, Run};

    use super::*;

    fn run(from: &str, to: &str, cents: u64) -> Run {
        let kit = Kit::new::<transfer>().entity_with::<Account>("a", &Account { cents: 100 }).entity::<Account>();
        kit.start(&Transfer { from: from.to_owned(), to: to.to_owned(), cents })
    }

    #[test]
    fn money_moves_or_stays() {
        let check = |from: &str, to: &str, cents: u64, expect: Result<(u64, u64), &str>| {
            let run = run(from, to, cents);
            let balances = run.output::<Balances>();
            let balances = balances.as_ref().map(|balances| (balances.from, balances.to));
            assert_eq!(balances.map_err(|failure| failure.message.as_str()), expect);
            let cents = |key: &str| run.entity::<Account>(key).unwrap_or_default().cents;
            assert_eq!(cents("a") + cents("b"), 100);
        };
        check("a", "b", 30, Ok((70, 30)));
        check("a", "b", 100, Ok((0, 100)));
        check("a", "b", 101, Err("a has 100 cents, not 101"));
        check("b", "a", 1, Err("b has 0 cents, not 1"));
        check("a", "a", 1, Err("a cannot pay itself"));
    }

    #[test]
    fn a_failure_unlocks() {
        let trace = run("a", "b", 101).to_string();
        assert!(trace.contains("lock @account@a @account@b") && trace.contains("release lock 0"), "{trace}");
    }

    #[test]
    fn an_audit_sees_all_of_it() {
        let kit = Kit::new::<audit>().entity_with::<Account>("a", &Account { cents: 70 });
        let run = kit.entity_with::<Account>("b", &Account { cents: 30 }).start(&["b", "a", "c"]);
        assert_eq!(run.output::<u64>(), Ok(100));
    }
}
