//! Text of others within a source file: it must not end a comment, and must not look like something that it is not.

/// The lines of a doc, without what steers a terminal, an editor or a compiler. None if nothing is left.
pub fn lines(doc: &str) -> Vec<String> {
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let unified = doc.replace("\r\n", "\n");
    let mut lines: Vec<_> = unified.split(is_break).map(|line| visible(line).trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..blank);
    lines
}

/// Text on one line.
pub fn line(text: &str) -> String {
    lines(text).join(" ")
}

/// Compilers refuse comments in which the direction of writing changes, and people are deceived by them.
fn visible(line: &str) -> String {
    let is_bidi =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|&c| !c.is_control() && !is_bidi(c)).collect()
}

/// A string as JSON writes it, which JavaScript and Python read alike. What could deceive a reader is escaped.
pub fn json_string(text: &str) -> String {
    let escape = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        c if visible(c.encode_utf8(&mut [0; 4])).is_empty() || matches!(c, '\t' | '\u{2028}' | '\u{2029}') => {
            format!("\\u{:04x}", c as u32)
        }
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// A length of time as the SDKs read it: `30s`, `1500ms`.
pub fn duration(millis: u64) -> String {
    match millis % 1_000 {
        0 => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs() {
        let check = |doc: &str, expect: &[&str]| assert_eq!(lines(doc), expect, "{doc:?}");
        check("one", &["one"]);
        check("\n one \r\n\r\ntwo\rthree\u{2028}four\n\n", &[" one", "", "two", "three", "four"]);
        check("a\u{202e}b\u{1b}[31mc\td", &["ab[31mc d"]);
        check(" \n", &[]);
    }

    #[test]
    fn strings() {
        let check = |text: &str, expect: &str| assert_eq!(json_string(text), expect);
        check("a\"b\\c\nd", r#""a\"b\\c\nd""#);
        check("\u{202e}\u{7}\u{2028}\t", r#""\u202e\u0007\u2028\u0009""#);
        check("é", "\"é\"");
    }
}
