//! Values, apart from Rust types.

use std::fmt::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The value of a variable.
///
/// `Display` writes what `Debug` would write in the program where that is derived, without what std puts around a value:
/// `Box`, `Rc`, `Arc`, references, locks and cells. A text or `char` that is the whole value has no quotes. `Serialize`
/// writes what serde derives, for a `HashMap` or `BTreeMap` whose keys are no text an array of pairs; integers beyond 64
/// bits, infinities and NaN are text.
///
/// ```
/// use vimage_inspect::{Fields, NotShown, Value};
///
/// // As it is read from a `Queue { length: 3, .. }` whose `jobs` are locked at that moment.
/// let fields = vec![("length".to_owned(), Value::Int(3)), ("jobs".to_owned(), Value::NotShown(NotShown::Locked))];
/// let queue = Value::Struct { name: "Queue".to_owned(), fields: Fields::Named(fields) };
/// assert_eq!(queue.to_string(), "Queue { length: 3, jobs: <locked> }");
/// assert_eq!(queue.field("length"), Some(&Value::Int(3)));
/// assert!(matches!(queue.field("jobs"), Some(Value::NotShown(NotShown::Locked))));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An empty `OnceLock` or `OnceCell`, or `None`.
    Unset,
    /// A `bool`.
    Bool(bool),
    /// An integer up to `i128::MAX`.
    Int(i128),
    /// An integer above `i128::MAX`.
    Huge(u128),
    /// A floating point number.
    Float(f64),
    /// A `char`.
    Char(char),
    /// Text.
    Text(String),
    /// An IP address or a duration, as the program writes it.
    Written(String),
    /// A raw pointer, a function pointer, or a `Weak`: the address. It is not followed.
    Pointer(u64),
    /// An array, a slice, a `Vec` or a `VecDeque`.
    List(Vec<Value>),
    /// A `HashSet` or a `BTreeSet`.
    Set(Vec<Value>),
    /// A `HashMap` or a `BTreeMap`.
    Map(Vec<(Value, Value)>),
    /// A struct, or a tuple, which has no name.
    Struct {
        /// The name, without path and generic arguments.
        name: String,
        /// The fields.
        fields: Fields,
    },
    /// A variant of an enum.
    Variant {
        /// The name of the variant.
        name: String,
        /// The fields.
        fields: Fields,
    },
    /// A part that is not shown.
    NotShown(NotShown),
}

/// The fields of a struct, a tuple or a variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Fields {
    /// None.
    Unit,
    /// By position.
    Tuple(Vec<Value>),
    /// By name.
    Named(Vec<(String, Value)>),
}

/// Why a part of a value is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotShown {
    /// Nothing says how values of this type lie in memory; a trait object or a union is among these.
    Unknown {
        /// The type.
        type_name: String,
    },
    /// A lock or `RefCell` that is held.
    Locked,
    /// A `LazyLock` or `LazyCell` that was not used yet.
    Uninitialized,
    /// A pointer leads to what it is part of.
    Cycle,
    /// It lies too deep.
    Depth,
    /// The caller did not ask for it.
    LeftOut,
    /// So many elements more.
    More(u64),
    /// It contradicts itself, or its memory cannot be read.
    Unreadable {
        /// What is wrong.
        what: String,
    },
}

impl fmt::Display for NotShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { type_name } => write!(f, "<unknown layout of {type_name}>"),
            Self::Locked => f.write_str("<locked>"),
            Self::Uninitialized => f.write_str("<not initialized>"),
            Self::Cycle => f.write_str("<cycle>"),
            Self::Depth => f.write_str("<deeper>"),
            Self::LeftOut => f.write_str("<left out>"),
            Self::More(count) => write!(f, "<{count} more>"),
            Self::Unreadable { what } => write!(f, "<unreadable: {what}>"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => Ok(()),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Char(value) => f.write_char(*value),
            value => value.write(f),
        }
    }
}

