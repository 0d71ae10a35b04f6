//! What the table of routes says is there, asked of a running server: `OPTIONS` lists the methods of a path.

use reqwest::Method;

use super::table::rows;
use crate::support::{Answer, Harness};

#[actix_web::test]
async fn every_built_route_answers() {
    let h = Harness::start().await;
    let mut missing = vec![];
    for row in rows().into_iter().filter(super::table::Row::is_there) {
        let url = format!("{}{}", h.url, concrete(&row.path));
        let asked = h.http.request(Method::OPTIONS, url).send().await.unwrap();
        let answer = Answer::read(asked).await;
        let methods = answer.header("allow");
        let allows = methods.split(", ").any(|method| method == row.method);
        if answer.status != 200 || !allows {
            missing.push(format!("{} {methods:?}: {}", answer.status, row.line));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The path with something in place of its parameters.
fn concrete(path: &str) -> String {
    let parts = path.split('{').enumerate().map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => format!("x{}", part.split_once('}').map_or("", |(_, rest)| rest)),
    });
    parts.collect()
}
