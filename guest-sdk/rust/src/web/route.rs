//! Routes: `sessions/{session}/messages`, `files/{*path}`. The text is that of the manifest, below `/api/`.

/// Where the host serves the routes of its components.
const BASE: &str = "/api/";

/// The parameters of a path that fits the route, by name. `{name}` is one segment that is not empty, `{*name}` all that is
/// left, even nothing: so it is where the host looks for the component, too.
pub(super) fn parameters(route: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut segments = path.strip_prefix(BASE)?.split('/');
    let mut parameters = Vec::new();
    for part in route.split('/') {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if let Some(name) = name.strip_prefix('*') => {
                let rest: Vec<&str> = segments.by_ref().collect();
                parameters.push((name.to_owned(), decoded(&rest.join("/"))));
            }
            Some(name) => {
                let value = segments.next().filter(|segment| !segment.is_empty())?;
                parameters.push((name.to_owned(), decoded(value)));
            }
            None if segments.next().map(decoded)? == part => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

/// The text without percent signs. What is no UTF-8 is replaced, what is no escape stays as it is.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let escaped = if *byte == b'%' { escaped(tail) } else { None };
        bytes.push(escaped.unwrap_or(*byte));
        rest = &tail[if escaped.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte that the two digits after a percent sign stand for.
fn escaped(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| digits.get(index).and_then(|digit| char::from(*digit).to_digit(16));
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_or_does_not() {
        let check = |route: &str, path: &str, expect: Option<&[(&str, &str)]>| {
            let found = parameters(route, path);
            let found: Option<Vec<_>> =
                found.as_ref().map(|found| found.iter().map(|(name, value)| (&name[..], &value[..])).collect());
            assert_eq!(found.as_deref(), expect, "{route} {path}");
        };
        check("sessions/{session}/messages", "/api/sessions/7/messages", Some(&[("session", "7")]));
        check("sessions/{session}", "/api/sessions/a%20b%2Fc", Some(&[("session", "a b/c")]));
        check("sessions/{session}", "/api/sessions/", None);
        check("sessions/{session}", "/api/sessions/7/", None);
        check("sessions/{session}", "/sessions/7", None);
        check("hello", "/api/hello", Some(&[]));
        check("hello", "/api/Hello", None);
        check("files/{*path}", "/api/files/a/b%20c", Some(&[("path", "a/b c")]));
        check("files/{*path}", "/api/files/", Some(&[("path", "")]));
        check("files/{*path}", "/api/files", Some(&[("path", "")]));
        check("files/{*path}", "/api/file", None);
        check("{a}/{b}", "/api/x/y", Some(&[("a", "x"), ("b", "y")]));
        check("{a}", "/api/100%", Some(&[("a", "100%")]));
        check("{a}", "/api/%zz%ff", Some(&[("a", "%zz\u{fffd}")]));
    }
}
