//! The grammar of scenario files, and what is said of files that do not follow it.

use super::*;
use expect_test::{Expect, expect};

fn check(text: &str, expect: Expect) {
    let got = match parse(text, Path::new("scenarios/a.toml")) {
        Ok(scenarios) => scenarios.iter().map(|scenario| format!("{}\n", scenario.name)).collect(),
        Err(problem) => format!("{}: {problem}\n", problem.code),
    };
    expect.assert_eq(&got);
}

/// A scenario with these lines.
fn with(lines: &str) -> String {
    format!("[[scenario]]\nname = 'a'\norchestrator = 'f'\n{lines}\n")
}

#[test]
fn what_can_be_said() {
    check(
        r#"
[[scenario]]
name = "all of it"
orchestrator = "Transfer"
input = { from = "a", to = "b", cents = 30 }
instance = "order-7"
version = "2"
tags = { team = "a" }
start = 2026-02-03T04:05:06Z
seed = 7
until = "1h"

[scenario.activities]
greet = { output = "hi", after = "3s" }
Slow = [{ failure = { kind = "busy" } }, { input = 3, output = 4 }, { run = true }]

[scenario.children]
ship = { failure = { kind = "lost", message = "gone", details = "far", retryable = false } }

[scenario.entities]
"@account@a" = { cents = 100 }

[[scenario.event]]
at = "5s"
name = "approval"
data = true
to = "order-8"

[[scenario.suspend]]
at = "1s"
reason = "audit"

[[scenario.resume]]
at = "2s"

[[scenario.terminate]]
at = "3s"

[scenario.expect]
status = "Terminated"
output = { json = "null" }
custom-status = 3
elapsed = "3s"
logs = ["info: hello"]
history = ""
entities."@account@a" = { cents = 70 }

[[scenario]]
name = "as little as possible"
orchestrator = "f"
"#,
        expect![[r#"
            all of it
            as little as possible
        "#]],
    );
}

#[test]
fn what_is_refused() {
    check(
        "",
        expect![[r#"
        invalid_scenario: scenarios/a.toml: there is no [[scenario]] in it
    "#]],
    );
    check(
        "[[scenarios]]",
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 1, column 3
          |
        1 | [[scenarios]]
          |   ^^^^^^^^^
        unknown field `scenarios`, expected `scenario`
    "#]],
    );
    check(
        "[[scenario]]\nname = 'a'",
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 1, column 1
          |
        1 | [[scenario]]
          | ^^^^^^^^^^^^
        missing field `orchestrator`
    "#]],
    );
    check(
        &with("orchestator = 'g'"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 1
          |
        4 | orchestator = 'g'
          | ^^^^^^^^^^^
        unknown field `orchestator`, expected one of `name`, `orchestrator`, `input`, `instance`, `version`, `tags`, `start`, `seed`, `until`, `activities`, `children`, `entities`, `event`, `suspend`, `resume`, `terminate`, `expect`
    "#]],
    );
    check(
        &with("input = "),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 9
          |
        4 | input = 
          |         ^
        string values must be quoted, expected literal string
    "#]],
    );
    check(
        &with("instance = 'a/b'"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 12
          |
        4 | instance = 'a/b'
          |            ^^^^^
        an instance id must not contain '/': '/', '\', '#', '?' and control characters are not allowed
    "#]],
    );
    check(
        &with("seed = -1"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 8
          |
        4 | seed = -1
          |        ^^
        invalid value: integer `-1`, expected u64
    "#]],
    );
    check(
        &with("until = 7"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 9
          |
        4 | until = 7
          |         ^
        invalid type: integer `7`, expected a string
    "#]],
    );
    check(
        &with("entities.counter = 1"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 1
          |
        4 | entities.counter = 1
          | ^^^^^^^^
        "counter" is not the id of an entity: the id of an entity has the form @name@key
    "#]],
    );
    check(
        &with("activities.a = 7"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 16
          |
        4 | activities.a = 7
          |                ^
        invalid type: integer `7`, expected an answer such as { output = 7 }, or an array of answers
    "#]],
    );
    check(
        &with("activities.a = {}"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 16
          |
        4 | activities.a = {}
          |                ^^
        an answer has one of `output = VALUE`, `failure = { kind = TEXT }` and `run = true`
    "#]],
    );
    check(
        &with("activities.a = { output = 1, run = true }"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 16
          |
        4 | activities.a = { output = 1, run = true }
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^^
        an answer has one of `output = VALUE`, `failure = { kind = TEXT }` and `run = true`
    "#]],
    );
    check(
        &with("activities.a = [{ outptu = 1 }]"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 19
          |
        4 | activities.a = [{ outptu = 1 }]
          |                   ^^^^^^
        unknown field `outptu`, expected one of `input`, `after`, `output`, `failure`, `run`
    "#]],
    );
    check(
        &with("activities.a = { run = true }\nactivities.A = { run = true }"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 1
          |
        4 | activities.a = { run = true }
          | ^^^^^^^^^^
        "a" is there twice: names are compared without regard to case
    "#]],
    );
    check(
        &with("[[scenario.event]]\nat = '1s'"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 1
          |
        4 | [[scenario.event]]
          | ^^^^^^^^^^^^^^^^^^
        missing field `name`
    "#]],
    );
    check(
        &with("[[scenario.event]]\nname = 'e'\nat = 'soon'"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 6, column 6
          |
        6 | at = 'soon'
          |      ^^^^^^
        "soon" is not a length such as 90s, 5m or 1h 30m
    "#]],
    );
    check(
        &with("expect.status = 'Done'"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: TOML parse error at line 4, column 17
          |
        4 | expect.status = 'Done'
          |                 ^^^^^^
        "Done" is not a status; there are Pending, Running, Suspended, Completed, Failed and Terminated
    "#]],
    );
    check(
        &with("expect = { output = 1, failure = { kind = 'a' } }"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: scenario "a": it expects an output and a failure
    "#]],
    );
    check(
        &with("expect = { status = 'Completed', failure = { kind = 'a' } }"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: scenario "a": it expects a failure and a status other than Failed
    "#]],
    );
    check(
        &with("expect = { status = 'Failed', output = 1 }"),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: scenario "a": it expects an output and the status Failed
    "#]],
    );
    check(
        &format!("{0}{0}", with("")),
        expect![[r#"
        invalid_scenario: scenarios/a.toml: two scenarios are called "a"
    "#]],
    );
}
