//! Types that are known by their text.

use std::fmt;

use super::datum::Mismatch;

/// Lets variables hold values of a type that has a text: an enumeration with `FromStr` and `Display`, whose
/// `from_str` reads what its `Display` writes. If the error of its `from_str` has a `Display`, whoever sets something
/// else is told what that says: let it say what is accepted.
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
/// use vimage::sysctl::{Data, Datum, Mismatch};
/// assert!(matches!(Mode::from_datum(Datum::from("pass")), Ok(Mode::Pass)));
/// assert!(matches!(Mode::from_datum(Datum::from("maybe")), Err(Mismatch::Because(why)) if why.contains("`drop`")));
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __by_text {
    ($type:ty) => {
        impl $crate::sysctl::Data for $type {
            const KIND: $crate::sysctl::Kind = $crate::sysctl::Kind::Text;
            const TYPE: &'static ::core::primitive::str = ::core::stringify!($type);

            fn into_datum(self) -> $crate::sysctl::Datum {
                $crate::sysctl::Datum::Text(::std::string::ToString::to_string(&self))
            }

            fn from_datum(datum: $crate::sysctl::Datum) -> ::core::result::Result<Self, $crate::sysctl::Mismatch> {
                use $crate::__private::Wordless as _;
                let text = <::std::string::String as $crate::sysctl::Data>::from_datum(datum)?;
                ::core::result::Result::map_err(<Self as ::core::str::FromStr>::from_str(&text), |error| {
                    $crate::__private::Unread(error).mismatch()
                })
            }
        }
    };
}

/// What a `from_str` returned instead of a value.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unread<E>(pub E);

impl<E: fmt::Display> Unread<E> {
    /// Taken before that of [`Wordless`], which is for all types, because it is the type's own.
    pub fn mismatch(self) -> Mismatch {
        Mismatch::Because(self.0.to_string())
    }
}

/// An error that says nothing, such as `()`.
#[doc(hidden)]
pub trait Wordless: Sized {
    fn mismatch(self) -> Mismatch {
        Mismatch::Type
    }
}

impl<E> Wordless for Unread<E> {}
