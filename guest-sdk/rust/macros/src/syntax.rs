//! What the attributes have in common: how they read a signature, a name, a documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, Expr, ExprLit, GenericArgument, Ident, ItemFn, Lit, LitStr, Meta, PathArguments, Result,
    ReturnType, Signature, Type, parse_quote,
};

/// What a function returns.
pub(crate) enum Output {
    Plain(Type),
    Fallible(Type),
}

impl Output {
    pub(crate) fn ty(&self) -> &Type {
        match self {
            Output::Plain(ty) | Output::Fallible(ty) => ty,
        }
    }

    pub(crate) fn wrap(&self, call: TokenStream) -> TokenStream {
        match self {
            Output::Plain(_) => quote!(Ok(#call)),
            Output::Fallible(_) => quote!(::dacapo::__private::lift(#call)),
        }
    }
}

/// `Result<T, …>` by its name, anything else as it is: a macro sees words and no types.
pub(crate) fn output(output: &ReturnType) -> Output {
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

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// The function as it was written, under the name `run`.
pub(crate) fn body(function: &ItemFn) -> ItemFn {
    let mut body = function.clone();
    body.sig.ident = Ident::new("run", function.sig.ident.span());
    body.vis = match function.vis {
        syn::Visibility::Inherited => parse_quote!(pub(self)),
        _ => function.vis.clone(),
    };
    body
}

pub(crate) fn docs(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).collect()
}

/// The documentation as text, without the space that follows each `///`.
pub(crate) fn doc_text(attributes: &[Attribute]) -> TokenStream {
    let mut lines = Vec::new();
    for attribute in docs(attributes) {
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

/// The name that the author gives, or that of the item.
pub(crate) fn name(given: Option<&LitStr>, ident: &Ident) -> Result<String> {
    let own = || ident.to_string().trim_start_matches("r#").to_owned();
    let name = given.map_or_else(own, LitStr::value);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_allowed) {
        let message = "a name has 1 to 100 letters, digits, `_`, `-` and `.`";
        return Err(Error::new(ident.span(), message));
    }
    Ok(name)
}

/// Only orchestrators wait.
pub(crate) fn not_async(signature: &Signature) -> Result<()> {
    match &signature.asyncness {
        Some(asyncness) => Err(Error::new_spanned(asyncness, "an ordinary function; leave `async` away")),
        None => Ok(()),
    }
}

pub(crate) fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}
