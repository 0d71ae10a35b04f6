//! Whole numbers of requests; in forms and queries they are texts.

use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use super::refuse;

/// A whole number from `MIN` to `MAX`. A member with a default is an `Option` of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeNumber<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> WholeNumber<MIN, MAX> {
    /// The number, from `MIN` to `MAX`.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for WholeNumber<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        if number < i64::from(MIN) {
            let msg = format!("Input should be greater than or equal to {MIN}");
            return Err(refuse("greater_than_equal", &msg));
        }
        match u32::try_from(number) {
            Ok(number) if number <= MAX => Ok(Self(number)),
            _ => Err(refuse(
                "less_than_equal",
                &format!("Input should be less than or equal to {MAX}"),
            )),
        }
    }
}

impl<const MIN: u32, const MAX: u32> PartialSchema for WholeNumber<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let format = if i32::try_from(MAX).is_ok() {
            KnownFormat::Int32
        } else {
            KnownFormat::Int64
        };
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: u32, const MAX: u32> ToSchema for WholeNumber<MIN, MAX> {}
