//! The OpenAPI documents, made from the same operations that are mounted.

use gatewright_domain::DIFY_VERSION;
use utoipa::openapi::{
    Components, Info, License, OpenApi, Paths, Server,
    path::PathItem,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use gatewright_http_kit::{
    documentation::{self, Surface},
    operation::Operations,
};

use crate::slices;

/// Builds a document; needs no pool and no state.
pub fn document(surface: Surface) -> OpenApi {
    let operations = slices::operations(surface).and(slices::operations_elsewhere(surface));
    match surface {
        Surface::OpenApi => build(
            "Gatewright: /openapi/v1",
            "ErrorBody",
            operations,
            vec![bearer(), introspection(), session(), csrf(), grant()],
        ),
        Surface::Console => build(
            "Gatewright: /console/api",
            "ConsoleErrorBody",
            operations,
            vec![session(), csrf(), refresh()],
        ),
        Surface::Service => build(
            "Gatewright: /v1",
            "ServiceErrorBody",
            operations,
            vec![app_key()],
        ),
        Surface::WebApp => build(
            "Gatewright: /api",
            "ServiceErrorBody",
            operations,
            vec![passport()],
        ),
    }
}

type Scheme = (&'static str, SecurityScheme);

fn build(title: &str, failure: &str, mut operations: Operations, schemes: Vec<Scheme>) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    operations.list.sort_by(|a, b| a.path.cmp(&b.path));
    for operation in operations.list {
        let mut documented = (operation.documented)();
        documentation::complete(&mut documented, failure);
        for method in operation.methods {
            let item = PathItem::new(method, documented.clone());
            match paths.paths.get_mut(&operation.path) {
                Some(existing) => existing.merge_operations(item),
                None => {
                    paths.paths.insert(operation.path.clone(), item);
                }
            }
        }
    }
    for schemas in operations.schemas {
        components.schemas.extend(schemas());
    }
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
    }
    let mut info = Info::new(title, DIFY_VERSION);
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".into());
    info.license = Some(license);
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    // Wherever the document was fetched from.
    document.servers = Some(vec![Server::new("/")]);
    drop_unused(&mut document);
    document
}

/// Leaves out what nothing refers to: a page has its rows in it, and not their name.
fn drop_unused(document: &mut OpenApi) {
    loop {
        let text = document.to_json();
        let (Ok(text), Some(components)) = (text, &mut document.components) else {
            return;
        };
        let before = components.schemas.len();
        let is_used = |name: &str| text.contains(&format!("\"#/components/schemas/{name}\""));
        components.schemas.retain(|name, _| is_used(name));
        if components.schemas.len() == before {
            return;
        }
    }
}

fn bearer() -> Scheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    ("bearer", SecurityScheme::Http(scheme))
}

fn app_key() -> Scheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    ("app_key", SecurityScheme::Http(scheme))
}

fn passport() -> Scheme {
    let header = ApiKey::Header(ApiKeyValue::new("X-App-Passport"));
    ("passport", SecurityScheme::ApiKey(header))
}

fn introspection() -> Scheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
    ("introspection", SecurityScheme::Http(scheme))
}

fn session() -> Scheme {
    ("session", cookie("access_token"))
}

fn refresh() -> Scheme {
    ("refresh", cookie("refresh_token"))
}

fn grant() -> Scheme {
    ("grant", cookie("device_approval_grant"))
}

fn csrf() -> Scheme {
    let header = ApiKey::Header(ApiKeyValue::new("X-CSRF-Token"));
    ("csrf", SecurityScheme::ApiKey(header))
}

fn cookie(name: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gatewright_http_kit::operation::ALSO_AT;
    use serde_json::Value;

    use super::{Surface, document, slices};

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

    #[test]
    fn every_path_of_an_operation_parses_and_is_unique() {
        let all = Surface::ALL.map(slices::operations);
        let all = all.into_iter().flat_map(|operations| operations.list);
        let mut seen = BTreeSet::new();
        for operation in all {
            let extensions = (operation.documented)().extensions;
            let aliases = extensions.as_ref().and_then(|all| all.get(ALSO_AT));
            let named = aliases.map_or(0, |aliases| aliases.as_array().map_or(1, Vec::len));
            let routes = operation.routes();
            assert_eq!(
                routes.len(),
                operation.methods.len() + named,
                "{}",
                operation.path
            );
            for (method, path) in routes {
                assert!(seen.insert((method.to_string(), path.clone())), "{path}");
            }
        }
    }

    /// Our extractors say nothing of it to the generator, whose guess is the path: then every one is
    /// required, too.
    #[test]
    fn g4_path_parameters_match_the_names_in_the_path() {
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
