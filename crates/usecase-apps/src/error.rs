//! What can go wrong with apps. Texts and codes are the console's; `/openapi/v1` has its own for some.

use gatewright_domain::{Class, Classify, error::Unavailable};
use gatewright_dsl::{
    ImportError, VariableError,
    draft::{DraftError, FeatureError, NotInSync},
};
use gatewright_engine::GraphError;
use gatewright_storage_kit::StorageError;

/// Why something was not done to an app.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such app in this workspace.
    #[error("App not found.")]
    NotFound,
    /// The app has no graph, and the route is for those that have.
    #[error("App mode is not in the supported list: advanced-chat, workflow.")]
    WrongMode,
    /// Nobody saved a draft yet.
    #[error("Draft workflow need to be initialized.")]
    DraftMissing,
    /// Somebody else has saved meanwhile.
    #[error(transparent)]
    NotInSync(#[from] NotInSync),
    /// A draft that must not be saved or published so.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Features of the wrong shape.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A graph that cannot run.
    #[error("{0}")]
    Graph(#[from] GraphError),
    /// A variable that is none.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// There is no such version.
    #[error("Workflow not found.")]
    VersionNotFound,
    /// A draft cannot be deleted.
    #[error("Cannot delete draft workflow versions")]
    DraftStays,
    /// The version that runs cannot be deleted.
    #[error("Cannot delete workflow that is currently published")]
    PublishedStays,
    /// A change without anything in it.
    #[error("No valid fields to update")]
    NothingToUpdate,
    /// Only one's own versions can be asked for.
    #[error("You don't have the permission to access the requested resource.")]
    OthersVersions,
    /// A classic app without its configuration.
    #[error("Missing app configuration, please check.")]
    ConfigMissing,
    /// An app with a graph, of which there is no draft to export.
    #[error("Missing draft workflow configuration, please check.")]
    NothingToExport,
    /// What an app file says is wrong. Only where an app is copied; imports answer with an outcome.
    #[error(transparent)]
    File(#[from] ImportError),
    /// Another reason why a file becomes no app.
    #[error("{0}")]
    Refused(String),
    /// A part of the look of a site that cannot be.
    #[error("{0}")]
    Site(&'static str),
    /// Nothing is published, so that nothing can run.
    #[error("App unavailable, please check your app configurations.")]
    NotPublished,
    /// Programs may not run it.
    #[error("service_api_disabled")]
    ApiDisabled,
    /// Its workspace is not in use.
    #[error("workspace unavailable")]
    WorkspaceArchived,
    /// The caller is not a member of its workspace.
    #[error("workspace not found")]
    NotAMember,
    /// The caller's role does not suffice.
    #[error("insufficient role")]
    RoleInsufficient,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for AppError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for AppError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound | Self::WrongMode => Class::not_found("app_not_found"),
            Self::DraftMissing => Class::not_found("draft_workflow_not_exist"),
            Self::NotInSync(_) => Class::conflict("draft_workflow_not_sync"),
            Self::Draft(_)
            | Self::Features(_)
            | Self::Graph(_)
            | Self::Variable(_)
            | Self::File(_)
            | Self::Refused(_)
            | Self::Site(_) => Class::invalid("invalid_param"),
            Self::VersionNotFound | Self::NothingToExport | Self::NotAMember => {
                Class::not_found("not_found")
            }
            Self::DraftStays
            | Self::PublishedStays
            | Self::NothingToUpdate
            | Self::ConfigMissing => Class::invalid("bad_request"),
            Self::NotPublished => Class::invalid("app_unavailable"),
            Self::OthersVersions => Class::forbidden("forbidden"),
            Self::ApiDisabled => Class::forbidden("forbidden").because("service_api_disabled"),
            Self::WorkspaceArchived => {
                Class::forbidden("forbidden").because("workspace_unavailable")
            }
            Self::RoleInsufficient => Class::forbidden("forbidden").because("role_insufficient"),
            Self::Unavailable(error) => error.class(),
        }
    }
}
