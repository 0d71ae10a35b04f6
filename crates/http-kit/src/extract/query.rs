//! Queries: texts, of which the first of a repeated name counts.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use super::format::BodyFormat;
use crate::input::{self, FieldProblem, object_of};

/// A query that was read as a `T`. `F` says what a bad one is answered with.
pub struct Query<T, F>(T, PhantomData<F>);

impl<T, F> Query<T, F> {
    /// What was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned, F: BodyFormat> FromRequest for Query<T, F> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = read_query(request).map_err(|problems| F::invalid(problems).into());
        ready(read.map(|value| Self(value, PhantomData)))
    }
}

/// The query of a request as a `T`, for handlers that do something else before they look at it.
///
/// # Errors
/// What is wrong with it.
pub fn read_query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Vec<FieldProblem>> {
    input::read(object_of(query_pairs(request.query_string())))
}

/// The pairs of a query string; of a repeated name the first counts.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut first: Vec<(String, String)> = vec![];
    for (name, value) in pairs {
        if !first.iter().any(|(known, _)| *known == name) {
            first.push((name, value));
        }
    }
    first
}
