//! How a client calls this host: the scheme, the name and the port that URLs for it are made of.
//!
//! That is what the Host header says, which the guard has checked. What a proxy says it was called counts only if the
//! operator trusts it: anybody can send these headers, and a URL made of them may lead anywhere.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::guard::host;

/// Whether `x-forwarded-host` and `x-forwarded-proto` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "bool")]
pub enum Forwarded {
    /// They do: a proxy in front of this host sets them.
    Honoured,
    /// They do not.
    #[default]
    Ignored,
}

/// What comes before the path of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// A name, with a port or without.
    pub host: &'a str,
}

impl<'a> Origin<'a> {
    /// How the client that sent this request head calls this host. A forwarded header that makes no sense does not count.
    pub fn of(headers: &'a HeaderMap, forwarded: Forwarded) -> Self {
        let direct = Self { scheme: "http", host: host(headers).unwrap_or("localhost") };
        if forwarded == Forwarded::Ignored {
            return direct;
        }
        let scheme = match first(headers, "x-forwarded-proto") {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => direct.scheme,
        };
        let sensible = |host: &&str| host.parse::<Authority>().is_ok() && !host.contains('@');
        Self { scheme, host: first(headers, "x-forwarded-host").filter(sensible).unwrap_or(direct.host) }
    }
}

/// The first value of a list: what the proxy says that the client came to.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name).map(HeaderValue::to_str)?.ok()?;
    value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}

impl From<bool> for Forwarded {
    fn from(honoured: bool) -> Self {
        match honoured {
            true => Self::Honoured,
            false => Self::Ignored,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    #[test]
    fn origins() {
        let check = |head: &[(&str, &str)], forwarded: Forwarded, expect: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "localhost:7071".parse().unwrap());
            for (name, value) in head {
                headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            let Origin { scheme, host } = Origin::of(&headers, forwarded);
            assert_eq!(format!("{scheme}://{host}"), expect, "{head:?}");
        };
        let (proto, host) = ("x-forwarded-proto", "x-forwarded-host");
        let proxied = [(proto, "https"), (host, "api.example:8443")];
        check(&[], Forwarded::Honoured, "http://localhost:7071");
        check(&proxied, Forwarded::Ignored, "http://localhost:7071");
        check(&proxied, Forwarded::Honoured, "https://api.example:8443");
        check(&[(host, "outer.example, inner.example")], Forwarded::Honoured, "http://outer.example");
        check(&[(proto, "HTTPS,http")], Forwarded::Honoured, "https://localhost:7071");
        check(&[(proto, "gopher"), (host, "")], Forwarded::Honoured, "http://localhost:7071");
        for bad in ["user@evil.example", "a b", "a/b", "a\"b", "http://a"] {
            check(&[(host, bad)], Forwarded::Honoured, "http://localhost:7071");
        }
    }
}
