//! Names: from what a schema or a function is called to identifiers that a language takes, no two of them equal.

use std::collections::BTreeSet;

/// The words of a name: parted by what is neither a letter nor a digit of ASCII, and where a capital follows a small letter.
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && !before.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric() {
            words.last_mut().expect("there is always one").push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `OrderLine`.
pub fn pascal(name: &str) -> String {
    solid(words(name).iter().map(|word| capital(word)).collect(), "Value")
}

/// `orderLine`.
pub fn camel(name: &str) -> String {
    let words = words(name);
    let rest = words.iter().skip(1).map(|word| capital(word));
    solid(words.iter().take(1).cloned().chain(rest).collect(), "value")
}

/// `order_line`.
pub fn snake(name: &str) -> String {
    solid(words(name).join("_"), "value")
}

/// An identifier is not empty and does not begin with a digit.
fn solid(name: String, fallback: &str) -> String {
    match name.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name,
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// The identifiers of one file or one type.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// Nothing is taken but these words, which mean something else.
    pub fn without(reserved: &[&str]) -> Self {
        Self(reserved.iter().map(|&word| word.to_owned()).collect())
    }

    /// The first of these that is free, or else the last with a number.
    pub fn claim(&mut self, wanted: &[String]) -> String {
        let last = wanted.last().cloned().unwrap_or_default();
        let numbered = (2_u32..).map(|number| format!("{last}{number}"));
        let mut candidates = wanted.iter().cloned().chain(numbered);
        let free = candidates.find(|name| !self.0.contains(name)).expect("there is always another number");
        self.0.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        let check = |name: &str, expect: [&str; 3]| {
            assert_eq!([pascal(name), camel(name), snake(name)], expect.map(str::to_owned), "{name:?}");
        };
        check("say_hello", ["SayHello", "sayHello", "say_hello"]);
        check("Array_of_string", ["ArrayOfString", "arrayOfString", "array_of_string"]);
        check("order.create-now", ["OrderCreateNow", "orderCreateNow", "order_create_now"]);
        check("HTTPRequest", ["Httprequest", "httprequest", "httprequest"]);
        check("runId", ["RunId", "runId", "run_id"]);
        check("v2Order", ["V2Order", "v2Order", "v2_order"]);
        check("2nd", ["_2nd", "_2nd", "_2nd"]);
        check("---", ["Value", "value", "value"]);
        check("größe", ["GrE", "grE", "gr_e"]);
        check("", ["Value", "value", "value"]);
    }

    #[test]
    fn claims() {
        let mut names = Names::without(&["class"]);
        let mut check = |wanted: &[&str], expect: &str| {
            let wanted: Vec<_> = wanted.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(names.claim(&wanted), expect);
        };
        check(&["a"], "a");
        check(&["a"], "a2");
        check(&["a", "a_child"], "a_child");
        check(&["a", "a_child"], "a_child2");
        check(&["class"], "class2");
    }
}
