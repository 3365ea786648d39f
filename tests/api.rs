//! The two resources: what is accepted, what is refused and in which words, and that the schema has no holes.

mod refused;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use stagewatch::{
    api::{
        MonitoringJob, MonitoringRun,
        manifest::{self, Located, Object},
        validation::{self, Problem},
    },
    core::{check, schedule::Schedule},
};

/// What a file with this object is told.
fn judged(object: &Value) -> Vec<Problem> {
    let text = serde_saphyr::to_string(object).expect("JSON is YAML");
    let documents = manifest::read(&text).expect("it is YAML");
    let [document] = documents.as_slice() else { panic!("one document") };
    match &document.object {
        Ok(_) => Vec::new(),
        Err(located) => located.iter().map(|Located { problem, .. }| problem.clone()).collect(),
    }
}

/// What the rules alone say of this object, if it can be read at all.
fn by_rules(object: &Value, of_run: bool) -> Vec<Problem> {
    let object = object.clone();
    if of_run {
        serde_json::from_value(object).map(|run: MonitoringRun| validation::run_problems(&run)).unwrap_or_default()
    } else {
        serde_json::from_value(object).map(|job: MonitoringJob| validation::problems(&job)).unwrap_or_default()
    }
}

/// A JSON pointer as messages name it: `spec.websites[0].url`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        match step.parse::<usize>() {
            Ok(index) => path.extend(["[", &index.to_string(), "]"]),
            Err(_) if path.is_empty() => path += step,
            Err(_) => path.extend([".", step]),
        }
    }
    path
}

#[test]
fn the_bases_are_accepted() {
    assert_eq!(judged(&refused::job()), []);
    assert_eq!(judged(&refused::run()), []);
    let job: MonitoringJob = serde_json::from_value(refused::job()).unwrap();
    assert_eq!(check::problems(&job.spec), []);
}

#[test]
fn each_row_is_refused_with_words_that_help_and_its_other_value_is_accepted() {
    let mut wrong = Vec::new();
    for row in refused::table() {
        let problems = judged(&row.object(&row.bad));
        let own = by_rules(&row.object(&row.bad), row.of_run);
        let words = |problem: &Problem| problem.message.contains(row.says) || problem.path.contains(row.says);
        // The walker's own words for a type or a required field differ from the API server's.
        let keyword = matches!(row.says, "required" | "string" | "integer" | "boolean");
        if problems.is_empty() {
            wrong.push(format!("{}: not refused", row.title()));
        } else if !keyword && !problems.iter().any(words) {
            wrong.push(format!("{}: nothing says {:?}: {problems:?}", row.title(), row.says));
        } else if row.rule && !own.iter().any(|problem| problem.message.contains(row.says)) {
            wrong.push(format!("{}: the rules do not say {:?}: {own:?}", row.title(), row.says));
        }
        // Of two with one name the second is told, whichever the row changed.
        let related = |problem: &Problem| {
            problem.message.contains("told apart")
                || path(row.at).starts_with(&problem.path)
                || problem.path.starts_with(&path(row.at))
        };
        if !problems.iter().any(related) && row.at != "/metadata/name" {
            wrong.push(format!("{}: told elsewhere: {problems:?}", row.title()));
        }
        let good = judged(&row.object(&row.good));
        if !good.is_empty() {
            wrong.push(format!("{} with {}: {good:?}", row.title(), row.good));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every file below `deploy/` and `crds/`, by its path from the root.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(&root).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("text"))).collect()
}

#[test]
fn each_example_is_accepted_and_can_be_run() {
    let (mut jobs, mut runs) = (Vec::new(), 0);
    for (path, text) in files("deploy/examples") {
        for document in manifest::read(&text).unwrap() {
            match document.object.unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display())) {
                Object::Job(job) => {
                    assert_eq!(check::problems(&job.spec), [], "{}", path.display());
                    jobs.push(job);
                }
                Object::Run(_) => runs += 1,
                Object::Foreign => {
                    let secret: Value = serde_saphyr::from_str(&text).unwrap();
                    assert_eq!(secret["kind"], "Secret");
                    assert_eq!(secret["metadata"]["labels"][stagewatch::api::SECRET_USE_LABEL], "true");
                    let placeholders = secret["stringData"].as_object().unwrap();
                    assert!(placeholders.values().all(|value| value.as_str().unwrap().starts_with('<')));
                }
            }
        }
    }
    assert_eq!((jobs.len(), runs), (2, 1));
    let receivers = jobs.iter().map(|job| &job.spec.notifications.as_ref().unwrap().receivers[0].telegram.secret_ref);
    assert!(receivers.clone().all(|secret| secret.name == "telegram"), "both share one Secret");
}

#[test]
fn the_staging_slots_are_fifteen_minutes_after_the_main_ones() {
    let slots = |name: &str| {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/examples").join(name)).unwrap();
        let Ok(Object::Job(job)) = manifest::read(&text).unwrap().remove(0).object else { panic!("{name} is a job") };
        let schedule = Schedule::parse(&job.spec.schedule.unwrap()).unwrap();
        schedule.slots_after("2026-11-24T00:00:00Z".parse().unwrap()).take(4).collect::<Vec<_>>()
    };
    let (main, staging) = (slots("main-production.yaml"), slots("autopar-staging.yaml"));
    assert_eq!(staging[0].to_string(), "2026-11-24T03:15:00Z");
    assert_eq!(staging[1].to_string(), "2026-11-24T10:30:00Z");
    for (main, staging) in main.iter().zip(&staging) {
        assert_eq!(main.duration_until(*staging), jiff::SignedDuration::from_mins(15));
    }
}

