//! From a plain function to a trigger: its arguments are told apart by their types and may come in any order.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, FnArg, ItemFn, Result};

use crate::{
    args::{HttpArgs, NameArgs},
    syntax::{body, doc_text, docs, is_named, name, not_async, optional, output},
};

/// A trigger function, and how it is called.
struct Shape {
    definition: TokenStream,
    call: TokenStream,
}

pub(crate) fn http(args: HttpArgs, function: ItemFn) -> Result<TokenStream> {
    let Shape { definition, call } = shape(&function, "Request", "request")?;
    let ident = &function.sig.ident;
    let route = optional(args.route.map(|route| quote!(#route)));
    let methods = args.methods;
    Ok(quote! {
        #definition

        impl ::dacapo::HttpTrigger for #ident {
            const ROUTE: Option<&'static str> = #route;
            const METHODS: &'static [&'static str] = &[#(#methods),*];

            #[allow(unused_variables, reason = "not every function takes both")]
            fn handle(request: ::dacapo::Request, client: ::dacapo::Client) -> ::dacapo::Result<::dacapo::Response> {
                #call
            }
        }
    })
}

pub(crate) fn timer(args: NameArgs, function: ItemFn) -> Result<TokenStream> {
    let Shape { definition, call } = shape(&function, "Tick", "tick")?;
    let ident = &function.sig.ident;
    let (name, doc) = (name(args.name.as_ref(), ident)?, doc_text(&function.attrs));
    Ok(quote! {
        #definition

        impl ::dacapo::TimerTrigger for #ident {
            const NAME: &'static str = #name;
            const DOC: Option<&'static str> = #doc;

            #[allow(unused_variables, reason = "not every function takes both")]
            fn fire(tick: ::dacapo::Tick, client: ::dacapo::Client) -> ::dacapo::Result<()> {
                #call
            }
        }
    })
}

pub(crate) fn stream(args: NameArgs, function: ItemFn) -> Result<TokenStream> {
    let Shape { definition, call } = shape(&function, "Message", "message")?;
    let ident = &function.sig.ident;
    let (name, doc) = (name(args.name.as_ref(), ident)?, doc_text(&function.attrs));
    Ok(quote! {
        #definition

        impl ::dacapo::StreamTrigger for #ident {
            const NAME: &'static str = #name;
            const DOC: Option<&'static str> = #doc;

            #[allow(unused_variables, reason = "not every function takes both")]
            fn receive(message: ::dacapo::Message, client: ::dacapo::Client) -> ::dacapo::Result<()> {
                #call
            }
        }
    })
}

/// `cause` is the type of what sets it off, `variable` its name in the generated code.
fn shape(function: &ItemFn, cause: &str, variable: &str) -> Result<Shape> {
    let sig = &function.sig;
    not_async(sig)?;
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&sig.generics, "a function that the host calls has no generic parameters"));
    }
    let variable = syn::Ident::new(variable, proc_macro2::Span::call_site());
    let argument = |argument: &FnArg| match argument {
        FnArg::Typed(argument) if is_named(&argument.ty, cause) => Ok(quote!(#variable)),
        FnArg::Typed(argument) if is_named(&argument.ty, "Client") => Ok(quote!(client)),
        _ => Err(Error::new_spanned(
            argument,
            format!("this function takes a `{cause}` and a `Client`, and nothing else"),
        )),
    };
    let arguments = sig.inputs.iter().map(argument).collect::<Result<Vec<_>>>()?;
    let call = output(&sig.output).wrap(quote!(Self::run(#(#arguments),*)));
    let (docs, vis, ident, body) = (docs(&function.attrs), &function.vis, &sig.ident, body(function));
    let definition = quote! {
        #(#docs)*
        #[allow(non_camel_case_types, reason = "it bears the name of its function")]
        #[derive(Debug)]
        #vis enum #ident {}

        impl #ident { #body }
    };
    Ok(Shape { definition, call })
}
