//! The crate `dacapo` for a place outside its workspace.
//!
//! Its manifests say `workspace = true` where the workspace knows more; here these words get their meaning. What serves only
//! the crate's own tests is left out.

use toml::{Table, Value};

use super::embedded::File;
use crate::problem::{Code, Problem};

/// The workspace that the SDK is a member of.
const WORKSPACE: &str = include_str!("../../../../../Cargo.toml");

/// The files of the crate, ready to be a dependency by its path.
pub fn rust(files: Vec<File>) -> Result<Vec<File>, Problem> {
    let workspace: Table = WORKSPACE.parse().map_err(|error| broken("the workspace", &error))?;
    let workspace = table(&workspace, "workspace");
    let alone = |(path, content): File| match path.ends_with("Cargo.toml") {
        false => Ok((path, content)),
        true => {
            let text = String::from_utf8_lossy(&content);
            let text = manifest(&text, &workspace).map_err(|error| broken(&path, &error))?;
            Ok((path, text.into_bytes().into()))
        }
    };
    files.into_iter().map(alone).collect()
}

fn manifest(text: &str, workspace: &Table) -> Result<String, toml::de::Error> {
    let mut manifest: Table = text.parse()?;
    for key in ["dev-dependencies", "lints"] {
        manifest.remove(key);
    }
    let (package, dependencies) = (table(workspace, "package"), table(workspace, "dependencies"));
    for (section, known) in [("package", &package), ("dependencies", &dependencies)] {
        if let Some(Value::Table(entries)) = manifest.get_mut(section) {
            for (name, value) in entries.iter_mut() {
                *value = meant(std::mem::replace(value, Value::Boolean(false)), known.get(name));
            }
        }
    }
    if let Some(Value::Table(package)) = manifest.get_mut("package") {
        package.insert("publish".to_owned(), Value::Boolean(false));
    }
    Ok(manifest.to_string())
}

/// What `workspace = true` stands for, with what is said beside it.
fn meant(value: Value, known: Option<&Value>) -> Value {
    let (Value::Table(own), Some(known)) = (&value, known) else { return value };
    if own.get("workspace") != Some(&Value::Boolean(true)) {
        return value;
    }
    let beside: Vec<_> = own.iter().filter(|(key, _)| *key != "workspace").collect();
    let mut known = match known {
        plain if beside.is_empty() => return plain.clone(),
        Value::Table(known) => known.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    for (key, value) in beside {
        known.insert(key.clone(), value.clone());
    }
    Value::Table(known)
}

fn table(parent: &Table, key: &str) -> Table {
    parent.get(key).and_then(Value::as_table).cloned().unwrap_or_default()
}

fn broken(what: &str, error: &toml::de::Error) -> Problem {
    Problem::new(
        Code::InternalError,
        format!("this dacapo was built with a manifest of {what} that makes no sense: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::new::embedded::rust_sdk;

    #[test]
    fn the_sdk_stands_alone() {
        let files = rust(rust_sdk()).unwrap();
        let text = |wanted: &str| {
            let (_, content) = files.iter().find(|(path, _)| path == wanted).unwrap();
            String::from_utf8_lossy(content).into_owned()
        };
        for path in ["Cargo.toml", "macros/Cargo.toml"] {
            let manifest = text(path);
            assert!(!manifest.contains("workspace") && !manifest.contains("dev-dependencies"), "{manifest}");
            assert!(manifest.contains("edition = \"2024\""), "{manifest}");
        }
        assert!(text("Cargo.toml").contains("realloc"), "the features of a dependency come along");
        assert!(files.iter().any(|(path, _)| path == "src/testing/world.rs"));
        assert!(files.iter().any(|(path, _)| path == "wasi/deps/io/io.wit"));
        assert!(!files.iter().any(|(path, _)| path.starts_with("tests/")));
    }

    #[test]
    fn inheritance() {
        let workspace: Table = "a = '1'\nb = { version = '2', features = ['x'] }".parse().unwrap();
        let check = |value: &str, name: &str, expect: &str| {
            let value = value.parse::<Table>().unwrap().remove("it").unwrap();
            let got = Table::from_iter([("it".to_owned(), meant(value, workspace.get(name)))]);
            assert_eq!(got, expect.parse::<Table>().unwrap());
        };
        check("it.workspace = true", "a", "it = '1'");
        check("it.workspace = true", "b", "it = { version = '2', features = ['x'] }");
        check("it = { workspace = true, optional = true }", "a", "it = { version = '1', optional = true }");
        check("it = { path = 'macros' }", "a", "it = { path = 'macros' }");
        check("it.workspace = true", "c", "it.workspace = true");
    }
}
