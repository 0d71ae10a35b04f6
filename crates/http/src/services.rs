//! What the routes are given, and how an application is put together from it.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use gatewright_auth::{keys::MasterKeys, origin::PublicUrls};
use gatewright_domain::Clock;
use gatewright_http_apps::AppsServices;
use gatewright_http_files::FilesServices;
use gatewright_http_identity::{IdentityServices, system_surface};
use gatewright_http_kit::{
    cookies::CookiePolicy,
    cors,
    documentation::Surface,
    error, middleware,
    operation::{Operation, Operations, ProviderTimeout, mount},
    settings::HttpSettings,
};
use gatewright_http_runs::RunsServices;
use gatewright_http_webapp::WebAppServices;
use gatewright_observe::metrics::Requests;
use gatewright_pages as pages;
use gatewright_pages_apps as pages_apps;
use gatewright_pages_webapp as pages_webapp;
use gatewright_usecase_kit::readiness::Readiness;

use crate::{openapi_document::document, slices};

/// What the edge is given: the services of each slice, and its own settings.
#[derive(Clone)]
pub struct Services {
    /// The services of the identity slice.
    pub identity: IdentityServices,
    /// The services of the apps slice.
    pub apps: AppsServices,
    /// The services of the files slice.
    pub files: FilesServices,
    /// The services of the runs slice.
    pub runs: RunsServices,
    /// The services of pages of apps.
    pub web_apps: WebAppServices,
    /// Whether the dependencies answer, for `/readyz`.
    pub readiness: Data<Readiness>,
    /// The installation's keys; only their ids are shown.
    pub keys: Data<MasterKeys>,
    /// Settings of the edge.
    pub http: Data<HttpSettings>,
    /// The public addresses of API, console and pages.
    pub urls: Data<PublicUrls>,
    /// What the header `X-Env` says (`DEPLOY_ENV`).
    pub deploy_env: String,
    /// Where requests are counted.
    pub requests: Data<Requests>,
    /// Whether a shutdown has begun.
    pub draining: Data<std::sync::atomic::AtomicBool>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Registers everything, for those who mount our routes in an application of their own. The
/// middleware is [`application`]'s.
pub fn configure(services: &Services) -> impl Fn(&mut ServiceConfig) + Clone + 'static {
    let services = services.clone();
    move |config| {
        let policy = CookiePolicy::new(&services.urls);
        services.identity.provide(config);
        services.apps.provide(config);
        services.files.provide(config);
        services.runs.provide(config);
        services.web_apps.provide(config);
        config
            .app_data(services.readiness.clone())
            .app_data(services.keys.clone())
            .app_data(services.http.clone())
            .app_data(services.urls.clone())
            .app_data(services.draining.clone())
            .app_data(services.requests.clone())
            .app_data(Data::new(policy))
            .app_data(Data::new(ProviderTimeout(provider_timeout(&services))))
            .app_data(Data::from(Arc::clone(&services.clock)));
        config.service(
            web::scope("/console/api")
                .wrap(cors::console(&services.http, &services.urls))
                .configure(|scope| {
                    mount(scope, "/console/api", slices::operations(Surface::Console));
                })
                .default_service(web::to(error::not_found)),
        );
        config.service(
            web::scope("/v1")
                .wrap(cors::service())
                .configure(|scope| {
                    mount(scope, "/v1", slices::operations(Surface::Service));
                })
                .default_service(web::to(error::not_found)),
        );
        let (mut web, mut chat) = (slices::operations(Surface::WebApp), Operations::default());
        let is_chat = |operation: &mut Operation| operation.path.starts_with(WEB_CHAT);
        chat.list = web.list.extract_if(.., is_chat).collect();
        config.service(
            web::scope(WEB_CHAT)
                .wrap(cors::web_chat(&services.http))
                .configure(|scope| mount(scope, WEB_CHAT, chat))
                .default_service(web::to(error::not_found)),
        );
        config.service(
            web::scope("/api")
                .wrap(cors::web(&services.http))
                .configure(|scope| mount(scope, "/api", web))
                .default_service(web::to(error::not_found)),
        );
        if services.identity.device_settings.openapi_enabled {
            if services.urls.has_own_device_page() {
                pages::mount_external_consent(config);
            }
            config.service(
                web::scope("/openapi/v1")
                    .wrap(cors::openapi(&services.http))
                    .configure(|scope| {
                        mount(scope, "/openapi/v1", slices::operations(Surface::OpenApi));
                    })
                    .default_service(web::to(error::not_found)),
            );
            mount(config, "", slices::operations_elsewhere(Surface::OpenApi));
            if services.urls.has_own_device_page() {
                pages::mount_device(config);
            }
            if services.urls.has_own_pages() {
                pages::mount(config);
                pages_apps::mount(config);
            }
        }
        mount(config, "", slices::operations_elsewhere(Surface::Console));
        mount(config, "", system_surface::operations());
        pages_apps::mount_run_form(config);
        pages_webapp::mount(config);
        pages::mount_files(config);
        pages::reference::mount(config, document);
        config.default_service(web::to(pages::nowhere));
    }
}

/// Where pages that embed a chat send what is said in it.
const WEB_CHAT: &str = "/api/chat-messages";

/// The enterprise product is asked for less than this; identity providers say themselves how long they may take.
const BROKER_TIMEOUT: Duration = Duration::from_millis(2600);

fn provider_timeout(services: &Services) -> Duration {
    services
        .identity
        .console
        .provider_timeout()
        .max(BROKER_TIMEOUT)
}

/// The whole application: middleware around all routes. Give it to `HttpServer` or to a test.
pub fn application(
    services: &Services,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + 'static + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .wrap(from_fn(middleware::around))
        .wrap(middleware::headers(
            &services.deploy_env,
            services.identity.console_settings.dify_version,
            &services.urls,
        ))
        .configure(configure(services))
}
