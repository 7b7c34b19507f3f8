//! Fan out, fan in: many activities at once, and their sum.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [fan_out],
    activities: [square],
}

/// Multiplies a number by itself.
#[activity]
fn square(number: u64) -> Result<u64> {
    number.checked_mul(number).ok_or_else(|| fail!("overflow", "{number} is too large to square").non_retryable())
}

/// Squares the numbers from 1 to `count`, all at once, and adds the results.
#[orchestrator]
async fn fan_out(cx: Context, count: u64) -> Result<u64> {
    let squares = cx.join_all((1..=count).map(|number| square(&cx, number))).await?;
    Ok(squares.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn adds_the_squares() {
        let check = |count: u64, expect: u64| {
            let run = Kit::new::<fan_out>().activity::<square>().takes("square", Duration::from_secs(1)).start(&count);
            assert_eq!(run.output::<u64>(), Ok(expect));
            // All of them run side by side.
            assert_eq!(run.elapsed(), Duration::from_secs(count.min(1)));
        };
        check(0, 0);
        check(3, 14);
        check(1_000, 333_833_500);
    }

    #[test]
    fn fails_with_the_first_failure() {
        let answer = |number: u64| if number == 2 { Err(fail!("no-twos", "not {number}")) } else { Ok(number) };
        let run = Kit::new::<fan_out>().answer("square", answer).start(&3);
        assert_eq!(run.failure().kind, "no-twos");
        assert_eq!(square::run(u64::MAX).unwrap_err().kind, "overflow");
    }
}
