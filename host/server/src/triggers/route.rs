//! The routes of HTTP triggers: their syntax, what they match, and when two of them get in each other's way.
//!
//! It knows paths and nothing of who serves them. Two routes of different components never match the same request, so
//! there is no order among routes and nothing to guess.

use std::borrow::Cow;
use std::fmt;

use kernel::limits::ROUTE_MAX_BYTES;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// A pattern for paths under `/api/`: segments between slashes, each a text, `{name}` for any one segment that is not
/// empty, or, at the end, `{*name}` for all that is left, even nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Route {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Text(String),
    Any,
    Rest,
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{route:?} is not a route: {why}")]
pub struct InvalidRoute {
    route: String,
    why: String,
}

impl Route {
    /// Checks and takes a text.
    pub fn parse(text: &str) -> Result<Self, InvalidRoute> {
        let refuse = |why: String| InvalidRoute { route: text.chars().take(ROUTE_MAX_BYTES).collect(), why };
        if text.is_empty() || text.len() > ROUTE_MAX_BYTES {
            return Err(refuse(format!("it must have 1 to {ROUTE_MAX_BYTES} characters")));
        }
        if text.starts_with('/') || text.ends_with('/') {
            return Err(refuse("leave out the slash at its begin or end; it is served under /api/ anyway".to_owned()));
        }
        let (mut segments, mut names) = (Vec::new(), Vec::new());
        let mut parts = text.split('/').peekable();
        while let Some(part) = parts.next() {
            let (segment, name) = Segment::parse(part).map_err(&refuse)?;
            if segment == Segment::Rest && parts.peek().is_some() {
                return Err(refuse(format!("{part} must be the last segment")));
            }
            if name.is_some_and(|name| names.contains(&name)) {
                return Err(refuse(format!("it has two parameters of the name {}", name.unwrap_or_default())));
            }
            names.extend(name);
            segments.push(segment);
        }
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a path matches, as it stands in a request, without `/api/`.
    pub fn matches(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        for segment in &self.segments {
            let fits = match (segment, parts.next()) {
                (Segment::Rest, _) => return true,
                (Segment::Text(text), Some(part)) => *text == decoded(part),
                (Segment::Any, Some(part)) => !part.is_empty(),
                (Segment::Text(_) | Segment::Any, None) => false,
            };
            if !fits {
                return false;
            }
        }
        parts.next().is_none()
    }

    /// Whether there is a path that both match.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.segments.iter(), other.segments.iter());
        loop {
            match (ours.next(), theirs.next()) {
                (Some(Segment::Rest), _) | (_, Some(Segment::Rest)) | (None, None) => return true,
                (Some(Segment::Text(a)), Some(Segment::Text(b))) if a != b => return false,
                (Some(_), Some(_)) => {}
                (Some(_), None) | (None, Some(_)) => return false,
            }
        }
    }

    /// Whether both match the same paths, whatever they call their parameters.
    pub fn is_like(&self, other: &Self) -> bool {
        self.segments == other.segments
    }
}

impl Segment {
    /// The segment and the name of its parameter, if it is one.
    fn parse(part: &str) -> Result<(Self, Option<&str>), String> {
        if let Some(inner) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            let (segment, name) = match inner.strip_prefix('*') {
                Some(name) => (Self::Rest, name),
                None => (Self::Any, inner),
            };
            let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(format!("{part} must hold a name of letters, digits and '_', as in {{name}} or {{*name}}"));
            }
            return Ok((segment, Some(name)));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;=:@".contains(&byte);
        match part {
            "" => Err("it has an empty segment".to_owned()),
            "." | ".." => Err(format!("clients take {part} for a folder")),
            _ if part.bytes().all(allowed) => Ok((Self::Text(part.to_owned()), None)),
            _ if part.contains(['{', '}', '*']) => {
                Err(format!("{part}: a parameter takes a whole segment, as in {{name}} or {{*name}}"))
            }
            _ => Err(format!("{part} has a character that is not allowed in a path")),
        }
    }
}

fn decoded(part: &str) -> Cow<'_, str> {
    percent_decode_str(part).decode_utf8_lossy()
}

impl TryFrom<String> for Route {
    type Error = InvalidRoute;

    fn try_from(text: String) -> Result<Self, InvalidRoute> {
        Self::parse(&text)
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.text
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax() {
        let check = |text: &str, expect: Result<(), &str>| match (Route::parse(text), expect) {
            (Ok(route), Ok(())) => assert_eq!(route.to_string(), text),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, expect) => panic!("{text}: {got:?}, not {expect:?}"),
        };
        check("orders", Ok(()));
        check("sessions/{session}/messages", Ok(()));
        check("files/{*path}", Ok(()));
        check("{*all}", Ok(()));
        check("v1.0/a-b_c~d/:x@y", Ok(()));
        check("", Err("1 to 500"));
        check(&"a".repeat(501), Err("1 to 500"));
        check("/a", Err("leave out the slash"));
        check("a/", Err("leave out the slash"));
        check("a//b", Err("an empty segment"));
        check("a/../b", Err("clients take .. for a folder"));
        check("a b", Err("not allowed in a path"));
        check("a?b", Err("not allowed in a path"));
        check("a%20b", Err("not allowed in a path"));
        check("é", Err("not allowed in a path"));
        check("a{b}", Err("takes a whole segment"));
        check("*", Err("takes a whole segment"));
        check("{}", Err("must hold a name"));
        check("{1st}", Err("must hold a name"));
        check("{a-b}", Err("must hold a name"));
        check("{*a}/b", Err("{*a} must be the last"));
        check("{a}/{a}", Err("two parameters of the name a"));
    }

    #[test]
    fn matches() {
        let check = |route: &str, path: &str, expect: bool| {
            assert_eq!(Route::parse(route).unwrap().matches(path), expect, "{route} {path}");
        };
        check("a/b", "a/b", true);
        check("a/b", "a/%62", true);
        check("a/b", "A/b", false);
        check("a/b", "a", false);
        check("a/b", "a/b/", false);
        check("a/b", "a%2Fb", false);
        check("a/{x}/c", "a/b/c", true);
        check("a/{x}/c", "a/%2F/c", true);
        check("a/{x}/c", "a//c", false);
        check("a/{x}/c", "a/b/d", false);
        check("{x}", "", false);
        check("a/{*rest}", "a", true);
        check("a/{*rest}", "a/", true);
        check("a/{*rest}", "a/b//c", true);
        check("a/{*rest}", "b", false);
        check("{*rest}", "", true);
    }

    #[test]
    fn overlaps() {
        let check = |one: &str, other: &str, expect: bool| {
            let (a, b) = (Route::parse(one).unwrap(), Route::parse(other).unwrap());
            assert_eq!((a.overlaps(&b), b.overlaps(&a)), (expect, expect), "{one} {other}");
        };
        check("a", "a", true);
        check("a", "b", false);
        check("a/{x}", "a/{y}", true);
        check("a/{x}", "a/b", true);
        check("a/{x}", "{y}/b", true);
        check("a/{x}", "b/{x}", false);
        check("a/{x}", "a/b/c", false);
        check("a/{*r}", "a", true);
        check("a/{*r}", "a/b/c", true);
        check("a/{*r}", "{x}", true);
        check("a/{*r}", "b/c", false);
        check("{*r}", "a", true);
    }
}
