//! The operations of the surface, and the services that are its own.

use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, Operations},
    operations,
};
use gatewright_run_service::Visitors;

use crate::{
    access, app, chat, conversations, events, files, forms, login, messages, passport, saved,
    workflows,
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

/// A caller may wait for the end of a run: as long as a run may take, and a minute.
const RUN: Facts = Facts {
    waits: Some(Duration::from_mins(21)),
    ..Facts::LARGE
};

/// A model is asked, which has half a minute.
const ASKS: Facts = Facts {
    waits: Some(Duration::from_secs(40)),
    ..Facts::SLOW
};

/// Another server may take its time to send a file; the body that asks for it is small.
const FETCH: Facts = Facts {
    body: Facts::STANDARD.body,
    ..Facts::UPLOAD
};

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::WebApp => operations!["visits": passport::passport, access::mode, access::permission, login::status,
                login::logout, login::login, login::email_code, login::email_code_login, login::forgot_password,
                login::forgot_password_check, login::password_reset]
            .and(operations!["apps": app::parameters, app::meta, app::site])
            .and(operations!["chat": chat::send => RUN, chat::stop])
            .and(operations!["workflows": workflows::run => RUN, workflows::stop, events::read => Facts::SLOW])
            .and(
                operations!["conversations": conversations::list, conversations::rename => ASKS, conversations::delete,
                conversations::pin, conversations::unpin, messages::list, messages::rate, messages::suggested => ASKS,
                messages::more_like_this, saved::list, saved::save, saved::delete],
            )
            .and(operations!["files": files::upload => Facts::UPLOAD, files::remote_info => Facts::SLOW,
                files::remote_upload => FETCH])
            .and(operations!["forms": forms::form, forms::submit => Facts::LARGE]),
        Surface::OpenApi | Surface::Console | Surface::Service => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: none.
pub fn operations_elsewhere(_: Surface) -> Operations {
    Operations::default()
}
