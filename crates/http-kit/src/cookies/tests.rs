//! Names, attributes and what is cleared, by the one list.

use actix_web::{cookie::Cookie, test::TestRequest};
use gatewright_domain::settings::Settings as _;

use super::{held::SeveralVerify, *};

fn policy(api: &'static str, web: &'static str, domain: &'static str) -> CookiePolicy {
    let urls = PublicUrls::load(&move |name: &str| match name {
        "CONSOLE_API_URL" => Some(api.to_owned()),
        "CONSOLE_WEB_URL" => Some(web.to_owned()),
        "COOKIE_DOMAIN" => Some(domain.to_owned()),
        _ => None,
    });
    CookiePolicy::new(&urls.unwrap())
}

fn set(policy: &CookiePolicy, kind: &Kind) -> Cookie<'static> {
    policy.cookie(kind, "", "v".into(), Some(TimeDelta::hours(1)))
}

fn request(cookies: &[u8]) -> HttpRequest {
    TestRequest::default()
        .insert_header((
            "cookie",
            actix_web::http::header::HeaderValue::from_bytes(cookies).unwrap(),
        ))
        .to_http_request()
}

#[test]
fn sec_126_https_without_a_domain_gives_host_cookies() {
    let cookie = set(&policy("https://a.example.com", "", ""), &ACCESS);
    assert_eq!(cookie.name(), "__Host-access_token");
    assert_eq!(
        (cookie.secure(), cookie.domain(), cookie.path()),
        (Some(true), None, Some("/"))
    );
    let plain = set(&policy("http://a.example.com", "", ""), &ACCESS);
    assert_eq!(
        (plain.name(), plain.secure()),
        ("access_token", Some(false))
    );
    assert_eq!(set(&policy("", "", ""), &ACCESS).name(), "access_token");
}

#[test]
fn sec_127_cookie_domain_gives_plain_names_and_stays_secure() {
    let policy = policy(
        "https://api.example.com",
        "https://web.example.com",
        ".example.com",
    );
    let csrf = set(&policy, &CSRF);
    assert_eq!(
        (csrf.name(), csrf.domain(), csrf.secure()),
        ("csrf_token", Some("example.com"), Some(true))
    );
    assert_eq!(csrf.http_only(), Some(false), "the page reads it");
}

#[test]
fn refresh_and_browser_cookies_are_same_site_strict() {
    let policy = policy("https://a.example.com", "", "");
    for kind in ALL {
        let is_strict = [&REFRESH, &KNOWN_BROWSER].contains(&kind);
        let wanted = if is_strict {
            SameSite::Strict
        } else {
            SameSite::Lax
        };
        assert_eq!(set(&policy, kind).same_site(), Some(wanted), "{kind:?}");
    }
}

/// Over https without a domain every cookie of ours is bound to the host, but for those whose names
/// others know; and with a domain no proof of what this very browser did reaches beyond the host.
#[test]
fn d5_receipts_and_states_are_host_only_whatever_the_cookie_domain() {
    let policy = policy("https://api.example.com", "", "example.com");
    for kind in ALL {
        let cookie = set(&policy, kind);
        let reaches_far = cookie.domain().is_some();
        assert_eq!(reaches_far, kind.reach == Reach::Console, "{kind:?}");
        let is_bound = cookie.name().starts_with("__Host-");
        assert_eq!(is_bound, kind.reach == Reach::Host, "{kind:?}");
    }
    assert_eq!(
        policy
            .receipt("0123456789abcdef", "v".into(), TimeDelta::hours(1))
            .name(),
        "__Host-gatewright_lookup_0123456789ab"
    );
}

#[test]
fn d3_cookie_path_follows_the_path_of_the_api() {
    let policy = policy("https://a.example.com/dify", "https://w.example.com", "");
    let grant = set(&policy, &APPROVAL_GRANT);
    assert_eq!(grant.path(), Some("/dify/openapi/v1/oauth/device"));
}

#[test]
fn d2_cookie_that_is_not_utf8_hides_no_other_cookie() {
    let policy = policy("http://a.example.com", "", "");
    let request = request(b"theirs=caf\xe9; access_token=a; bad\xff=x;refresh_token = r ;;=;x");
    for (kind, value) in [(&ACCESS, "a"), (&REFRESH, "r")] {
        let one = policy.held(&request, kind).the_one(|_| false);
        assert_eq!(one, Ok(Some(value.to_owned())), "{kind:?}");
    }
}

#[test]
fn d1_cookies_of_one_name_yield_the_one_that_verifies_and_two_valid_are_refused() {
    let policy = policy("http://a.example.com", "", "");
    let the_one = |cookies: &str, good: &[&str]| {
        let held = policy.held(&request(cookies.as_bytes()), &ACCESS);
        held.the_one(|value| good.contains(&value))
    };
    let two = "access_token=a; access_token=b";
    assert_eq!(the_one(two, &["b"]), Ok(Some("b".into())));
    assert_eq!(the_one(two, &["a"]), Ok(Some("a".into())));
    assert_eq!(the_one(two, &["a", "b"]), Err(SeveralVerify));
    assert_eq!(
        the_one(two, &[]),
        Ok(Some("a".into())),
        "refused for what it is"
    );
    assert_eq!(
        the_one("access_token=a; access_token=a", &["a"]),
        Ok(Some("a".into()))
    );
    assert_eq!(the_one("access_token=", &[]), Ok(None));
    assert_eq!(
        the_one("access_token=x", &[]),
        Ok(Some("x".into())),
        "judged by who reads it"
    );
}

