//! Which files a program in C is made of: its sources, and what they include in quotes.
//!
//! A header is looked for beside the file that includes it, since compilers are told of no other place. It does not know
//! conditions: a header that would be left out counts as well.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What a line includes.
#[derive(Debug, PartialEq, Eq)]
enum Included<'a> {
    Nothing,
    /// What the compiler brings, or the bindings.
    System,
    Quoted(&'a str),
    /// That is for a preprocessor to say.
    Unclear,
}

/// The sources with all headers that they lead to; nothing if that is not clear or a file cannot be read.
pub fn files(sources: impl Iterator<Item = PathBuf>) -> Option<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<_> = sources.collect();
    while let Some(file) = ahead.pop() {
        let content = std::fs::read(&file).ok()?;
        if !found.insert(file.clone()) {
            continue;
        }
        for line in String::from_utf8_lossy(&content).lines() {
            match included(line) {
                Included::Nothing | Included::System => {}
                Included::Quoted(name) => {
                    ahead.extend(Some(file.with_file_name(name)).filter(|header| header.is_file()))
                }
                Included::Unclear => return None,
            }
        }
    }
    Some(found)
}

fn included(line: &str) -> Included<'_> {
    let Some(directive) = line.trim_start().strip_prefix('#') else { return Included::Nothing };
    let directive = directive.trim_start();
    if directive.starts_with("embed") {
        return Included::Unclear;
    }
    let Some(rest) = directive.strip_prefix("include") else { return Included::Nothing };
    let rest = rest.trim_start();
    match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((name, _)) => Included::Quoted(name),
        None if rest.starts_with('<') => Included::System,
        None => Included::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |line, expect| assert_eq!(included(line), expect, "{line}");
        check("int x;", Included::Nothing);
        check("// #include \"a.h\"", Included::Nothing);
        check("#define include", Included::Nothing);
        check("#include <stdlib.h>", Included::System);
        check("#include \"a.h\"", Included::Quoted("a.h"));
        check("  #  include\"../b/a.h\" // why", Included::Quoted("../b/a.h"));
        check("#include HEADER", Included::Unclear);
        check("#include \\", Included::Unclear);
        check("#include_next \"a.h\"", Included::Unclear);
        check("#embed \"a.bin\"", Included::Unclear);
    }

    #[test]
    fn headers_of_headers() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir(at("lib")).unwrap();
        for (name, text) in [
            ("app.c", "#include \"lib/a.h\"\n#include \"dacapo.h\"\n"),
            ("lib/a.h", "#include \"b.h\"\n"),
            ("lib/b.h", "#include \"a.h\"\n"),
            ("other.h", ""),
            ("unclear.c", "#include HEADER\n"),
        ] {
            std::fs::write(at(name), text).unwrap();
        }
        let check = |sources: &[&str], expect: Option<&[&str]>| {
            let expect = expect.map(|names| names.iter().map(|name| at(name)).collect());
            assert_eq!(files(sources.iter().map(|name| at(name))), expect, "{sources:?}");
        };
        check(&["app.c"], Some(&["app.c", "lib/a.h", "lib/b.h"]));
        check(&["app.c", "unclear.c"], None);
        check(&["app.c", "gone.c"], None);
    }
}
