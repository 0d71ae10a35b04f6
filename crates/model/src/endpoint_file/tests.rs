//! Who answers for a name, and what a file must not say.

use super::*;
use crate::entity::{Feature, Mode};

const EXAMPLE: &str = include_str!("../../../../docs/models.example.toml");

fn parse(text: &str) -> Result<Endpoints, EndpointFileError> {
    Endpoints::parse(text, &|path| match path {
        "/run/secrets/openai" => Ok("sk-of-a-file\n".to_owned()),
        other => Err(format!("cannot read {other}")),
    })
}

fn workspace(last: u8) -> WorkspaceId {
    format!("00000000-0000-0000-0000-0000000000{last:02x}")
        .parse()
        .unwrap()
}

#[test]
fn the_example_of_the_documentation_is_right() {
    let endpoints = parse(EXAMPLE).unwrap();
    let [openai, local, ..] = endpoints.all() else {
        panic!("the example has two endpoints")
    };
    assert_eq!(openai.base_url.as_str(), "https://api.openai.com/v1/");
    assert_eq!(openai.api_key.expose(), "sk-of-a-file");
    assert!(!format!("{endpoints:?}").contains("sk-"));
    assert_eq!(local.silence, Duration::from_mins(2));
    let found = endpoints
        .find(workspace(1), "openai", ModelType::Llm, "gpt-4o-mini")
        .unwrap();
    assert_eq!(found.endpoint.name, "openai");
    assert_eq!(found.provider.as_str(), "langgenius/openai/openai");
    assert_eq!(found.model.entity.context_size, Some(128_000));
    assert!(found.model.entity.can(Feature::Vision));
    assert!(found.model.entity.offers("response_format", "json_schema"));
    let pricing = found.model.entity.pricing.as_ref().unwrap();
    assert_eq!(pricing.output.to_string(), "0.60");
    let default = endpoints
        .find_default(workspace(1), ModelType::Llm)
        .unwrap();
    assert_eq!(default.model.entity.name, "gpt-4o-mini");
}

const TWO: &str = r#"
[[endpoint]]
name = "a"
base_url = "http://127.0.0.1:1/v1"
providers = ["openai", "langgenius/tongyi/tongyi"]
workspaces = ["00000000-0000-0000-0000-000000000001"]
model = [{ name = "m", upstream = "real-m" }, { name = "e", type = "text-embedding" }]

[[endpoint]]
name = "b"
base_url = "http://127.0.0.1:2"
providers = ["openai"]
model = [{ name = "*", mode = "completion" }]

[[endpoint]]
name = "c"
base_url = "http://127.0.0.1:3"
providers = ["*"]
model = [{ name = "any" }]
"#;

#[test]
fn names_find_who_claims_them() {
    let endpoints = parse(TWO).unwrap();
    let no_provider = |id: &str| Err(LookupError::NoProvider(id.to_owned()));
    for (of, provider, model, expected) in [
        (1, "openai", "m", Ok(("a", "real-m"))),
        (1, "langgenius/openai/openai", "m", Ok(("a", "real-m"))),
        (1, "tongyi", "m", Ok(("a", "real-m"))),
        (1, "openai", "other", Ok(("b", "other"))),
        (
            1,
            "tongyi",
            "other",
            Err(LookupError::NoModel("other".to_owned())),
        ),
        (2, "openai", "m", Ok(("b", "m"))),
        (2, "tongyi", "any", Ok(("c", "any"))),
        (2, "nobody", "any", Ok(("c", "any"))),
        (2, "not/an-id", "any", no_provider("not/an-id")),
    ] {
        let found = endpoints.find(workspace(of), provider, ModelType::Llm, model);
        let found = found.map(|found| (found.endpoint.name.clone(), found.model.upstream));
        let expected = expected.map(|(name, upstream)| (name.to_owned(), upstream.to_owned()));
        assert_eq!(found, expected, "{provider} {model} in {of}");
    }
    let any = endpoints
        .find(workspace(2), "openai", ModelType::Llm, "x")
        .unwrap();
    assert_eq!(
        (any.model.entity.name.as_str(), any.model.entity.mode),
        ("x", Mode::Completion)
    );
    let embedder = endpoints.find(workspace(1), "openai", ModelType::TextEmbedding, "e");
    assert_eq!(embedder.unwrap().endpoint.name, "a");
}