/// Names, domains and paths of what lies in a browser.
type Jar = std::collections::BTreeSet<(String, Option<String>, String)>;

fn key(cookie: &Cookie<'_>) -> (String, Option<String>, String) {
    (
        cookie.name().to_owned(),
        cookie.domain().map(str::to_owned),
        cookie.path().unwrap().to_owned(),
    )
}

/// Every configuration that an installation of this host may have had, one after the other.
fn configurations() -> Vec<CookiePolicy> {
    let (http, https) = (
        "http://api.dify.example.com",
        "https://api.dify.example.com",
    );
    [
        (http, ""),
        (http, "example.com"),
        (http, "api.dify.example.com"),
        (https, ""),
        (https, "example.com"),
        (https, "dify.example.com"),
        (https, "api.dify.example.com"),
    ]
    .map(|(api, domain)| policy(api, "", domain))
    .into()
}

/// Over https a page can take out everything; over http what only https can hold is out of reach, and
/// is not sent either.
#[test]
fn d1_sign_in_and_sign_out_clear_cookies_of_every_former_configuration() {
    for today in configurations() {
        let mut jar = Jar::new();
        let mut shown = vec![];
        for earlier in configurations()
            .iter()
            .filter(|one| today.secure || !one.secure)
        {
            for kind in ALL {
                let tail = if kind.is_many { "0123456789ab" } else { "" };
                let cookie = earlier.cookie(kind, tail, "v".into(), None);
                jar.insert(key(&cookie));
                if cookie.path() == Some("/") {
                    shown.push(format!("{}=v", cookie.name()));
                }
            }
        }
        let before = jar.len();
        assert!(before > 30 || !today.secure, "{before}");
        // What a request shows besides the session is cleared in portions: each answer stays short.
        for _ in 0..ALL.len() {
            let cleared = today.stale(&request(shown.join("; ").as_bytes()), true);
            assert!(cleared.len() < 56, "{}", cleared.len());
            for cookie in cleared {
                assert_eq!(cookie.max_age(), Some(Duration::ZERO));
                assert!(cookie.name().starts_with("__Host-") <= (cookie.secure() == Some(true)));
                jar.remove(&key(&cookie));
            }
            shown.retain(|pair| {
                jar.iter()
                    .any(|(name, ..)| pair.starts_with(&format!("{name}=")))
            });
        }
        for kind in ALL {
            let tail = if kind.is_many { "0123456789ab" } else { "" };
            let todays = key(&today.cookie(kind, tail, "v".into(), None));
            assert!(jar.contains(&todays), "a sign-in leaves {todays:?}");
            if kind.reach != Reach::Path {
                let name = format!("{}{tail}", kind.base);
                let others = jar
                    .iter()
                    .filter(|one| one.0.ends_with(&name) && **one != todays);
                assert_eq!(others.count(), 0, "{kind:?} of {today:?}: {jar:?}");
            }
        }
        let shown: Vec<String> = jar.iter().map(|(name, ..)| format!("{name}=v")).collect();
        for cookie in today.signed_out(&request(shown.join("; ").as_bytes())) {
            jar.remove(&key(&cookie));
        }
        let left: Vec<&str> = jar.iter().map(|(name, ..)| name.as_str()).collect();
        let known = today.name(&KNOWN_BROWSER, "");
        assert_eq!(
            left,
            [known.as_str()],
            "only what knows the browser is left"
        );
    }
}

#[test]
fn d1_cookie_planted_below_a_path_is_cleared_at_that_path() {
    let policy = policy("http://a.example.com", "", "");
    let shown = TestRequest::with_uri("/account/profile")
        .insert_header(("cookie", "access_token=a; access_token=b"))
        .to_http_request();
    let ended = policy.ended(&shown);
    let mut paths: Vec<_> = ended
        .iter()
        .filter(|one| one.name() == ACCESS.base)
        .collect();
    paths.dedup_by_key(|one| one.path().map(str::to_owned));
    let paths: Vec<_> = paths.iter().filter_map(|one| one.path()).collect();
    assert_eq!(paths, ["/", "/account/profile", "/account"]);
    let once = TestRequest::with_uri("/account/profile")
        .insert_header(("cookie", "access_token=a"))
        .to_http_request();
    assert!(
        policy
            .ended(&once)
            .iter()
            .all(|one| one.path() == Some("/"))
    );
}

#[test]
fn d1_clearing_a_dead_session_keeps_cookies_of_pending_flows() {
    let policy = policy("https://api.example.com", "", "");
    let request = request(b"__Host-gatewright_lookup_0123456789ab=v; gatewright_device_code=v");
    let ended = policy.ended(&request);
    let bases = [ACCESS.base, REFRESH.base, CSRF.base];
    assert!(!ended.is_empty());
    for cookie in ended {
        let name = cookie.name().trim_start_matches("__Host-");
        assert!(bases.contains(&name), "{name}");
    }
}

#[test]
fn d4_state_cookies_of_unfinished_round_trips_are_limited_in_number() {
    let policy = policy("http://a.example.com", "", "");
    let few = request(b"gatewright_signin_1=v; gatewright_signin_2=v");
    assert_eq!(
        policy
            .begin_sign_in(&few, "signin-aaaaaaaaaaaaaaaa", "v".into())
            .len(),
        1
    );
    let many: Vec<String> = (0..9).map(|n| format!("gatewright_signin_{n}=v")).collect();
    let many = request(many.join("; ").as_bytes());
    assert_eq!(
        policy
            .begin_sign_in(&many, "signin-aaaaaaaaaaaaaaaa", "v".into())
            .len(),
        10
    );
}
