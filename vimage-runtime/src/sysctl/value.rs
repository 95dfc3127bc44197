//! Values of sysctls: what people and programs read and set, apart from Rust types.

use std::fmt;

/// The value of a sysctl, apart from the Rust type of its variable.
///
/// Integers, `bool`, floats, strings and `char` convert into it. Setting a sysctl to the text of its
/// [`Display`](fmt::Display) restores the value.
///
/// ```
/// use vimage::sysctl::Value;
///
/// assert_eq!(Value::from(3_u8), Value::Int(3));
/// assert_eq!(Value::from(1.5).to_string(), "1.5");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The variable is an empty `OnceLock`.
    Unset,
    /// A `bool`.
    Bool(bool),
    /// An integer up to `i128::MAX`.
    Int(i128),
    /// An integer above `i128::MAX`.
    Huge(u128),
    /// A floating point number.
    Float(f64),
    /// Text, also that of an enumeration. To set a sysctl of another kind, its text is parsed.
    Text(String),
}

/// The kind of a sysctl's value, for people who want to set it.
///
/// ```
/// use vimage::sysctl::{Kind, ValueType};
///
/// assert_eq!(<u8 as ValueType>::KIND, Kind::Integer);
/// assert_eq!(Kind::Integer.to_string(), "integer");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer.
    Integer,
    /// A floating point number.
    Float,
    /// Text, also that of an enumeration.
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Text => "text",
        })
    }
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
        }
    }
}

/// Why a [`Value`] cannot be converted to a Rust type.
///
/// ```
/// use vimage::sysctl::{Mismatch, Value, ValueType};
///
/// assert!(matches!(u8::from_value(Value::from(256)), Err(Mismatch::Range)));
/// assert!(matches!(u8::from_value(Value::from("many")), Err(Mismatch::Type)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is of another kind, or its text cannot be parsed.
    Type,
    /// It is a number outside of the range of the type.
    Range,
    /// As [`Type`](Self::Type), with the error of the type's `from_str`.
    Because(String),
}

/// A Rust type that converts to and from [`Value`]: integers, `bool`, floats, `char`, `String`, `Cow<'static, str>`, and
/// enumerations through [`by_text!`](crate::sysctl::by_text).
///
/// For a type of your own:
///
/// ```
/// use vimage::sysctl::{Kind, Mismatch, Value, ValueType};
///
/// #[derive(Clone)]
/// struct Percent(u8);
///
/// impl ValueType for Percent {
///     const KIND: Kind = Kind::Integer;
///     const TYPE: &'static str = "Percent";
///
///     fn into_value(self) -> Value {
///         Value::from(self.0)
///     }
///
///     fn from_value(value: Value) -> Result<Self, Mismatch> {
///         let percent = u8::from_value(value)?;
///         if percent <= 100 { Ok(Self(percent)) } else { Err(Mismatch::Range) }
///     }
/// }
///
/// assert!(Percent::from_value(Value::from("70")).is_ok());
/// assert!(Percent::from_value(Value::from(101)).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "a sysctl cannot hold a `{Self}`",
    label = "not a value that sysctls know",
    note = "integers, floats, `bool`, `char` and strings are",
    note = "for an enumeration write `vimage::sysctl::by_text!(…)`, for a type of yours implement `vimage::sysctl::ValueType`"
)]
pub trait ValueType: Sized {
    /// The kind, for people.
    const KIND: Kind;
    /// The name of the type, for people.
    const TYPE: &'static str;

    /// Converts into a sysctl value.
    fn into_value(self) -> Value;

