//! `/reference`: every operation of the documents, as pages.

use gatewright_http::Surface;

use crate::support::Harness;

#[actix_web::test]
async fn api_reference_has_a_page_per_operation_without_external_resources() {
    let h = Harness::start().await;
    let index = h.get("/reference").await.expect(200);
    let (mut operations, mut largest) = (0, 0);
    let mut ids = std::collections::BTreeSet::new();
    for surface in Surface::ALL {
        let path = format!("/reference/{}", surface.file_name());
        let of_document = path.trim_end_matches(".json");
        assert!(index.body.contains(&format!("href=\"{of_document}\"")));
        let list = h.get(of_document).await.expect(200);
        assert!(list.body.len() < 50 * 1024, "{}", list.body.len());
        assert!(list.body.contains(&format!("href=\"{path}\"")));
        let document = h.get(&path).await.expect(200).json();
        let paths = document["paths"].as_object().unwrap();
        for operation in paths
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
        {
            let id = operation["operationId"].as_str().unwrap();
            // The documents share the names of pages.
            assert!(ids.insert(id.to_owned()), "{id} stands for two operations");
            let path = format!("/reference/{id}");
            assert!(list.body.contains(&format!("href=\"{path}\"")), "{id}");
            let page = h.get(&path).await.expect(200);
            assert!(
                page.header("content-security-policy")
                    .contains("default-src 'none'")
            );
            assert!(!page.body.contains("<script"));
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(status == "default" || page.body.contains(&format!("<h3>{status}</h3>")));
            }
            largest = largest.max(page.body.len());
            operations += 1;
        }
    }
    assert!(
        operations > 80 && largest < 50 * 1024,
        "{operations}, {largest}"
    );
    let unknown = h.get("/reference/%3Cb%3E").await.expect(404);
    assert!(!unknown.body.contains("<b>"));
}

#[actix_web::test]
async fn api_reference_page_shows_authentication_input_and_output() {
    let h = Harness::with(&[("CONSOLE_WEB_URL", "http://console.test")]).await;
    // With a web console elsewhere too.
    let page = h.get("/reference/device_code").await.expect(200);
    for said in [
        "<code>POST /openapi/v1/oauth/device/code</code>",
        "<code>client_id</code>",
        "<code>user_code</code>",
        "<h3>503</h3>",
        "curl -X POST &#34;$GATEWRIGHT/openapi/v1/oauth/device/code&#34;",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
}
