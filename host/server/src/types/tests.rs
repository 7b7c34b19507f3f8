//! What is written for real guests and for schemas that mean no good, in each language; `tests/it/types.rs` compiles it.

use std::path::Path;

use expect_test::expect_file;

use super::*;

#[test]
fn golden_files() {
    let check = |functions: &str, file: &str| {
        let entries: Vec<Entry> = serde_json::from_str(functions).unwrap();
        for (language, extension) in [(Language::TypeScript, "ts"), (Language::Python, "py"), (Language::Rust, "rs")] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types/testdata").join(file);
            expect_file![path.with_extension(extension)].assert_eq(&generate(language, &entries));
        }
    };
    check(include_str!("testdata/nasty.json"), "nasty");
    check(include_str!("testdata/guests.json"), "guests");
    check(include_str!("testdata/empty.json"), "empty");
}

#[test]
fn a_file_depends_on_what_is_described_and_not_on_its_order() {
    let mut entries: Vec<Entry> = serde_json::from_str(include_str!("testdata/guests.json")).unwrap();
    let first = generate(Language::Rust, &entries);
    entries.reverse();
    assert_eq!(generate(Language::Rust, &entries), first);
}
