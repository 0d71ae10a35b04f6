//! One declaration per route: the handler's `#[utoipa::path]` says method and path, and from it both
//! the route and its documentation are made. `HEAD` follows `GET`, `OPTIONS` lists the methods, any
//! other method is 405 with `Allow`. A declaration with the extension [`ALSO_AT`] is answered at other
//! methods and paths too, and documented once.

mod facts;
mod passage;

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

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

/// The extension in which a declaration names the other methods and paths that it answers at. The
/// document lists the operation once and carries this.
pub const ALSO_AT: &str = "x-also-at";

/// Schemas by their names.
pub type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Operations with the schemas that the documents need for them.
#[derive(Default)]
pub struct Operations {
    /// In the order of their declaration.
    pub list: Vec<Operation>,
    /// Make the schemas. Not made before a document is wanted: servers mount operations
    /// without one, and would keep megabytes of memory for it.
    pub schemas: Vec<fn() -> Schemas>,
}

impl Operations {
    /// Adds the operations of another table behind these.
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
    /// Makes what the documents say of it. Not kept, like [`Operations::schemas`].
    pub documented: fn() -> Documented,
    /// What it needs beside its handler.
    pub facts: Facts,
    /// Makes the actix route; called once per method.
    pub route: fn(Route) -> Route,
}

impl Operation {
    /// Every method and path that it answers at: its own, then those of [`ALSO_AT`], each of them a text
    /// like `POST /openapi/v1/workspaces/{workspace_id}:switch`.
    pub fn routes(&self) -> Vec<(Method, String)> {
        let own = self.methods.iter().map(to_actix);
        let mut all: Vec<_> = own.map(|method| (method, self.path.clone())).collect();
        let extensions = (self.documented)().extensions;
        let aliases = extensions
            .as_ref()
            .and_then(|extensions| extensions.get(ALSO_AT)?.as_array());
        let aliases = aliases.into_iter().flatten();
        all.extend(aliases.filter_map(|alias| route(alias.as_str()?)));
        all
    }

    fn bounded(&self, route: Route) -> Route {
        bounded((self.route)(route), &self.path, self.facts)
    }
}

fn route(alias: &str) -> Option<(Method, String)> {
    let (method, path) = alias.split_once(' ')?;
    let is_path = path.starts_with('/') && !path.contains(' ');
    is_path.then_some((method.parse().ok()?, path.to_owned()))
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
        let list = vec![$(
            $crate::reexport::pastey::paste! {{
                use $module::[<__path_ $handler>] as Path;
                #[allow(unused_mut, unused_assignments)]
                let mut facts = $crate::operation::Facts::STANDARD;
                $(facts = $facts;)?
                $crate::operation::Operation {
                    path: <Path as utoipa::Path>::path(),
                    methods: <Path as utoipa::Path>::methods(),
                    documented: || {
                        let mut documented = <Path as utoipa::Path>::operation();
                        documented.tags = Some(vec![$tag.to_owned()]);
                        documented
                    },
                    facts,
                    route: |route| route.to($module::$handler),
                }
            }}
        ),+];
        $crate::operation::Operations {
            list,
            schemas: vec![|| {
                let components = <Documented as utoipa::OpenApi>::openapi().components;
                components.unwrap_or_default().schemas
            }],
        }
    }};
}

/// Registers operations below `prefix`, which the enclosing scope has taken off.
pub fn mount(config: &mut ServiceConfig, prefix: &str, operations: Operations) {
    let mut by_path: BTreeMap<String, Vec<(Method, Rc<Operation>)>> = BTreeMap::new();
    for operation in operations.list.into_iter().map(Rc::new) {
        for (method, path) in operation.routes() {
            let routes = by_path.entry(path).or_default();
            routes.push((method, Rc::clone(&operation)));
        }
    }
    // The first that matches wins, and `{id}` matches what `{id}:verb` does.
    let (verbs, others): (Vec<_>, Vec<_>) = by_path
        .into_iter()
        .partition(|(path, _)| path.contains("}:"));
    for (path, routes) in verbs.into_iter().chain(others) {
        let path = path.strip_prefix(prefix).unwrap_or(&path);
        config.service(resource(path, routes));
    }
}

/// A route that is declared by hand, such as a page's, with what an operation has.
pub fn bounded(route: Route, path: &str, facts: Facts) -> Route {
    let pattern: Arc<str> = path.into();
    route.wrap(from_fn(move |request, next| {
        passage::bound(request, next, Arc::clone(&pattern), facts)
    }))
}

fn resource(path: &str, routes: Vec<(Method, Rc<Operation>)>) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = vec![Method::OPTIONS];
    for (method, operation) in routes {
        if method == Method::GET {
            resource = resource.route(operation.bounded(web::head()));
            allowed.push(Method::HEAD);
        }
        resource = resource.route(operation.bounded(web::method(method.clone())));
        allowed.push(method);
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