#[test]
fn an_empty_file_has_no_provider_and_no_default() {
    let endpoints = parse("").unwrap();
    let found = endpoints.find(workspace(1), "none", ModelType::Llm, "x");
    assert_eq!(
        found.unwrap_err().to_string(),
        "Provider langgenius/none/none does not exist."
    );
    let default = endpoints.find_default(workspace(1), ModelType::Llm);
    assert_eq!(default.unwrap_err(), LookupError::NoDefault(ModelType::Llm));
}

fn endpoint_with(lines: &str) -> String {
    format!("[[endpoint]]\nname = \"a\"\n{lines}\nmodel = [{{ name = \"m\" }}]\n")
}

#[test]
fn a_wrong_file_says_where_and_what_and_no_secret() {
    let good = "base_url = \"http://h\"\nproviders = [\"*\"]";
    let cases = [
        ("endpoint = 5".to_owned(), "line 1"),
        (
            endpoint_with(&format!("{good}\napi_kee = \"sk-1\"")),
            "line 5: unknown field `api_kee`",
        ),
        (
            endpoint_with(&format!("{good}\napi_key = \"sk-1")),
            "line 5",
        ),
        (
            endpoint_with("base_url = \"ftp://h\"\nproviders = [\"*\"]"),
            "base_url",
        ),
        (
            endpoint_with("base_url = \"http://u:sk-1@h\"\nproviders = [\"*\"]"),
            "base_url",
        ),
        (
            endpoint_with("base_url = \"http://h?a=1\"\nproviders = [\"*\"]"),
            "base_url",
        ),
        (
            endpoint_with("base_url = \"http://h\"\nproviders = []"),
            "claims no providers",
        ),
        (
            endpoint_with("base_url = \"http://h\"\nproviders = [\"A b\"]"),
            "provider `A b`",
        ),
        (
            endpoint_with(&format!("{good}\napi_key = \"sk-1\"\napi_key_file = \"x\"")),
            "exclude",
        ),
        (
            endpoint_with(&format!("{good}\napi_key = \"sk-1\\r\\nX: y\"")),
            "API key",
        ),
        (
            endpoint_with(&format!("{good}\napi_key_file = \"/gone\"")),
            "cannot read /gone",
        ),
        (
            endpoint_with(&format!("{good}\nheaders = {{ \"X-A\" = \"sk-1\\n\" }}")),
            "header `X-A`",
        ),
        (
            endpoint_with(&format!("{good}\nheaders = {{ \"Host\" = \"sk-1\" }}")),
            "header `Host`",
        ),
        (
            endpoint_with(&format!("{good}\nworkspaces = [\"w\"]")),
            "workspace `w`",
        ),
        (format!("{0}{0}", endpoint_with(good)), "taken"),
        (
            format!("[[endpoint]]\nname = \"a\"\n{good}"),
            "no [[endpoint.model]]",
        ),
        (
            format!(
                "[[endpoint]]\nname = \"a\"\n{good}\nmodel = [{{name = \"m\"}}, {{name = \"m\"}}]"
            ),
            "there twice",
        ),
        (
            format!(
                "{}[defaults]\nllm = {{ provider = \"openai\", model = \"n\" }}",
                endpoint_with(good)
            ),
            "defaults.llm: no endpoint has model `n`",
        ),
    ];
    for (text, problem) in cases {
        let said = parse(&text).unwrap_err().to_string();
        assert!(said.contains(problem), "{said:?} is to say {problem:?}");
        assert!(!said.contains("sk-1"), "{said}");
    }
}
