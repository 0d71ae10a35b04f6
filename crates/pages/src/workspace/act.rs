//! What the forms of `/workspace` do. The rules are those of the use-cases; a page only asks.

use actix_web::http::StatusCode;
use gatewright_domain::{
    Classify as _,
    account::Account,
    error::Unavailable,
    ids::{AccountId, ApiKeyId, WorkspaceId},
    member::{Capability, MemberRefusal},
    workspace::{MemberWorkspace, Role},
};
use gatewright_usecase_identity::member::{
    GuestOutcome, GuestResult, Guests, MemberError, Members,
};
use gatewright_usecase_workspace::workspace::{Actor, ApiKeyError, ApiKeys, KeyScope, Workspaces};

use crate::mailed_code::Problem;
use gatewright_http_identity::input::WorkspaceName;
use gatewright_http_kit::extract::RequestCtx;
use gatewright_pages_kit::{
    form::{PageForm, message, status_of},
    page::{MessagePage, Page, PageLanguage},
};
use serde::Deserialize;

/// Addresses in one form.
const MAX_EMAILS: usize = 100;

/// The form with a new name for the workspace.
#[derive(Debug, Deserialize)]
struct Rename {
    name: WorkspaceName,
}

/// Where somebody stands, with everything that can be done there.
pub(super) struct Desk<'a> {
    pub(super) members: &'a Members,
    pub(super) api_keys: &'a ApiKeys,
    pub(super) workspaces: &'a Workspaces,
    pub(super) ctx: &'a RequestCtx,
    pub(super) account: &'a Account,
    pub(super) here: &'a MemberWorkspace,
}

/// What it came to.
pub(super) enum Done {
    /// A word of [`super::flash`].
    Flash(&'static str),
    /// They belong to it no more.
    Left,
    /// Something that is told once, here.
    Told(MessagePage),
}

/// Why it was not done.
pub(super) enum Refusal {
    Because(Problem),
    Unavailable(Unavailable),
}

impl Refusal {
    fn of_member(language: PageLanguage, error: MemberError) -> Self {
        match error {
            MemberError::Unavailable(error) => Self::Unavailable(error),
            other => Self::Because((
                status_of(&other),
                message(language, other.code(), &other.to_string()),
            )),
        }
    }

    fn of_key(language: PageLanguage, error: ApiKeyError) -> Self {
        let (status, code) = match &error {
            ApiKeyError::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ApiKeyError::TooManyKeys => (StatusCode::BAD_REQUEST, "too_many_keys"),
            ApiKeyError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, ""),
        };
        match error {
            ApiKeyError::Unavailable(error) => Self::Unavailable(error),
            other => Self::Because((status, message(language, code, &other.to_string()))),
        }
    }

    fn invalid(text: String) -> Self {
        Self::Because((StatusCode::BAD_REQUEST, text))
    }
}

/// Does what a form asks for.
pub(super) async fn act(desk: &Desk<'_>, sent: &PageForm) -> Result<Done, Refusal> {
    match sent.value("kind") {
        "rename" => desk.rename(sent).await,
        "switch" => desk.switch(sent).await,
        "invite" => desk.invite(sent).await,
        "leave" => desk.leave(sent).await,
        "role" | "remove" => desk.change_member(sent).await,
        "key" | "unkey" => desk.change_key(sent).await,
        _ => Ok(Done::Flash("stale")),
    }
}

