//! Public addresses, and what is refused as one.

use super::*;
use gatewright_domain::settings::Settings as _;

fn urls(api: &str, web: &str, domain: &str) -> Result<PublicUrls, SettingError> {
    PublicUrls::load(&|name: &str| {
        let value = match name {
            "CONSOLE_API_URL" => api,
            "CONSOLE_WEB_URL" => web,
            "COOKIE_DOMAIN" => domain,
            _ => return None,
        };
        Some(value.to_owned())
    })
}

#[test]
fn f1_verification_uri_comes_from_settings_or_not_at_all() {
    let uri = |api, web| urls(api, web, "").unwrap().verification_uri();
    assert_eq!(
        uri("https://API.example/", "https://web.example/x/"),
        Ok("https://web.example/x/device".into())
    );
    assert_eq!(
        uri("https://API.example//", ""),
        Ok("https://api.example/device".into())
    );
    assert_eq!(uri("", ""), Err(OriginUnset));
}

#[test]
fn device_page_beside_a_console_needs_the_console_s_origin() {
    let load = |api: &'static str, web: &'static str| {
        PublicUrls::load(&|name: &str| match name {
            "CONSOLE_API_URL" => Some(api.to_owned()),
            "CONSOLE_WEB_URL" => Some(web.to_owned()),
            "GATEWRIGHT_OWN_DEVICE_PAGE" => Some("true".to_owned()),
            _ => None,
        })
    };
    let beside = load("https://dify.example", "https://dify.example").unwrap();
    assert!(beside.has_own_device_page() && !beside.has_own_pages());
    assert!(load("https://dify.example", "").is_ok());
    for web in ["https://web.dify.example", "https://dify.example/console"] {
        let error = load("https://dify.example", web).unwrap_err();
        assert_eq!(error.name, "GATEWRIGHT_OWN_DEVICE_PAGE", "{web}");
    }
}

#[test]
fn invalid_url_setting_is_named_in_the_error() {
    for bad in [
        "dify.example.com",
        "ftp://x",
        "https://",
        "https://a b",
        "https://u@h",
        "http://:80",
    ] {
        let error = urls(bad, "", "").unwrap_err();
        assert_eq!(error.name, "CONSOLE_API_URL", "{bad}");
    }
}

#[test]
fn sec_128_cookie_domain_must_be_a_parent_of_the_hosts() {
    assert!(
        urls(
            "https://api.example.com",
            "https://web.example.com",
            ".example.com"
        )
        .is_ok()
    );
    assert!(
        urls(
            "https://api.example.com",
            "https://web.other.org",
            "example.com"
        )
        .is_err()
    );
    assert!(urls("https://notexample.com", "", "example.com").is_err());
    assert!(urls("https://api.com", "", "com").is_err());
}

#[test]
fn d3_path_of_console_api_url_stops_the_start_where_our_pages_are_served() {
    let error = urls("https://a.example.com/dify/", "", "").unwrap_err();
    assert_eq!(error.name, "CONSOLE_API_URL");
    for part in ["`/dify`", "`https://a.example.com`", "CONSOLE_WEB_URL"] {
        assert!(error.problem.contains(part), "{error:?}");
    }
    assert!(urls("https://a.example.com//", "", "").is_ok());
    assert!(urls("https://a.example.com/dify", "https://w.example.com", "").is_ok());
}

#[test]
fn d3_page_of_a_console_below_a_path_of_our_own_origin_keeps_that_path() {
    let urls = urls("https://a.example.com", "https://a.example.com/web", "").unwrap();
    assert_eq!(urls.page("/signin"), "/web/signin");
}

#[test]
fn d1_domains_that_a_cookie_of_this_host_can_lie_under() {
    let of = |api, domain| urls(api, "", domain).unwrap().cookie_domains();
    assert_eq!(
        of("https://api.dify.example.com:8443", "example.com"),
        ["example.com", "api.dify.example.com", "dify.example.com"]
    );
    assert_eq!(of("https://example.com", ""), ["example.com"]);
    for none in [
        "http://127.0.0.1:5001",
        "http://[::1]:80",
        "http://localhost",
        "",
    ] {
        assert!(of(none, "").is_empty(), "{none}");
    }
}

#[test]
fn origin_and_host_of_a_url_are_parsed() {
    let urls = urls("http://127.0.0.1:5001", "", "").unwrap();
    assert!(urls.is_own_origin("http://127.0.0.1:5001"));
    assert!(!urls.is_own_origin("http://127.0.0.1"));
    assert!(!urls.is_https());
    assert_eq!(
        BaseUrl::parse_setting("http://[::1]:80/x").unwrap().host(),
        "::1"
    );
}
