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

use crate::envelope;

/// A route with its documentation.
pub(crate) struct Operation {
    pub(crate) path: String,
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) documented: Documented,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
    /// Makes the actix route; called once per method.
    pub(crate) route: fn(Route) -> Route,
}

/// Lists handlers as [`Operation`]s under a tag.
macro_rules! operations {
    ($tag:literal: $($module:ident :: $handler:ident),+ $(,)?) => {
        vec![$(
            pastey::paste! {{
                use $module::[<__path_ $handler>] as Path;
                let mut schemas = Vec::new();
                <Path as utoipa::__dev::SchemaReferences>::schemas(&mut schemas);
                let mut documented = <Path as utoipa::Path>::operation();
                documented.tags = Some(vec![$tag.to_owned()]);
                $crate::operation::Operation {
                    path: <Path as utoipa::Path>::path(),
                    methods: <Path as utoipa::Path>::methods(),
                    documented,
                    schemas,
                    route: |route| route.to($module::$handler),
                }
            }}
        ),+]
    };
}
pub(crate) use operations;

/// Registers operations below `prefix`, which the enclosing scope has taken off.
pub(crate) fn mount(config: &mut ServiceConfig, prefix: &str, operations: Vec<Operation>) {
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
            std::future::ready(envelope::method_not_allowed(&request, &allow))
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
