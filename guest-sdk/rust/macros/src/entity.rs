//! From the methods of a type, or a function with an enum, to an entity.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, Error, FnArg, ImplItem, ImplItemFn, Item, ItemFn, ItemImpl, ReceiverKind, Result, Type, TypeReference,
};

use crate::{
    args::EntityArgs,
    syntax::{Output, body, doc_text, docs, is_named, name, not_async, output},
};

pub(crate) fn entity(args: EntityArgs, item: Item) -> Result<TokenStream> {
    match item {
        Item::Impl(block) => of_methods(args, block),
        Item::Fn(function) => of_function(args, function),
        item => Err(Error::new_spanned(item, "an entity is made of an `impl` block or of a function")),
    }
}

/// A method that is an operation.
struct Method<'a> {
    docs: Vec<&'a Attribute>,
    ident: &'a Ident,
    access: Access,
    takes_context: bool,
    input: Option<TokenStream>,
    output: Output,
    /// The type of the output, without `Self`.
    returns: TokenStream,
}

/// What a function does to the state.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Reads,
    Writes,
}

fn of_methods(args: EntityArgs, block: ItemImpl) -> Result<TokenStream> {
    let state = &block.self_ty;
    let ident = match &**state {
        Type::Path(path) if block.trait_.is_none() && block.generics.params.is_empty() => {
            path.path.segments.last().expect("a path has a segment").ident.clone()
        }
        _ => {
            return Err(Error::new_spanned(
                state,
                "an entity is the `impl` of a plain type, without a trait or generics",
            ));
        }
    };
    let methods = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => method(function, state).transpose(),
        _ => None,
    });
    let methods = methods.collect::<Result<Vec<_>>>()?;
    let snake = Ident::new(&snake_case(&ident.to_string()), ident.span());
    let about = about(&args, name(args.name.as_ref(), &snake)?, &block.attrs, &state.to_token_stream());
    let operations = methods.iter().map(|method| method.operation(state));
    let (calls, signals) = (format_ident!("{ident}Calls"), format_ident!("{ident}Signals"));
    let handles = handles(&methods, &calls, &signals);
    Ok(quote! {
        #block

        const _: () = {
            #handles

            impl ::dacapo::Entity for #state {
                type State = Self;
                type Calls = #calls;
                type Signals<__Sender: ::dacapo::Sender> = #signals<__Sender>;
                #about

                #[allow(unused_variables, reason = "not every operation takes everything")]
                fn operations() -> impl Iterator<Item = (&'static str, ::dacapo::Operation<Self>)> {
                    [#(#operations),*].into_iter()
                }
            }
        };
    })
}

fn of_function(args: EntityArgs, function: ItemFn) -> Result<TokenStream> {
    let sig = &function.sig;
    not_async(sig)?;
    let mut types = Vec::new();
    for argument in &sig.inputs {
        match argument {
            FnArg::Typed(argument) => types.push(&*argument.ty),
            FnArg::Receiver(receiver) => return Err(Error::new_spanned(receiver, "a plain function, not a method")),
        }
    }
    let takes_context = types.first().is_some_and(|first| is_context(first));
    let [Type::Reference(TypeReference { mutability, elem: state, .. }), operation] =
        &types[usize::from(takes_context)..]
    else {
        let message =
            "an entity takes an `&EntityContext` if it likes, then `&mut State`, then an enum of its operations";
        return Err(Error::new_spanned(&sig.inputs, message));
    };
    let access = if mutability.is_some() { Access::Writes } else { Access::Reads };
    let (docs, vis, ident, output) = (docs(&function.attrs), &function.vis, &sig.ident, output(&sig.output));
    let about = about(&args, name(args.name.as_ref(), ident)?, &function.attrs, &state.to_token_stream());
    let context = takes_context.then(|| quote!(context,));
    let input = quote!(let operation: #operation = ::dacapo::__private::read_operation(context.operation(), input)?;);
    let run = run(access, &output, &input, &quote!(Self::run(#context state, operation)));
    let (result, body) = (output.ty(), body(&function));
    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, reason = "it bears the name of its function")]
        #[derive(Debug)]
        #vis enum #ident {}

        impl #ident { #body }

        impl ::dacapo::Entity for #ident {
            type State = #state;
            type Calls = ::dacapo::OperationCalls<#operation, #result>;
            type Signals<__Sender: ::dacapo::Sender> = ::dacapo::OperationSignals<#operation, __Sender>;
            #about

            fn operations() -> impl Iterator<Item = (&'static str, ::dacapo::Operation<Self::State>)> {
                ::dacapo::__private::operation_names::<#operation>().iter().map(|name| (*name, #run))
            }
        }
    })
}

