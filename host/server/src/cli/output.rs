//! What is printed and where: data on stdout, everything else on stderr, colour only where a person sees it.

use std::io::Write;
use std::ops::ControlFlow;

use anstyle::{AnsiColor, Style};

/// What an error begins with.
pub const RED: Style = AnsiColor::Red.on_default().bold();
/// What deserves a second look.
pub const BOLD: Style = Style::new().bold();

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Prints data, and a newline. A reader that has seen enough is no error.
pub fn data(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints data, and a newline, unless the reader has seen enough.
pub fn offer(text: &str) -> ControlFlow<()> {
    match writeln!(anstream::stdout(), "{text}") {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// Tells the user something beside the data.
pub fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Lays out rows under a head; the last column is as long as it likes.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows);
    let mut widths = [0; N];
    for row in all() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

/// Lays out what is known of one thing; what has several lines stays in its column.
pub fn fields(fields: &[(&str, String)]) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let next_line = format!("\n{:width$}  ", "");
    let line =
        |(name, value): &(&str, String)| format!("{name:width$}  {}", value.trim_end().replace('\n', &next_line));
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Text from elsewhere without what could steer a terminal.
pub fn printable(text: &str) -> String {
    let escape = |c: char| match c {
        '\n' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Text from elsewhere on one line of bounded length.
pub fn brief(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    let line = printable(text).replace('\n', " ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A size for people.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        let rows = [["a".to_owned(), "é".to_owned()], ["long".to_owned(), String::new()]];
        assert_eq!(table(["ID", "TEXT"], &rows), "ID    TEXT\na     é\nlong");
        assert_eq!(fields(&[("id", "a".into()), ("status", "b\nc\n".into())]), "id      a\nstatus  b\n        c");
    }

    #[test]
    fn foreign_text() {
        assert_eq!(printable("a\u{1b}[31m\nb\u{9b}"), "a\\u{1b}[31m\nb\\u{9b}");
        assert_eq!(brief("a\nb"), "a b");
        assert_eq!(brief(&"é".repeat(81)).chars().count(), 81);
    }

    #[test]
    fn sizes() {
        let check = |bytes, expect: &str| assert_eq!(size(bytes), expect);
        check(9, "9 B");
        check(110_800, "108 KiB");
        check(32 << 20, "32 MiB");
    }
}
