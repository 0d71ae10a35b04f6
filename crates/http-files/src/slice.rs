//! The slice as the edge sees it: the services that its routes are given, and its operations on each surface.

use actix_web::web::{Data, ServiceConfig};
use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, Operations},
    operations,
};
use gatewright_usecase_files::Files;

use crate::{console, signed};

/// The use-cases of files.
#[derive(Clone)]
pub struct FilesServices {
    /// Uploads, files of runs, files elsewhere.
    pub files: Data<Files>,
}

impl FilesServices {
    /// Gives the routes what they take.
    pub fn provide(&self, config: &mut ServiceConfig) {
        config.app_data(self.files.clone());
    }
}

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::Console => operations!["files":
            console::upload => Facts::UPLOAD, console::support_type, console::preview,
            console::remote_info => Facts::SLOW, console::remote_upload => Facts::FETCH],
        _ => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: contents, for whoever has a signed address.
pub fn operations_elsewhere(surface: Surface) -> Operations {
    match surface {
        Surface::Console => {
            operations!["files": signed::file_preview, signed::image_preview, signed::tool_file]
        }
        _ => Operations::default(),
    }
}
