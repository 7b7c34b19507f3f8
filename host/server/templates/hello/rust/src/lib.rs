//! An orchestration that calls an activity once for each city, one call after another.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [hello_sequence],
    activities: [say_hello],
}

/// Greets one city. An activity touches the world, and the host runs it at least once.
#[activity(retry(max_attempts = 3, first_interval = "1s"), timeout = "30s")]
fn say_hello(city: String) -> String {
    format!("Hello, {city}!")
}

/// Greets the cities one after another. What has been greeted is not greeted again, whatever crashes meanwhile.
#[orchestrator]
async fn hello_sequence(cx: Context, cities: Vec<String>) -> Result<Vec<String>> {
    let mut greetings = Vec::new();
    for city in cities {
        greetings.push(say_hello(&cx, city).await?);
    }
    Ok(greetings)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn greets_one_city_after_another() {
        let run = Kit::new::<hello_sequence>().activity::<say_hello>().start(&["Oslo", "Lima"]);
        assert_eq!(run.output::<Vec<String>>().unwrap(), ["Hello, Oslo!", "Hello, Lima!"]);
    }
}
