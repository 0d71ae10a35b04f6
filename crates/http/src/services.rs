//! What the routes are given, and how an application is put together from it.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use gatewright_auth::{
    console::ConsoleSettings, device::DeviceSettings, keys::MasterKeys, origin::PublicUrls,
};
use gatewright_domain::Clock;
use gatewright_usecase_device::{bearer::Bearers, device::DeviceFlow};
use gatewright_usecase_identity::{
    account::Accounts,
    console::{Console, Setup},
    member::Members,
};
use gatewright_usecase_kit::readiness::Readiness;
use gatewright_usecase_workspace::{
    audit_log::AuditLog,
    file::Files,
    workspace::{Belongings, Workspaces},
};

use gatewright_http_identity::{console_surface, file_surface, openapi_surface, system_surface};
use gatewright_http_kit::{
    cookies::CookiePolicy,
    cors, error, middleware,
    operation::{ProviderTimeout, mount},
    settings::HttpSettings,
};
use gatewright_pages as pages;

use crate::openapi_document::document;

/// The use-cases and settings that the routes need. Each route takes only what it uses.
#[derive(Clone)]
pub struct Services {
    /// Sign-in and sessions.
    pub console: Data<Console>,
    /// Set-up and its gate.
    pub setup: Data<Setup>,
    /// The device flow.
    pub device: Data<DeviceFlow>,
    /// Bearers.
    pub bearers: Data<Bearers>,
    /// Workspaces.
    pub workspaces: Data<Workspaces>,
    /// Accounts, as their owners change them.
    pub accounts: Data<Accounts>,
    /// Members of workspaces.
    pub members: Data<Members>,
    /// Files that people upload.
    pub files: Data<Files>,
    /// Tags and API keys.
    pub belongings: Data<Belongings>,
    /// The audit trail.
    pub audit_log: Data<AuditLog>,
    /// Readiness.
    pub readiness: Data<Readiness>,
    /// The installation's keys; only their ids are shown.
    pub keys: Data<MasterKeys>,
    /// Settings of the edge.
    pub http: Data<HttpSettings>,
    /// Settings of the console.
    pub console_settings: Data<ConsoleSettings>,
    /// Settings of the device flow.
    pub device_settings: Data<DeviceSettings>,
    /// Public addresses.
    pub urls: Data<PublicUrls>,
    /// `X-Env`.
    pub deploy_env: String,
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
        config
            .app_data(services.console.clone())
            .app_data(services.setup.clone())
            .app_data(services.device.clone())
            .app_data(services.bearers.clone())
            .app_data(services.workspaces.clone())
            .app_data(services.accounts.clone())
            .app_data(services.members.clone())
            .app_data(services.files.clone())
            .app_data(services.belongings.clone())
            .app_data(services.audit_log.clone())
            .app_data(services.readiness.clone())
            .app_data(services.keys.clone())
            .app_data(services.http.clone())
            .app_data(services.console_settings.clone())
            .app_data(services.device_settings.clone())
            .app_data(services.urls.clone())
            .app_data(services.draining.clone())
            .app_data(Data::new(policy))
            .app_data(Data::new(ProviderTimeout(provider_timeout(&services))))
            .app_data(Data::from(Arc::clone(&services.clock)));
        config.service(
            web::scope("/console/api")
                .wrap(cors::console(&services.http, &services.urls))
                .configure(|scope| mount(scope, "/console/api", console_surface::operations()))
                .default_service(web::to(error::not_found)),
        );
        if services.device_settings.openapi_enabled {
            if services.urls.has_own_device_page() {
                pages::mount_external_consent(config);
            }
            config.service(
                web::scope("/openapi/v1")
                    .wrap(cors::openapi(&services.http))
                    .configure(|scope| mount(scope, "/openapi/v1", openapi_surface::operations()))
                    .default_service(web::to(error::not_found)),
            );
            mount(config, "", system_surface::discovery_operations());
            if services.urls.has_own_device_page() {
                pages::mount_device(config);
            }
            if services.urls.has_own_pages() {
                pages::mount(config);
            }
        }
        mount(config, "", file_surface::operations());
        mount(config, "", system_surface::operations());
        pages::mount_files(config);
        pages::reference::mount(config, document);
        config.default_service(web::to(pages::nowhere));
    }
}

/// The enterprise product is asked for less than this; identity providers say themselves how long they may take.
const BROKER_TIMEOUT: Duration = Duration::from_millis(2600);

fn provider_timeout(services: &Services) -> Duration {
    services.console.provider_patience().max(BROKER_TIMEOUT)
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
            services.console_settings.dify_version,
            &services.urls,
        ))
        .configure(configure(services))
}