/// The constants of the trait, and how older data is read.
fn about(args: &EntityArgs, name: String, attributes: &[Attribute], state: &TokenStream) -> TokenStream {
    let (doc, version) = (doc_text(attributes), args.version);
    let migrate = args.migrate.as_ref().map(|path| {
        quote! {
            fn migrate(version: u32, data: ::dacapo::serde_json::Value) -> ::dacapo::Result<#state> {
                ::dacapo::__private::lift(#path(version, data))
            }
        }
    });
    quote! {
        const NAME: &'static str = #name;
        const DOC: Option<&'static str> = #doc;
        const VERSION: u32 = #version;

        #migrate
    }
}

/// The operation of a method; nothing if it is none, because it does not have a `self`.
fn method<'a>(function: &'a ImplItemFn, state: &Type) -> Result<Option<Method<'a>>> {
    let sig = &function.sig;
    let Some(receiver) = sig.receiver() else { return Ok(None) };
    not_async(sig)?;
    let access = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Access::Reads,
        ReceiverKind::Reference(_, _, Some(_)) => Access::Writes,
        _ => {
            return Err(Error::new_spanned(
                receiver,
                "an operation takes `&self` or `&mut self`; put others in another `impl`",
            ));
        }
    };
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&sig.generics, "an operation has no generic parameters"));
    }
    let types = sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => Some(&*argument.ty),
        FnArg::Receiver(_) => None,
    });
    let mut types: Vec<_> = types.collect();
    let takes_context = types.first().is_some_and(|first| is_context(first));
    if takes_context {
        types.remove(0);
    }
    if types.len() > 1 {
        return Err(Error::new_spanned(&sig.inputs, "one input at most; put several values into one struct"));
    }
    let input = types.pop().map(|input| without_self(input.to_token_stream(), state));
    let (docs, ident, output) = (docs(&function.attrs), &sig.ident, output(&sig.output));
    let returns = without_self(output.ty().to_token_stream(), state);
    Ok(Some(Method { docs, ident, access, takes_context, input, output, returns }))
}

