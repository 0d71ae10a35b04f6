//! From requests to typed input. Order matters (an unauthenticated malformed request is 401), so
//! what must come first is part of a handler's type: see [`Then`].

mod bearer;
mod body;
mod context;
mod format;
mod member;
mod multipart;
mod path_id;
mod query;
mod session;
mod then;

pub use bearer::{
    AnySubject, AppsReadScope, AppsRunScope, FullScope, Require, WorkspaceReadScope,
    WorkspaceWriteScope, presented,
};
pub use body::{Body, Unreadable, form_pairs};
pub use context::RequestCtx;
pub use format::{
    ApiFormat, BodyFormat, BootstrapFormat, ConsoleFormat, DecisionFormat, PollFormat,
    ProtocolFormat, ServiceFormat, SsoFormat,
};
pub use member::{
    AdministersApps, ChangesWorkspace, CreatesKeys, DeletesKeys, DeletesTags, EditsApps, EditsTags,
    InWorkspace, ManagesMembers, Needed, OwnsWorkspace, ReadsAudit, WorkspaceMember,
};
pub use multipart::{FilePart, UploadFields, UploadForm, UploadProblem};
pub use path_id::PathId;
pub use query::{Query, query_pairs, read_query};
pub use session::{
    AnyAccount, Decider, LeavingSession, MaybeSignedIn, SEVERAL_SESSIONS, SignedIn, approval_grant,
    check_csrf_token, comes_from_own_page, csrf_cookie, every_session, is_browser, is_navigation,
    peek_account, peek_session, receipt, resolve_session,
};
pub use then::Then;
