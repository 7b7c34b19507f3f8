//! The first thing to run: an orchestrator that calls an activity once for each city, one after another.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [hello_sequence, sequence],
    activities: [say_hello, echo],
}

/// Greets one city.
#[activity(retry(max_attempts = 3, first_interval = "1s"), timeout = "30s")]
fn say_hello(city: String) -> String {
    format!("Hello, {city}!")
}

/// Greets the cities one after another; without any, Tokyo, Seattle and London.
#[orchestrator]
async fn hello_sequence(cx: Context, cities: Option<Vec<String>>) -> Result<Vec<String>> {
    let cities = cities.unwrap_or_else(|| ["Tokyo", "Seattle", "London"].map(str::to_owned).to_vec());
    let mut greetings = Vec::new();
    for city in cities {
        greetings.push(say_hello(&cx, city).await?);
    }
    Ok(greetings)
}

/// Returns what it gets.
#[activity]
fn echo(number: u32) -> u32 {
    number
}

/// Calls `echo` so many times, one call after another, and returns how many came back.
#[orchestrator]
async fn sequence(cx: Context, times: u32) -> Result<u32> {
    let mut count = 0;
    for number in 0..times {
        echo(&cx, number).await?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn greets_one_city_after_another() {
        let check = |cities: Option<&[&str]>, expect: &[&str]| {
            let run = Kit::new::<hello_sequence>().activity::<say_hello>().start(&cities);
            assert_eq!(run.output::<Vec<String>>().unwrap(), expect);
        };
        check(None, &["Hello, Tokyo!", "Hello, Seattle!", "Hello, London!"]);
        check(Some(&["Oslo"]), &["Hello, Oslo!"]);
        check(Some(&[]), &[]);
    }

    #[test]
    fn a_greeting_that_fails_is_tried_again() {
        let mut failures = 2;
        let answer = move |city: String| {
            failures -= 1;
            if failures >= 0 { Err(fail!("hoarse", "no voice for {city}")) } else { Ok(city) }
        };
        let run = Kit::new::<hello_sequence>().answer("say_hello", answer).start(&["Rome"]);
        assert_eq!(run.output::<Vec<String>>().unwrap(), ["Rome"]);
        assert_eq!(run.elapsed(), Duration::from_secs(2));
    }

    #[test]
    fn a_sequence_counts_its_calls() {
        let run = Kit::new::<sequence>().activity::<echo>().start(&1_000);
        assert_eq!(run.output::<u32>(), Ok(1_000));
    }
}
