//! What the query of a link to a page says. Nothing in it is an error: what is not known is left out,
//! and of a repeated name the first counts, as in every query.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use gatewright_http_kit::extract::query_pairs;

/// The pairs of the query.
#[derive(Debug, Default)]
pub struct Link(Vec<(String, String)>);

impl Link {
    /// The values of the address that was opened.
    pub fn of(request: &HttpRequest) -> Self {
        Self(query_pairs(request.query_string()))
    }

    /// The value of a parameter of the link; none when it is missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl FromRequest for Link {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
