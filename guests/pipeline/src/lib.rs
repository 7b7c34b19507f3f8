//! Children: a batch of orders, each of which is an orchestration of its own with an id, a version and retries.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [batch, ship_order, tree],
    activities: [pick, dispatch],
}

/// What somebody ordered.
#[payload]
#[derive(Clone)]
struct Order {
    id: String,
    items: Vec<String>,
}

/// What became of an order.
#[payload]
#[derive(Debug, PartialEq)]
struct Outcome {
    order: String,
    /// The parcel, or nothing.
    parcel: Option<String>,
    /// Why there is no parcel.
    problem: Option<String>,
}

/// Takes an item from the shelf. Unicorns are out of stock.
#[activity]
fn pick(item: String) -> Result<String> {
    if item == "unicorn" { Err(fail!("out-of-stock", "there is no {item}").non_retryable()) } else { Ok(item) }
}

/// Hands a parcel to the carrier.
#[activity(retry(max_attempts = 3, first_interval = "1s"))]
fn dispatch(cx: ActivityContext, items: Vec<String>) -> String {
    format!("{} of {}", items.join(" and "), cx.instance)
}

/// Picks the items of one order side by side and dispatches them. Version `2` wraps them as a gift.
#[orchestrator]
async fn ship_order(cx: Context, order: Order) -> Result<String> {
    let mut items = cx.join_all(order.items.into_iter().map(|item| pick(&cx, item))).await?;
    if cx.version() == Some("2") {
        items.push("ribbon".to_owned());
    }
    dispatch(&cx, items).await
}

/// Ships all orders side by side. One that fails does not stop the others.
#[orchestrator]
async fn batch(cx: Context, orders: Vec<Order>) -> Result<Vec<Outcome>> {
    let retry = Retry::attempts(3).first_interval(Duration::from_secs(10)).non_retryable(["out-of-stock"]);
    let children: Vec<_> = orders
        .iter()
        .map(|order| {
            let id = format!("{}.{}", cx.instance_id(), order.id);
            ship_order(&cx, order.clone()).id(id).version("2").retry(retry.clone())
        })
        .collect();
    let mut outcomes = Vec::new();
    for (order, child) in orders.into_iter().zip(children) {
        let (parcel, problem) = match child.await {
            Ok(parcel) => (Some(parcel), None),
            Err(failure) if failure.is("out-of-stock") => (None, Some("out of stock".to_owned())),
            Err(failure) => return Err(fail!("batch-failed", "order {}", order.id).because(failure)),
        };
        outcomes.push(Outcome { order: order.id, parcel, problem });
    }
    Ok(outcomes)
}

/// How many children each one has, and how many generations of them.
#[payload]
struct Tree {
    width: u32,
    depth: u32,
}

/// Grows a tree of children and counts its leaves. The host gives them their ids.
#[orchestrator]
async fn tree(cx: Context, Tree { width, depth }: Tree) -> Result<u64> {
    if depth == 0 {
        return Ok(1);
    }
    let branches = (0..width).map(|_| tree(&cx, Tree { width, depth: depth - 1 }));
    Ok(cx.join_all(branches).await?.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    fn order(id: &str, items: &[&str]) -> Order {
        Order { id: id.to_owned(), items: items.iter().map(|&item| item.to_owned()).collect() }
    }

    #[test]
    fn each_order_ends_in_its_own_way() {
        let kit = Kit::new::<batch>().child::<ship_order>().activity::<pick>().activity::<dispatch>();
        let run = kit.start(&[order("1", &["tea", "cup"]), order("2", &["tea", "unicorn"])]);
        let shipped = Outcome {
            order: "1".to_owned(),
            parcel: Some("tea and cup and ribbon of test.1".to_owned()),
            problem: None,
        };
        let missing = Outcome { order: "2".to_owned(), parcel: None, problem: Some("out of stock".to_owned()) };
        assert_eq!(run.output::<Vec<Outcome>>().unwrap(), [shipped, missing]);
        assert!(run.to_string().contains("as test.2 of version 2 up to 3 times"), "{run}");
    }

    #[test]
    fn a_child_that_fails_is_tried_again_and_is_a_cause_at_last() {
        let check = |failures: u32, expect: Result<&str, &str>, took_s: u64| {
            let mut left = failures;
            let answer = move |order: Order| {
                left = left.saturating_sub(1);
                if left > 0 { Err(fail!("jammed", "{left} to go")) } else { Ok(order.id) }
            };
            let run = Kit::new::<batch>().answer("ship_order", answer).start(&[order("1", &[])]);
            let output = run.output::<Vec<Outcome>>().map(|outcomes| outcomes[0].parcel.clone().unwrap());
            let output = output.map_err(|failure| failure.to_string());
            assert_eq!(output.as_deref().map_err(String::as_str), expect);
            assert_eq!(run.elapsed(), Duration::from_secs(took_s));
        };
        check(1, Ok("1"), 0);
        check(3, Ok("1"), 20);
        let failed = "batch-failed: order 1, because of dacapo:child-failed: child test.1 failed: 1 to go, \
                      because of jammed: 1 to go";
        check(4, Err(failed), 20);
    }

    #[test]
    fn a_tree_counts_its_leaves() {
        let run = Kit::new::<tree>().start(&Tree { width: 3, depth: 3 });
        assert_eq!(run.output::<u64>(), Ok(27));
    }
}
