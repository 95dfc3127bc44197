//! Values, apart from Rust types.

use std::fmt;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An empty `OnceLock`, or `None`.
    Unset,
    /// A `bool`.
    Bool(bool),
    /// An integer up to `i128::MAX`.
    Int(i128),
    /// An integer above `i128::MAX`.
    Huge(u128),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(String),
    /// An array.
    List(Vec<Value>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => Ok(()),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Huge(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl From<u128> for Value {
    fn from(value: u128) -> Self {
        i128::try_from(value).map_or(Self::Huge(value), Self::Int)
    }
}
