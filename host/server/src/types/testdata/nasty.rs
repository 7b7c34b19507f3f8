//! Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
//!
//! Nobody calls the timer-trigger nightly.

#![allow(dead_code, missing_docs, clippy::all, reason = "it is written by a tool")]

use std::collections::BTreeMap;
use std::time::Duration;
use dacapo::{Call, Child, Context, EntityId, Retry, payload};
use dacapo::serde::Serialize;
use dacapo::serde_json::Value;

/// Note: input: "nonsense" is no schema, so it may be anything.
/// Note: output: "color" is no type, so it may be anything.
#[track_caller]
pub fn _2nd(cx: &Context, input: Value) -> Call<Value> {
    cx.call_activity("2nd", &input)
        .timeout(Duration::from_millis(1))
}

/// Ends a comment */ and a docstring """ and a line
/// here.
///
/// fn looks_like_an_example() {}
///
/// ```text
/// let x = 1;
/// ```
/// C:\new\u0041 "
#[track_caller]
pub fn class(cx: &Context, input: Value) -> Call<Value> {
    cx.call_activity("class", &input)
}

/// Note: input: the parts of its `allOf` do not make one type: "string" is not "integer", so it may be anything.
/// Note: output: its list may be shorter or longer than its schema describes.
#[track_caller]
pub fn conflict(cx: &Context, input: Value) -> Call<Vec<Value>> {
    cx.call_activity("conflict", &input)
}

/// Note: input: its schema has `not`, which no type expresses.
/// Note: output: its schema has `patternProperties`, which no type expresses.
#[track_caller]
pub fn narrow(cx: &Context, input: String) -> Call<BTreeMap<String, i64>> {
    cx.call_activity("narrow", &input)
}

#[track_caller]
pub fn records(cx: &Context, input: Record) -> Call<Record2> {
    cx.call_activity("records", &input)
}

/// deceives a reader[31m
#[track_caller]
pub fn say_hello(cx: &Context, input: String) -> Call<Value> {
    cx.call_activity("say-hello", &input)
}

#[track_caller]
pub fn say_hello_activity(cx: &Context, input: Option<u8>) -> Call<()> {
    cx.call_activity("say_hello", &input)
        .retry(Retry::attempts(3).first_interval(Duration::from_millis(1500)).coefficient(2.0).max_interval(Duration::from_secs(60)).timeout(Duration::from_secs(90)).jitter(0.25).non_retryable(["card-\"declined\""]))
        .timeout(Duration::from_secs(30))
}

/// Recursive in all ways.
#[track_caller]
pub fn tree(cx: &Context, input: Tree) -> Call<(String, f64)> {
    cx.call_activity("tree", &input)
}

/// Keeps money.
pub fn account(key: impl Into<String>) -> EntityId {
    EntityId::new("Account", key)
}

/// Note: input: nothing is known of "#/nowhere", so it may be anything.
/// Note: output: nothing is known of "https://example.com/schema", so it may be anything.
#[track_caller]
pub fn value(cx: &Context, input: Value) -> Child<Value> {
    cx.call_child("...", &input)
}

/// The same name in another kind.
///
/// Note: it says nothing of its input; `()` is none.
#[track_caller]
pub fn say_hello_child(cx: &Context, input: impl Serialize) -> Child<Value> {
    cx.call_child("say_hello", &input)
}

/// Variants as serde writes them.
#[track_caller]
pub fn shapes(cx: &Context, input: Shape) -> Child<Joined> {
    cx.call_child("shapes", &input)
}

/// Names of all kinds. */
///
/// Note: `mixed`: one of its values is not a plain one, so it may be anything.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    #[serde(rename = "\"quoted\"\n", default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<String>,
    #[serde(rename = "__proto__", default, skip_serializing_if = "Option::is_none")]
    pub proto: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<RecordColor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub either: Option<RecordEither>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<RecordFlag>,
    #[serde(rename = "größe", default, skip_serializing_if = "Option::is_none")]
    pub gr_e: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<RecordLevel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixed: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<RecordNested>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<()>,
    #[serde(rename = "runId")]
    pub run_id: String,
    #[serde(rename = "run_id")]
    pub run_id2: i32,
    #[serde(rename = "self", default, skip_serializing_if = "Option::is_none")]
    pub self_: Option<bool>,
    /// A keyword. """ */
    pub r#type: String,
    #[serde(rename = "with space", default, skip_serializing_if = "Option::is_none")]
    pub with_space: Option<f64>,
    /// All other properties.
    #[serde(flatten)]
    pub rest: BTreeMap<String, String>,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub enum RecordColor {
    #[serde(rename = "red")]
    Red,
    #[serde(rename = "dark-red")]
    DarkRed,
    #[serde(rename = "Red")]
    Red2,
    #[serde(rename = "")]
    Value,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum RecordEither {
    Text(String),
    Integer(i64),
}

/// Note: one of `true`.
pub type RecordFlag = bool;

/// Note: one of `1`, `2`, `2.5`.
pub type RecordLevel = f64;

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct RecordNested {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<Value>>,
    /// All other properties.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Record2 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub all: Vec<Tree>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Pair>,
    pub left: Option<Box<Tree>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<BTreeMap<String, Tree>>,
    #[serde(rename = "self", default, skip_serializing_if = "Option::is_none")]
    pub self_: Option<Self2>,
}

/// Any JSON.
#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(transparent)]
pub struct Json(pub Option<Json2>);

/// Any JSON.
#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum Json2 {
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Map(BTreeMap<String, Json>),
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(transparent)]
pub struct Pair(pub (String, Option<Box<Pair>>));

/// Note: it is defined by itself, so it may be anything.
pub type Self2 = Value;

#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum Shape {
    Shape1(Shape1),
    Shape2(Shape2),
    Shape3(Shape3),
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Shape1 {
    pub kind: Shape1Kind,
    pub radius: f64,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub enum Shape1Kind {
    #[serde(rename = "circle")]
    Circle,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Shape2 {
    pub kind: Shape2Kind,
    pub side: f64,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub enum Shape2Kind {
    #[serde(rename = "square")]
    Square,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub enum Shape3 {
    #[serde(rename = "point")]
    Point,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum Joined {
    Joined1(Joined1),
    Joined2(Joined2),
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Joined1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    pub id: String,
    pub name: String,
    pub ok: bool,
}

#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Joined2 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    pub error: String,
    pub id: String,
    pub name: String,
}
