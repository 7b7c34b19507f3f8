//! The attributes of the crate `dacapo`: `#[activity]`, `#[orchestrator]` and `#[payload]`.
//!
//! They turn a plain function into a type of the same name that implements `dacapo::Activity` or
//! `dacapo::Orchestrator`; the types come from the signature and nothing else is looked at. The generated code names
//! only `::dacapo`, so that an author needs no other dependency.

mod args;
mod function;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemFn, parse_macro_input};

use crate::args::{ActivityArgs, OrchestratorArgs};

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
    let args = parse_macro_input!(args as OrchestratorArgs);
    let function = parse_macro_input!(item as ItemFn);
    function::orchestrator(args, function).unwrap_or_else(syn::Error::into_compile_error).into()
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
