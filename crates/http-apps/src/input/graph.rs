//! JSON that is kept as it came: what it means is the business of whoever runs it.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, schema::Type},
};

/// Any JSON object, taken as it is.
#[derive(Debug, Clone, Deserialize)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// The members of the object.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }
}

impl PartialSchema for JsonObject {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl ToSchema for JsonObject {}

/// A list of anything; the use-case says what an item must be.
#[derive(Debug, Clone, Deserialize)]
pub struct JsonList(Vec<Value>);

impl JsonList {
    /// The items of the list.
    pub fn into_inner(self) -> Vec<Value> {
        self.0
    }
}

impl PartialSchema for JsonList {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(ObjectBuilder::new().schema_type(Type::Object))
            .into()
    }
}

impl ToSchema for JsonList {}
