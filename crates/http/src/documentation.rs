//! What every documented operation says, whoever declared it. A declaration gives what is its own; the
//! rest follows here from one table, so that no operation can forget it and no two say it differently.

use utoipa::openapi::{
    ContentBuilder, Ref, RefOr,
    path::Operation as Documented,
    response::{Response, ResponseBuilder},
};

/// Completes what a handler's declaration leaves open. `failure` is the schema of the errors that
/// every operation of the surface can answer with.
pub(crate) fn complete(documented: &mut Documented, failure: &str) {
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
        "204" => "Done; there is nothing to say about it",
        "302" => "On to another address",
        "400" => "The request is malformed, or cannot be granted as things are",
        "401" => "The credentials are missing, or worth nothing",
        "403" => "The caller may not do that",
        "404" => "There is no such thing for the caller",
        "409" => "Somebody was faster",
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{Surface, document};

    fn operations() -> impl Iterator<Item = (String, Value)> {
        Surface::ALL.into_iter().flat_map(|surface| {
            let json = serde_json::to_value(document(surface)).expect("a document is JSON");
            let paths = json["paths"].as_object().cloned().unwrap_or_default();
            paths.into_iter().flat_map(|(path, item)| {
                let operations = item.as_object().cloned().unwrap_or_default();
                operations
                    .into_iter()
                    .map(move |(_, operation)| (path.clone(), operation))
            })
        })
    }

    #[test]
    fn g4_every_response_of_every_operation_has_a_description() {
        for (path, operation) in operations() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let text = response["description"].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{path}: {status} says nothing");
            }
            assert!(operation["responses"]["default"].is_object(), "{path}");
            assert!(operation["security"].is_array(), "{path}");
        }
    }

    /// Our extractors say nothing of it to the generator, whose guess is the path: then every one is
    /// required, too.
    #[test]
    fn g4_parameters_are_of_the_path_exactly_where_the_path_names_them() {
        for (path, operation) in operations() {
            let parameters = operation["parameters"].as_array().cloned();
            let named = path.matches('{').count();
            let mut in_path = 0;
            for parameter in parameters.unwrap_or_default() {
                let name = parameter["name"].as_str().expect("a name");
                let is_of_path = path.contains(&format!("{{{name}}}"));
                assert_eq!(parameter["in"] == "path", is_of_path, "{path}: {name}");
                let is_nullable = parameter["schema"]["type"].is_array();
                assert!(!is_nullable, "{path}: {name} is left out, not null");
                in_path += usize::from(is_of_path);
            }
            assert_eq!(named, in_path, "{path}");
        }
    }
}
