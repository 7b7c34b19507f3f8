//! The attributes of the crate `dacapo`: `#[activity]`, `#[orchestrator]`, `#[entity]`, those of triggers, and `#[payload]`.
//!
//! They turn a plain function into a type of the same name that implements `dacapo::Activity`, `dacapo::Orchestrator` and
//! so on, and an `impl` into an entity; the types come from the signature and nothing else is looked at. The generated code names
//! only `::dacapo`, so that an author needs no other dependency.

mod args;
mod entity;
mod function;
mod syntax;
mod trigger;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, Item, ItemFn, parse_macro_input};

use crate::args::{ActivityArgs, EntityArgs, HttpArgs, NameArgs};

/// Makes an activity of a function.
///
/// The function may take an `ActivityContext`, then an input, or only one of them, or nothing. It returns
/// `Result<Output>` or `Output`. What becomes of `fn charge(order: Order) -> Result<Receipt>`:
///
/// * `charge(&cx, order)` schedules it from an orchestrator and gives a `Call<Receipt>`,
/// * `charge::run(order)` is the function itself, for unit tests,
/// * the type `charge` stands for it in `export!` and in the test kit.
///
/// Options, all of them optional; callers may override `retry` and `timeout`:
/// `#[activity(name = "Charge", timeout = "30s", retry(max_attempts = 5, first_interval = "1s", coefficient = 2.0,
/// max_interval = "1m", timeout = "5m", jitter = 0.2, non_retryable("card-declined")))]`.
/// A length of time is a number and `ms`, `s`, `m`, `h` or `d`.
#[proc_macro_attribute]
pub fn activity(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as ActivityArgs);
    let function = parse_macro_input!(item as ItemFn);
    function::activity(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an orchestrator of an async function that takes a `Context` and, if it has one, an input.
///
/// `checkout(&cx, input)` starts it as a child of another orchestration and gives a `Child`; `checkout::run(cx, input)` is
/// the function itself; the type `checkout` stands for it in `export!` and in the test kit.
/// `#[orchestrator(name = "Checkout")]` gives it another name.
#[proc_macro_attribute]
pub fn orchestrator(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as NameArgs);
    let function = parse_macro_input!(item as ItemFn);
    function::orchestrator(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an entity of the methods of a type, or of a function.
///
/// ```text
/// #[entity]                                    #[entity]
/// impl Counter {                               fn register(value: &mut i64, operation: Operation) -> i64 {
///     fn add(&mut self, n: i64) -> i64 { … }       match operation { Operation::Set(n) => … }
///     fn get(&self) -> i64 { … }               }
/// }
/// ```
///
/// **Methods.** Each method with `&self` or `&mut self` is an operation of its name. It may take an `&EntityContext`, then an
/// input, and returns `Result<Output>` or `Output`. The type is its own state. `&self` leaves the state as it is. A method
/// with `&mut self` that returns a `Result` needs `Clone`, because an `Err` takes the state back to what it was. The entity
/// has the name of the type in `snake_case`.
///
/// **A function** takes an `&EntityContext` if it likes, then `&mut State`, then an enum whose variants are the operations.
///
/// Options: `#[entity(name = "Counter", version = 2, migrate = Counter::from_older)]`. The version is that of the state;
/// older data goes through `fn from_older(version: u32, data: serde_json::Value) -> Result<Counter>`.
#[proc_macro_attribute]
pub fn entity(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as EntityArgs);
    let item = parse_macro_input!(item as Item);
    entity::entity(args, item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an HTTP trigger of a function that takes a `Request`, a `Client` or both, and returns a `Response` or a
/// `Result<Response>`.
///
/// `#[http_trigger(route = "sessions/{session}/messages", methods("POST"))]` answers what fits, and nothing else. The route is
/// that of the manifest, below `/api/`. Without it, the function answers every request of its component.
#[proc_macro_attribute]
pub fn http_trigger(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as HttpArgs);
    let function = parse_macro_input!(item as ItemFn);
    trigger::http(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a timer trigger of a function that takes a `Tick`, a `Client` or both, and returns nothing or `Result<()>`. The
/// manifest gives it a schedule.
#[proc_macro_attribute]
pub fn timer_trigger(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as NameArgs);
    let function = parse_macro_input!(item as ItemFn);
    trigger::timer(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a stream trigger of a function that takes a `Message`, a `Client` or both, and returns nothing or `Result<()>`. The
/// manifest gives it a subject of a stream.
#[proc_macro_attribute]
pub fn stream_trigger(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as NameArgs);
    let function = parse_macro_input!(item as ItemFn);
    trigger::stream(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a type one that can be an input or an output: derives `Serialize`, `Deserialize` and `JsonSchema`.
#[proc_macro_attribute]
pub fn payload(args: TokenStream, item: TokenStream) -> TokenStream {
    parse_macro_input!(args as syn::parse::Nothing);
    let item = parse_macro_input!(item as DeriveInput);
    quote! {
        #[derive(::dacapo::serde::Serialize, ::dacapo::serde::Deserialize, ::dacapo::schemars::JsonSchema)]
        #[serde(crate = "::dacapo::serde")]
        #[schemars(crate = "::dacapo::schemars")]
        #item
    }
    .into()
}
