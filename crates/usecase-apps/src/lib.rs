//! The use-cases of apps: what there is, making one by hand or from a file, its draft and its versions, who
//! may reach it. Runs are not here: they get from [`Apps::published`] and [`Apps::draft_to_run`] what they run.

mod access;
mod actor;
mod api_extension;
mod apps;
mod change;
mod content;
mod copy;
mod create;
mod delete;
mod describe;
mod draft;
mod error;
mod export;
mod external;
mod external_apps;
mod homes;
mod import;
mod key;
mod key_guesses;
mod key_rate;
mod list;
mod model_config;
mod openapi;
mod publish;
mod runnable;
mod secret;
mod site;
mod system_parameters;
mod version;
mod versions;
mod view;

pub use actor::{Actor, Page};
pub use api_extension::{ApiExtensions, ExtensionError, ExtensionSave, RemoteApi, ShownExtension};
pub use apps::{Apps, RemoteFile};
pub use change::{AppChange, IconChange, SiteChange};
pub use content::WorkflowContent;
pub use create::NewApp;
pub use describe::{Description, Parameters};
pub use draft::{DraftSave, VariableSave};
pub use error::AppError;
pub use export::ExportRequest;
pub use external::ExternalPage;
pub use external_apps::{ExternalApps, NotApps};
pub use gatewright_dsl::{AppMode, Dependency, IconType, ImportStatus, Variable};
pub use gatewright_storage_apps::{
    app::{App, Filter, Icon, Order},
    person::Person,
    site::{Look, Site},
    tag::AppTag,
    workflow::VersionFilter,
};
pub use import::{ImportOutcome, ImportRequest, ImportSource, Overrides};
pub use key::AppKeyError;
pub use key_guesses::KeyGuesses;
pub use key_rate::KeyRate;
pub use model_config::ModelConfigView;
pub use openapi::{OpenApp, ReachableApp};
pub use publish::Marks;
pub use runnable::Runnable;
pub use secret::SecretKeys;
pub use site::SiteError;
pub use system_parameters::SystemParameters;
pub use version::{MarkChange, VersionPage};
pub use versions::VersionCache;
pub use view::{AppCredits, AppDetail, AppPage, AppRow, WorkflowView};