impl Value {
    /// The field of this name, of a struct or variant.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct { fields: Fields::Named(fields), .. }
            | Self::Variant { fields: Fields::Named(fields), .. } => {
                fields.iter().find(|(own, _)| own == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Writes it as a part of a value.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Huge(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Char(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Written(value) => f.write_str(value),
            Self::Pointer(address) => write!(f, "{address:#x}"),
            Self::List(values) => between(f, "[", values, Self::write, "]"),
            Self::Set(values) => between(f, "{", values, Self::write, "}"),
            Self::Map(values) => between(f, "{", values, pair, "}"),
            Self::Struct { name, fields } | Self::Variant { name, fields } => {
                f.write_str(name)?;
                fields.write(f, name.is_empty())
            }
            Self::NotShown(why) => write!(f, "{why}"),
        }
    }

    /// The text of a key that JSON can have.
    fn key(&self) -> Option<String> {
        match self {
            Self::Text(_) | Self::Char(_) | Self::Bool(_) | Self::Int(_) | Self::Huge(_) | Self::Written(_) => {
                Some(self.to_string())
            }
            Self::Variant { name, fields: Fields::Unit } => Some(name.clone()),
            _ => None,
        }
    }
}

fn pair((key, value): &(Value, Value), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // What stands for the remaining ones has no value.
    key.write(f)?;
    if matches!(key, Value::NotShown(NotShown::More(_))) {
        return Ok(());
    }
    f.write_str(": ")?;
    value.write(f)
}

fn between<T>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[T],
    write: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index > 0 { ", " } else { "" })?;
        write(item, f)?;
    }
    f.write_str(close)
}

impl Fields {
    fn write(&self, f: &mut fmt::Formatter<'_>, is_tuple: bool) -> fmt::Result {
        let named = |(name, value): &(String, Value), f: &mut fmt::Formatter<'_>| {
            write!(f, "{name}: ")?;
            value.write(f)
        };
        match self {
            Self::Unit => f.write_str(if is_tuple { "()" } else { "" }),
            // Else it would be a value in parentheses.
            Self::Tuple(values) if is_tuple && values.len() == 1 => between(f, "(", values, Value::write, ",)"),
            Self::Tuple(values) => between(f, "(", values, Value::write, ")"),
            Self::Named(values) => between(f, " { ", values, named, " }"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.collect_str(value),
            },
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::List(values) | Self::Set(values) => serializer.collect_seq(values),
            Self::Map(pairs) => {
                let keys: Option<Vec<String>> = pairs.iter().map(|(key, _)| key.key()).collect();
                match keys {
                    Some(keys) => serializer.collect_map(keys.iter().zip(pairs.iter().map(|(_, value)| value))),
                    None => serializer.collect_seq(pairs),
                }
            }
            Self::Struct { fields: Fields::Unit, .. } => serializer.serialize_unit(),
            Self::Struct { fields, .. } => fields.serialize(serializer),
            Self::Variant { name, fields: Fields::Unit } if name == "None" => serializer.serialize_none(),
            Self::Variant { name, fields: Fields::Unit } => serializer.serialize_str(name),
            Self::Variant { name, fields } if name == "Some" => fields.serialize(serializer),
            Self::Variant { name, fields } => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(name, fields)?;
                map.end()
            }
            other => serializer.collect_str(other),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => serializer.serialize_unit(),
            Self::Tuple(values) => match values.as_slice() {
                [value] => value.serialize(serializer),
                values => {
                    let mut list = serializer.serialize_seq(Some(values.len()))?;
                    values.iter().try_for_each(|value| list.serialize_element(value))?;
                    list.end()
                }
            },
            Self::Named(values) => serializer.collect_map(values.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl From<u128> for Value {
    fn from(value: u128) -> Self {
        i128::try_from(value).map_or(Self::Huge(value), Self::Int)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_json_cannot_have_is_an_array_of_pairs() {
        let pair = |key| (key, Value::Bool(true));
        let text = |value: &Value| serde_json::to_string(value).unwrap();
        assert_eq!(text(&Value::Map(vec![pair(Value::Int(1)), pair(Value::Char('x'))])), r#"{"1":true,"x":true}"#);
        let tuple = Value::Struct { name: String::new(), fields: Fields::Tuple(vec![Value::Int(1), Value::Int(2)]) };
        assert_eq!(text(&Value::Map(vec![pair(tuple)])), "[[[1,2],true]]");
        assert_eq!(text(&Value::Huge(u128::MAX)), format!("\"{}\"", u128::MAX));
        assert_eq!(text(&Value::Float(f64::NAN)), "\"NaN\"");
    }
}
