//! From a plain function to a type that the SDK can register.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, FnArg, ItemFn, Result, Type, parse_quote};

use crate::{
    args::{ActivityArgs, Millis, NameArgs, RetryArgs},
    syntax::{Output, body, doc_text, docs, is_named, name, not_async, optional, output},
};

/// What a signature says.
struct Shape {
    context: Option<Type>,
    input: Option<Type>,
    output: Output,
}

pub(crate) fn activity(args: ActivityArgs, function: ItemFn) -> Result<TokenStream> {
    not_async(&function.sig)?;
    let shape = shape(&function, |first| is_named(first, "ActivityContext"))?;
    let (docs, vis, ident) = (docs(&function.attrs), &function.vis, &function.sig.ident);
    let (name, doc) = (name(args.name.as_ref(), ident)?, doc_text(&function.attrs));
    let body = body(&function);
    let (output, input, input_schema) = (shape.output.ty(), shape.input_type(), shape.input_schema());
    let context_argument = shape.context.as_ref().map(|_| quote!(context,));
    let input_argument = shape.input.as_ref().map(|_| quote!(input,));
    let result = shape.output.wrap(quote!(Self::run(#context_argument #input_argument)));
    let retry = optional(args.retry.as_ref().map(retry));
    let timeout = optional(args.timeout.map(duration));
    let (parameter, value) = shape.parameter();
    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, reason = "it bears the name of its function")]
        #[derive(Debug)]
        #vis enum #ident {}

        impl #ident { #body }

        impl ::dacapo::Activity for #ident {
            type Input = #input;
            type Output = #output;
            const NAME: &'static str = #name;
            const DOC: Option<&'static str> = #doc;

            fn input_schema() -> Option<String> {
                #input_schema
            }

            fn options() -> ::dacapo::Options {
                ::dacapo::Options { retry: #retry, timeout: #timeout }
            }

            #[allow(unused_variables, reason = "not every function takes both")]
            fn invoke(context: ::dacapo::ActivityContext, input: #input) -> ::dacapo::Result<#output> {
                #result
            }
        }

        #(#docs)*
        #[allow(dead_code, reason = "it may be called by name from another component only")]
        #[track_caller]
        #vis fn #ident(cx: &::dacapo::Context, #parameter) -> ::dacapo::Call<#output> {
            cx.call::<#ident>(#value)
        }
    })
}

pub(crate) fn orchestrator(args: NameArgs, function: ItemFn) -> Result<TokenStream> {
    if function.sig.asyncness.is_none() {
        return Err(Error::new_spanned(function.sig.fn_token, "an orchestrator is an `async fn`"));
    }
    let shape = shape(&function, |_| true)?;
    if shape.context.is_none() {
        return Err(Error::new_spanned(
            &function.sig,
            "an orchestrator takes a `Context`, then its input if it has one",
        ));
    }
    let (docs, vis, ident) = (docs(&function.attrs), &function.vis, &function.sig.ident);
    let (name, doc) = (name(args.name.as_ref(), ident)?, doc_text(&function.attrs));
    let body = body(&function);
    let (output, input, input_schema) = (shape.output.ty(), shape.input_type(), shape.input_schema());
    let input_argument = shape.input.as_ref().map(|_| quote!(input));
    let result = shape.output.wrap(quote!(Self::run(context, #input_argument).await));
    let (parameter, value) = shape.parameter();
    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, reason = "it bears the name of its function")]
        #[derive(Debug)]
        #vis enum #ident {}

        impl #ident { #body }

        impl ::dacapo::Orchestrator for #ident {
            type Input = #input;
            type Output = #output;
            const NAME: &'static str = #name;
            const DOC: Option<&'static str> = #doc;

            fn input_schema() -> Option<String> {
                #input_schema
            }

            #[allow(unused_variables, reason = "not every function takes an input")]
            async fn invoke(context: ::dacapo::Context, input: #input) -> ::dacapo::Result<#output> {
                #result
            }
        }

        #(#docs)*
        #[allow(dead_code, reason = "most orchestrators are no children")]
        #[track_caller]
        #vis fn #ident(cx: &::dacapo::Context, #parameter) -> ::dacapo::Child<#output> {
            cx.start_child::<#ident>(#value)
        }
    })
}

impl Shape {
    fn input_type(&self) -> Type {
        self.input.clone().unwrap_or_else(|| parse_quote!(::dacapo::__private::NoInput))
    }

    /// The parameter of the function that stands for a call, and what it hands on.
    fn parameter(&self) -> (TokenStream, TokenStream) {
        match &self.input {
            Some(ty) => (quote!(input: #ty), quote!(&input)),
            None => (quote!(), quote!(&::dacapo::__private::NoInput)),
        }
    }

    fn input_schema(&self) -> TokenStream {
        match &self.input {
            Some(ty) => quote!(::dacapo::__private::schema::<#ty>()),
            None => quote!(None),
        }
    }
}

/// Takes the arguments of a function apart. `is_context` judges the type of the first of them.
fn shape(function: &ItemFn, is_context: impl Fn(&Type) -> bool) -> Result<Shape> {
    let sig = &function.sig;
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&sig.generics, "a function that the host calls has no generic parameters"));
    }
    let mut types = Vec::new();
    for argument in &sig.inputs {
        match argument {
            FnArg::Typed(argument) => types.push((*argument.ty).clone()),
            FnArg::Receiver(receiver) => return Err(Error::new_spanned(receiver, "a plain function, not a method")),
        }
    }
    let context = match types.first() {
        Some(first) if is_context(first) => Some(types.remove(0)),
        _ => None,
    };
    if types.len() > 1 {
        return Err(Error::new_spanned(&sig.inputs, "one input at most; put several values into one struct"));
    }
    Ok(Shape { context, input: types.pop(), output: output(&sig.output) })
}

fn retry(args: &RetryArgs) -> TokenStream {
    let max_attempts = args.max_attempts.expect("the parser asks for it");
    let mut calls = vec![quote!(::dacapo::Retry::attempts(#max_attempts))];
    let intervals =
        [("first_interval", args.first_interval), ("max_interval", args.max_interval), ("timeout", args.timeout)];
    for (method, interval) in intervals {
        if let Some(interval) = interval {
            let (method, interval) = (format_ident!("{method}", span = Span::call_site()), duration(interval));
            calls.push(quote!(#method(#interval)));
        }
    }
    if let Some(coefficient) = args.coefficient {
        calls.push(quote!(coefficient(#coefficient)));
    }
    if let Some(jitter) = args.jitter {
        calls.push(quote!(jitter(#jitter)));
    }
    if !args.non_retryable.is_empty() {
        let kinds = &args.non_retryable;
        calls.push(quote!(non_retryable([#(#kinds),*])));
    }
    quote!(#(#calls).*)
}

fn duration(Millis(millis): Millis) -> TokenStream {
    quote!(::std::time::Duration::from_millis(#millis))
}