    /// Converts from a sysctl value; parses [`Value::Text`].
    ///
    /// # Errors
    ///
    /// [`Mismatch`], if no value of this type corresponds to it.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

macro_rules! integers {
    ($($int:ident)*) => {
        $(
            impl From<$int> for Value {
                fn from(value: $int) -> Self {
                    // Only a `u128` can be above `i128::MAX`.
                    match (i128::try_from(value), u128::try_from(value)) {
                        (Ok(value), _) => Self::Int(value),
                        (_, Ok(value)) => Self::Huge(value),
                        _ => unreachable!("no integer is smaller than all of `i128`"),
                    }
                }
            }

            impl ValueType for $int {
                const KIND: Kind = Kind::Integer;
                const TYPE: &'static str = stringify!($int);

                fn into_value(self) -> Value {
                    self.into()
                }

                fn from_value(value: Value) -> Result<Self, Mismatch> {
                    match value {
                        Value::Int(value) => value.try_into().map_err(|_| Mismatch::Range),
                        Value::Huge(value) => value.try_into().map_err(|_| Mismatch::Range),
                        Value::Text(text) => Self::from_value(integer(text.trim())?),
                        _ => Err(Mismatch::Type),
                    }
                }
            }
        )*
    };
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

/// Parses a decimal number, or a hexadecimal one after `0x`, with an optional sign.
fn integer(text: &str) -> Result<Value, Mismatch> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let hex = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let (digits, radix) = hex.map_or((unsigned, 10), |digits| (digits, 16));
    // `from_str_radix` would accept a second sign.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return Err(Mismatch::Type);
    }
    let magnitude = u128::from_str_radix(digits, radix).map_err(|error| match error.kind() {
        PosOverflow | NegOverflow => Mismatch::Range,
        _ => Mismatch::Type,
    })?;
    if text.starts_with('-') {
        0_i128.checked_sub_unsigned(magnitude).map(Value::Int).ok_or(Mismatch::Range)
    } else {
        Ok(magnitude.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// `true` and `false`; also 1 and 0, as in the kernel.
impl ValueType for bool {
    const KIND: Kind = Kind::Bool;
    const TYPE: &'static str = "bool";

    fn into_value(self) -> Value {
        self.into()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(value) => Ok(value),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            Value::Int(_) | Value::Huge(_) => Err(Mismatch::Range),
            Value::Text(text) => match text.trim() {
                "true" => Ok(true),
                "false" => Ok(false),
                number => Self::from_value(integer(number)?),
            },
            _ => Err(Mismatch::Type),
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::Float(value.into())
    }
}

impl ValueType for f64 {
    const KIND: Kind = Kind::Float;
    const TYPE: &'static str = "f64";

    fn into_value(self) -> Value {
        self.into()
    }

    #[allow(clippy::cast_precision_loss, reason = "as a float literal with these digits is rounded")]
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Float(value) => Ok(value),
            Value::Int(value) => Ok(value as Self),
            Value::Huge(value) => Ok(value as Self),
            Value::Text(text) => text.trim().parse().map_err(|_| Mismatch::Type),
            _ => Err(Mismatch::Type),
        }
    }
}

impl ValueType for f32 {
    const KIND: Kind = Kind::Float;
    const TYPE: &'static str = "f32";

    fn into_value(self) -> Value {
        self.into()
    }

    #[allow(clippy::cast_possible_truncation, reason = "rounding is what a float does; infinity is checked")]
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let wide = f64::from_value(value)?;
        let value = wide as Self;
        if wide.is_finite() && value.is_infinite() { Err(Mismatch::Range) } else { Ok(value) }
    }
}

impl From<char> for Value {
    fn from(value: char) -> Self {
        Self::Text(value.into())
    }
}

impl ValueType for char {
    const KIND: Kind = Kind::Text;
    const TYPE: &'static str = "char";

    fn into_value(self) -> Value {
        self.into()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        String::from_value(value)?.parse().map_err(|_| Mismatch::Type)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// Numbers and `bool`s are converted to their text.
impl ValueType for String {
    const KIND: Kind = Kind::Text;
    const TYPE: &'static str = "String";

    fn into_value(self) -> Value {
        self.into()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) => Ok(text),
            Value::Unset => Err(Mismatch::Type),
            other => Ok(other.to_string()),
        }
    }
}

impl ValueType for std::borrow::Cow<'static, str> {
    const KIND: Kind = Kind::Text;
    const TYPE: &'static str = "str";

    fn into_value(self) -> Value {
        self.into_owned().into()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        String::from_value(value).map(Self::Owned)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Value {
    /// Integers beyond 64 bits, infinities and NaN become text, because JSON cannot represent them.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.collect_str(value),
            },
            Self::Huge(value) => serializer.collect_str(value),
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Float(value) => serializer.collect_str(value),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}
