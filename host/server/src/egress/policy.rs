//! The rules about where guests may call, as pure functions.
//!
//! It owns what an operator writes under `[egress]` and how a URI and its addresses are judged by it. It resolves no
//! name and opens no connection. It keeps the invariant that a guest reaches nothing by default: a destination is on
//! the allow list, **and** each of its addresses is public or in a network that the operator listed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use url::{Position, Url};

use super::networks::{Network, not_public};

/// The section `[egress]` of the settings. Empty, it allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// What may be called.
    allow: Vec<Allowed>,
    /// The networks that names may lead to although they are not public.
    networks: Vec<Network>,
}

/// An entry of the allow list: `https://api.example.com`, `http://127.0.0.1:8080`, `*.example.com`.
///
/// Without a scheme it means https, without a port the one of the scheme. `*.` stands for exactly one label of a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Allowed {
    origin: Origin,
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// The host itself.
    Same,
    /// Every name that has one label more.
    OneBelow,
}

/// Scheme, host and port, in the form in which they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// How a destination is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Who is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// In lower case, in ASCII and without a final dot.
    Name(String),
    /// Never an IPv4 address in the clothes of IPv6.
    Address(IpAddr),
}

/// A URI that is on the allow list. Its addresses have yet to be judged by [`Rules::admit_addresses`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    origin: Origin,
    uri: Url,
}

/// Why something may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It makes no sense, whatever the rules say.
    #[error("the uri {0}")]
    Invalid(String),
    /// No entry of the allow list covers it.
    #[error("egress to {origin} is not allowed; an operator allows it by \"{origin}\" in `allow` of [egress]")]
    NotListed {
        /// Scheme, host and port.
        origin: String,
    },
    /// It is on the list, but leads to where guests have no business.
    #[error(
        "egress to {origin} is not allowed: it leads to {address}, {kind}; \
         an operator allows that by a network with this address in `networks` of [egress]"
    )]
    NotPublic {
        /// Scheme, host and port.
        origin: String,
        /// The address.
        address: IpAddr,
        /// What kind of address it is.
        kind: &'static str,
    },
}

impl Rules {
    /// Judges the text of a URI, before any name is resolved.
    pub fn admit(&self, uri: &str) -> Result<Destination, Refused> {
        let uri = Url::parse(uri).map_err(|error| Refused::Invalid(format!("is not an absolute URL: {error}")))?;
        let origin = Origin::of(&uri).map_err(|why| Refused::Invalid(why.to_owned()))?;
        match self.allow.iter().any(|allowed| allowed.covers(&origin)) {
            true => Ok(Destination { origin, uri }),
            false => Err(Refused::NotListed { origin: origin.to_string() }),
        }
    }

    /// Judges all addresses of a destination; one that is bad refuses them all. Only those that are given back may be
    /// connected to, so that nothing is resolved twice.
    pub fn admit_addresses(&self, to: &Destination, resolved: &[IpAddr]) -> Result<Vec<SocketAddr>, Refused> {
        let admit = |address: &IpAddr| {
            let address = address.to_canonical();
            // An operator who listed an address, and not a name, meant that address.
            let listed = to.origin.host == Host::Address(address)
                || self.networks.iter().any(|network| network.contains(address));
            match not_public(address) {
                Some(kind) if !listed => Err(Refused::NotPublic { origin: to.origin(), address, kind }),
                _ => Ok(SocketAddr::new(address, to.origin.port)),
            }
        };
        resolved.iter().map(admit).collect()
    }
}

impl Destination {
    /// Scheme, host and port as text. It has none of the secrets that paths and queries may carry.
    pub fn origin(&self) -> String {
        self.origin.to_string()
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.origin.scheme
    }

    /// Who is spoken to.
    pub fn host(&self) -> &Host {
        &self.origin.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.origin.port
    }

    /// The text of the header `Host`.
    pub fn authority(&self) -> String {
        self.origin.authority()
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        &self.uri[Position::BeforePath..Position::AfterQuery]
    }
}

impl Allowed {
    fn covers(&self, origin: &Origin) -> bool {
        let host = match (self.names, &self.origin.host, &origin.host) {
            (Names::Same, listed, asked) => listed == asked,
            (Names::OneBelow, Host::Name(listed), Host::Name(asked)) => {
                asked.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == listed)
            }
            (Names::OneBelow, ..) => false,
        };
        host && self.origin.scheme == origin.scheme && self.origin.port == origin.port
    }
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refuse = |why: &str| format!("{text:?} cannot be allowed: it {why}");
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", &text));
        let (names, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (Names::OneBelow, rest),
            None => (Names::Same, rest),
        };
        let uri = Url::parse(&format!("{scheme}://{rest}"));
        let uri = uri.map_err(|error| refuse(&format!("is not like \"https://api.example.com\": {error}")))?;
        let origin = Origin::of(&uri).map_err(refuse)?;
        if &uri[Position::BeforePath..] != "/" {
            return Err(refuse("has a path, and only scheme, host and port are compared"));
        }
        match (names, &origin.host) {
            (_, Host::Name(name)) if name.contains('*') => Err(refuse("has a * that is not the whole first label")),
            (Names::OneBelow, Host::Address(_)) => Err(refuse("has a * before an address")),
            _ => Ok(Self { origin, names }),
        }
    }
}

impl Origin {
    /// Reads it from a URL, or tells what is wrong with that.
    fn of(uri: &Url) -> Result<Self, &'static str> {
        let scheme = match uri.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err("is neither http nor https"),
        };
        if !uri.username().is_empty() || uri.password().is_some() {
            return Err("has a user name or a password; send a header instead");
        }
        let host = match uri.host() {
            Some(url::Host::Domain(name)) => Host::Name(name.strip_suffix('.').unwrap_or(name).to_owned()),
            Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
            Some(url::Host::Ipv6(address)) => Host::Address(IpAddr::from(address).to_canonical()),
            None => return Err("has no host"),
        };
        match uri.port_or_known_default() {
            Some(port) if port > 0 => Ok(Self { scheme, host, port }),
            _ => Err("has no port that can be connected to"),
        }
    }

    fn authority(&self) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V4(address)) => address.to_string(),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
        };
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}
