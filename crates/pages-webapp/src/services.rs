//! What the pages ask.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use gatewright_auth::origin::PublicUrls;
use gatewright_conversation_service::Conversations;
use gatewright_http_kit::settings::HttpSettings;
use gatewright_run_service::{RunService, Visitors};
use gatewright_usecase_apps::Apps;
use gatewright_usecase_files::Files;

/// The use-cases behind the pages, and the settings of the edge.
pub(crate) struct Services {
    pub(crate) apps: Data<Apps>,
    pub(crate) runs: Data<RunService>,
    pub(crate) conversations: Data<Conversations>,
    pub(crate) files: Data<Files>,
    pub(crate) visitors: Data<Visitors>,
    pub(crate) urls: Data<PublicUrls>,
    pub(crate) http: Data<HttpSettings>,
}

impl FromRequest for Services {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(Self {
                apps: Data::extract(&request).await?,
                runs: Data::extract(&request).await?,
                conversations: Data::extract(&request).await?,
                files: Data::extract(&request).await?,
                visitors: Data::extract(&request).await?,
                urls: Data::extract(&request).await?,
                http: Data::extract(&request).await?,
            })
        })
    }
}
