//! The OpenAPI documents, made from the same operations that are mounted.

use gatewright_domain::DIFY_VERSION;
use utoipa::openapi::{
    Components, Info, OpenApi, Paths, Ref, RefOr,
    content::ContentBuilder,
    path::PathItem,
    response::ResponseBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{console_surface, file_surface, openapi_surface, operation::Operation, system_surface};

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
    let (title, operations) = match surface {
        Surface::OpenApi => {
            let mut operations = openapi_surface::operations();
            operations.extend(system_surface::discovery_operations());
            ("Gatewright: /openapi/v1", operations)
        }
        Surface::Console => {
            let mut operations = console_surface::operations();
            operations.extend(file_surface::operations());
            operations.iter_mut().for_each(add_console_failures);
            ("Gatewright: /console/api", operations)
        }
    };
    build(title, operations)
}

/// Every console route can answer 413, 415, 429 and 503; they all have one shape.
fn add_console_failures(operation: &mut Operation) {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ConsoleErrorBody")))
        .build();
    let failure = ResponseBuilder::new()
        .description("A failure that every route can have")
        .content("application/json", body)
        .build();
    operation
        .documented
        .responses
        .responses
        .entry("default".into())
        .or_insert(RefOr::T(failure));
}

fn build(title: &str, operations: Vec<Operation>) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    let mut operations = operations;
    operations.sort_by(|a, b| a.path.cmp(&b.path));
    for operation in operations {
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
    add_security(&mut components);
    let mut document = OpenApi::new(Info::new(title, DIFY_VERSION), paths);
    document.components = Some(components);
    document
}

fn add_security(components: &mut Components) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = |name: &str| SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(name)));
    let header = |name: &str| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)));
    components.add_security_scheme("session", cookie("access_token"));
    components.add_security_scheme("refresh", cookie("refresh_token"));
    components.add_security_scheme("grant", cookie("device_approval_grant"));
    components.add_security_scheme("csrf", header("X-CSRF-Token"));
}
