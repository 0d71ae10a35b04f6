//! An id in a path. What is no id names nothing that there is: the route says how it tells that, once it knows who
//! asks.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// One parameter of a path, read as an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathId<T>(Option<T>);

impl<T: Copy> PathId<T> {
    /// The id; `missing` where the text is none.
    ///
    /// # Errors
    /// `missing`.
    pub fn or<E>(&self, missing: E) -> Result<T, E> {
        self.0.ok_or(missing)
    }
}

impl<T: FromStr> FromStr for PathId<T> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse().ok()))
    }
}

impl<'de, T: FromStr> Deserialize<'de> for PathId<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest as _, test::TestRequest, web::Path};
    use gatewright_domain::ids::AccountId;

    use super::*;

    const ID: &str = "0192f0c1-7d5a-7000-8000-000000000001";

    #[actix_web::test]
    async fn id_in_a_path_is_read_and_other_text_is_no_error_before_the_route() {
        for (text, is_id) in [(ID, true), ("me", false), ("", false)] {
            let request = TestRequest::default()
                .param("id", text.to_owned())
                .to_http_request();
            let id = Path::<PathId<AccountId>>::extract(&request).await.unwrap();
            assert_eq!(id.or("none").is_ok(), is_id, "{text}");
            let request = TestRequest::default()
                .param("workspace", "any".to_owned())
                .param("id", text.to_owned())
                .to_http_request();
            let ids = Path::<(String, PathId<AccountId>)>::extract(&request);
            assert_eq!(ids.await.unwrap().1.or("none").is_ok(), is_id, "{text}");
        }
    }
}
