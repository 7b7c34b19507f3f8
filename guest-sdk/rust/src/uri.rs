//! References resolved against the URI that they came from, as RFC 3986 §5.2 says. Nothing is decoded or normalized but
//! dots in paths.

/// What `reference` means in a response from `base`, which is absolute.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default();
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let (scheme, authority, path, query) = split(base);
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let (target, target_query) = cut_query(reference);
    let (path, query) = if target.is_empty() {
        (path.to_owned(), target_query.or(query))
    } else if target.starts_with('/') {
        (without_dots(target), target_query)
    } else {
        let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
        (without_dots(&format!("{folder}{target}")), target_query)
    };
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{scheme}://{authority}{path}{query}")
}

/// Whether two absolute URIs have the same scheme, host and port. Ports are compared as written: one that is left out
/// differs from the same one written out, which errs on the safe side.
pub(crate) fn is_same_origin(a: &str, b: &str) -> bool {
    let ((scheme_a, authority_a, ..), (scheme_b, authority_b, ..)) = (split(a), split(b));
    scheme_a.eq_ignore_ascii_case(scheme_b) && authority_a.eq_ignore_ascii_case(authority_b)
}

/// Scheme, authority, path and query.
fn split(uri: &str) -> (&str, &str, &str, Option<&str>) {
    let (uri, query) = cut_query(uri.split('#').next().unwrap_or_default());
    let (scheme, rest) = uri.split_once("://").unwrap_or(("", uri));
    let end = rest.find('/').unwrap_or(rest.len());
    (scheme, &rest[..end], &rest[end..], query)
}

fn cut_query(text: &str) -> (&str, Option<&str>) {
    text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)))
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// `path` begins with a slash.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path[1..].split('/').collect();
    for (index, &segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_the_standard_says() {
        let check = |reference: &str, expect: &str| {
            assert_eq!(resolve("http://a/b/c/d;p?q", reference), expect, "{reference}");
        };
        check("g:h", "g:h");
        check("https://other/x?y#z", "https://other/x?y");
        check("g", "http://a/b/c/g");
        check("./g", "http://a/b/c/g");
        check("g/", "http://a/b/c/g/");
        check("/g", "http://a/g");
        check("//g", "http://g");
        check("?y", "http://a/b/c/d;p?y");
        check("g?y", "http://a/b/c/g?y");
        check("g?y/./x", "http://a/b/c/g?y/./x");
        check("#s", "http://a/b/c/d;p?q");
        check(";x", "http://a/b/c/;x");
        check("", "http://a/b/c/d;p?q");
        check(".", "http://a/b/c/");
        check("./", "http://a/b/c/");
        check("..", "http://a/b/");
        check("../g", "http://a/b/g");
        check("../..", "http://a/");
        check("../../../g", "http://a/g");
        check("/./g", "http://a/g");
        check("g;x=1/../y", "http://a/b/c/y");
        check("g..", "http://a/b/c/g..");
        assert_eq!(resolve("http://a", "g"), "http://a/g");
        assert_eq!(resolve("http://a?q", "/g"), "http://a/g");
    }

    #[test]
    fn another_port_or_scheme_is_another_origin() {
        let check = |a: &str, b: &str, expect: bool| assert_eq!(is_same_origin(a, b), expect, "{a} {b}");
        check("https://A.com/x", "HTTPS://a.com/y?z", true);
        check("https://a.com", "http://a.com", false);
        check("https://a.com", "https://a.com:8443", false);
        check("https://a.com", "https://a.com.evil.org", false);
    }
}
