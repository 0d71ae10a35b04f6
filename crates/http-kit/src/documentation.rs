//! What every documented operation says, whoever declared it. A declaration gives what is its own; the
//! rest follows here from one table, so that no operation can forget it and no two say it differently.

use utoipa::openapi::{
    ContentBuilder, Ref, RefOr,
    path::Operation as Documented,
    response::{Response, ResponseBuilder},
};

/// The OpenAPI documents that operations are described in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// `/openapi/v1`, with the documents that lead to it.
    OpenApi,
    /// The routes of the web console, below `/console/api`.
    Console,
    /// The service API `/v1`, for holders of keys.
    Service,
    /// `/api`, for visitors of pages of apps.
    WebApp,
}

impl Surface {
    /// All documents, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::OpenApi, Self::Console, Self::Service, Self::WebApp];

    /// The file that the document is kept in.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::OpenApi => "openapi-v1.json",
            Self::Console => "console-api.json",
            Self::Service => "service-v1.json",
            Self::WebApp => "web-api.json",
        }
    }
}

/// Completes what a handler's declaration leaves open. `failure` is the schema of the errors that
/// every operation of the surface can answer with.
pub fn complete(documented: &mut Documented, failure: &str) {
    documented
        .responses
        .responses
        .entry("default".into())
        .or_insert_with(|| RefOr::T(any_failure(failure)));
    for (status, response) in &mut documented.responses.responses {
        if let (RefOr::T(response), Some(meaning)) = (response, meaning(status)) {
            describe(response, meaning);
        }
    }
    // Asking for nothing is said in so many words: an empty list, not an absent one.
    documented.security.get_or_insert_default();
}

fn any_failure(schema: &str) -> Response {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .build();
    ResponseBuilder::new()
        .content("application/json", body)
        .build()
}

fn describe(response: &mut Response, meaning: &str) {
    if response.description.is_empty() {
        meaning.clone_into(&mut response.description);
    }
}

/// What a status means here.
fn meaning(status: &str) -> Option<&'static str> {
    Some(match status {
        "200" => "Done",
        "201" => "Made",
        "202" => "Taken; something is still to be done before it counts",
        "204" => "Done; there is nothing to say about it",
        "302" => "On to another address",
        "400" => "The request is malformed, or cannot be granted as things are",
        "401" => "The credentials are missing, or worth nothing",
        "403" => "The caller may not do that",
        "404" => "There is no such thing for the caller",
        "409" => "Somebody was faster",
        "412" => "Already done, or too late",
        "413" => "The body is too large",
        "415" => "The body is not of a type that is read here",
        "422" => "A member of the request is wrong",
        "429" => "Too many requests: `Retry-After` says when the next one fits",
        "502" => "Another server that is needed does not answer",
        "503" => "A service that is needed does not answer: try again",
        "default" => "A failure that every operation can have",
        _ => return None,
    })
}