impl Method<'_> {
    fn name(&self) -> String {
        self.ident.to_string().trim_start_matches("r#").to_owned()
    }

    /// The row of the table of operations.
    fn operation(&self, state: &Type) -> TokenStream {
        let (name, ident) = (self.name(), self.ident);
        let context = self.takes_context.then(|| quote!(context,));
        let argument = self.input.as_ref().map(|_| quote!(input));
        let input = self.input.as_ref().map(|ty| quote!(let input: #ty = ::dacapo::__private::input(input)?;));
        let call = quote!(<#state>::#ident(state, #context #argument));
        let run = run(self.access, &self.output, &input.unwrap_or_default(), &call);
        quote!((#name, #run))
    }
}

/// What runs an operation: reads its input, calls the author's function, writes the output. A state that may be left half
/// changed by a failure is restored.
fn run(access: Access, output: &Output, input: &TokenStream, call: &TokenStream) -> TokenStream {
    let checked = quote!(::dacapo::__private::try_output(&::dacapo::__private::lift(#call)?));
    let (access, result) = match (access, output) {
        (Access::Reads, Output::Plain(_)) => (quote!(Reads), quote!(::dacapo::__private::try_output(&#call))),
        (Access::Reads, Output::Fallible(_)) => (quote!(Reads), checked),
        (Access::Writes, Output::Plain(_)) => (quote!(Writes), quote!(Ok(::dacapo::__private::output(&#call)))),
        (Access::Writes, Output::Fallible(_)) => {
            (quote!(Writes), quote!(::dacapo::__private::or_restore(state, |state| #checked)))
        }
    };
    quote!(::dacapo::Operation::#access(|state, context, input| { #input #result }))
}

/// The types through which others call and signal the entity, with a method for each operation.
///
/// They are `pub` within a block that nobody can name: so they may mention private types, and may be mentioned by public ones.
fn handles(methods: &[Method<'_>], calls: &Ident, signals: &Ident) -> TokenStream {
    let mut call_methods = Vec::new();
    let mut signal_methods = Vec::new();
    for method @ Method { docs, ident, input, returns, .. } in methods {
        let name = method.name();
        let (parameter, value) = match input {
            Some(ty) => (quote!(input: #ty), quote!(&input)),
            None => (quote!(), quote!(&())),
        };
        call_methods.push(quote! {
            #(#docs)*
            #[track_caller]
            pub fn #ident(&self, #parameter) -> ::dacapo::EntityCall<#returns> { self.0.call(#name, #value) }
        });
        signal_methods.push(quote! {
            #(#docs)*
            #[track_caller]
            pub fn #ident(&self, #parameter) -> ::core::result::Result<(), __Sender::Error> { self.0.send(#name, #value) }
        });
    }
    if methods.iter().all(|method| !method.name().eq_ignore_ascii_case("delete")) {
        call_methods.push(quote! {
            /// Deletes the state.
            #[track_caller]
            pub fn delete(&self) -> ::dacapo::EntityCall<()> { self.0.call("delete", &()) }
        });
        signal_methods.push(quote! {
            /// Deletes the state.
            #[track_caller]
            pub fn delete(&self) -> ::core::result::Result<(), __Sender::Error> { self.0.send("delete", &()) }
        });
    }
    quote! {
        /// Calls of one entity.
        #[derive(Debug)]
        pub struct #calls(::dacapo::Calls);

        /// Signals to one entity.
        #[derive(Debug)]
        pub struct #signals<__Sender>(::dacapo::Signals<__Sender>);

        #[allow(dead_code, private_interfaces, reason = "who uses it is not known here")]
        impl #calls { #(#call_methods)* }

        #[allow(dead_code, private_interfaces, reason = "who uses it is not known here")]
        impl<__Sender: ::dacapo::Sender> #signals<__Sender> { #(#signal_methods)* }

        impl From<::dacapo::Calls> for #calls {
            fn from(calls: ::dacapo::Calls) -> Self { #calls(calls) }
        }

        impl<__Sender> From<::dacapo::Signals<__Sender>> for #signals<__Sender> {
            fn from(signals: ::dacapo::Signals<__Sender>) -> Self { #signals(signals) }
        }
    }
}

fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if is_named(&reference.elem, "EntityContext"))
}

/// `Self` means something else in the types through which others reach the entity.
fn without_self(tokens: TokenStream, state: &Type) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => state.to_token_stream(),
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), without_self(group.stream(), state)).into_token_stream()
        }
        token => token.into_token_stream(),
    });
    tokens.collect()
}

/// `SessionHandler` is `session_handler`, `HTTPServer` is `http_server`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        let begins_word = letter.is_ascii_uppercase()
            && index > 0
            && match letters[index - 1] {
                '_' => false,
                before if before.is_ascii_uppercase() => letters.get(index + 1).is_some_and(char::is_ascii_lowercase),
                _ => true,
            };
        if begins_word {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_names() {
        let check = |name: &str, expect: &str| assert_eq!(snake_case(name), expect);
        check("Counter", "counter");
        check("SessionHandler", "session_handler");
        check("HTTPServer", "http_server");
        check("Level2Cache", "level2_cache");
        check("r_Odd", "r_odd");
    }
}
