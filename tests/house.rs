//! The one rule of the house: imports point down.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

use std::{collections::BTreeMap, fs, path::Path};

/// Each part of the house with the parts below it that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "operator",
            "http",
            "engine",
            "store",
            "recording",
            "analyze",
            "notify",
            "collect",
            "net",
            "secrets",
            "telemetry",
            "core",
            "api",
        ],
    ),
    ("operator", &["http", "engine", "store", "telemetry", "core", "api"]),
    ("http", &["engine", "telemetry", "core", "api"]),
    ("engine", &["store", "recording", "analyze", "notify", "collect", "net", "secrets", "telemetry", "core", "api"]),
    ("store", &["telemetry", "core", "api"]),
    ("recording", &["telemetry", "core", "api"]),
    ("analyze", &["collect", "net", "secrets", "telemetry", "core", "api"]),
    ("notify", &["telemetry", "core", "api"]),
    ("collect", &["net", "secrets", "telemetry", "core", "api"]),
    ("net", &["telemetry", "core", "api"]),
    ("secrets", &["telemetry", "core", "api"]),
    ("telemetry", &["core", "api"]),
    ("core", &["api"]),
    ("api", &[]),
];

#[test]
fn imports_point_down() {
    let rules: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let path = regex::Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    // `use crate::{api::…, core::…}` names its parts at the start of a line or after a brace or a comma.
    let group = regex::Regex::new(r"use crate::\{([^;]*)\};").unwrap();
    let mut wrong = Vec::new();
    for (file, text) in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let part = file.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let Some(allowed) = rules.get(part.as_str()) else { continue };
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut used: Vec<String> = path.captures_iter(&code).map(|c| c[1].to_owned()).collect();
        for list in group.captures_iter(&code) {
            let mut depth = 0;
            let mut item = String::new();
            for c in list[1].chars().chain([',']) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        used.extend(item.trim().split("::").next().map(str::to_owned));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
        }
        for used in used {
            if rules.contains_key(used.as_str()) && used != part && !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{file} uses crate::{used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that point up:\n{}", wrong.join("\n"));
}

#[test]
fn every_part_of_the_house_has_its_rule() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let part = name.trim_end_matches(".rs");
        assert!(["lib", "main"].contains(&part) || MAY_USE.iter().any(|(p, _)| *p == part), "src/{name} has no rule");
    }
}

/// The source files below `root`, by their path from there, with their text.
fn sources(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}
