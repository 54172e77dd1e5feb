//! What is bound to a statement's `$1`, `$2` and so on.

use sqlx::Error;

/// A value, or the absence of one of a kind: PostgreSQL wants to know which kind is absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(Option<i64>),
    Float(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A text held the character NUL, which PostgreSQL can't store. SQLite could, but then a course
/// or an account could not move from one to the other; so neither does.
#[derive(Debug, thiserror::Error)]
#[error("a text holds the character NUL, which can't be stored")]
pub struct HoldsNul;

impl Value {
    /// Refuses what one of the engines can't store.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Text(Some(text)) if text.contains('\0') => Err(Error::Encode(HoldsNul.into())),
            _ => Ok(()),
        }
    }
}

/// What can be bound.
pub trait Bind: Sized {
    /// As the engines get it.
    fn value(self) -> Value;
    /// The absence of such a value.
    fn none() -> Value;
}

macro_rules! bind {
    ($kind:ident($into:ty): $($from:ty),*) => {$(
        impl Bind for $from {
            fn value(self) -> Value {
                Value::$kind(Some(<$into>::from(self)))
            }
            fn none() -> Value {
                Value::$kind(None)
            }
        }
    )*};
}

bind!(Number(i64): i64, i32, u16, u32, bool);
bind!(Float(f64): f64);
bind!(Text(String): String, &str);
bind!(Bytes(Vec<u8>): Vec<u8>, &[u8]);

impl<T: Bind + Clone> Bind for &T {
    fn value(self) -> Value {
        self.clone().value()
    }
    fn none() -> Value {
        T::none()
    }
}

impl<T: Bind> Bind for Option<T> {
    fn value(self) -> Value {
        self.map_or_else(T::none, T::value)
    }
    fn none() -> Value {
        T::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_keep_their_kind() {
        assert_eq!(None::<&str>.value(), Value::Text(None));
        assert_eq!(Some(&"a".to_owned()).value(), Value::Text(Some("a".into())));
        assert_eq!((&None::<i32>).value(), Value::Number(None));
        assert_eq!(true.value(), Value::Number(Some(1)));
        assert_eq!(None::<Vec<u8>>.value(), Value::Bytes(None));
    }

    #[test]
    fn nul_is_no_text() {
        assert!("a\0b".value().check().is_err());
        assert!("a b".value().check().is_ok());
        assert!(b"a\0b".as_slice().value().check().is_ok());
    }
}
