//! Files that hold the resources: YAML documents, judged as the API server would judge them, with lines.

use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, JSONSchemaProps};
use serde::de::DeserializeOwned;

use super::{
    GROUP, MonitoringJob, MonitoringRun, VERSION,
    schema::crds,
    structural,
    validation::{self, Problem, rule},
    yaml::{Node, Yaml},
};

/// The largest file that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// The fields of `metadata` that Kubernetes knows.
const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The schemas of whole objects, the job's first.
static SCHEMAS: LazyLock<[JSONSchemaProps; 2]> = LazyLock::new(|| crds().map(whole));

/// A document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its `kind`, as written.
    pub kind: String,
    /// Its `metadata.name`, or its `generateName`.
    pub name: String,
    /// What it holds, or what is wrong with it.
    pub object: Result<Object, Vec<Located>>,
    node: Node,
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Object {
    /// A job whose rules are kept; what [`crate::core::check`] says of it is still to be asked.
    Job(Box<MonitoringJob>),
    /// A run whose rules are kept.
    Run(Box<MonitoringRun>),
    /// Something of another API, such as a Secret.
    Foreign,
}

/// A problem and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there; its path is empty when the text is no YAML.
    pub problem: Problem,
}

/// The documents of a file, or why it is none.
pub fn read(text: &str) -> Result<Vec<Document>, Located> {
    let at = |line, message: String| Located { line, problem: Problem { path: String::new(), message } };
    if text.len() > MAX_BYTES {
        return Err(at(1, format!("the file has {} bytes: at most {MAX_BYTES} are read", text.len())));
    }
    let nodes = Node::documents(text)
        .map_err(|error| at(error.location().map_or(1, |at| at.line()), error.without_snippet().to_string()))?;
    Ok(nodes.into_iter().map(Document::new).collect())
}

impl Document {
    fn new(node: Node) -> Self {
        let [jobs, runs] = &*SCHEMAS;
        let (kind, version) = (node.text("kind").unwrap_or_default(), node.text("apiVersion").unwrap_or_default());
        let metadata = node.get("metadata");
        let name = metadata.and_then(|metadata| metadata.text("name").or_else(|| metadata.text("generateName")));
        let group = version.rsplit_once('/').map_or("", |(group, _)| group);
        let found = match (group, kind) {
            (GROUP, "MonitoringJob") => object(&node, jobs, validation::problems).map(|job| Object::Job(Box::new(job))),
            (GROUP, "MonitoringRun") => {
                object(&node, runs, validation::run_problems).map(|run| Object::Run(Box::new(run)))
            }
            (GROUP, _) => Err(vec![problem("kind", "write \"MonitoringJob\" or \"MonitoringRun\"")]),
            (_, "MonitoringJob" | "MonitoringRun") => {
                Err(vec![problem("apiVersion", format!("write \"{GROUP}/{VERSION}\""))])
            }
            _ if version.is_empty() || kind.is_empty() => {
                Err(vec![problem("", format!("write apiVersion: {GROUP}/{VERSION} and kind: MonitoringJob"))])
            }
            _ => Ok(Object::Foreign),
        };
        let locate = |problem: Problem| Located { line: node.line_of(&problem.path), problem };
        let object = found.map_err(|problems| problems.into_iter().map(locate).collect());
        Self { kind: kind.to_owned(), name: name.unwrap_or_default().to_owned(), object, node }
    }

    /// Where a problem with this document's object stands.
    pub fn locate(&self, problem: Problem) -> Located {
        Located { line: self.node.line_of(&problem.path), problem }
    }
}

fn object<T: DeserializeOwned>(
    node: &Node,
    schema: &JSONSchemaProps,
    rules: impl Fn(&T) -> Vec<Problem>,
) -> Result<T, Vec<Problem>> {
    let mut problems = Vec::new();
    let expected = format!("{GROUP}/{VERSION}");
    if node.text("apiVersion") != Some(&expected) {
        problems.push(problem("apiVersion", format!("write {expected:?}")));
    }
    metadata(node, &mut problems);
    problems.extend(structural::problems(schema, "", node));
    // A value of the wrong type is told by the schema already; what the rules say needs the types.
    match serde_json::from_value::<T>(node.json()) {
        Ok(object) => {
            for found in rules(&object) {
                if !problems.contains(&found) {
                    problems.push(found);
                }
            }
            if problems.is_empty() { Ok(object) } else { Err(problems) }
        }
        Err(error) if problems.is_empty() => Err(vec![problem("", error.to_string())]),
        Err(_) => Err(problems),
    }
}

/// The schema of the whole object: a definition leaves out what all objects have.
fn whole(crd: CustomResourceDefinition) -> JSONSchemaProps {
    let version = crd.spec.versions.into_iter().next().and_then(|version| version.schema);
    let mut schema = version.and_then(|schema| schema.open_api_v3_schema).unwrap_or_default();
    let properties = schema.properties.get_or_insert_default();
    for (name, kind) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
        let of_field = JSONSchemaProps {
            type_: Some(kind.to_owned()),
            x_kubernetes_preserve_unknown_fields: Some(true),
            ..JSONSchemaProps::default()
        };
        properties.insert(name.to_owned(), of_field);
    }
    schema
}

/// As much of an object's metadata as people write by hand.
fn metadata(node: &Node, problems: &mut Vec<Problem>) {
    let metadata = node.get("metadata");
    match metadata.and_then(|metadata| metadata.text("name").or_else(|| metadata.text("generateName"))) {
        Some(name) if rule::OBJECT_NAME.holds(name.trim_end_matches('-')) => {}
        Some(_) => problems.push(problem("metadata.name", rule::OBJECT_NAME.message)),
        None => problems.push(problem("metadata.name", "a name is required, such as \"autopar-staging\"")),
    }
    if let Some(Yaml::Map(fields)) = metadata.map(|metadata| &metadata.value) {
        for (name, _) in fields.iter().filter(|(name, _)| !METADATA.contains(&name.as_str())) {
            let message = structural::unknown_field(name, METADATA.into_iter());
            problems.push(problem(&format!("metadata.{name}"), message));
        }
    }
}

fn problem(path: &str, message: impl Into<String>) -> Problem {
    Problem { path: path.to_owned(), message: message.into() }
}
