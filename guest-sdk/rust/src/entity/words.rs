//! An enum as operations: the variant is the name of the operation, what it holds is the input.
//!
//! So `Set(5)` is `set` with the input `5`, `Get` is `get` without one, and `Move { x, y }` has an object. It goes through
//! serde, and therefore sees the names that the author gives with `#[serde(rename_all)]` and the like.

use serde::{
    Serialize,
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess,
        Visitor, value::Error as ProbeError,
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use crate::{
    failure::{Failure, Result},
    payload::{encode, misfit},
};

/// The variants of an enum.
pub fn names<O: DeserializeOwned>() -> &'static [&'static str] {
    let mut variants: &'static [&'static str] = &[];
    // It always ends with an error, because there is no value: only the question counts.
    drop(O::deserialize(Probe(&mut variants)));
    variants
}

/// The variant of that name, holding what the input says.
///
/// # Errors
/// `invalid-input` if the input does not fit.
pub fn read<O: DeserializeOwned>(name: &str, input: &[u8]) -> Result<O> {
    O::deserialize(Spoken { name, input }).map_err(|error| misfit(input, "invalid-input", &error))
}

/// The name of a variant and what it holds.
pub(super) fn write<O: Serialize>(operation: &O) -> Result<(String, Vec<u8>)> {
    let invalid = |message: &str| Failure::new("invalid-input", message).non_retryable();
    let value = serde_json::to_value(operation).map_err(|error| invalid(&error.to_string()))?;
    let (name, input) = match value {
        Value::String(name) => (name, Value::Null),
        Value::Object(variant) if variant.len() == 1 => variant.into_iter().next().expect("it has one member"),
        _ => return Err(invalid("an operation is a variant of an enum, in the form that serde gives it by default")),
    };
    Ok((name, encode(&input, "invalid-input")?))
}

/// Asks a type for its variants.
struct Probe<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = ProbeError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ProbeError> {
        Err(ProbeError::custom("not an enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ProbeError> {
        *self.0 = variants;
        Err(ProbeError::custom("there is no value"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A name and an input.
struct Spoken<'a> {
    name: &'a str,
    input: &'a [u8],
}

impl<'de> Deserializer<'de> for Spoken<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("operations are the variants of an enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Spoken<'de> {
    type Error = serde_json::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Self::Error> {
        Ok((seed.deserialize(IntoDeserializer::<Self::Error>::into_deserializer(self.name))?, self))
    }
}

/// What a variant holds is read from the input, all of it.
impl<'de> VariantAccess<'de> for Spoken<'de> {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Self::Error> {
        let mut input = serde_json::Deserializer::from_slice(self.input);
        let value = seed.deserialize(&mut input)?;
        input.end().map(|()| value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Self::Error> {
        self.newtype_variant_seed(Whatever(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        self.newtype_variant_seed(Whatever(visitor))
    }
}

/// Lets the input decide what it is.
struct Whatever<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Whatever<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Step {
        GoHome,
        Walk(u32),
        Jump(u32, u32),
        Turn { degrees: i32 },
    }

    #[test]
    fn variants_are_operations() {
        assert_eq!(names::<Step>(), ["go-home", "walk", "jump", "turn"]);
        assert!(names::<u32>().is_empty() && names::<String>().is_empty());
        let check = |step: Step, name: &str, input: &str| {
            assert_eq!(write(&step).unwrap(), (name.to_owned(), input.as_bytes().to_vec()));
            assert_eq!(read::<Step>(name, input.as_bytes()).unwrap(), step);
        };
        check(Step::GoHome, "go-home", "null");
        check(Step::Walk(3), "walk", "3");
        check(Step::Jump(1, 2), "jump", "[1,2]");
        check(Step::Turn { degrees: -90 }, "turn", r#"{"degrees":-90}"#);
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let check = |name: &str, input: &str, expect: &str| {
            assert_eq!(read::<Step>(name, input.as_bytes()).unwrap_err().message, expect);
        };
        check("walk", r#""far""#, r#"$: invalid type: string "far", expected u32"#);
        check("walk", "3 4", "$: trailing characters");
        check("jump", "[1]", "$: invalid length 1, expected tuple variant Step::Jump with 2 elements");
        check("turn", r#"{"degrees":"left"}"#, r#"$.degrees: invalid type: string "left", expected i32"#);
        assert_eq!(write(&7).unwrap_err().kind, "invalid-input");
    }
}
