//! A browser that keeps cookies as browsers do: one for each name, domain and path. For tests of what
//! lies beside what; all domains are those of the installation's host.

use super::{Answer, Harness, PUBLIC_URL};

/// A cookie that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    pub value: String,
    /// None: of the host alone.
    pub domain: Option<String>,
    pub path: String,
}

/// The cookies of one browser, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Jar {
    pub kept: Vec<Kept>,
    /// Answers that were got, one after the other: method, path, status.
    pub visits: Vec<(String, u16)>,
}

impl Jar {
    /// Keeps a cookie that somebody else set, in front of ours.
    pub fn plant(&mut self, name: &str, value: &str, domain: Option<&str>) {
        let planted = Kept {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: domain.map(str::to_owned),
            path: "/".to_owned(),
        };
        self.kept.insert(0, planted);
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.kept.iter().rfind(|one| one.name == name);
        found.map(|one| one.value.as_str())
    }

    fn header(&self, path: &str) -> String {
        let sent = self.kept.iter().filter(|one| {
            let below = path.strip_prefix(one.path.trim_end_matches('/'));
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        });
        let pairs = sent.map(|one| format!("{}={}", one.name, one.value));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Keeps what an answer sets, or drops what it clears.
    pub fn keep(&mut self, set: &str) {
        let mut parts = set.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let mut kept = Kept {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: None,
            path: "/".to_owned(),
        };
        let mut is_over = false;
        for (attribute, value) in parts.filter_map(|part| part.split_once('=')) {
            match attribute.to_ascii_lowercase().as_str() {
                "domain" => kept.domain = Some(value.trim_start_matches('.').to_owned()),
                "path" => value.clone_into(&mut kept.path),
                "max-age" => is_over = value.parse::<i64>().unwrap() <= 0,
                "expires" => is_over = is_over || value.contains("1970"),
                _ => {}
            }
        }
        self.kept.retain(|one| {
            (&one.name, &one.domain, &one.path) != (&kept.name, &kept.domain, &kept.path)
        });
        if !is_over {
            self.kept.push(kept);
        }
    }

    /// Sends what a page of ours sends.
    pub async fn send(
        &mut self,
        h: &Harness,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Answer {
        let mut request = h.request(method, path).header("cookie", self.header(path));
        request = request
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header("x-csrf-token", self.value("csrf_token").unwrap_or_default());
        if method != "GET" {
            request = request.header("origin", PUBLIC_URL);
        }
        if !form.is_empty() || path.starts_with("/sign") {
            request = request.form(form);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        for set in answer.headers.get_all("set-cookie") {
            self.keep(set.to_str().unwrap());
        }
        self.visits.push((path.to_owned(), answer.status));
        answer
    }

    /// Goes to a page, and on to where it leads, each node in turn; at most twenty steps.
    pub async fn walk(&mut self, nodes: &[&Harness], path: &str) -> Answer {
        self.visits.clear();
        let mut answer = self.send(nodes[0], "GET", path, &[]).await;
        for step in 1..20 {
            if !matches!(answer.status, 301..=303) {
                return answer;
            }
            let to = answer.header("location").to_owned();
            let node = nodes[step % nodes.len()];
            answer = self.send(node, "GET", &to, &[]).await;
        }
        panic!("round in a circle: {:?}", self.visits);
    }

    /// How often a page was asked for in the last walk.
    pub fn count(&self, path: &str) -> usize {
        let all = self.visits.iter();
        all.filter(|(visited, _)| visited.starts_with(path)).count()
    }
}
