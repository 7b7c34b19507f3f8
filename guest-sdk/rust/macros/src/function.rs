//! From a plain function to a type that the SDK can register.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, GenericArgument, Ident, ItemFn, Lit, Meta, PathArguments, Result,
    ReturnType, Type, parse_quote,
};

use crate::args::{ActivityArgs, Millis, OrchestratorArgs, RetryArgs};

/// What a signature says.
struct Shape {
    context: Option<Type>,
    input: Option<Type>,
    output: Output,
}

enum Output {
    Plain(Type),
    Fallible(Type),
}

pub(crate) fn activity(args: ActivityArgs, function: ItemFn) -> Result<TokenStream> {
    if let Some(asyncness) = &function.sig.asyncness {
        return Err(Error::new_spanned(asyncness, "an activity is an ordinary function; leave `async` away"));
    }
    let shape = shape(&function, |first| is_named(first, "ActivityContext"))?;
    let (docs, vis, ident) = (docs(&function), &function.vis, &function.sig.ident);
    let (name, doc) = (name(args.name.as_ref().map(|name| name.value()), ident)?, doc_text(&function));
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

pub(crate) fn orchestrator(args: OrchestratorArgs, function: ItemFn) -> Result<TokenStream> {
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
    let (docs, vis, ident) = (docs(&function), &function.vis, &function.sig.ident);
    let (name, doc) = (name(args.name.as_ref().map(|name| name.value()), ident)?, doc_text(&function));
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
            Some(ty) => quote!(::dacapo::__private::input_schema::<#ty>()),
            None => quote!(None),
        }
    }
}

impl Output {
    fn ty(&self) -> &Type {
        match self {
            Output::Plain(ty) | Output::Fallible(ty) => ty,
        }
    }

    fn wrap(&self, call: TokenStream) -> TokenStream {
        match self {
            Output::Plain(_) => quote!(Ok(#call)),
            Output::Fallible(_) => quote!(::dacapo::__private::lift(#call)),
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

/// `Result<T, …>` by its name, anything else as it is: a macro sees words and no types.
fn output(output: &ReturnType) -> Output {
    let ReturnType::Type(_, ty) = output else { return Output::Plain(parse_quote!(())) };
    if is_named(ty, "Result")
        && let Type::Path(path) = &**ty
        && let Some(last) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(first)) = arguments.args.first()
    {
        return Output::Fallible(first.clone());
    }
    Output::Plain((**ty).clone())
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// The function as it was written, under the name `run`.
fn body(function: &ItemFn) -> ItemFn {
    let mut body = function.clone();
    body.sig.ident = Ident::new("run", function.sig.ident.span());
    body.vis = match function.vis {
        syn::Visibility::Inherited => parse_quote!(pub(self)),
        _ => function.vis.clone(),
    };
    body
}

fn docs(function: &ItemFn) -> Vec<&Attribute> {
    function.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect()
}

/// The documentation as text, without the space that follows each `///`.
fn doc_text(function: &ItemFn) -> TokenStream {
    let mut lines = Vec::new();
    for attribute in docs(function) {
        if let Meta::NameValue(meta) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &meta.value
        {
            let line = line.value();
            lines.push(line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
        }
    }
    optional((!lines.is_empty()).then(|| {
        let text = lines.join("\n");
        quote!(#text)
    }))
}

fn name(given: Option<String>, ident: &Ident) -> Result<String> {
    let name = given.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_allowed) {
        let message = "a name has 1 to 100 letters, digits, `_`, `-` and `.`";
        return Err(Error::new(ident.span(), message));
    }
    Ok(name)
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

fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}
