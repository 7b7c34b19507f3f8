//! What a JSON Schema comes to in a language: types that have a name, and the shapes they are built of.
//!
//! It is data without rules. It does not know JSON Schema, which [`super::schema`] reads, and no language. A definition is
//! known by its place in the list of all of them.

/// A definition, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId(pub usize);

/// What a value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Unknown,
    /// No value at all.
    Never,
    Null,
    Boolean,
    Integer(Integer),
    Number,
    String,
    List(Box<Shape>),
    /// A list of so many values, each of a shape of its own.
    Tuple(Vec<Shape>),
    /// An object whose names are not known.
    Map(Box<Shape>),
    /// Or null.
    Optional(Box<Shape>),
    Defined(DefId),
}

/// How large an integer may be, for languages that ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integer {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

/// A type that has a name, or gets one in languages that have no other way to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What to call it, in whatever case; not unique.
    pub hint: String,
    /// What the author says of it.
    pub doc: Option<String>,
    /// What the type does not express of the schema, in words.
    pub notes: Vec<String>,
    /// Whether it has a name in its schema.
    pub origin: Origin,
    /// What it is.
    pub body: Body,
}

/// Whether a schema names a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It has a title, or is referred to.
    Named,
    /// It is written where it is used; a language that can write it there needs no name.
    Inline,
}

/// What a definition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// An object with known names.
    Record { fields: Vec<Field>, rest: Rest },
    /// One of these values.
    Literals(Vec<Literal>),
    /// One of these shapes, two at least.
    Union(Vec<Shape>),
    /// Another name for a shape.
    Alias(Shape),
}

/// A property of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As it is in JSON.
    pub name: String,
    /// What the author says of it.
    pub doc: Option<String>,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// Whether a property may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

/// The properties of an object that are not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// The schema does not care.
    Ignored,
    /// There are none.
    None,
    /// They look like this.
    Of(Shape),
}

/// A value that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    Boolean(bool),
    /// As JSON writes it.
    Number(serde_json::Number),
    String(String),
}

impl Shape {
    /// The same or null, once.
    pub fn or_null(self) -> Self {
        match self {
            Self::Unknown | Self::Null | Self::Optional(_) => self,
            Self::Never => Self::Null,
            Self::Boolean
            | Self::Integer(_)
            | Self::Number
            | Self::String
            | Self::List(_)
            | Self::Tuple(_)
            | Self::Map(_)
            | Self::Defined(_) => Self::Optional(Box::new(self)),
        }
    }

    /// Calls for each definition that it mentions.
    pub fn each_defined(&mut self, change: &mut impl FnMut(&mut DefId)) {
        match self {
            Self::Defined(id) => change(id),
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => inner.each_defined(change),
            Self::Tuple(members) => members.iter_mut().for_each(|member| member.each_defined(change)),
            Self::Unknown
            | Self::Never
            | Self::Null
            | Self::Boolean
            | Self::Integer(_)
            | Self::Number
            | Self::String => {}
        }
    }
}

impl Body {
    /// Calls for each shape that it is built of.
    pub fn each_shape(&mut self, change: &mut impl FnMut(&mut Shape)) {
        match self {
            Self::Record { fields, rest } => {
                fields.iter_mut().for_each(|field| change(&mut field.shape));
                if let Rest::Of(shape) = rest {
                    change(shape);
                }
            }
            Self::Literals(_) => {}
            Self::Union(members) => members.iter_mut().for_each(change),
            Self::Alias(shape) => change(shape),
        }
    }
}

impl Literal {
    /// As JSON writes it.
    pub fn json(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::String(value) => super::text::json_string(value),
        }
    }
}
