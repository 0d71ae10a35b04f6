//! `sites`: how an app presents itself to its users, and the code in its address.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, AppId};
use uuid::Uuid;

use crate::schema::sites;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// How an app presents itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Primary key of `sites`.
    pub id: Uuid,
    /// Of which app.
    pub app: AppId,
    /// What changes by hand.
    pub look: Look,
    /// 16 characters: the part of the public address that nobody guesses.
    pub code: String,
    /// A host name of its own; none here.
    pub customize_domain: Option<String>,
    /// Who made it.
    pub created_by: Option<AccountId>,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// What changes by hand.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, AsChangeset, Insertable)]
#[diesel(table_name = sites, check_for_backend(Pg), treat_none_as_null = true)]
pub struct Look {
    /// The heading of the app's page.
    pub title: String,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// A character, the id of an uploaded file, or an address.
    pub icon: Option<String>,
    /// A colour of CSS.
    pub icon_background: Option<String>,
    /// Below the heading.
    pub description: Option<String>,
    /// A language tag, such as `en-US`.
    pub default_language: String,
    /// A colour of CSS.
    pub chat_color_theme: Option<String>,
    /// Whether dark and light change places.
    pub chat_color_theme_inverted: bool,
    /// Who has the rights.
    pub copyright: Option<String>,
    /// The address of the privacy policy.
    pub privacy_policy: Option<String>,
    /// Whether users see the nodes of a run.
    pub show_workflow_steps: bool,
    /// Whether answers show the icon.
    pub use_icon_as_answer_icon: bool,
    /// Below the input; at most 512 characters.
    pub custom_disclaimer: Option<String>,
    /// `must`, `allow` or `not_allow`.
    pub customize_token_strategy: String,
    /// Whether users see the prompt.
    pub prompt_public: bool,
    /// Origins whose pages may show the app's page in a frame, with commas between; none: as the installation has it.
    #[diesel(column_name = gatewright_embed_origins)]
    pub embed_origins: Option<String>,
    /// Whether answers on the page load pictures of other servers; none: they don't.
    #[diesel(column_name = gatewright_remote_pictures)]
    pub remote_pictures: Option<bool>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sites, check_for_backend(Pg))]
struct Row {
    id: Uuid,
    app_id: Uuid,
    #[diesel(embed)]
    look: Look,
    customize_domain: Option<String>,
    created_by: Option<Uuid>,
    created_at: NaiveDateTime,
    updated_by: Option<Uuid>,
    updated_at: NaiveDateTime,
    code: Option<String>,
}

impl From<Row> for Site {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            app: AppId(row.app_id),
            look: row.look,
            code: row.code.unwrap_or_default(),
            customize_domain: row.customize_domain,
            created_by: row.created_by.map(AccountId),
            created_at: row.created_at.and_utc(),
            updated_by: row.updated_by.map(AccountId),
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// The site of an app.
pub async fn find(conn: &mut Conn, app: AppId) -> Result<Option<Site>, StorageError> {
    let row: Option<Row> = sites::table
        .filter(sites::app_id.eq(app.0))
        .order((sites::created_at, sites::id))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Site::from))
}

/// Adds the site of a new app.
pub async fn insert(conn: &mut Conn, site: &Site) -> Result<(), StorageError> {
    diesel::insert_into(sites::table)
        .values((
            sites::id.eq(site.id),
            sites::app_id.eq(site.app.0),
            &site.look,
            sites::status.eq("normal"),
            sites::code.eq(&site.code),
            sites::created_by.eq(site.created_by.map(|id| id.0)),
            sites::created_at.eq(to_column(site.created_at)),
            sites::updated_by.eq(site.updated_by.map(|id| id.0)),
            sites::updated_at.eq(to_column(site.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Writes what can change. The caller holds the row of its app.
pub async fn update(conn: &mut Conn, site: &Site) -> Result<(), StorageError> {
    diesel::update(sites::table.find(site.id))
        .filter(sites::app_id.eq(site.app.0))
        .set((
            &site.look,
            sites::code.eq(&site.code),
            sites::updated_by.eq(site.updated_by.map(|id| id.0)),
            sites::updated_at.eq(to_column(site.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
