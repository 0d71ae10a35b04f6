//! What newer web consoles call permissions: names of what a role may do, from which they decide what to
//! show. Nothing here enforces; `member::Capability` does, for what exists.

use crate::workspace::Role;

/// In a workspace, for every member.
const WORKSPACE_NORMAL: &[&str] = &[
    "api_extension.manage",
    "plugin.install",
    "credential.use",
    "app_library.access",
];
const WORKSPACE_DATASET_OPERATOR: &[&str] = &[
    "plugin.install",
    "dataset.create_and_management",
    "dataset.external.connect",
];
const WORKSPACE_EDITOR: &[&str] = &[
    "api_extension.manage",
    "plugin.install",
    "credential.use",
    "app_library.access",
    "app.create_and_management",
    "app.tag.manage",
    "dataset.create_and_management",
    "dataset.tag.manage",
    "dataset.external.connect",
    "snippets.create_and_modify",
    "tool.manage",
    "agent.manage",
];
const WORKSPACE_ADMIN: &[&str] = &[
    "workspace.member.manage",
    "workspace.role.manage",
    "data_source.manage",
    "api_extension.manage",
    "customization.manage",
    "plugin.install",
    "plugin.plugin_preferences",
    "plugin.model_config",
    "plugin.delete",
    "plugin.debug",
    "credential.use",
    "credential.create",
    "credential.manage",
    "app_library.access",
    "app.create_and_management",
    "app.tag.manage",
    "dataset.create_and_management",
    "dataset.tag.manage",
    "dataset.external.connect",
    "dataset.api_key.manage",
    "snippets.create_and_modify",
    "snippets.management",
    "tool.manage",
    "mcp.manage",
    "agent.manage",
];
/// What the owner may beyond administrators.
const WORKSPACE_OWNER: &[&str] = &["app.acl.preview", "dataset.acl.preview"];

const APP_NORMAL: &[&str] = &["app.acl.monitor"];
const APP_EDITOR: &[&str] = &[
    "app.acl.preview",
    "app.acl.view_layout",
    "app.acl.test_and_run",
    "app.acl.edit",
    "app.acl.import_export_dsl",
    "app.acl.delete",
    "app.acl.release_and_version",
    "app.acl.monitor",
    "app.acl.access_config",
    "app.acl.log_and_annotation",
];
/// What administrators may beyond editors.
const APP_ADMIN: &[&str] = &["app.acl.tracing_config"];

const DATASET_OPERATOR: &[&str] = &[
    "dataset.acl.readonly",
    "dataset.acl.edit",
    "dataset.acl.import_export_dsl",
    "dataset.acl.pipeline_test",
    "dataset.acl.document_download",
    "dataset.acl.retrieval_recall",
    "dataset.acl.use",
    "dataset.acl.delete_file",
    "dataset.acl.pipeline_release",
];
/// What editors may beyond dataset operators.
const DATASET_EDITOR: &[&str] = &["dataset.acl.preview"];
/// What administrators may beyond editors.
const DATASET_ADMIN: &[&str] = &[
    "dataset.acl.delete",
    "dataset.acl.access_config",
    "dataset.api_key.manage",
];

/// Keys of a role, in no particular order.
pub type Keys = Vec<&'static str>;

impl Role {
    /// What it may in its workspace.
    pub fn workspace_keys(self) -> Keys {
        match self {
            Self::Owner => [WORKSPACE_ADMIN, WORKSPACE_OWNER].concat(),
            Self::Admin => WORKSPACE_ADMIN.to_vec(),
            Self::Editor => WORKSPACE_EDITOR.to_vec(),
            Self::Normal => WORKSPACE_NORMAL.to_vec(),
            Self::DatasetOperator => WORKSPACE_DATASET_OPERATOR.to_vec(),
        }
    }

    /// What it may with every application.
    pub fn app_keys(self) -> Keys {
        match self {
            Self::Owner | Self::Admin => [APP_EDITOR, APP_ADMIN].concat(),
            Self::Editor => APP_EDITOR.to_vec(),
            Self::Normal => APP_NORMAL.to_vec(),
            Self::DatasetOperator => vec![],
        }
    }

    /// What it may with all knowledge.
    pub fn dataset_keys(self) -> Keys {
        match self {
            Self::Owner | Self::Admin => [DATASET_OPERATOR, DATASET_EDITOR, DATASET_ADMIN].concat(),
            Self::Editor => [DATASET_OPERATOR, DATASET_EDITOR].concat(),
            Self::DatasetOperator => DATASET_OPERATOR.to_vec(),
            Self::Normal => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Capability;

    #[test]
    fn permission_keys_are_unique_and_higher_roles_include_lower_ones() {
        for role in Role::ALL {
            for mut keys in [role.workspace_keys(), role.app_keys(), role.dataset_keys()] {
                let all = keys.len();
                keys.sort_unstable();
                keys.dedup();
                assert_eq!(keys.len(), all, "{role:?}");
            }
        }
        let of =
            |role: Role| [role.workspace_keys(), role.app_keys(), role.dataset_keys()].concat();
        for (more, less) in [
            (Role::Owner, Role::Admin),
            (Role::Admin, Role::Editor),
            (Role::Editor, Role::Normal),
        ] {
            let more = of(more);
            assert!(of(less).iter().all(|key| more.contains(key)), "{less:?}");
        }
        assert_eq!(Role::Owner.workspace_keys().len(), 27);
        assert_eq!(
            (
                Role::Owner.app_keys().len(),
                Role::Owner.dataset_keys().len()
            ),
            (11, 13)
        );
    }

    /// A console must not show what is refused.
    #[test]
    fn permission_keys_agree_with_capabilities() {
        for role in Role::ALL {
            let keys = role.workspace_keys();
            let manages = keys.contains(&"workspace.member.manage");
            assert_eq!(manages, role.may(Capability::ManageMembers), "{role:?}");
            let tags = keys.contains(&"app.tag.manage");
            assert!(!tags || role.may(Capability::EditTags), "{role:?}");
        }
    }
}
