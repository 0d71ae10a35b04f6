//! The operations of the surface. What they take is given by the slices whose use-cases they call.

use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, Operations},
    operations,
};

use crate::{
    annotations, app, audio, chat, conversations, end_users, events, feedbacks, files, forms, logs,
    messages, variables, workflows,
};

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::Service => operations!["apps": app::info, app::parameters, app::meta, app::site]
            .and(
                operations!["workflows": workflows::run => Facts::RUN, workflows::run_version => Facts::RUN,
                workflows::detail, workflows::stop, events::read => Facts::SLOW],
            )
            .and(operations!["files": files::upload => Facts::UPLOAD, files::preview])
            .and(operations!["audio": audio::transcribe => Facts::UPLOAD, audio::speak => Facts::MODEL])
            .and(operations!["chat": chat::send => Facts::RUN, chat::stop])
            .and(
                operations!["conversations": conversations::list, conversations::rename => Facts::MODEL, conversations::delete,
                variables::list, variables::set, messages::list, messages::rate, messages::suggested => Facts::MODEL, feedbacks::list],
            )
            .and(
                operations!["annotations": annotations::list, annotations::create, annotations::change, annotations::delete],
            )
            .and(operations!["logs": logs::list, end_users::find])
            .and(operations!["forms": forms::form, forms::submit => Facts::LARGE]),
        Surface::OpenApi | Surface::Console | Surface::WebApp => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: none.
pub fn operations_elsewhere(_: Surface) -> Operations {
    Operations::default()
}
