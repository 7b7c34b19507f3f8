//! The arguments of the attributes, checked where they are written.

use syn::{
    Error, Ident, LitFloat, LitInt, LitStr, Path, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

/// Of orchestrators, timer triggers and stream triggers.
#[derive(Default)]
pub(crate) struct NameArgs {
    pub(crate) name: Option<LitStr>,
}

#[derive(Default)]
pub(crate) struct EntityArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: u32,
    pub(crate) migrate: Option<Path>,
}

#[derive(Default)]
pub(crate) struct HttpArgs {
    pub(crate) route: Option<LitStr>,
    pub(crate) methods: Vec<LitStr>,
}

#[derive(Default)]
pub(crate) struct ActivityArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) retry: Option<RetryArgs>,
    pub(crate) timeout: Option<Millis>,
}

#[derive(Default)]
pub(crate) struct RetryArgs {
    pub(crate) max_attempts: Option<u32>,
    pub(crate) first_interval: Option<Millis>,
    pub(crate) coefficient: Option<f64>,
    pub(crate) max_interval: Option<Millis>,
    pub(crate) timeout: Option<Millis>,
    pub(crate) jitter: Option<f64>,
    pub(crate) non_retryable: Vec<LitStr>,
}

#[derive(Clone, Copy)]
pub(crate) struct Millis(pub(crate) u64);

impl Parse for NameArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        each(input, |key, input| {
            if key != "name" {
                return Err(unknown(&key, "`name`"));
            }
            args.name = Some(value(input)?);
            Ok(())
        })?;
        Ok(args)
    }
}

impl Parse for EntityArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        each(input, |key, input| {
            match key.to_string().as_str() {
                "name" => args.name = Some(value(input)?),
                "version" => args.version = value::<LitInt>(input)?.base10_parse()?,
                "migrate" => args.migrate = Some(value(input)?),
                _ => return Err(unknown(&key, "`name`, `version` and `migrate`")),
            }
            Ok(())
        })?;
        Ok(args)
    }
}

impl Parse for HttpArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        each(input, |key, input| {
            match key.to_string().as_str() {
                "route" => args.route = Some(route(value(input)?)?),
                "methods" => {
                    let content;
                    parenthesized!(content in input);
                    let methods = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
                    args.methods = methods.into_iter().map(method).collect::<Result<_>>()?;
                }
                _ => return Err(unknown(&key, "`route` and `methods(…)`")),
            }
            Ok(())
        })?;
        Ok(args)
    }
}

impl Parse for ActivityArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        each(input, |key, input| {
            match key.to_string().as_str() {
                "name" => args.name = Some(value(input)?),
                "timeout" => args.timeout = Some(value(input)?),
                "retry" => {
                    let content;
                    parenthesized!(content in input);
                    args.retry = Some(content.parse()?);
                }
                _ => return Err(unknown(&key, "`name`, `timeout` and `retry(…)`")),
            }
            Ok(())
        })?;
        Ok(args)
    }
}

impl Parse for RetryArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        each(input, |key, input| {
            match key.to_string().as_str() {
                "max_attempts" => args.max_attempts = Some(at_least_one(value::<LitInt>(input)?)?),
                "first_interval" => args.first_interval = Some(value(input)?),
                "coefficient" => args.coefficient = Some(coefficient(value::<LitFloat>(input)?)?),
                "max_interval" => args.max_interval = Some(value(input)?),
                "timeout" => args.timeout = Some(value(input)?),
                "jitter" => args.jitter = Some(part(value::<LitFloat>(input)?)?),
                "non_retryable" => {
                    let content;
                    parenthesized!(content in input);
                    args.non_retryable.extend(Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?);
                }
                _ => {
                    let known = "`max_attempts`, `first_interval`, `coefficient`, `max_interval`, `timeout`, \
                                 `jitter` and `non_retryable(…)`";
                    return Err(unknown(&key, known));
                }
            }
            Ok(())
        })?;
        if args.max_attempts.is_none() {
            return Err(input.error("a retry policy needs `max_attempts`"));
        }
        Ok(args)
    }
}

impl Parse for Millis {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let text: LitStr = input.parse()?;
        parse_millis(&text.value()).map(Millis).ok_or_else(|| {
            Error::new(
                text.span(),
                "not a length of time: write a whole number and `ms`, `s`, `m`, `h` or `d`, as in \"90s\"",
            )
        })
    }
}

fn parse_millis(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn each(input: ParseStream<'_>, mut take: impl FnMut(Ident, ParseStream<'_>) -> Result<()>) -> Result<()> {
    while !input.is_empty() {
        take(input.parse()?, input)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn at_least_one(number: LitInt) -> Result<u32> {
    match number.base10_parse()? {
        0 => Err(Error::new(number.span(), "the first attempt counts: at least 1")),
        n => Ok(n),
    }
}

fn coefficient(number: LitFloat) -> Result<f64> {
    let value: f64 = number.base10_parse()?;
    if value >= 1.0 { Ok(value) } else { Err(Error::new(number.span(), "waits never get shorter: at least 1.0")) }
}

fn part(number: LitFloat) -> Result<f64> {
    let value: f64 = number.base10_parse()?;
    if value <= 1.0 { Ok(value) } else { Err(Error::new(number.span(), "a part of a wait: from 0.0 to 1.0")) }
}

/// Below `/api/`, as in the manifest.
fn route(route: LitStr) -> Result<LitStr> {
    let text = route.value();
    let segments: Vec<&str> = text.split('/').collect();
    let is_literal = |segment: &str| !segment.is_empty() && !segment.contains(['{', '}', '?', '#', '%']);
    let is_parameter = |index: usize, segment: &str| {
        let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        let name = name.map(|name| if index + 1 == segments.len() { name.trim_start_matches('*') } else { name });
        name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    if segments.iter().enumerate().all(|(index, segment)| is_literal(segment) || is_parameter(index, segment)) {
        return Ok(route);
    }
    Err(Error::new(
        route.span(),
        "not a route: write it as in the manifest, below `/api/`, as in \"sessions/{session}/messages\" or \"files/{*path}\"",
    ))
}

fn method(method: LitStr) -> Result<LitStr> {
    let text = method.value();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '-') {
        return Ok(method);
    }
    Err(Error::new(method.span(), "a method is written in upper case, as in \"POST\""))
}

fn unknown(key: &Ident, known: &str) -> Error {
    Error::new(key.span(), format!("unknown option; there are {known}"))
}
