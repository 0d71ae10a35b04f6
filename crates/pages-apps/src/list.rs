//! `/apps`: the apps of the workspace, by name.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use gatewright_usecase_apps::{App, AppPage, Apps, Filter, Order, Page as Asked};

use super::{Visit, words};
use gatewright_pages_kit::{
    guard::{FlashQuery, flash},
    page::{Page, PageLanguage, show_app},
    pager::{Pager, ROWS},
};
use gatewright_run_form::{icon::emoji, problem};

/// From so many apps on, one may look for a name.
const MANY: u64 = 6;

struct Entry {
    path: String,
    name: String,
    /// A drawing that is a character; others are not shown.
    icon: Option<String>,
    kind: &'static str,
    description: String,
    is_published: bool,
}

#[derive(Template)]
#[template(path = "apps.html")]
struct ListPage {
    page: Page,
    workspace: String,
    /// What is looked for, where there are many apps.
    search: Option<String>,
    apps: Vec<Entry>,
    may_import: bool,
    more: Vec<(String, String)>,
}

/// Shows the list.
pub(super) async fn get(apps: Data<Apps>, from: FlashQuery, request: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&request).await {
        Ok(visit) => visit,
        Err(answer) => return answer,
    };
    let language = visit.language;
    let search = from.q.clone().unwrap_or_default();
    let (found, pager) = match read(&apps, &visit, &search, from.page()).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let is_long = found.total >= MANY || !search.is_empty();
    let shown = ListPage {
        page: flash(
            visit.page(language.t("Apps", "应用")),
            from.flash.as_deref(),
        ),
        workspace: visit.workspace.name.clone(),
        more: kept(pager.links(language), &search),
        search: is_long.then_some(search),
        apps: found
            .rows
            .into_iter()
            .map(|row| entry(language, row.app))
            .collect(),
        may_import: visit.sees_all(),
    };
    show_app(StatusCode::OK, &shown)
}

/// The page that was asked for, or the last one.
async fn read(
    apps: &Apps,
    visit: &Visit,
    search: &str,
    wanted: Option<usize>,
) -> Result<(AppPage, Pager), HttpResponse> {
    let filter = Filter {
        name: Some(search.trim().to_owned()).filter(|name| !name.is_empty()),
        order: Order::LastChangedFirst,
        ..Filter::default()
    };
    let page = async |number: usize| {
        let asked = Asked {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            limit: u32::from(ROWS),
        };
        let found = apps.list(visit.workspace.id, &filter, asked).await;
        found.map_err(|error| problem::of_run(visit.language, &error.into()))
    };
    let first = wanted.unwrap_or(1).max(1);
    let found = page(first).await?;
    let pager = Pager::new(
        Some(first),
        usize::try_from(found.total).unwrap_or_default(),
    );
    if pager.number() == first {
        return Ok((found, pager));
    }
    Ok((page(pager.number()).await?, pager))
}

/// The links of the pager, what is looked for kept.
fn kept(links: Vec<(String, String)>, search: &str) -> Vec<(String, String)> {
    let kept = serde_urlencoded::to_string([("q", search)]).unwrap_or_default();
    let links = links.into_iter();
    links
        .map(|(label, query)| (label, format!("{query}&{kept}")))
        .collect()
}

fn entry(language: PageLanguage, app: App) -> Entry {
    Entry {
        path: format!("/apps/{}", app.id),
        icon: emoji(app.icon.kind.as_deref(), app.icon.content.as_deref()),
        kind: words::mode(language, &app.mode),
        is_published: app.workflow_id.is_some() || app.model_config_id.is_some(),
        name: app.name,
        description: app.description,
    }
}
