//! `/reference`: what the OpenAPI documents say, as pages. They come from the binary and load nothing.

mod operation;
mod schema;

use std::{collections::BTreeMap, sync::OnceLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Path, ServiceConfig, get},
};
use askama::Template;
use serde_json::Value;

use self::operation::{Documented, OperationPage};
use gatewright_http_kit::{
    documentation::Surface,
    operation::{Facts, bounded},
};
use gatewright_pages_kit::page::{MessagePage, Page, PageLanguage, show};
use utoipa::openapi::OpenApi;

/// A document, as JSON, with its operations.
struct Reference {
    surface: Surface,
    title: String,
    json: Value,
    operations: Vec<Documented>,
}

/// Makes a document.
pub type Document = fn(Surface) -> OpenApi;

/// Read when somebody first looks.
fn references(document: Document) -> &'static [Reference] {
    static ALL: OnceLock<Vec<Reference>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = |surface| Reference::new(surface, &document(surface));
        Surface::ALL.into_iter().map(read).collect()
    })
}

impl Reference {
    fn new(surface: Surface, document: &OpenApi) -> Self {
        let json = serde_json::to_value(document).unwrap_or_default();
        let title = json["info"]["title"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        Self {
            operations: operation::list(&json),
            surface,
            title,
            json,
        }
    }
}

/// A document in the list of them.
struct Entry {
    title: &'static str,
    path: String,
    count: usize,
}

#[derive(Template)]
#[template(path = "references.html")]
struct ReferencesPage {
    page: Page,
    entries: Vec<Entry>,
}

struct Chapter {
    file: &'static str,
    /// Operations by their kind.
    groups: BTreeMap<&'static str, Vec<&'static Documented>>,
}

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    page: Page,
    chapter: Chapter,
}

/// Registers the pages. They stand whether or not a web console is configured.
pub fn mount(config: &mut ServiceConfig, document: Document) {
    let of_page = |path: &str, route| bounded(route, path, Facts::STANDARD);
    let index = move |request| async move { index(&request, document) };
    config.route("/reference", of_page("/reference", get().to(index)));
    for surface in Surface::ALL {
        let path = format!("/reference/{}", surface.file_name());
        let file = move || async move { file(surface, document) };
        config.route(&path, of_page(&path, get().to(file)));
    }
    let one = move |name, request| async move { one(name, &request, document) };
    let path = "/reference/{operation}";
    config.route(path, of_page(path, get().to(one)));
}

fn index(request: &HttpRequest, document: Document) -> HttpResponse {
    let language = PageLanguage::of(request);
    let entries = references(document).iter().map(|reference| Entry {
        title: &reference.title,
        path: format!("/reference/{}", stem(reference.surface)),
        count: reference.operations.len(),
    });
    let page = ReferencesPage {
        page: Page::new(language, "API reference", "API 参考"),
        entries: entries.collect(),
    };
    show(StatusCode::OK, &page)
}

/// What a document is called in the address of its page.
fn stem(surface: Surface) -> &'static str {
    let file = surface.file_name();
    file.strip_suffix(".json").unwrap_or(file)
}

/// The operations of one document.
fn chapter(language: PageLanguage, reference: &'static Reference) -> HttpResponse {
    let chapter = Chapter {
        file: reference.surface.file_name(),
        groups: grouped(&reference.operations),
    };
    let page = Page::new(language, &reference.title, &reference.title);
    show(StatusCode::OK, &ReferencePage { page, chapter })
}

fn grouped(operations: &'static [Documented]) -> BTreeMap<&'static str, Vec<&'static Documented>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for operation in operations {
        let group = groups.entry(operation.group.as_str()).or_default();
        group.push(operation);
    }
    groups
}

fn one(name: Path<String>, request: &HttpRequest, document: Document) -> HttpResponse {
    let language = PageLanguage::of(request);
    let mut all = references(document).iter();
    if let Some(reference) = all.find(|one| stem(one.surface) == *name) {
        return chapter(language, reference);
    }
    let found = references(document).iter().find_map(|reference| {
        let mut all = reference.operations.iter();
        let known = all.find(|known| known.id == *name)?;
        Some(OperationPage::new(language, known, &reference.json))
    });
    match found {
        Some(page) => show(StatusCode::OK, &page),
        None => {
            let text = language.t("This operation does not exist.", "此接口不存在。");
            let page = Page::new(language, "API reference", "API 参考");
            let mut told = MessagePage::saying(page, text.to_owned());
            let all = language.t("All operations", "所有接口").to_owned();
            told.links.push((all, "/reference".to_owned()));
            show(StatusCode::NOT_FOUND, &told)
        }
    }
}

/// The document itself, for generators.
fn file(surface: Surface, document: Document) -> HttpResponse {
    let found = references(document)
        .iter()
        .find(|one| one.surface == surface);
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .json(found.map(|one| &one.json))
}
