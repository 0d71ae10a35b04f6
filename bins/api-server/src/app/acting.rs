//! On whose behalf a command acts in a workspace: the one that it names, or the one that can only be meant.

use anyhow::{Context as _, bail};
use gatewright_domain::{
    account::AccountStatus,
    ids::{AccountId, WorkspaceId},
    member::Capability,
    text::visible_name,
    workspace::Role,
};

use super::Desk;

/// Workspaces that an error names, at most.
const NAMED: u16 = 10;

/// Somebody in a workspace.
#[derive(Debug, Clone)]
pub(super) struct ActingMember {
    pub(super) workspace: WorkspaceId,
    pub(super) id: AccountId,
    pub(super) name: String,
    pub(super) email: String,
}

impl Desk {
    /// The member that a command acts for: the one whose address it names, or else the owner.
    pub(super) async fn acting(
        &self,
        workspace: Option<WorkspaceId>,
        what: Capability,
    ) -> anyhow::Result<ActingMember> {
        let workspace = match workspace.or(self.whom.workspace) {
            Some(workspace) => workspace,
            None => self.only_workspace().await?,
        };
        let members = self.services.members.list(workspace).await?;
        let is_meant = |email: &str, role: Role| match &self.whom.account {
            Some(named) => email.eq_ignore_ascii_case(named.as_str()),
            None => role == Role::Owner,
        };
        let found = members
            .into_iter()
            .find(|one| is_meant(&one.email, one.role));
        let member = found.with_context(|| match &self.whom.account {
            Some(named) => format!(
                "{} is not a member of workspace {workspace}",
                named.as_str()
            ),
            None => format!("there is no workspace {workspace}"),
        })?;
        if member.status != AccountStatus::Active {
            bail!("{}: this account is not active", member.email);
        }
        if !member.role.may(what) {
            bail!(
                "{} may not do that in workspace {workspace}: name somebody else with --account EMAIL",
                member.email
            );
        }
        Ok(ActingMember {
            workspace,
            id: member.id,
            name: member.name,
            email: member.email,
        })
    }

    async fn only_workspace(&self) -> anyhow::Result<WorkspaceId> {
        let all = self.services.apps.homes(NAMED).await?;
        match all.as_slice() {
            [] => bail!(
                "there is no workspace yet: set the installation up in a browser, or run `api-server admin create-account EMAIL`"
            ),
            [(only, _)] => Ok(*only),
            several => {
                let line =
                    |(id, name): &(WorkspaceId, String)| format!("  {id}  {}", visible_name(name));
                let lines: Vec<String> = several.iter().map(line).collect();
                bail!(
                    "there are several workspaces: say which with --workspace ID.\n{}",
                    lines.join("\n")
                )
            }
        }
    }
}
