//! Refuses requests that a browser was tricked into sending, and heads that are too large.
//!
//! Nobody is asked for a key on a loopback address, so a web page must not be able to talk to the host: neither by a
//! name of its own that resolves to this machine (DNS rebinding) nor by a form or script of another site.

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method};
use kernel::limits::HTTP_HEADERS_MAX_COUNT;

use crate::problem::{Code, Problem};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which names of this host are accepted in a Host header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostGuard {
    /// The names of the loopback interface, and these.
    Loopback(Vec<String>),
    /// Any: the operator exposed the host and cannot list its names.
    Any,
}

impl HostGuard {
    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback(also) => {
                let names = ["localhost", "127.0.0.1", "[::1]"].into_iter().chain(also.iter().map(String::as_str));
                names.into_iter().any(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }

    /// Refuses a request by its head alone.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        // Counted here because hyper's own setting for it costs an allocation per request.
        if headers.len() > HTTP_HEADERS_MAX_COUNT {
            let message = format!("the request has {} headers; at most {HTTP_HEADERS_MAX_COUNT} fit", headers.len());
            return Err(Problem::new(Code::TooManyHeaders, message));
        }
        let host = host(headers).unwrap_or_default();
        let authority = host.parse::<Authority>().ok().filter(|_| !host.contains('@'));
        if !authority.is_some_and(|authority| self.allows(authority.host())) {
            let shown: String = host.chars().take(100).collect();
            return Err(Problem::new(Code::HostNotAllowed, format!("this host is not known as {shown:?}")));
        }
        if !method.is_safe() && is_cross_site(host, headers) {
            return Err(Problem::new(Code::CrossSite, "a page of another site must not change anything here"));
        }
        Ok(())
    }
}

/// The Host header, if there is exactly one.
pub fn host(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

/// Current browsers say so in one header, older ones name the page's origin. Other clients send neither.
fn is_cross_site(host: &str, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(HeaderValue::as_bytes);
    match (text(SEC_FETCH_SITE), text(ORIGIN)) {
        (Some(site), _) => site != b"same-origin" && site != b"none",
        (None, Some(origin)) => origin.strip_prefix(b"http://") != Some(host.as_bytes()),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &HostGuard, method: Method, head: &[(&str, &str)], expect: Result<(), Code>) {
        let mut headers = HeaderMap::new();
        for (name, value) in head {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        assert_eq!(guard.check(&method, &headers).map_err(|problem| problem.code), expect, "{method} {head:?}");
    }

    #[test]
    fn hosts() {
        let loopback = HostGuard::Loopback(vec!["dev.example".into()]);
        for host in ["localhost:7071", "LOCALHOST", "127.0.0.1:1", "[::1]:7071", "dev.example:80"] {
            check(&loopback, Method::GET, &[("host", host)], Ok(()));
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "0.0.0.0", "", "a b", "\"x"] {
            check(&loopback, Method::GET, &[("host", host)], Err(Code::HostNotAllowed));
        }
        check(&loopback, Method::GET, &[], Err(Code::HostNotAllowed));
        check(&loopback, Method::GET, &[("host", "localhost"), ("host", "x")], Err(Code::HostNotAllowed));
        check(&HostGuard::Any, Method::GET, &[("host", "any.example")], Ok(()));
        check(&HostGuard::Any, Method::GET, &[("host", "a\"b")], Err(Code::HostNotAllowed));
    }

    #[test]
    fn sites() {
        let check = |method, head: (&str, &str), expect| {
            check(&HostGuard::Loopback(Vec::new()), method, &[("host", "localhost:7071"), head], expect);
        };
        check(Method::POST, ("accept", "*/*"), Ok(()));
        check(Method::POST, ("sec-fetch-site", "same-origin"), Ok(()));
        check(Method::POST, ("sec-fetch-site", "none"), Ok(()));
        check(Method::POST, ("sec-fetch-site", "cross-site"), Err(Code::CrossSite));
        check(Method::POST, ("sec-fetch-site", "same-site"), Err(Code::CrossSite));
        check(Method::GET, ("sec-fetch-site", "cross-site"), Ok(()));
        check(Method::POST, ("origin", "http://localhost:7071"), Ok(()));
        check(Method::POST, ("origin", "http://localhost:8080"), Err(Code::CrossSite));
        check(Method::POST, ("origin", "null"), Err(Code::CrossSite));
        check(Method::DELETE, ("origin", "https://evil.example"), Err(Code::CrossSite));
    }

    #[test]
    fn heads() {
        let many: Vec<_> = (0..64).map(|n| (format!("x-{n}"), "1")).collect();
        let mut head: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        head.push(("host", "localhost"));
        check(&HostGuard::Any, Method::GET, &head, Err(Code::TooManyHeaders));
        check(&HostGuard::Any, Method::GET, &head[1..], Ok(()));
    }
}
