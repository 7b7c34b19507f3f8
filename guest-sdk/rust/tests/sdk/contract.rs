//! The copy of the contract, and the catalogue that a component gives of itself.

use std::{collections::BTreeMap, fs, path::Path};

use dacapo::prelude::*;
use expect_test::{Expect, expect};

/// The crate must build without the repository around it, and may not differ from it.
#[test]
fn the_contract_is_that_of_the_repository() {
    let read = |folder: &Path| -> BTreeMap<String, String> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "wit"));
        files.map(|path| (path.file_name().unwrap().display().to_string(), fs::read_to_string(path).unwrap())).collect()
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = here.join("../../wit");
    // A published crate has no repository around it.
    if repository.exists() {
        assert!(read(&here.join("wit")) == read(&repository), "copy the changed files of wit/ to guest-sdk/rust/wit/");
    }
}

mod shop {
    use super::*;

    dacapo::export! {
        orchestrators: [checkout],
        activities: [charge, stock],
    }

    /// What somebody buys.
    #[payload]
    pub struct Order {
        id: String,
        /// In cents.
        total: u64,
    }

    /// Takes the money.
    ///
    /// Twice with the same key takes it once.
    #[activity(
        name = "Charge",
        timeout = "30s",
        retry(
            max_attempts = 5,
            first_interval = "500ms",
            coefficient = 2.0,
            max_interval = "1m",
            timeout = "1h",
            jitter = 0.5,
            non_retryable("declined", "stolen")
        )
    )]
    fn charge(cx: ActivityContext, order: Order) -> Result<String> {
        Ok(format!("{} for {}", cx.idempotency_key, order.total))
    }

    #[activity]
    fn stock() -> u32 {
        7
    }

    #[orchestrator]
    async fn checkout(cx: Context, order: Order) -> Result<String> {
        stock(&cx).await?;
        charge(&cx, order).await
    }
}

#[test]
fn a_component_describes_itself() {
    let mut text = String::new();
    for function in shop::COMPONENT.describe() {
        text.push_str(&format!("{:?} {} {:?}\n", function.kind, function.name, function.doc));
        text.push_str(&format!("  in  {}\n", function.input_schema.unwrap_or_default()));
        text.push_str(&format!("  out {}\n", function.output_schema.unwrap_or_default()));
        text.push_str(&format!("  {:?}\n", function.defaults));
    }
    expect![[r#"
        Kind::Orchestrator checkout None
          in  {"description":"What somebody buys.","properties":{"id":{"type":"string"},"total":{"description":"In cents.","format":"uint64","minimum":0,"type":"integer"}},"required":["id","total"],"title":"Order","type":"object"}
          out {"title":"string","type":"string"}
          ActivityOptions { retry: None, timeout: None }
        Kind::Activity Charge Some("Takes the money.\n\nTwice with the same key takes it once.")
          in  {"description":"What somebody buys.","properties":{"id":{"type":"string"},"total":{"description":"In cents.","format":"uint64","minimum":0,"type":"integer"}},"required":["id","total"],"title":"Order","type":"object"}
          out {"title":"string","type":"string"}
          ActivityOptions { retry: Some(RetryPolicy { max-attempts: 5, first-interval: 500, coefficient: 2.0, max-interval: Some(60000), retry-timeout: Some(3600000), jitter: 0.5, non-retryable: ["declined", "stolen"] }), timeout: Some(30000) }
        Kind::Activity stock None
          in  
          out {"format":"uint32","minimum":0,"title":"uint32","type":"integer"}
          ActivityOptions { retry: None, timeout: None }
    "#]].assert_eq(&text);
}

#[test]
fn an_attempt_answers_or_says_why_not() {
    let check = |name: &str, input: &str, expect: Expect| {
        let invocation = dacapo::bindings::activity::Invocation {
            name: name.to_owned(),
            instance: "i".to_owned(),
            task: 3,
            attempt: 1,
            idempotency_key: "i/1/3".to_owned(),
            deadline: 0,
            trace: None,
        };
        expect.assert_eq(&match shop::COMPONENT.run(invocation, input.as_bytes()) {
            Ok(output) => String::from_utf8(output).unwrap(),
            Err(failure) => failure.to_string(),
        });
    };
    check("charge", r#"{"id": "a", "total": 5}"#, expect![[r#""i/1/3 for 5""#]]);
    check("stock", "\"whatever\"", expect!["7"]);
    check(
        "charge",
        r#"{"id": "a", "total": "much"}"#,
        expect![[r#"invalid-input: $.total: invalid type: string "much", expected u64"#]],
    );
    check("charge", r#"[1"#, expect!["invalid-input: $[0]: invalid type: integer `1`, expected a string"]);
    check("nothing", "null", expect![[r#"unknown-function: this component has no activity "nothing""#]]);
}
