//! One declaration per route: the handler's `#[utoipa::path]` says method and path, and from it both
//! the route and its documentation are made. `HEAD` follows `GET`, `OPTIONS` lists the methods, any
//! other method is 405 with `Allow`.

mod facts;
mod passage;

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{
    HttpResponse, Resource, Route,
    http::{Method, header},
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use utoipa::openapi::{
    RefOr,
    path::{HttpMethod, Operation as Documented},
    schema::Schema,
};

pub use facts::{BodyLimit, Facts, ProviderTimeout};
pub(crate) use passage::{Late, Passage};

use crate::error;

/// Operations with the schemas that the documents need for them.
#[derive(Default)]
pub struct Operations {
    /// In the order of their declaration.
    pub list: Vec<Operation>,
    /// By their names.
    pub schemas: BTreeMap<String, RefOr<Schema>>,
}

impl Operations {
    /// Adds more.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.list.extend(more.list);
        self.schemas.extend(more.schemas);
        self
    }
}

/// A route with its documentation.
pub struct Operation {
    /// The whole path, with its parameters in braces.
    pub path: String,
    /// The methods that it is declared for.
    pub methods: Vec<HttpMethod>,
    /// What the documents say of it.
    pub documented: Documented,
    /// What it needs beside its handler.
    pub facts: Facts,
    /// Makes the actix route; called once per method.
    pub route: fn(Route) -> Route,
}

impl Operation {
    fn bounded(&self, route: Route) -> Route {
        bounded((self.route)(route), &self.path, self.facts)
    }
}

/// Lists handlers as [`Operations`] under a tag. What a handler needs beside the standard stands behind it:
/// `session::login => Facts::SLOW`.
#[macro_export]
macro_rules! operations {
    ($tag:literal: $($module:ident :: $handler:ident $(=> $facts:expr)?),+ $(,)?) => {{
        use $crate::reexport::utoipa;
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($module::$handler),+))]
        struct Documented;
        let components = <Documented as utoipa::OpenApi>::openapi().components;
        let list = vec![$(
            $crate::reexport::pastey::paste! {{
                use $module::[<__path_ $handler>] as Path;
                let mut documented = <Path as utoipa::Path>::operation();
                documented.tags = Some(vec![$tag.to_owned()]);
                #[allow(unused_mut, unused_assignments)]
                let mut facts = $crate::operation::Facts::STANDARD;
                $(facts = $facts;)?
                $crate::operation::Operation {
                    path: <Path as utoipa::Path>::path(),
                    methods: <Path as utoipa::Path>::methods(),
                    documented,
                    facts,
                    route: |route| route.to($module::$handler),
                }
            }}
        ),+];
        $crate::operation::Operations {
            list,
            schemas: components.unwrap_or_default().schemas,
        }
    }};
}

/// Registers operations below `prefix`, which the enclosing scope has taken off.
pub fn mount(config: &mut ServiceConfig, prefix: &str, operations: Operations) {
    let mut by_path: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in operations.list {
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

/// A route that is declared by hand, such as a page's, with what an operation has.
pub fn bounded(route: Route, path: &str, facts: Facts) -> Route {
    let pattern: Rc<str> = path.into();
    route.wrap(from_fn(move |request, next| {
        passage::bound(request, next, Rc::clone(&pattern), facts)
    }))
}

fn resource(path: &str, operations: &[Operation]) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = vec![Method::OPTIONS];
    for operation in operations {
        for method in operation.methods.iter().map(to_actix) {
            if method == Method::GET {
                resource = resource.route(operation.bounded(web::head()));
                allowed.push(Method::HEAD);
            }
            resource = resource.route(operation.bounded(web::method(method.clone())));
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
