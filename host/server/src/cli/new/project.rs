//! Which files an application has, by language and template.
//!
//! It owns the table of what there is. Names of functions are the same in all languages, so that they share scenarios and
//! a README; it does not know how files get onto a disk.

use std::collections::BTreeMap;

use clap::ValueEnum;

use super::embedded::{self, File};
use super::{vendor, word};
use crate::cli::args::{Language, Template};
use crate::problem::{Code, Problem};

/// The files of an application, by their paths in it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// All files of a new application.
pub fn files(name: &str, lang: Language, template: Template) -> Result<Files, Problem> {
    let mut files = Files::new();
    let sources = sources(lang, template);
    if sources.is_empty() {
        return Err(none(lang, template));
    }
    add(&mut files, "", sources);
    let shared = ["README.md", "dacapo.toml", "scenarios/"];
    for (path, content) in embedded::templates(&format!("{}/", word(template))) {
        if shared.iter().any(|shared| path.starts_with(shared)) {
            files.insert(path, content.into_owned());
        }
    }
    add(&mut files, "", embedded::templates("common/all/"));
    add(&mut files, "", embedded::templates(&format!("common/{}/", word(lang))));
    for content in files.values_mut() {
        if let Ok(text) = std::str::from_utf8(content) {
            *content = filled(text, name, lang, template).into_bytes();
        }
    }
    // What git would take for its own in the repository of dacapo has another name there.
    if let Some(ignored) = files.remove("gitignore") {
        files.insert(".gitignore".to_owned(), ignored);
    }
    match lang {
        Language::Rust => add(&mut files, "vendor/dacapo/", vendor::rust(embedded::rust_sdk())?),
        Language::Js | Language::Ts => add(&mut files, "vendor/dacapo/", embedded::js_types()),
        Language::Python => add(&mut files, "vendor/dacapo/", embedded::python_sdk()),
        Language::C => {}
    }
    Ok(files)
}

/// What lets the first build install its toolchain, for a command line.
pub fn install(lang: Language) -> &'static str {
    match lang {
        Language::Rust => "",
        Language::Js | Language::Ts | Language::Python | Language::C => " --install",
    }
}

/// The code of a template in a language; nothing if there is none.
fn sources(lang: Language, template: Template) -> Vec<File> {
    match (template, lang) {
        (Template::Article, Language::Ts) | (Template::Article | Template::Saga | Template::Approval, Language::C) => {
            Vec::new()
        }
        (Template::Article, _) => embedded::guests(&format!("article/{}/", word(lang))),
        (Template::Hello, Language::C) => embedded::guests("hello-c/"),
        (Template::Hello | Template::Saga | Template::Approval, _) => {
            embedded::templates(&format!("{}/{}/", word(template), word(lang)))
        }
    }
}

fn none(lang: Language, template: Template) -> Problem {
    let of = |lang| {
        let all = Template::value_variants().iter().filter(|template| !sources(lang, **template).is_empty());
        all.map(|template| word(*template)).collect::<Vec<_>>().join(", ")
    };
    let langs = Language::value_variants().iter().filter(|lang| !sources(**lang, template).is_empty());
    let langs = langs.map(|lang| word(*lang)).collect::<Vec<_>>().join(", ");
    let (template, known, lang) = (word(template), of(lang), word(lang));
    let text = format!("there is no template {template} in {lang}: {lang} has {known}; {template} is there in {langs}");
    Problem::new(Code::InvalidArgument, text)
}

fn add(files: &mut Files, folder: &str, more: Vec<File>) {
    files.extend(more.into_iter().map(|(path, content)| (format!("{folder}{path}"), content.into_owned())));
}

/// A text of a template with what it leaves open.
fn filled(text: &str, name: &str, lang: Language, template: Template) -> String {
    let source = match (lang, template) {
        (Language::Rust, _) => "src/lib.rs",
        (Language::Js, _) => "src/app.js",
        (Language::Ts, _) => "src/app.ts",
        (Language::Python, _) => "app.py",
        (Language::C, _) => "hello.c",
    };
    let build = match lang {
        Language::Rust => format!("{{ cargo = \"{name}\" }}"),
        Language::Js | Language::Ts => format!("{{ js = \"{source}\" }}"),
        Language::Python => format!("{{ python = \"{source}\" }}"),
        Language::C => format!("{{ c = [\"{source}\", \"text.c\"] }}"),
    };
    let words = [("{{name}}", name), ("{{build}}", &build), ("{{source}}", source), ("{{install}}", install(lang))];
    words.iter().fold(text.to_owned(), |text, (open, word)| text.replace(open, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn what_there_is() {
        let check = |lang: Language, template: Template, expect: Expect| {
            let got = match files("app", lang, template) {
                Ok(files) => {
                    let open = files.iter().filter(|(path, _)| !path.starts_with("vendor/"));
                    let open = open.filter(|(_, content)| String::from_utf8_lossy(content).contains("{{"));
                    assert_eq!(open.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<&String>::new(), "left open");
                    let own: Vec<_> = files.into_keys().filter(|path| !path.starts_with("vendor/")).collect();
                    own.join(" ")
                }
                Err(problem) => format!("{}: {problem}", problem.code),
            };
            expect.assert_eq(&got);
        };
        use {Language as L, Template as T};
        check(
            L::Rust,
            T::Hello,
            expect![[".gitignore Cargo.toml README.md dacapo.toml scenarios/hello.toml src/lib.rs"]],
        );
        check(
            L::Rust,
            T::Article,
            expect![[".gitignore Cargo.toml README.md dacapo.toml scenarios/article.toml src/lib.rs"]],
        );
        check(
            L::Ts,
            T::Saga,
            expect![[".gitignore README.md dacapo.toml scenarios/saga.toml src/app.ts tsconfig.json"]],
        );
        check(
            L::Js,
            T::Article,
            expect![[".gitignore README.md dacapo.toml jsconfig.json scenarios/article.toml src/app.js"]],
        );
        check(
            L::Python,
            T::Approval,
            expect![[".gitignore README.md app.py dacapo.toml pyrightconfig.json scenarios/approval.toml"]],
        );
        check(L::C, T::Hello, expect![[".gitignore README.md dacapo.toml hello.c scenarios/hello.toml text.c text.h"]]);
        check(
            L::C,
            T::Saga,
            expect![[
                "invalid_argument: there is no template saga in c: c has hello; saga is there in rust, js, ts, python"
            ]],
        );
        check(
            L::Ts,
            T::Article,
            expect![[
                "invalid_argument: there is no template article in ts: ts has hello, saga, approval; article is there in rust, js, python"
            ]],
        );
        for lang in [L::Rust, L::Js, L::Python] {
            assert!(T::value_variants().iter().all(|template| !sources(lang, *template).is_empty()), "{lang:?}");
        }
    }
}
