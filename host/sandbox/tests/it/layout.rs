//! Lays values out in memory as the canonical ABI does, by the types that `wit/` has today.
//!
//! It does not care whether a value makes sense: [`Value::Raw`] may stand anywhere, so that a guest can lie.

use std::path::Path;

use wit_parser::{Function, Int, Resolve, SizeAlign, Type, TypeDefKind};

/// A value that a guest returns.
#[derive(Debug, Clone)]
pub enum Value {
    /// These bytes, whatever the type is.
    Raw(Vec<u8>),
    Number(u64),
    Float(f64),
    /// A string, or a list of bytes.
    Text(Vec<u8>),
    List(Vec<Value>),
    /// Fields by name; what is not named is zero, empty or `none`.
    Record(Vec<(&'static str, Value)>),
    Case(&'static str, Box<Value>),
    /// A text or list whose contents lie at this address, for a guest to write into.
    At(u32, Box<Value>),
}

pub fn text(text: impl AsRef<[u8]>) -> Value {
    Value::Text(text.as_ref().to_vec())
}

pub fn record<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::Record(fields.into())
}

pub fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::List(items.into())
}

pub fn case(name: &'static str, payload: Value) -> Value {
    Value::Case(name, Box::new(payload))
}

/// A case without a payload.
pub fn tag(name: &'static str) -> Value {
    case(name, Value::Raw(Vec::new()))
}

pub fn some(value: Value) -> Value {
    case("some", value)
}

/// A text or list that claims to lie at an address with a length.
pub fn claim(address: u32, length: u32) -> Value {
    Value::Raw([address.to_le_bytes(), length.to_le_bytes()].concat())
}

/// Memory from address 0, filled from a place upwards.
pub struct Memory {
    pub bytes: Vec<u8>,
    top: usize,
}

impl Memory {
    /// What has no address of its own is put at `heap` and behind it.
    pub fn new(heap: u32) -> Self {
        Self { bytes: Vec::new(), top: heap as usize }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[at..end].copy_from_slice(bytes);
    }

    fn room(&mut self, size: usize) -> usize {
        let at = self.top.next_multiple_of(8);
        self.top = at + size;
        at
    }
}

/// The types of the contract.
pub struct Layout {
    pub resolve: Resolve,
    sizes: SizeAlign,
}

impl Layout {
    pub fn new() -> Self {
        let mut resolve = Resolve::default();
        resolve.push_dir(Path::new("../../wit")).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, sizes }
    }

    /// Puts what a function returns at an address.
    pub fn put_result(&self, memory: &mut Memory, at: u32, interface: &str, function: &str, value: &Value) {
        let ty = self.function(interface, function).result.unwrap();
        self.put(memory, at as usize, ty, value);
    }

    /// Where a part of the arguments lies, if they are handed over in memory: `start.tags`, `invocation.trace.some`.
    pub fn argument(&self, interface: &str, function: &str, path: &str) -> usize {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let params = &self.function(interface, function).params;
        let fields = params.iter().map(|param| (&param.name, &param.ty));
        let (at, ty) = self.field(fields, name);
        at + self.part(ty, rest)
    }

    /// Where a part lies within a type.
    pub fn offset(&self, ty: &str, path: &str) -> usize {
        self.part(self.named(ty), path)
    }

    /// How far apart the items of a list are.
    pub fn size(&self, ty: &str) -> usize {
        self.size_of(self.named(ty))
    }

    fn named(&self, name: &str) -> Type {
        let found = self.resolve.interfaces.iter().find_map(|(_, interface)| interface.types.get(name));
        Type::Id(*found.unwrap_or_else(|| panic!("no type {name}")))
    }

    fn interface(&self, name: &str) -> &wit_parser::Interface {
        let mut all = self.resolve.interfaces.iter();
        all.find(|(_, interface)| interface.name.as_deref() == Some(name)).unwrap().1
    }

    fn function(&self, interface: &str, name: &str) -> &Function {
        &self.interface(interface).functions[name]
    }

    fn size_of(&self, ty: Type) -> usize {
        self.sizes.size(&ty).size_wasm32()
    }

