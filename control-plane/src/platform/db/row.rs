//! A row of an answer, and how its values become types of ours. Both engines store the same few
//! kinds: whole numbers of 64 bits, text, bytes. A truth value is a number, 0 or 1.

use sqlx::Row as _;
use sqlx::error::UnexpectedNullError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Error, ValueRef};

/// A row of either engine.
pub struct Row(pub(super) Engine);

pub(super) enum Engine {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub trait Column<'r>: Sized {
    /// Reads the value at a place.
    fn read(row: &'r Row, place: usize) -> Result<Self, Error>;
}

impl Row {
    /// The value of a column by its name.
    pub fn try_get<'r, T, I>(&'r self, column: I) -> Result<T, Error>
    where
        T: Column<'r>,
        I: AsRef<str>,
    {
        let name = column.as_ref();
        let place = match &self.0 {
            Engine::Sqlite(row) => row.try_column(name)?.ordinal(),
            Engine::Postgres(row) => row.try_column(name)?.ordinal(),
        };
        T::read(self, place).map_err(|source| Error::ColumnDecode {
            index: name.to_owned(),
            source: source.into(),
        })
    }

    fn is_null(&self, place: usize) -> Result<bool, Error> {
        Ok(match &self.0 {
            Engine::Sqlite(row) => row.try_get_raw(place)?.is_null(),
            Engine::Postgres(row) => row.try_get_raw(place)?.is_null(),
        })
    }
}

macro_rules! stored {
    ($get:ident: $($kind:ty),*) => {$(
        impl<'r> Column<'r> for $kind {
            fn read(row: &'r Row, place: usize) -> Result<Self, Error> {
                // SQLite itself would give 0 or an empty text.
                if row.is_null(place)? {
                    return Err(Error::Decode(UnexpectedNullError.into()));
                }
                match &row.0 {
                    Engine::Sqlite(row) => row.$get(place),
                    Engine::Postgres(row) => row.$get(place),
                }
            }
        }
    )*};
}

stored!(try_get: i64, f64, String, &'r str);
// A text may be read as its bytes.
stored!(try_get_unchecked: Vec<u8>, &'r [u8]);

/// Numbers that are stored with 64 bits and must fit.
macro_rules! smaller {
    ($($kind:ty),*) => {$(
        impl Column<'_> for $kind {
            fn read(row: &Row, place: usize) -> Result<Self, Error> {
                let number = i64::read(row, place)?;
                number.try_into().map_err(|error| Error::Decode(Box::new(error)))
            }
        }
    )*};
}

smaller!(i32, u16, u32, u64, usize);

impl Column<'_> for bool {
    fn read(row: &Row, place: usize) -> Result<Self, Error> {
        Ok(i64::read(row, place)? != 0)
    }
}

impl<'r, T: Column<'r>> Column<'r> for Option<T> {
    fn read(row: &'r Row, place: usize) -> Result<Self, Error> {
        if row.is_null(place)? {
            return Ok(None);
        }
        T::read(row, place).map(Some)
    }
}
