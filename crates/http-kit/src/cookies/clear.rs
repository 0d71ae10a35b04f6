//! Taking cookies out of a browser again. It keeps one for each name, domain and path; so what was set
//! under an earlier `COOKIE_DOMAIN`, before there was https, or by somebody below the same domain, lies
//! beside ours until each is cleared by itself.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, time::Duration},
};

use super::{ALL, CookiePolicy, Ends, Kind, Reach, held};

/// Of cookies that a request shows, at most that many are cleared at once: proxies bound the length of
/// an answer's head.
const MAX_SHOWN: usize = 32;
/// Round trips that one browser may have begun and not finished.
const MAX_TRIPS: usize = 8;

impl CookiePolicy {
    /// What a sign-in clears: every variant of our cookies but the one that is set today. What is not
    /// set anew lies alone under its name as a rule; only what comes twice has another beside it.
    pub(super) fn stale(&self, request: &HttpRequest, knows_browser: bool) -> Vec<Cookie<'static>> {
        let is_set_anew =
            |kind: &Kind| kind.ends == Ends::Session || (knows_browser && kind.ends == Ends::Never);
        self.variants(request, is_set_anew, |kind, tail, variant| {
            let is_other = !self.is_todays(kind, tail, variant);
            let is_alone = || {
                let name = self.name(kind, tail);
                variant.name() == name && held::count(request, &name) < 2
            };
            is_other && (is_set_anew(kind) || !is_alone())
        })
    }

    /// What ends with a session that turned out to be dead: nothing that somebody was about to do.
    pub fn ended(&self, request: &HttpRequest) -> Vec<Cookie<'static>> {
        let is_session = |kind: &Kind| kind.ends == Ends::Session;
        self.variants(request, is_session, |kind, _, _| is_session(kind))
    }

    /// What a sign-out clears: everything; of the cookie that knows the browser only what is stale.
    pub fn signed_out(&self, request: &HttpRequest) -> Vec<Cookie<'static>> {
        self.variants(
            request,
            // Those below a path are not shown elsewhere.
            |kind| kind.ends == Ends::Session || kind.reach == Reach::Path,
            |kind, tail, variant| kind.ends != Ends::Never || !self.is_todays(kind, tail, variant),
        )
    }

    /// The round trips of a kind, when so many were begun that their cookies would fill the head of
    /// every request.
    pub(super) fn crowded_out(&self, request: &HttpRequest, kind: &Kind) -> Vec<Cookie<'static>> {
        let tails = tails(request, kind);
        let is_crowded = tails.len() >= MAX_TRIPS;
        let todays = |tail: &String| super::cleared(self.cookie(kind, tail, String::new(), None));
        let cleared = tails.iter().take(MAX_SHOWN).filter(|_| is_crowded);
        cleared.map(todays).collect()
    }

    /// Every form of one cookie, for somebody whose browser holds it in too many.
    pub fn everywhere(&self, kind: &Kind) -> Vec<Cookie<'static>> {
        self.variants_of(kind, "")
    }

    /// The wanted variants: of some kinds always, of all others those whose names the request shows.
    fn variants(
        &self,
        request: &HttpRequest,
        is_always: impl Fn(&Kind) -> bool,
        is_wanted: impl Fn(&Kind, &str, &Cookie<'_>) -> bool,
    ) -> Vec<Cookie<'static>> {
        let mut always = vec![];
        let mut shown = vec![];
        for kind in ALL {
            let (tails, list) = if is_always(kind) {
                (vec![String::new()], &mut always)
            } else {
                (tails(request, kind), &mut shown)
            };
            for tail in tails {
                let all = self.variants_of(kind, &tail).into_iter();
                list.extend(all.filter(|variant| is_wanted(kind, &tail, variant)));
            }
        }
        shown.extend(self.below_here(request));
        shown.truncate(MAX_SHOWN);
        always.extend(shown);
        always
    }

    /// What somebody else set for a part of our paths: when a request shows a session's cookie more
    /// than once, the other lies at a path that leads to this one.
    fn below_here(&self, request: &HttpRequest) -> Vec<Cookie<'static>> {
        let kinds = ALL.into_iter().filter(|kind| {
            kind.ends == Ends::Session && self.held(request, kind).into_all().len() > 1
        });
        let mut all = vec![];
        for kind in kinds {
            for path in paths_to(request.path()) {
                let variants = self.variants_of(kind, "").into_iter();
                let plain = variants.filter(|one| one.name() == kind.base);
                all.extend(plain.map(|mut one| {
                    one.set_path(path.clone());
                    one
                }));
            }
        }
        all
    }

    /// Every form that a configuration of ours ever gave a cookie: plain or bound to the host, of this
    /// host or of a domain above it.
    fn variants_of(&self, kind: &Kind, tail: &str) -> Vec<Cookie<'static>> {
        let plain = format!("{}{tail}", kind.base);
        let variant = |name: String, domain: Option<&String>| {
            let mut cookie = Cookie::build(name, "")
                .path(self.path(kind))
                .secure(self.secure)
                .max_age(Duration::ZERO)
                .finish();
            if let Some(domain) = domain {
                cookie.set_domain(domain.clone());
            }
            cookie
        };
        let mut all = vec![variant(plain.clone(), None)];
        let domains = self.domains.iter();
        all.extend(domains.map(|domain| variant(plain.clone(), Some(domain))));
        // Over http there is no such cookie: browsers neither send nor take one.
        if self.secure && kind.reach != Reach::Path {
            all.push(variant(format!("__Host-{plain}"), None));
        }
        all
    }

    fn is_todays(&self, kind: &Kind, tail: &str, variant: &Cookie<'_>) -> bool {
        variant.name() == self.name(kind, tail) && variant.domain() == self.domain(kind)
    }
}

/// The paths below the root whose cookies a request for this one shows, the nearest first.
fn paths_to(path: &str) -> Vec<String> {
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > 0);
    let mut paths: Vec<String> = ends.map(|at| path[..at].to_owned()).collect();
    paths.push(path.trim_end_matches('/').to_owned());
    paths.retain(|path| !path.is_empty());
    paths.dedup();
    paths.into_iter().rev().collect()
}

/// How the names of a kind go on in this request; nothing when it shows none.
fn tails(request: &HttpRequest, kind: &Kind) -> Vec<String> {
    let mut tails: Vec<String> = vec![];
    for (name, _) in held::all(request) {
        let plain = name.strip_prefix("__Host-").unwrap_or(name);
        let Some(tail) = plain.strip_prefix(kind.base) else {
            continue;
        };
        let is_ours = if kind.is_many {
            tail.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        } else {
            tail.is_empty()
        };
        if is_ours && !tails.iter().any(|known| known == tail) {
            tails.push(tail.to_owned());
        }
    }
    tails
}
