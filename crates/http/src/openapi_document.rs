//! The OpenAPI documents, made from the same operations that are mounted.

use gatewright_domain::DIFY_VERSION;
use utoipa::openapi::{
    Components, Info, License, OpenApi, Paths, Server,
    path::PathItem,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    console_surface, documentation, file_surface, openapi_surface, operation::Operation,
    system_surface,
};

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// `/openapi/v1`, with the documents that lead to it.
    OpenApi,
    /// `/console/api`.
    Console,
}

impl Surface {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OpenApi, Self::Console];

    /// The file that the document is kept in.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::OpenApi => "openapi-v1.json",
            Self::Console => "console-api.json",
        }
    }
}

/// Builds a document; needs no pool and no state.
pub fn document(surface: Surface) -> OpenApi {
    match surface {
        Surface::OpenApi => {
            let mut operations = openapi_surface::operations();
            operations.extend(system_surface::discovery_operations());
            let schemes = [bearer(), introspection(), session(), csrf(), grant()];
            build(
                ("Gatewright: /openapi/v1", "ErrorBody"),
                operations,
                schemes,
            )
        }
        Surface::Console => {
            let schemes = [session(), csrf(), refresh()];
            let mut operations = console_surface::operations();
            operations.extend(file_surface::operations());
            build(
                ("Gatewright: /console/api", "ConsoleErrorBody"),
                operations,
                schemes,
            )
        }
    }
}

type Scheme = (&'static str, SecurityScheme);

fn build(
    (title, failure): (&str, &str),
    mut operations: Vec<Operation>,
    schemes: impl IntoIterator<Item = Scheme>,
) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    operations.sort_by(|a, b| a.path.cmp(&b.path));
    for mut operation in operations {
        documentation::complete(&mut operation.documented, failure);
        for method in operation.methods {
            let item = PathItem::new(method, operation.documented.clone());
            match paths.paths.get_mut(&operation.path) {
                Some(existing) => existing.merge_operations(item),
                None => {
                    paths.paths.insert(operation.path.clone(), item);
                }
            }
        }
        components.schemas.extend(operation.schemas);
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
    document
}

fn bearer() -> Scheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    ("bearer", SecurityScheme::Http(scheme))
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
