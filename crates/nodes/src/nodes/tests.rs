//! Tests of `nodes`.

use super::node_type::TYPES;

#[test]
fn table_names_each_type_once() {
    let mut names: Vec<&str> = TYPES.iter().map(|node_type| node_type.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
