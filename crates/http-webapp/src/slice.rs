//! The operations of the surface, and the services that are its own.

use actix_web::web::{Data, ServiceConfig};
use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, Operations},
    operations,
};
use gatewright_run_service::Visitors;

use crate::{
    access, app, audio, chat, conversations, events, files, forms, login, messages, passport,
    saved, workflows,
};

/// The use-cases of web apps that no other slice has.
#[derive(Clone)]
pub struct WebAppServices {
    /// Who visits pages of apps.
    pub visitors: Data<Visitors>,
}

impl WebAppServices {
    /// Gives the routes what they take.
    pub fn provide(&self, config: &mut ServiceConfig) {
        config.app_data(self.visitors.clone());
    }
}

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::WebApp => operations!["visits": passport::passport, access::mode, access::permission, login::status,
                login::logout, login::login, login::email_code, login::email_code_login, login::forgot_password,
                login::forgot_password_check, login::password_reset]
            .and(operations!["apps": app::parameters, app::meta, app::site])
            .and(operations!["audio": audio::transcribe => Facts::UPLOAD, audio::speak => Facts::MODEL])
            .and(operations!["chat": chat::send => Facts::RUN, chat::stop])
            .and(operations!["workflows": workflows::run => Facts::RUN, workflows::stop, events::read => Facts::SLOW])
            .and(
                operations!["conversations": conversations::list, conversations::rename => Facts::MODEL, conversations::delete,
                conversations::pin, conversations::unpin, messages::list, messages::rate, messages::suggested => Facts::MODEL,
                messages::more_like_this, saved::list, saved::save, saved::delete],
            )
            .and(operations!["files": files::upload => Facts::UPLOAD, files::remote_info => Facts::SLOW,
                files::remote_upload => Facts::FETCH])
            .and(operations!["forms": forms::form, forms::submit => Facts::LARGE]),
        Surface::OpenApi | Surface::Console | Surface::Service => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: none.
pub fn operations_elsewhere(_: Surface) -> Operations {
    Operations::default()
}