    /// What a type is, if it is neither a number nor a string.
    fn kind(&self, ty: Type) -> Option<&TypeDefKind> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(alias) => self.kind(*alias),
            kind => Some(kind),
        }
    }

    fn field<'a>(&self, fields: impl Iterator<Item = (&'a String, &'a Type)> + Clone, name: &str) -> (usize, Type) {
        let at = fields.clone().position(|(field, _)| field == name).unwrap_or_else(|| panic!("no field {name}"));
        let (offset, ty) = self.sizes.field_offsets(fields.map(|(_, ty)| ty))[at];
        (offset.size_wasm32(), *ty)
    }

    /// The number of a case, where its payload lies, and of which type that is.
    fn case(&self, kind: &TypeDefKind, name: &str) -> (usize, usize, Option<Type>) {
        let (cases, int): (Vec<(&str, Option<Type>)>, _) = match kind {
            TypeDefKind::Variant(it) => (it.cases.iter().map(|case| (case.name.as_str(), case.ty)).collect(), it.tag()),
            TypeDefKind::Enum(it) => (it.cases.iter().map(|case| (case.name.as_str(), None)).collect(), it.tag()),
            TypeDefKind::Option(ty) => (vec![("none", None), ("some", Some(*ty))], Int::U8),
            TypeDefKind::Result(it) => (vec![("ok", it.ok), ("err", it.err)], Int::U8),
            other => panic!("{other:?} has no cases"),
        };
        let number = cases.iter().position(|(case, _)| *case == name).unwrap_or_else(|| panic!("no case {name}"));
        let payload = self.sizes.payload_offset(int, cases.iter().map(|(_, ty)| ty.as_ref()));
        (number, payload.size_wasm32(), cases[number].1)
    }

    fn part(&self, ty: Type, path: &str) -> usize {
        if path.is_empty() {
            return 0;
        }
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let (at, ty) = match self.kind(ty).unwrap() {
            TypeDefKind::Record(it) => self.field(it.fields.iter().map(|field| (&field.name, &field.ty)), name),
            kind => {
                let (_, at, ty) = self.case(kind, name);
                (at, ty.unwrap())
            }
        };
        at + self.part(ty, rest)
    }

    fn put(&self, memory: &mut Memory, at: usize, ty: Type, value: &Value) {
        match value {
            Value::Raw(bytes) => memory.write(at, bytes),
            Value::Number(number) => memory.write(at, &number.to_le_bytes()[..self.size_of(ty)]),
            Value::Float(number) => memory.write(at, &number.to_le_bytes()),
            Value::Text(_) | Value::List(_) => self.put_many(memory, at, ty, value, None),
            Value::At(place, many) => self.put_many(memory, at, ty, many, Some(*place as usize)),
            Value::Record(fields) => {
                let Some(TypeDefKind::Record(it)) = self.kind(ty) else { panic!("{ty:?} is no record") };
                for (name, value) in fields {
                    let (offset, ty) = self.field(it.fields.iter().map(|field| (&field.name, &field.ty)), name);
                    self.put(memory, at + offset, ty, value);
                }
            }
            Value::Case(name, payload) => {
                let (number, offset, ty) = self.case(self.kind(ty).unwrap(), name);
                memory.write(at, &[u8::try_from(number).unwrap()]);
                if let Some(ty) = ty {
                    self.put(memory, at + offset, ty, payload);
                }
            }
        }
    }

    fn put_many(&self, memory: &mut Memory, at: usize, ty: Type, value: &Value, place: Option<usize>) {
        let (place, count) = match value {
            Value::Text(text) => {
                let place = place.unwrap_or_else(|| memory.room(text.len()));
                memory.write(place, text);
                (place, text.len())
            }
            Value::List(items) => {
                let Some(TypeDefKind::List(item)) = self.kind(ty) else { panic!("{ty:?} is no list") };
                let size = self.size_of(*item);
                let place = place.unwrap_or_else(|| memory.room(size * items.len()));
                for (index, value) in items.iter().enumerate() {
                    self.put(memory, place + index * size, *item, value);
                }
                (place, items.len())
            }
            other => panic!("{other:?} is neither text nor a list"),
        };
        let words = [place, count].map(|word| u32::try_from(word).unwrap().to_le_bytes());
        memory.write(at, &words.concat());
    }
}
