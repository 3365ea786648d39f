//! The two resources as the API server is told of them.

use std::borrow::Cow;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, transform::transform_subschemas};
use serde_json::{Map, Value};

use super::{MonitoringJob, MonitoringRun, validation::rule};

/// Every integer up to here is held exactly by any JSON reader: the bound of numbers that have no smaller one.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// The definitions of both resources, the job's first.
pub fn crds() -> [CustomResourceDefinition; 2] {
    [MonitoringJob::crd(), MonitoringRun::crd()]
}

/// What lies below a resource's spec or status, as the API server is to store it.
///
/// An absent value is written by leaving it out: the API server then drops a `null` itself, and no CEL rule meets one.
/// What remains of an optional type is the type, with the field's own description. Defaults are resolved in code: one
/// inside a list item would be a drift to GitOps tools.
pub(crate) fn as_stored(schema: &mut Schema) {
    transform_subschemas(&mut field_as_stored, schema);
}

fn field_as_stored(schema: &mut Schema) {
    transform_subschemas(&mut field_as_stored, schema);
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("default");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(inner) = optional(object) {
        object.remove("anyOf");
        for (key, value) in inner {
            object.entry(key).or_insert(value);
        }
    }
}

/// `T` of `anyOf: [T, null]`.
fn optional(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    match object.get("anyOf")?.as_array()?.as_slice() {
        [inner, null] if null.get("type") == Some(&Value::from("null")) => inner.as_object().cloned(),
        _ => None,
    }
}

/// The schema of a [`jiff::Timestamp`].
///
/// `format: date-time` alone lets through what RFC 3339 does not know (a letter for the decimal point, an offset of 99
/// hours), and one object that cannot be read would stop the list for all. The pattern holds an example since it is all
/// that the API server shows of this.
pub(crate) struct Instant;

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "maxLength": 40,
            "pattern": "^(2026-11-24T10:30:00Z|[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[-+](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]))$",
            "x-kubernetes-validations": [rule::INSTANT.rule()],
        })
    }
}
