//! Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
//!
//! Nobody calls the stream-trigger on_event.
//!
//! Nobody calls the timer-trigger nightly.

#![allow(dead_code, missing_docs, clippy::all, reason = "it is written by a tool")]

use dacapo::{Call, Child, Context, EntityId, Retry, payload};

/// Tells the approver that there is something to decide. This example has nobody to tell, and gives back what it would
/// have said.
#[track_caller]
pub fn ask_approver(cx: &Context, input: Request) -> Call<String> {
    cx.call_activity("ask_approver", &input)
        .retry(Retry::attempts(5).coefficient(2.0).jitter(0.5))
}

/// Hands a parcel to the carrier.
#[track_caller]
pub fn dispatch(cx: &Context, input: Vec<String>) -> Call<String> {
    cx.call_activity("dispatch", &input)
        .retry(Retry::attempts(3))
}

/// Writes a message down. This example has nowhere to write, and gives back what it would have written.
#[track_caller]
pub fn message_logger(cx: &Context, input: Entry) -> Call<String> {
    cx.call_activity("message_logger", &input)
        .retry(Retry::attempts(3))
}

/// Takes an item from the shelf. Unicorns are out of stock.
#[track_caller]
pub fn pick(cx: &Context, input: String) -> Call<String> {
    cx.call_activity("pick", &input)
}

/// Keeps money.
pub fn account(key: impl Into<String>) -> EntityId {
    EntityId::new("account", key)
}

/// Remembers a session.
pub fn session_handler(key: impl Into<String>) -> EntityId {
    EntityId::new("session_handler", key)
}

/// Asks, and waits for the event `approval`. Small amounts need no approval.
#[track_caller]
pub fn approval(cx: &Context, input: Request) -> Child<Decision> {
    cx.call_child("approval", &input)
}

/// The sum of some accounts at one moment.
#[track_caller]
pub fn audit(cx: &Context, input: Vec<String>) -> Child<u64> {
    cx.call_child("audit", &input)
}

/// Ships all orders side by side. One that fails does not stop the others.
#[track_caller]
pub fn batch(cx: &Context, input: Vec<Order>) -> Child<Vec<Outcome>> {
    cx.call_child("batch", &input)
}

/// Logs the message twice, and gives both results.
#[track_caller]
pub fn message_orchestrator(cx: &Context, input: Posted) -> Child<Vec<String>> {
    cx.call_child("message_orchestrator", &input)
}

/// Asks for the approval of another instance that runs by itself, and withdraws when the event `cancel` comes first.
#[track_caller]
pub fn purchase(cx: &Context, input: Request) -> Child<String> {
    cx.call_child("purchase", &input)
}

/// Picks the items of one order side by side and dispatches them. Version `2` wraps them as a gift.
#[track_caller]
pub fn ship_order(cx: &Context, input: Order) -> Child<String> {
    cx.call_child("ship_order", &input)
}

/// Locks both accounts, moves the money, and unlocks them: by the end of the block, or by a failure.
#[track_caller]
pub fn transfer(cx: &Context, input: Transfer) -> Child<Balances> {
    cx.call_child("transfer", &input)
}

/// Grows a tree of children and counts its leaves. The host gives them their ids.
#[track_caller]
pub fn tree(cx: &Context, input: Tree) -> Child<u64> {
    cx.call_child("tree", &input)
}

/// What somebody wants to spend money on.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub cents: u64,
    /// Silence is a no after so many milliseconds.
    pub patience_ms: u64,
    /// Who shall hear of the decision: an instance that waits for the event `decision`. Nobody, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    pub what: String,
}

/// What the activity writes down.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub message: String,
    pub step: u32,
}

/// What was decided, and by whom.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub approved: bool,
    pub by: String,
}

/// What somebody ordered.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: String,
    pub items: Vec<String>,
}

/// What became of an order.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub order: String,
    /// The parcel, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<String>,
    /// Why there is no parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What somebody posts, or publishes.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub message: String,
    /// Names the run, so that posting it again does not run it again.
    pub run_id: String,
}

/// Who gives how much to whom.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    pub cents: u64,
    pub from: String,
    pub to: String,
}

/// What the two have afterwards.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Balances {
    pub from: u64,
    pub to: u64,
}

/// How many children each one has, and how many generations of them.
#[payload]
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub depth: u32,
    pub width: u32,
}
