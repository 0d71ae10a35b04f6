//! One declaration per route: the handler's `#[utoipa::path]` says method and path, and from it both
//! the route and its documentation are made. `HEAD` follows `GET`, `OPTIONS` lists the methods, any
//! other method is 405 with `Allow`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, Resource, Route, http::Method, http::header, web, web::ServiceConfig,
};
use utoipa::openapi::{
    RefOr,
    path::{HttpMethod, Operation as Documented},
    schema::Schema,
};

use crate::error;

/// A route with its documentation.
pub struct Operation {
    /// The whole path, with its parameters in braces.
    pub path: String,
    /// The methods that it is declared for.
    pub methods: Vec<HttpMethod>,
    /// What the documents say of it.
    pub documented: Documented,
    /// The schemas that the documents need for it.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// Makes the actix route; called once per method.
    pub route: fn(Route) -> Route,
}

/// Lists handlers as [`Operation`]s under a tag.
#[macro_export]
macro_rules! operations {
    ($tag:literal: $($module:ident :: $handler:ident),+ $(,)?) => {
        vec![$(
            $crate::reexport::pastey::paste! {{
                use $module::[<__path_ $handler>] as Path;
                let mut schemas = Vec::new();
                <Path as $crate::reexport::utoipa::__dev::SchemaReferences>::schemas(&mut schemas);
                let mut documented = <Path as $crate::reexport::utoipa::Path>::operation();
                documented.tags = Some(vec![$tag.to_owned()]);
                $crate::operation::Operation {
                    path: <Path as $crate::reexport::utoipa::Path>::path(),
                    methods: <Path as $crate::reexport::utoipa::Path>::methods(),
                    documented,
                    schemas,
                    route: |route| route.to($module::$handler),
                }
            }}
        ),+]
    };
}

/// Registers operations below `prefix`, which the enclosing scope has taken off.
pub fn mount(config: &mut ServiceConfig, prefix: &str, operations: Vec<Operation>) {
    let mut by_path: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        by_path
            .entry(operation.path.clone())
            .or_default()
            .push(operation);
    }
    for (path, operations) in by_path {
        config.service(resource(
            path.strip_prefix(prefix).unwrap_or(&path),
            &operations,
        ));
    }
}

fn resource(path: &str, operations: &[Operation]) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = vec![Method::OPTIONS];
    for operation in operations {
        for method in operation.methods.iter().map(to_actix) {
            if method == Method::GET {
                resource = resource.route((operation.route)(web::head()));
                allowed.push(Method::HEAD);
            }
            resource = resource.route((operation.route)(web::method(method.clone())));
            allowed.push(method);
        }
    }
    allowed.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let allow = allowed
        .iter()
        .map(Method::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let answer = allow.clone();
    resource
        .route(web::method(Method::OPTIONS).to(move || {
            let response = HttpResponse::Ok()
                .insert_header((header::ALLOW, answer.clone()))
                .finish();
            std::future::ready(response)
        }))
        .default_service(web::to(move |request| {
            std::future::ready(error::method_not_allowed(&request, &allow))
        }))
}

fn to_actix(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Trace => Method::TRACE,
    }
}
