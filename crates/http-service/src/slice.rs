//! The operations of the surface. What they take is given by the slices whose use-cases they call.

use std::time::Duration;

use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, Operations},
    operations,
};

use crate::{
    annotations, app, chat, conversations, end_users, events, feedbacks, files, forms, logs,
    messages, variables, workflows,
};

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

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::Service => operations!["apps": app::info, app::parameters, app::meta, app::site]
            .and(
                operations!["workflows": workflows::run => RUN, workflows::run_version => RUN,
                workflows::detail, workflows::stop, events::read => Facts::SLOW],
            )
            .and(operations!["files": files::upload => Facts::UPLOAD, files::preview])
            .and(operations!["chat": chat::send => RUN, chat::stop])
            .and(
                operations!["conversations": conversations::list, conversations::rename => ASKS, conversations::delete,
                variables::list, variables::set, messages::list, messages::rate, messages::suggested => ASKS, feedbacks::list],
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
