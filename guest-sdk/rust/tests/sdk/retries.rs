//! Retries by the host's policy, with chance in the waits, and retries by a handler of the author.

use dacapo::{prelude::*, testing::Kit};
use expect_test::{Expect, expect};

/// Fails so many times, then returns its input.
fn fails(times: u32) -> impl FnMut(u32) -> Result<u32> {
    let mut left = times;
    move |n| {
        if left == 0 {
            return Ok(n);
        }
        left -= 1;
        let kind = if left.is_multiple_of(2) { "even" } else { "odd" };
        Err(fail!(kind, "{left} to go"))
    }
}

#[test]
fn a_part_of_each_wait_is_chance() {
    #[orchestrator]
    async fn patient(cx: Context, jitter: f64) -> Result<u32> {
        let retry = Retry::attempts(5).first_interval(Duration::from_secs(1)).jitter(jitter);
        cx.call_activity("work", &1).retry(retry).await
    }
    let elapsed = |jitter: f64, seed: u64| {
        Kit::new::<patient>().seed(seed).answer("work", fails(3)).start(&jitter).elapsed().as_millis()
    };
    assert_eq!(elapsed(0.0, 7), 3_000);
    // The sum of 1000 - 1000 × jitter × u, where u is the first number of the generator seeded with 7 ^ attempt.
    assert_eq!([elapsed(0.5, 7), elapsed(1.0, 7), elapsed(0.5, 8)], [2220, 1441, 2482]);
}

#[test]
fn a_handler_decides_whether_and_when() {
    #[orchestrator]
    async fn handled(cx: Context) -> Result<u32> {
        let attempt = |number| cx.call_activity("work", &number);
        cx.retry_with(attempt, |number, failure| match failure.is("odd") {
            true => Some(Duration::from_secs(10)),
            false if number < 4 => Some(Duration::ZERO),
            false => None,
        })
        .await
    }
    let check = |times: u32, expect: Expect| {
        expect.assert_eq(&Kit::new::<handled>().answer("work", fails(times)).start(&()).to_string());
    };
    check(
        2,
        expect![[r#"
            0ns start handled(null)
              0 schedule work(1)
            0ns task 0 failed odd: 1 to go
              1 timer at 10s
            10s timer 1 fired
              2 schedule work(2)
            10s task 2 failed even: 0 to go
              3 timer at 10s
            10s timer 3 fired
              4 schedule work(3)
            10s task 4 completed 3
            completed 3
        "#]],
    );
    check(
        5,
        expect![[r#"
            0ns start handled(null)
              0 schedule work(1)
            0ns task 0 failed even: 4 to go
              1 timer at 0ns
            0ns timer 1 fired
              2 schedule work(2)
            0ns task 2 failed odd: 3 to go
              3 timer at 10s
            10s timer 3 fired
              4 schedule work(3)
            10s task 4 failed even: 2 to go
              5 timer at 10s
            10s timer 5 fired
              6 schedule work(4)
            10s task 6 failed odd: 1 to go
              7 timer at 20s
            20s timer 7 fired
              8 schedule work(5)
            20s task 8 failed even: 0 to go
            failed even: 0 to go
        "#]],
    );
}