impl Desk<'_> {
    async fn rename(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let input: Rename = sent.read().map_err(Refusal::invalid)?;
        self.members
            .rename(self.ctx, self.here.id, self.account.id, &input.name)
            .await
            .map_err(|error| Refusal::of_member(sent.language, error))?;
        Ok(Done::Flash("saved"))
    }

    async fn switch(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let Ok(id) = sent.value("id").parse::<WorkspaceId>() else {
            return Ok(Done::Flash("stale"));
        };
        let switched = self.workspaces.switch(self.ctx, self.account.id, id).await;
        let switched = switched.map_err(Refusal::Unavailable)?;
        Ok(Done::Flash(switched.map_or("stale", |_| "switched")))
    }

    /// What the use-case leaves to its caller, or would say of each address.
    fn require(&self, language: PageLanguage, what: Capability) -> Result<(), Refusal> {
        if self.here.role.may(what) {
            return Ok(());
        }
        let error = MemberRefusal::NotPermitted.into();
        Err(Refusal::of_member(language, error))
    }

    async fn invite(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let language = sent.language;
        self.require(language, Capability::ManageMembers)?;
        let separated = sent
            .value("emails")
            .split([',', ';', ' ', '\n', '\r', '\t']);
        let emails: Vec<String> = separated
            .filter(|email| !email.is_empty())
            .map(str::to_owned)
            .collect();
        if emails.is_empty() || emails.len() > MAX_EMAILS {
            let text = language.t(
                "Enter 1 to 100 email addresses.",
                "请填写 1 至 100 个邮箱地址。",
            );
            return Err(Refusal::invalid(text.to_owned()));
        }
        let refuse = |error| Refusal::of_member(language, error);
        let role = sent.value("role").parse();
        let guests = Guests {
            emails: &emails,
            role: role.map_err(|_| refuse(MemberError::InvalidRole))?,
            language: Some(language.tag()),
        };
        let members = self.members;
        let results = members.invite_all(self.ctx, self.here.id, self.account, &guests);
        Ok(Done::Told(invited(
            language,
            results.await.map_err(refuse)?,
        )))
    }

    async fn leave(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let left = self.members.leave(self.ctx, self.here.id, self.account.id);
        left.await
            .map_err(|error| Refusal::of_member(sent.language, error))?;
        Ok(Done::Left)
    }

    async fn change_member(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let refuse = |error| Refusal::of_member(sent.language, error);
        let target: Result<AccountId, _> = sent.value("id").parse();
        let target = target.map_err(|_| refuse(MemberError::NotFound))?;
        let (workspace, actor) = (self.here.id, self.account.id);
        if sent.value("kind") == "remove" {
            let removed = self.members.remove(self.ctx, workspace, actor, target);
            removed.await.map_err(refuse)?;
            return Ok(Done::Flash("removed"));
        }
        let role: Result<Role, _> = sent.value("role").parse();
        let role = role.map_err(|_| refuse(MemberError::InvalidRole))?;
        let changed = self
            .members
            .change_role(self.ctx, workspace, actor, target, role);
        match changed.await {
            // What is asked for is so.
            Ok(()) | Err(MemberError::Refused(MemberRefusal::SameRole)) => Ok(Done::Flash("saved")),
            Err(error) => Err(refuse(error)),
        }
    }

    async fn change_key(&self, sent: &PageForm) -> Result<Done, Refusal> {
        let language = sent.language;
        self.require(language, Capability::DeleteApiKeys)?;
        let refuse = |error| Refusal::of_key(language, error);
        let (actor, scope) = (
            Actor {
                workspace: self.here.id,
                account: self.account.id,
            },
            KeyScope::Knowledge,
        );
        if sent.value("kind") == "unkey" {
            let id: Result<ApiKeyId, _> = sent.value("id").parse();
            let id = id.map_err(|_| refuse(ApiKeyError::NotFound))?;
            let deleted = self.api_keys.delete(self.ctx, actor, scope, id);
            deleted.await.map_err(refuse)?;
            return Ok(Done::Flash("removed"));
        }
        let made = self
            .api_keys
            .create(self.ctx, actor, self.account, scope)
            .await;
        let (_, key) = made.map_err(refuse)?;
        let page = Page::new(language, "New API key", "新 API 密钥");
        let once = language.t(
            "Copy this key now. It will not be shown again.",
            "请立即复制此密钥，它不会再次显示。",
        );
        let mut told = MessagePage::saying(page, once.to_owned());
        told.lines.push(key.expose().to_owned());
        told.links = back_here(language);
        Ok(Done::Told(told))
    }
}

fn back_here(language: PageLanguage) -> Vec<(String, String)> {
    let label = language.t("Back to workspace", "返回工作空间");
    vec![(label.to_owned(), "/workspace".to_owned())]
}

/// What became of each address; the link where no mail takes it there.
fn invited(language: PageLanguage, results: Vec<GuestResult>) -> MessagePage {
    let line = |one: GuestResult| {
        let sent = language.t("invitation sent", "邀请已发送");
        let outcome = match one.outcome {
            GuestOutcome::Failed(problem) => problem,
            GuestOutcome::Invited(Some(url)) => url,
            GuestOutcome::Invited(None) => sent.to_owned(),
            GuestOutcome::Member => language.t("already a member", "已是成员").to_owned(),
        };
        format!("{}: {outcome}", one.email)
    };
    MessagePage {
        page: Page::new(language, "Invitations", "邀请结果"),
        lines: results.into_iter().map(line).collect(),
        button: None,
        links: back_here(language),
    }
}