#[test]
fn the_files_in_crds_are_what_the_types_say() {
    let printed = stagewatch::cli::crds::crds().unwrap().text;
    let files = files("crds");
    let kept = files.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("---\n");
    assert!(printed == kept, "crds/ is not what the types say: run `cargo xtask crds`");
    assert_eq!(files.len(), 2);
}

/// What the API server is told of both resources.
fn schemas() -> Vec<Value> {
    let schemas = stagewatch::api::schema::crds().map(|crd| serde_json::to_value(crd).expect("JSON"));
    schemas.iter().map(|crd| crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()).collect()
}

#[test]
fn the_schema_has_a_bound_for_everything_and_a_word_for_each_field() {
    let mut holes = Vec::new();
    for (schema, name) in schemas().iter().zip(["job", "run"]) {
        look(schema, name, false, &mut holes);
    }
    assert!(holes.is_empty(), "{}", holes.join("\n"));
}

fn look(schema: &Value, path: &str, in_item: bool, holes: &mut Vec<String>) {
    let has = |key: &str| !schema[key].is_null();
    // Kubernetes' own type has some holes of its own.
    let own = !path.contains(".conditions[]");
    let mut hole = |what: &str| holes.push(format!("{path}: {what}"));
    match schema["type"].as_str().unwrap_or_default() {
        "string" if own && !has("maxLength") && !has("enum") => hole("a string without a bound"),
        "integer" | "number" if own && !(has("minimum") && has("maximum")) => hole("a number without a bound"),
        "array" if !has("maxItems") => hole("a list without a bound"),
        "array" if !has("x-kubernetes-list-type") => hole("a list without a type"),
        "object" if has("additionalProperties") && !has("maxProperties") => hole("a map without a bound"),
        "" => hole("no type"),
        _ => {}
    }
    if schema["format"].as_str().is_some_and(|format| format.starts_with("uint")) {
        hole("a format that Kubernetes does not know");
    }
    if in_item && has("default") {
        hole("a default inside a list item");
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if field["description"].as_str().is_none_or(str::is_empty) && path != "run" && path != "job" {
            holes.push(format!("{path}.{name}: no description"));
        }
        look(field, &format!("{path}.{name}"), in_item, holes);
    }
    if has("items") {
        look(&schema["items"], &format!("{path}[]"), true, holes);
    }
    if schema["additionalProperties"].is_object() {
        look(&schema["additionalProperties"], &format!("{path}{{}}"), true, holes);
    }
}

/// Whatever fits the schema: each field there or not, each number at a bound or between, each text of its form.
fn fitting(schema: &Value) -> BoxedStrategy<Value> {
    let number = |key: &str, default: f64| schema[key].as_f64().unwrap_or(default);
    let size = |key: &str, default: u64| usize::try_from(schema[key].as_u64().unwrap_or(default)).expect("a size");
    if let Some(values) = schema["enum"].as_array() {
        return prop::sample::select(values.clone()).boxed();
    }
    match schema["type"].as_str().expect("a type") {
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            #[expect(clippy::cast_possible_truncation, reason = "the bounds are whole numbers that i64 holds")]
            let (min, max) = (number("minimum", 0.0) as i64, number("maximum", 100.0) as i64);
            prop_oneof![Just(min), Just(max), min..=max].prop_map(Value::from).boxed()
        }
        "string" if schema["format"] == "date-time" => prop::sample::select(vec![
            "1000-01-01T00:00:00Z",
            "2999-12-31T23:59:59.999999999-23:59",
            "2024-02-29T00:00:00.5+23:59",
            "2026-11-24T10:30:00Z",
        ])
        .prop_map(Value::from)
        .boxed(),
        "string" => {
            let (min, max) = (size("minLength", 0), size("maxLength", 20).min(20));
            let any = format!("\\PC{{{min},{}}}", max.max(min));
            let pattern = schema["pattern"].as_str().unwrap_or(&any);
            let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
            proptest::string::string_regex(pattern).expect("a pattern").prop_map(Value::from).boxed()
        }
        "array" => {
            let (min, max) = (size("minItems", 0), size("maxItems", 2).min(2));
            prop::collection::vec(fitting(&schema["items"]), min..=max.max(min)).prop_map(Value::from).boxed()
        }
        "object" if schema["additionalProperties"].is_object() => {
            prop::collection::btree_map("[a-z]{1,8}", fitting(&schema["additionalProperties"]), 0..3)
                .prop_map(|map| map.into_iter().collect())
                .boxed()
        }
        "object" => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = schema["properties"].as_object().into_iter().flatten().map(|(name, field)| {
                let value = fitting(field);
                let there = if required.contains(&Value::from(name.as_str())) {
                    value.prop_map(Some).boxed()
                } else {
                    prop::option::of(value).boxed()
                };
                let name = name.clone();
                there.prop_map(move |value| value.map(|value| (name.clone(), value))).boxed()
            });
            fields.collect::<Vec<_>>().prop_map(|fields| fields.into_iter().flatten().collect()).boxed()
        }
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One object that cannot be read would stop the list for all the others.
    #[test]
    fn whatever_fits_the_schema_of_a_job_can_be_read(object in fitting(&schemas()[0])) {
        let read = serde_json::from_value::<MonitoringJob>(with_metadata(&object));
        prop_assert!(read.is_ok(), "{:?}", read.err());
    }

    #[test]
    fn whatever_fits_the_schema_of_a_run_can_be_read(object in fitting(&schemas()[1])) {
        let read = serde_json::from_value::<MonitoringRun>(with_metadata(&object));
        prop_assert!(read.is_ok(), "{:?}", read.err());
    }
}

fn with_metadata(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"] = serde_json::json!({"name": "x"});
    object
}
