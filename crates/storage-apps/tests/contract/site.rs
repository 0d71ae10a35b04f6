//! `site`: what is written is read back, nulls too.

use gatewright_domain::ids::{AccountId, WorkspaceId};
use gatewright_storage_apps::site::{self, Look, Site};

use crate::ground::{Ground, id, minutes};

#[tokio::test]
async fn site_of_an_app_is_read_back_as_written_and_changed() {
    let ground = Ground::new().await;
    let app = ground.app(WorkspaceId(id()), "app", "chat", 0).await;
    let mut conn = ground.conn().await;
    assert_eq!(site::find(&mut conn, app.id).await.unwrap(), None);
    let mut made = Site {
        id: id(),
        app: app.id,
        look: Look {
            title: "T".to_owned(),
            icon_type: Some("emoji".to_owned()),
            icon: Some("🤖".to_owned()),
            icon_background: None,
            description: Some("d".to_owned()),
            default_language: "en-US".to_owned(),
            chat_color_theme: None,
            chat_color_theme_inverted: true,
            copyright: None,
            privacy_policy: None,
            show_workflow_steps: false,
            use_icon_as_answer_icon: true,
            custom_disclaimer: Some(String::new()),
            customize_token_strategy: "must".to_owned(),
            prompt_public: true,
            embed_origins: Some("https://a.example".to_owned()),
            remote_pictures: Some(true),
        },
        code: "0123456789abcdef".to_owned(),
        customize_domain: None,
        created_by: app.created_by,
        created_at: minutes(0),
        updated_by: None,
        updated_at: minutes(0),
    };
    site::insert(&mut conn, &made).await.unwrap();
    assert_eq!(
        site::find(&mut conn, app.id).await.unwrap(),
        Some(made.clone())
    );
    made.look.description = None;
    made.look.embed_origins = None;
    made.look.remote_pictures = Some(false);
    made.code = "fedcba9876543210".to_owned();
    made.updated_by = Some(AccountId(id()));
    made.updated_at = minutes(1);
    site::update(&mut conn, &made).await.unwrap();
    assert_eq!(site::find(&mut conn, app.id).await.unwrap(), Some(made));
}
