//! Making accounts with a workspace of their own: at registration, however that came about.

use chrono::TimeDelta;
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, MembershipId, WorkspaceId},
    language::Language,
    text::visible_name,
};
use gatewright_storage_identity::{account, invitation, workspace};
use gatewright_storage_kit::{StorageError, Tx};

use gatewright_usecase_kit::{Ambient, Ctx, record};

/// How long an invitation of before is left open for whoever turns out to have an account.
const LEFT_OPEN: TimeDelta = TimeDelta::hours(72);

/// Somebody new.
pub(crate) struct Newcomer<'a> {
    pub(crate) name: &'a str,
    /// In lower case; the caller holds its lock and knows that it is free.
    pub(crate) email: &'a str,
    /// A PHC string.
    pub(crate) password: Option<&'a str>,
    pub(crate) language: Option<&'a str>,
    pub(crate) timezone: Option<&'a str>,
}

/// Whether strangers may come and have a workspace.
pub(crate) fn may_come(settings: &ConsoleSettings) -> bool {
    settings.allow_register && settings.allow_create_workspace
}

/// Makes the account. One that was made for an invitation and never used makes way.
pub(crate) async fn create(
    tx: &mut Tx,
    ambient: &Ambient,
    ctx: &Ctx,
    newcomer: &Newcomer<'_>,
) -> Result<AccountId, StorageError> {
    let left = (ctx.now, ctx.now + LEFT_OPEN);
    invitation::dissolve_unused(tx, newcomer.email, left).await?;
    let id = AccountId::generate(ambient.ids.as_ref());
    let language = Language::or_default(newcomer.language);
    let name = seen_name(newcomer);
    let new = account::NewAccount {
        id,
        name: &name,
        email: newcomer.email,
        password: newcomer.password,
        language: language.tag,
        timezone: newcomer.timezone.unwrap_or(language.timezone),
        ip: &ctx.address.to_string(),
        status: AccountStatus::Active,
        at: ctx.now,
    };
    account::insert(tx, new).await?;
    Ok(id)
}

/// The name as it is seen; when nothing of it is, what stands before the `@`.
fn seen_name(newcomer: &Newcomer<'_>) -> String {
    let name = visible_name(newcomer.name);
    let local = newcomer.email.split('@').next().unwrap_or_default();
    if name.is_empty() {
        local.to_owned()
    } else {
        name
    }
}

/// Makes the account and its workspace, both or neither.
pub(crate) async fn settle(
    tx: &mut Tx,
    ambient: &Ambient,
    ctx: &Ctx,
    newcomer: &Newcomer<'_>,
) -> Result<AccountId, StorageError> {
    let id = create(tx, ambient, ctx, newcomer).await?;
    found_workspace(tx, ambient, ctx, (id, &seen_name(newcomer))).await?;
    Ok(id)
}

/// Makes a workspace that belongs to an account.
pub(crate) async fn found_workspace(
    tx: &mut Tx,
    ambient: &Ambient,
    ctx: &Ctx,
    (owner, owner_name): (AccountId, &str),
) -> Result<WorkspaceId, StorageError> {
    let ids = ambient.ids.as_ref();
    let (id, membership) = (WorkspaceId::generate(ids), MembershipId::generate(ids));
    let name = format!("{owner_name}'s Workspace");
    workspace::insert_with_owner(tx, id, &name, (membership, owner), ctx.now).await?;
    let event = AuditEvent::new(AuditAction::WorkspaceCreated)
        .by(owner)
        .within(Some(id));
    record(tx, ambient, ctx, event).await?;
    Ok(id)
}
