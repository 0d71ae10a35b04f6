//! Who did something, as owners of apps are told: an account, or an end user, as far as they are still there.

use diesel::{
    QueryableByName,
    sql_types::{Bool, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

/// An account that did something.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct By {
    /// Primary key of `accounts`.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub account_id: Option<Uuid>,
    /// As people see it.
    #[diesel(sql_type = Nullable<Text>)]
    pub account_name: Option<String>,
    /// The account's address.
    #[diesel(sql_type = Nullable<Text>)]
    pub account_email: Option<String>,
}

/// The columns of [`By`] in a statement whose `a` is `accounts`.
macro_rules! account_columns {
    () => {
        "a.id AS account_id, a.name AS account_name, a.email AS account_email"
    };
}

/// An end user who did something.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ByUser {
    /// Primary key of `end_users`.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<Uuid>,
    /// `service-api`, `browser`, …
    #[diesel(sql_type = Nullable<Text>)]
    pub user_type: Option<String>,
    /// Whether nobody in particular.
    #[diesel(sql_type = Nullable<Bool>)]
    pub user_is_anonymous: Option<bool>,
    /// The caller's name for the end user.
    #[diesel(sql_type = Nullable<Text>)]
    pub user_session: Option<String>,
}

/// The columns of [`ByUser`] in a statement whose `e` is `end_users`.
macro_rules! user_columns {
    () => {
        "e.id AS user_id, e.type AS user_type, e.is_anonymous AS user_is_anonymous, e.session_id AS user_session"
    };
}

pub(crate) use {account_columns, user_columns};
