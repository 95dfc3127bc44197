//! Types whose value is a text: `by_text!`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use super::value::Mismatch;

/// Implements [`ValueType`](crate::sysctl::ValueType) for a type with `FromStr` and `Display`, such as an enumeration. Its
/// `from_str` must parse what its `Display` writes.
///
/// If the error of `from_str` has a `Display`, it is part of the message for a text that cannot be parsed: let it list
/// what is accepted.
///
/// ```
/// use std::fmt;
/// use std::str::FromStr;
///
/// #[derive(Clone, Copy)]
/// pub enum Mode { Drop, Pass }
///
/// impl fmt::Display for Mode {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str(match self { Self::Drop => "drop", Self::Pass => "pass" })
///     }
/// }
///
/// impl FromStr for Mode {
///     type Err = &'static str;
///     fn from_str(text: &str) -> Result<Self, Self::Err> {
///         match text {
///             "drop" => Ok(Self::Drop),
///             "pass" => Ok(Self::Pass),
///             _ => Err("expected `drop` or `pass`"),
///         }
///     }
/// }
///
/// vimage::sysctl::by_text!(Mode);
///
/// use vimage::sysctl::{Mismatch, Value, ValueType};
/// assert!(matches!(Mode::from_value(Value::from("pass")), Ok(Mode::Pass)));
/// assert!(matches!(Mode::from_value(Value::from("maybe")), Err(Mismatch::Because(why)) if why.contains("`drop`")));
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __by_text {
    ($type:ty) => {
        const _: () = $crate::__private::assert_has_text::<$type>();

        impl $crate::sysctl::ValueType for $type {
            const KIND: $crate::sysctl::Kind = $crate::sysctl::Kind::Text;
            const TYPE: &'static $crate::__private::core::primitive::str = $crate::__private::core::stringify!($type);

            fn into_value(self) -> $crate::sysctl::Value {
                use $crate::__private::Textless as _;
                $crate::sysctl::Value::Text($crate::__private::Text::<Self>::new().of(&self))
            }

            fn from_value(
                value: $crate::sysctl::Value,
            ) -> $crate::__private::core::result::Result<Self, $crate::sysctl::Mismatch> {
                use $crate::__private::{Textless as _, Wordless as _};
                let text = <$crate::__private::std::string::String as $crate::sysctl::ValueType>::from_value(value)?;
                let read = $crate::__private::Text::<Self>::new().read(&text);
                $crate::__private::core::result::Result::map_err(read, |error| {
                    $crate::__private::Unread(error).mismatch()
                })
            }
        }
    };
}

/// The requirements of `by_text!`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text that a sysctl could show and read",
    label = "needs both `Display` and `FromStr`",
    note = "implement `std::fmt::Display` and `std::str::FromStr` for it, of which one reads what the other writes"
)]
pub trait HasText: fmt::Display + FromStr {}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + FromStr> HasText for T {}

/// The only error for a type without a text.
#[doc(hidden)]
pub const fn assert_has_text<T: HasText>() {}

/// Selects how a type is shown and parsed: its own functions, or those of [`Textless`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Text<T>(PhantomData<fn() -> T>);

impl<T> Text<T> {
    #[expect(clippy::new_without_default, reason = "of macros only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: HasText> Text<T> {
    /// Method resolution prefers it to that of [`Textless`], because it is inherent.
    pub fn of(&self, value: &T) -> String {
        value.to_string()
    }

    pub fn read(&self, text: &str) -> Result<T, T::Err> {
        text.parse()
    }
}

/// Fallback for a type without a text, so that [`assert_has_text`] is the only error.
#[doc(hidden)]
pub trait Textless<T>: Sized {
    fn of(&self, _: &T) -> String {
        String::new()
    }

    fn read(&self, _: &str) -> Result<T, fmt::Error> {
        Err(fmt::Error)
    }
}

impl<T> Textless<T> for Text<T> {}

/// The error of a `from_str`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unread<E>(pub E);

impl<E: fmt::Display> Unread<E> {
    /// Method resolution prefers it to that of [`Wordless`], because it is inherent.
    pub fn mismatch(self) -> Mismatch {
        Mismatch::Because(self.0.to_string())
    }
}

/// Fallback for an error without a `Display`, such as `()`.
#[doc(hidden)]
pub trait Wordless: Sized {
    fn mismatch(self) -> Mismatch {
        Mismatch::Type
    }
}

impl<E> Wordless for Unread<E> {}
